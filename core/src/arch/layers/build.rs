//! From layers to primitives with shapes.

use super::{LayerNetwork, Operation, OperationKind, Parameter};
use crate::arch::places::{Built, Place};
use crate::arch::{Malformed, Network, Primitive, Shape};

impl LayerNetwork {
    /// All layers with their shapes; fails where shapes cannot fit.
    pub fn build(&self, input: Shape, classes: usize) -> Result<Network, Malformed> {
        self.built(input, classes).map(|built| built.network)
    }

    /// The same with the last node of each layer, and where the nodes stand.
    pub(in crate::arch) fn built(&self, input: Shape, classes: usize) -> Result<Built, Malformed> {
        self.validate()?;
        let (mut network, image) = Network::begun(input);
        let mut outputs: Vec<usize> = Vec::with_capacity(self.layers.len());
        let mut places = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            places.push((network.nodes.len(), Place::Skip { layer: index }));
            let source = match layer.sources[..] {
                [] => image,
                [only] => outputs[only],
                [first, second, ..] => network.sum(outputs[first], outputs[second]),
            };
            places.push((network.nodes.len(), Place::Layer { layer: index, operation: layer.operation.kind().word() }));
            outputs.push(network.layer(source, layer.operation));
        }
        let last = *outputs.last().expect("a valid architecture has a layer");
        places.push((network.nodes.len(), Place::Classifier));
        network.classifier(last, classes);
        Ok(Built { network, ends: outputs, places })
    }
}

impl Network {
    fn layer(&mut self, source: usize, operation: Operation) -> usize {
        let input = self.nodes[source].shape.channels;
        let value = |parameter| operation.get(parameter).unwrap_or(0);
        let [kernel, channels, stride] = [Parameter::Kernel, Parameter::Channels, Parameter::Stride].map(value);
        match operation.kind() {
            OperationKind::Convolution => {
                let normed = self.convolution(source, kernel, stride, 1, channels);
                let rectified = self.rectifier(normed);
                self.squeeze_and_excite(rectified, value(Parameter::SqueezeRatio))
            }
            // MobileNet, arXiv 1704.04861, §3.1.
            OperationKind::SeparableConvolution => {
                let depthwise = self.convolution(source, kernel, stride, input, input);
                let depthwise = self.rectifier(depthwise);
                let pointwise = self.convolution(depthwise, 1, 1, 1, channels);
                self.rectifier(pointwise)
            }
            // MobileNetV2, arXiv 1801.04381, §3.3.
            OperationKind::InvertedBottleneck => {
                let expansion = value(Parameter::Expansion);
                let wide = input * expansion;
                let mut inner = source;
                if expansion > 1 {
                    let expanded = self.convolution(source, 1, 1, 1, wide);
                    inner = self.rectifier(expanded);
                }
                let depthwise = self.convolution(inner, kernel, stride, wide, wide);
                let depthwise = self.rectifier(depthwise);
                let depthwise = self.squeeze_and_excite(depthwise, value(Parameter::SqueezeRatio));
                let projected = self.convolution(depthwise, 1, 1, 1, channels);
                if self.nodes[projected].shape == self.nodes[source].shape { self.add(projected, source) } else { projected }
            }
            OperationKind::MaxPool => self.push(Primitive::MaxPool { kernel, stride }, &[source]),
            OperationKind::AveragePool => self.push(Primitive::AveragePool { kernel, stride }, &[source]),
        }
    }

    /// Squeeze-and-excitation (Hu et al. 2018, arXiv 1709.01507, §3): global mean, linear layer to channels / ratio,
    /// rectifier, linear layer back, sigmoid; the result scales the channels. It stands behind the rectifier of a
    /// convolution (there, §3.3), and between the depthwise convolution and the projection of an inverted bottleneck,
    /// whose ratio is of the expanded channels (MobileNetV3, arXiv 1905.02244, §5.3, with 4). Fractions are cut off, and
    /// one channel is left at least, as in EfficientNet's code.
    fn squeeze_and_excite(&mut self, source: usize, ratio: usize) -> usize {
        if ratio == 0 {
            return source;
        }
        let channels = self.nodes[source].shape.channels;
        let mean = self.push(Primitive::GlobalAveragePool, &[source]);
        let squeezed = self.linear(mean, (channels / ratio).max(1));
        let rectified = self.rectifier(squeezed);
        let excited = self.linear(rectified, channels);
        let factors = self.push(Primitive::Sigmoid, &[excited]);
        self.push(Primitive::Scale, &[source, factors])
    }

    /// The sum of two nodes in the shape of the smaller one (the first, where they are equally large).
    fn sum(&mut self, first: usize, second: usize) -> usize {
        let (a, b) = (self.nodes[first].shape, self.nodes[second].shape);
        let (to, from) = if b.height < a.height { (second, first) } else { (first, second) };
        let (target, origin) = (self.nodes[to].shape, self.nodes[from].shape);
        if target == origin {
            return self.add(to, from);
        }
        // Resolutions come from ceiling divisions of one image by products of strides, so one stride reaches both sides of
        // the target whenever strides are powers of two; else the next stride that reaches its height is taken.
        let mut strides = 1..=origin.height.max(origin.width);
        let reached = |stride: &usize| (origin.height.div_ceil(*stride), origin.width.div_ceil(*stride)) == (target.height, target.width);
        let next = || (1..=origin.height).find(|&stride| origin.height.div_ceil(stride) <= target.height);
        let stride = strides.find(reached).or_else(next).unwrap_or(1);
        let aligned = self.convolution(from, 1, stride, 1, target.channels);
        self.add(to, aligned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Cost, Layer};

    const IMAGE: Shape = Shape { channels: 1, height: 28, width: 28 };

    fn network(layers: &[(Operation, &[usize])]) -> Network {
        let layers = layers.iter().map(|(operation, sources)| Layer { operation: *operation, sources: sources.to_vec() }).collect();
        LayerNetwork { layers }.build(IMAGE, 10).expect("well-formed")
    }

    #[test]
    fn shapes_follow_strides_and_the_classifier_comes_last() {
        let stem = Operation::convolution(3, 8, 2);
        let pool = OperationKind::MaxPool.of(&[3, 2]);
        let network = network(&[(stem, &[]), (pool, &[0])]);
        assert_eq!(network.features(), Shape { channels: 8, height: 7, width: 7 });
        assert_eq!(network.nodes.last().map(|node| node.shape.channels), Some(10));
    }

    #[test]
    fn a_skip_over_a_stride_is_projected() {
        let stem = Operation::convolution(3, 8, 1);
        let down = Operation::convolution(3, 16, 2);
        let network = network(&[(stem, &[]), (down, &[0]), (down, &[1, 0])]);
        let projections = network
            .nodes
            .iter()
            .filter(|node| matches!(node.primitive, Primitive::Convolution { kernel: [1, 1], stride: 2, input: 8, output: 16, .. }));
        assert_eq!(projections.count(), 1);
    }

    #[test]
    fn a_skip_reaches_both_sides_of_an_image_that_is_not_square() {
        let down = Operation::convolution(3, 8, 2);
        let layers = [(down, vec![]), (down, vec![0]), (down, vec![1]), (down, vec![2, 0])];
        let layers = layers.map(|(operation, sources)| Layer { operation, sources }).to_vec();
        // 5 of 10 rows become 2 by any stride from 3 on, 14 of 28 columns become 4 by a stride of 4 alone.
        let network = LayerNetwork { layers }.build(Shape { channels: 1, height: 10, width: 28 }, 10).expect("well-formed");
        let shapes = |node: &crate::arch::Node| node.inputs.iter().map(|&input| network.nodes[input].shape).collect::<Vec<_>>();
        let sums: Vec<Vec<Shape>> = network.nodes.iter().filter(|node| node.primitive == Primitive::Add).map(shapes).collect();
        assert_eq!(sums, [vec![Shape { channels: 8, height: 2, width: 4 }; 2]]);
    }

    #[test]
    fn squeeze_and_excitation_adds_two_linear_layers_and_keeps_the_shape() {
        let stem = Operation::convolution(3, 8, 1);
        let cost = |operation| {
            let network = network(&[(stem, &[]), (operation, &[0])]);
            (network.features(), Cost::of(&network).params, Cost::of(&network).macs)
        };
        let weights = |channels: u64, squeezed: u64| 2 * channels * squeezed;
        for (kind, values, channels, squeezed) in
            [(OperationKind::Convolution, &[3, 12, 2, 4][..], 12, 3), (OperationKind::InvertedBottleneck, &[3, 12, 2, 4, 10], 32, 3)]
        {
            let (plain, with) = (cost(kind.of(&values[..values.len() - 1])), cost(kind.of(values)));
            assert_eq!(with.0, plain.0);
            assert_eq!(with.1 - plain.1, weights(channels, squeezed) + channels + squeezed);
            assert_eq!(with.2 - plain.2, weights(channels, squeezed));
        }
        let narrow = network(&[(stem, &[]), (OperationKind::Convolution.of(&[3, 12, 2, 64]), &[0])]);
        assert!(narrow.nodes.iter().any(|node| node.primitive == Primitive::Linear { input: 12, output: 1 }));
    }

    #[test]
    fn an_inverted_bottleneck_adds_the_identity_where_it_fits() {
        let stem = Operation::convolution(3, 8, 1);
        let block = |channels| OperationKind::InvertedBottleneck.of(&[3, channels, 1, 2]);
        let adds = |network: &Network| network.nodes.iter().filter(|node| node.primitive == Primitive::Add).count();
        assert_eq!(adds(&network(&[(stem, &[]), (block(8), &[0])])), 1);
        assert_eq!(adds(&network(&[(stem, &[]), (block(16), &[0])])), 0);
    }
}
