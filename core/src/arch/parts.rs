//! The parts that a network is drawn in: the layers of a whole network, the cells of a stack, and the classifier.

use std::ops::Range;

use super::places::Built;
use super::{Architecture, Malformed, Network, Shape};

/// What one part gives and costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its nodes in the network. What brings its inputs to one shape is among them.
    pub nodes: Range<usize>,
    /// Of what it gives to the parts after it.
    pub shape: Shape,
    pub params: u64,
    pub macs: u64,
}

impl Architecture {
    /// The parts of a network for images of this shape, in order: each layer and the classifier, or the stem, each cell and
    /// the classifier. Fails where there is no such network.
    pub fn parts(&self, image: Shape, classes: usize) -> Result<Vec<Part>, Malformed> {
        let Built { network, ends, .. } = self.built(image, classes)?;
        let network = network.bounded()?;
        let begins = std::iter::once(1).chain(ends.iter().map(|end| end + 1));
        let ends = ends.iter().map(|end| end + 1).chain([network.nodes.len()]);
        Ok(begins.zip(ends).map(|(begin, end)| part(&network, begin..end)).collect())
    }
}

fn part(network: &Network, nodes: Range<usize>) -> Part {
    let (mut params, mut macs) = (0, 0);
    for node in &network.nodes[nodes.clone()] {
        let profile = node.primitive.profile();
        params += profile.params() as u64;
        macs += profile.macs(node.shape) as u64;
    }
    Part { shape: network.nodes[nodes.end - 1].shape, nodes, params, macs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::cells::{Block, Cell, CellOperation, Combine, Skeleton};
    use crate::arch::{CellNetwork, Cost, Layer, LayerNetwork, Operation, OperationKind};

    const IMAGE: Shape = Shape { channels: 1, height: 28, width: 28 };

    /// The parts, which must make up the whole.
    fn parts(architecture: &Architecture) -> Vec<Part> {
        let parts = architecture.parts(IMAGE, 10).expect("a network");
        let network = architecture.network(IMAGE, 10).expect("a network");
        let cost = Cost::of(&network);
        assert_eq!(parts.iter().map(|part| part.params).sum::<u64>(), cost.params);
        assert_eq!(parts.iter().map(|part| part.macs).sum::<u64>(), cost.macs);
        assert_eq!(parts.iter().map(|part| part.nodes.len()).sum::<usize>() + 1, network.nodes.len());
        parts
    }

    #[test]
    fn layers_make_up_the_network() {
        let layer = |operation, sources: &[usize]| Layer { operation, sources: sources.to_vec() };
        let layers = vec![
            layer(Operation::convolution(3, 8, 1), &[]),
            layer(OperationKind::MaxPool.of(&[3, 2]), &[0]),
            layer(OperationKind::InvertedBottleneck.of(&[3, 16, 1, 2, 4]), &[1, 0]),
        ];
        let parts = parts(&LayerNetwork { layers }.into());
        let shapes: Vec<(usize, usize)> = parts.iter().map(|part| (part.shape.channels, part.shape.height)).collect();
        assert_eq!(shapes, [(8, 28), (8, 14), (16, 14), (10, 1)]);
        assert_eq!((parts[0].params, parts[0].macs, parts[1].params, parts[3].params), (88, 784 * 72, 0, 170));
    }

    #[test]
    fn cells_make_up_the_network() {
        let operations = [CellOperation::SeparableConvolution3x3, CellOperation::Identity];
        let cell = Cell { blocks: vec![Block { inputs: [0, 1], operations, combine: Combine::Add }] };
        let skeleton = Skeleton { channels: 8, cells: 2, reductions: 1, stem_stride: 1 };
        let parts = parts(&CellNetwork { cell, skeleton }.into());
        let shapes: Vec<(usize, usize)> = parts.iter().map(|part| (part.shape.channels, part.shape.height)).collect();
        assert_eq!(shapes, [(8, 28), (8, 28), (8, 28), (16, 14), (16, 14), (16, 14), (10, 1)]);
    }
}
