//! How much work a network is, in one figure that training time goes by: multiply–accumulates, what moves through memory,
//! and the step from one layer to the next, which small networks spend most of their time on.

use super::Network;

/// Multiply–accumulates in the time of moving one element.
pub const ELEMENT: f64 = 10.0;
/// Multiply–accumulates in the time that a layer takes however small it is, forth and back.
pub const LAYER: f64 = 30_000.0;

/// The work of one image of a batch, in multiply–accumulates. It adds up over the layers.
pub fn work(network: &Network, batch: usize) -> f64 {
    let elements = |node: usize| network.nodes[node].shape.elements() as f64;
    let of = |(index, node): (usize, &super::Node)| {
        let moved = elements(index) + node.inputs.iter().map(|&input| elements(input)).sum::<f64>();
        node.primitive.profile().macs(node.shape) as f64 + ELEMENT * moved + LAYER / batch.max(1) as f64
    };
    network.nodes.iter().enumerate().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Layer, LayerNetwork, Operation, Shape};

    #[test]
    fn work_grows_with_layers_and_channels_and_small_batches() {
        let network = |channels: usize, depth: usize| {
            let convolution = Operation::convolution(3, channels, 1);
            let layer = |index: usize| Layer { operation: convolution, sources: index.checked_sub(1).into_iter().collect() };
            let layers = (0..depth).map(layer).collect();
            LayerNetwork { layers }.build(Shape { channels: 1, height: 8, width: 8 }, 10).expect("a network")
        };
        let of = |channels, depth, batch| work(&network(channels, depth), batch);
        assert!(of(8, 2, 64) > of(4, 2, 64) && of(4, 3, 64) > of(4, 2, 64) && of(4, 2, 8) > of(4, 2, 64));
        // Input; convolution, normalisation and rectifier of 4 × 8 × 8; mean; classifier.
        let (image, map) = (64.0, 256.0);
        let moved = image + (image + map) + 2.0 * map + 2.0 * map + (map + 4.0) + (4.0 + 10.0);
        let expected = 9.0 * map + 40.0 + ELEMENT * moved + 6.0 * LAYER / 64.0;
        assert!((of(4, 1, 64) - expected).abs() < 1e-6, "{} {expected}", of(4, 1, 64));
    }
}
