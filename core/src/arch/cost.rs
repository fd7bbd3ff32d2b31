//! What a network costs, computed from its shapes and the profiles of its primitives; compared with real tensors in the tests.

use serde::{Deserialize, Serialize};

use super::costs::{CostKind, Costs};

use super::{InPlace, Network, Node, Profile};

/// The costs of one network at batch size 1, weights and activations counted as 32-bit floats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Trainable scalars; the running statistics of batch normalisation are not trainable.
    pub params: u64,
    /// Multiply–accumulates of convolutions and linear layers.
    pub macs: u64,
    /// Floating-point operations: 2 × macs.
    pub flops: u64,
    /// Peak bytes of activations alive during inference, normalisation and rectifiers done in place where nothing
    /// else reads what they change.
    pub activations: u64,
    /// flops divided by the bytes moved: 4 × (params + elements read and written by every layer). Normalisation
    /// and rectifiers are taken as fused into the layer before them, unless they have a tensor of their own.
    pub intensity: f64,
}

impl Cost {
    /// As plain figures by kind.
    pub fn costs(&self) -> Costs {
        Costs::from([
            (CostKind::Params, self.params as f64),
            (CostKind::Macs, self.macs as f64),
            (CostKind::Flops, self.flops as f64),
            (CostKind::Intensity, self.intensity),
            (CostKind::Activations, self.activations as f64),
        ])
    }

    pub fn of(network: &Network) -> Self {
        let nodes = &network.nodes;
        let profiles: Vec<Profile> = nodes.iter().map(|node| node.primitive.profile()).collect();
        let params = profiles.iter().map(Profile::params).sum::<usize>() as u64;
        let macs = nodes.iter().zip(&profiles).map(|(node, profile)| profile.macs(node.shape)).sum::<usize>() as u64;
        let in_place = in_place(nodes, &profiles);
        let moved: u64 = nodes
            .iter()
            .zip(&in_place)
            .filter(|(node, in_place)| !**in_place && !node.inputs.is_empty())
            .map(|(node, _)| {
                node.shape.elements() as u64 + node.inputs.iter().map(|&input| nodes[input].shape.elements() as u64).sum::<u64>()
            })
            .sum();
        let flops = 2 * macs;
        Self {
            params,
            macs,
            flops,
            activations: peak_activations(nodes, &in_place),
            intensity: flops as f64 / (4 * (params + moved)) as f64,
        }
    }
}

/// Whether each node changes the tensor it reads instead of writing one of its own.
fn in_place(nodes: &[Node], profiles: &[Profile]) -> Vec<bool> {
    let mut readers = vec![0_usize; nodes.len()];
    for &input in nodes.iter().flat_map(|node| &node.inputs) {
        readers[input] += 1;
    }
    let in_place = |(node, profile): (&Node, &Profile)| match profile.inference {
        InPlace::Never => false,
        InPlace::IfOnlyReader => readers[node.inputs[0]] == 1,
        InPlace::Always => true,
    };
    nodes.iter().zip(profiles).map(in_place).collect()
}

/// Walks the nodes in order, keeping each tensor until its last reader is done.
fn peak_activations(nodes: &[Node], in_place: &[bool]) -> u64 {
    // The tensor a node's value lives in: its own, or its input's when computed in place.
    let mut home: Vec<usize> = Vec::with_capacity(nodes.len());
    let mut last_use: Vec<usize> = (0..nodes.len()).collect();
    for (index, node) in nodes.iter().enumerate() {
        home.push(if in_place[index] { home[node.inputs[0]] } else { index });
        for &input in &node.inputs {
            last_use[home[input]] = index;
        }
    }
    let size = |index: usize| nodes[index].shape.elements() as u64;
    let mut freed = vec![0; nodes.len()];
    for tensor in (0..nodes.len()).filter(|&index| home[index] == index) {
        freed[last_use[tensor]] += size(tensor);
    }
    let mut peak = 0;
    let mut alive = 0;
    for index in 0..nodes.len() {
        if home[index] == index {
            alive += size(index);
        }
        peak = peak.max(alive);
        alive -= freed[index];
    }
    4 * peak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Layer, LayerNetwork, Operation, OperationKind, Shape};

    /// A stem and one layer on 28×28 grey images, ten classes; expected figures worked out by hand.
    fn cost(operation: Operation) -> Cost {
        let stem = Operation::convolution(3, 4, 1);
        let layers = vec![Layer { operation: stem, sources: vec![] }, Layer { operation, sources: vec![0] }];
        let image = Shape { channels: 1, height: 28, width: 28 };
        Cost::of(&LayerNetwork { layers }.build(image, 10).expect("well-formed"))
    }

    #[test]
    fn convolution_by_hand() {
        let cost = cost(Operation::convolution(3, 8, 2));
        assert_eq!(cost.params, (9 * 4 + 8) + (9 * 4 * 8 + 16) + (8 * 10 + 10));
        assert_eq!(cost.macs, 784 * 9 * 4 + 196 * 9 * 4 * 8 + 80);
        assert_eq!(cost.flops, 2 * cost.macs);
        // The stem's output beside the second layer's.
        assert_eq!(cost.activations, 4 * (4 * 784 + 8 * 196));
        let moved = (784 + 4 * 784) + (4 * 784 + 8 * 196) + (8 * 196 + 8) + (8 + 10);
        assert!((cost.intensity - cost.flops as f64 / (4 * (cost.params + moved)) as f64).abs() < 1e-12);
    }

    #[test]
    fn depthwise_layers_by_hand() {
        let separable = cost(OperationKind::SeparableConvolution.of(&[5, 8, 1]));
        assert_eq!(separable.params, (36 + 8) + (25 * 4 + 8) + (4 * 8 + 16) + 90);
        assert_eq!(separable.macs, 784 * (36 + 25 * 4 + 32) + 80);
        let bottleneck = cost(OperationKind::InvertedBottleneck.of(&[3, 4, 1, 2]));
        assert_eq!(bottleneck.params, (36 + 8) + (4 * 8 + 16) + (9 * 8 + 16) + (8 * 4 + 8) + 50);
        // The block's input stays alive for the identity while the wide tensors come and go.
        assert_eq!(bottleneck.activations, 4 * 784 * (4 + 8 + 8));
    }

    #[test]
    fn pools_are_free_of_parameters() {
        let cost = cost(OperationKind::MaxPool.of(&[3, 2]));
        assert_eq!(cost.params, 44 + 50);
        assert_eq!(cost.macs, 784 * 36 + 40);
    }
}
