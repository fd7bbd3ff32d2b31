//! What no network may exceed, wherever its architecture comes from: more would exhaust a machine before its memory is
//! even asked for, or overflow the figures of its cost. Far beyond what a machine trains; whether a network fits one is
//! found out there.

use super::{Malformed, Network};

/// Nodes: the deepest network of cells that is accepted has fewer.
const MAX_NODES: usize = 65_536;
/// Channels of one tensor.
const MAX_CHANNELS: usize = 1 << 20;
/// Side of a window.
const MAX_WINDOW: usize = 1_024;
/// Trainable numbers, 16 GiB of them.
const MAX_PARAMETERS: usize = 1 << 32;
/// Numbers that all nodes together give for one image, 8 GiB of them.
const MAX_ACTIVATIONS: usize = 1 << 31;

impl Network {
    /// Fails where the network exceeds a bound.
    pub(super) fn bounded(self) -> Result<Self, Malformed> {
        let refuse = |what: &str, limit: usize, found: usize| {
            Err(Malformed(format!("the network has {what}: allowed are {limit}, this one has {found}")))
        };
        if self.nodes.len() > MAX_NODES {
            return refuse("too many nodes", MAX_NODES, self.nodes.len());
        }
        let (mut parameters, mut activations) = (0_usize, 0_usize);
        for node in &self.nodes {
            let channels = node.shape.channels;
            if channels > MAX_CHANNELS {
                return refuse("too many channels in one tensor", MAX_CHANNELS, channels);
            }
            let profile = node.primitive.profile();
            if profile.window > MAX_WINDOW {
                return refuse("too large a window", MAX_WINDOW, profile.window);
            }
            activations = activations.saturating_add(channels.saturating_mul(node.shape.height).saturating_mul(node.shape.width));
            parameters = parameters.saturating_add(profile.params());
        }
        if parameters > MAX_PARAMETERS {
            return refuse("too many parameters", MAX_PARAMETERS, parameters);
        }
        if activations > MAX_ACTIVATIONS {
            return refuse("too many activations for one image", MAX_ACTIVATIONS, activations);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::cells::{Block, Cell, CellNetwork, CellOperation, Combine, MAX_BLOCKS, MAX_CELLS, Skeleton};
    use crate::arch::{Architecture, Layer, LayerNetwork, MAX_LAYERS, Operation, OperationKind, Shape};

    const IMAGE: Shape = Shape { channels: 3, height: 32, width: 32 };

    /// Why such layers, one after another, make no network; empty where they do.
    fn refusal(layers: impl IntoIterator<Item = Operation>) -> String {
        let source = |index: usize| index.checked_sub(1).into_iter().collect();
        let layers = layers.into_iter().enumerate().map(|(index, operation)| Layer { operation, sources: source(index) }).collect();
        let network = Architecture::from(LayerNetwork { layers }).network(IMAGE, 10);
        network.err().map(|malformed| malformed.0).unwrap_or_default()
    }

    #[test]
    fn candidates_that_would_exhaust_a_machine_are_refused() {
        let convolution = |kernel, channels| Operation::convolution(kernel, channels, 1);
        let pool = |kernel| OperationKind::MaxPool.of(&[kernel, 1]);
        let bottleneck = |expansion| OperationKind::InvertedBottleneck.of(&[3, 65_536, 1, expansion]);
        let says = |layers: &[Operation], what: &str| {
            let said = refusal(layers.to_vec());
            assert!(said.starts_with(&format!("the network has {what}: ")), "{said}");
        };
        says(&[convolution(65_535, 65_536)], "too large a window");
        says(&[convolution(3, 8), pool(1_025)], "too large a window");
        says(&[convolution(1, 65_536), bottleneck(65_536)], "too many channels in one tensor");
        says(&[convolution(3, 65_536), convolution(3, 65_536)], "too many parameters");
        says(&vec![convolution(1_023, 65_536); MAX_LAYERS], "too many parameters");
        let stem = Operation::convolution(1, 16_384, 1);
        let separable = OperationKind::SeparableConvolution.of(&[1, 1, 1]);
        says(&std::iter::once(stem).chain(vec![pool(3); 200]).chain([separable]).collect::<Vec<_>>(), "too many activations for one image");
        assert_eq!(refusal([convolution(31, 1_024), convolution(31, 1_024), bottleneck(16)]), "");
        assert_eq!(refusal([]), "a network has 1 to 256 layers, this one has 0");
    }

    #[test]
    fn the_largest_network_of_cells_has_fewer_nodes_than_allowed() {
        let block = Block { inputs: [0, 1], operations: [CellOperation::SeparableConvolution7x7; 2], combine: Combine::Concat };
        let skeleton = Skeleton { channels: 1, cells: MAX_CELLS, reductions: 0, stem_stride: 1 };
        let mut network = CellNetwork { cell: Cell { blocks: vec![block; MAX_BLOCKS] }, skeleton };
        let built = network.build(IMAGE, 10).and_then(Network::bounded);
        assert!(built.is_ok_and(|built| built.nodes.len() > MAX_NODES / 2));
        network.skeleton.channels = 65_536;
        let refused = Architecture::from(network).network(IMAGE, 10).expect_err("too wide");
        assert!(refused.0.starts_with("the network has too many parameters: allowed are 4294967296, "), "{refused}");
    }

    #[test]
    fn too_many_nodes_are_refused() {
        let (mut network, mut last) = Network::begun(IMAGE);
        for _ in 0..MAX_NODES {
            last = network.rectifier(last);
        }
        let refused = network.bounded().expect_err("too many");
        assert_eq!(refused.0, "the network has too many nodes: allowed are 65536, this one has 65537");
    }
}
