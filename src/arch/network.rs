//! The full list of primitive layers with their shapes: what the cost model counts and what the worker builds.

use serde::{Deserialize, Serialize};

use super::{Architecture, Malformed, Operation};

/// Channels × height × width of one example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Shape {
    pub const fn elements(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Resolution after a padded window with this stride.
    const fn strided(self, stride: usize) -> Self {
        Self { channels: self.channels, height: self.height.div_ceil(stride), width: self.width.div_ceil(stride) }
    }
}

/// The smallest pieces a network is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Primitive {
    /// The image.
    Input,
    /// Convolution without bias, padding (kernel − 1)/2.
    Convolution {
        kernel: usize,
        stride: usize,
        groups: usize,
        input: usize,
        output: usize,
    },
    BatchNorm {
        channels: usize,
    },
    Rectifier,
    MaxPool {
        kernel: usize,
        stride: usize,
    },
    /// Padding is not counted in the mean.
    AveragePool {
        kernel: usize,
        stride: usize,
    },
    /// Sum of two tensors of one shape.
    Add,
    /// Mean over height and width; the result has one element a channel.
    GlobalAveragePool,
    /// With bias.
    Linear {
        input: usize,
        output: usize,
    },
}

/// A primitive, the earlier nodes it reads and the shape it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub primitive: Primitive,
    pub inputs: Vec<usize>,
    pub shape: Shape,
}

/// A network for images of one shape and a number of classes: nodes in topological order, logits last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    pub nodes: Vec<Node>,
}

impl Network {
    /// Builds the layers of `architecture`; fails where shapes cannot fit.
    pub fn new(architecture: &Architecture, input: Shape, classes: usize) -> Result<Self, Malformed> {
        architecture.validate()?;
        let mut network = Self { nodes: Vec::new() };
        let image = network.push(Primitive::Input, &[], input);
        let mut outputs: Vec<usize> = Vec::with_capacity(architecture.layers.len());
        for layer in &architecture.layers {
            let source = match layer.sources[..] {
                [] => image,
                [only] => outputs[only],
                [first, second, ..] => network.sum(outputs[first], outputs[second]),
            };
            outputs.push(network.layer(source, layer.operation));
        }
        let last = *outputs.last().expect("a valid architecture has a layer");
        let channels = network.nodes[last].shape.channels;
        let pooled = network.push(Primitive::GlobalAveragePool, &[last], Shape { channels, height: 1, width: 1 });
        let logits = Shape { channels: classes, height: 1, width: 1 };
        network.push(Primitive::Linear { input: channels, output: classes }, &[pooled], logits);
        Ok(network)
    }

    /// Height and width where the classifier begins.
    pub fn final_resolution(&self) -> (usize, usize) {
        let shape = self.nodes[self.nodes.len() - 3].shape;
        (shape.height, shape.width)
    }

    fn push(&mut self, primitive: Primitive, inputs: &[usize], shape: Shape) -> usize {
        self.nodes.push(Node { primitive, inputs: inputs.to_vec(), shape });
        self.nodes.len() - 1
    }

    fn layer(&mut self, source: usize, operation: Operation) -> usize {
        let input = self.nodes[source].shape.channels;
        match operation {
            Operation::Convolution { kernel, channels, stride } => {
                let normed = self.convolution(source, kernel, stride, 1, channels);
                self.rectifier(normed)
            }
            Operation::SeparableConvolution { kernel, channels, stride } => {
                let depthwise = self.convolution(source, kernel, stride, input, input);
                let depthwise = self.rectifier(depthwise);
                let pointwise = self.convolution(depthwise, 1, 1, 1, channels);
                self.rectifier(pointwise)
            }
            Operation::InvertedBottleneck { kernel, channels, stride, expansion } => {
                let wide = input * expansion;
                let mut inner = source;
                if expansion > 1 {
                    let expanded = self.convolution(source, 1, 1, 1, wide);
                    inner = self.rectifier(expanded);
                }
                let depthwise = self.convolution(inner, kernel, stride, wide, wide);
                let depthwise = self.rectifier(depthwise);
                let projected = self.convolution(depthwise, 1, 1, 1, channels);
                if self.nodes[projected].shape == self.nodes[source].shape { self.add(projected, source) } else { projected }
            }
            Operation::MaxPool { kernel, stride } => {
                let shape = self.nodes[source].shape.strided(stride);
                self.push(Primitive::MaxPool { kernel, stride }, &[source], shape)
            }
            Operation::AveragePool { kernel, stride } => {
                let shape = self.nodes[source].shape.strided(stride);
                self.push(Primitive::AveragePool { kernel, stride }, &[source], shape)
            }
        }
    }

    /// Convolution and batch normalisation.
    fn convolution(&mut self, source: usize, kernel: usize, stride: usize, groups: usize, output: usize) -> usize {
        let from = self.nodes[source].shape;
        let shape = Shape { channels: output, ..from.strided(stride) };
        let primitive = Primitive::Convolution { kernel, stride, groups, input: from.channels, output };
        let convolution = self.push(primitive, &[source], shape);
        self.push(Primitive::BatchNorm { channels: output }, &[convolution], shape)
    }

    fn rectifier(&mut self, source: usize) -> usize {
        let shape = self.nodes[source].shape;
        self.push(Primitive::Rectifier, &[source], shape)
    }

    fn add(&mut self, first: usize, second: usize) -> usize {
        let shape = self.nodes[first].shape;
        self.push(Primitive::Add, &[first, second], shape)
    }

    /// The sum of two nodes in the shape of the smaller one (the first, where they are equally large).
    fn sum(&mut self, first: usize, second: usize) -> usize {
        let (a, b) = (self.nodes[first].shape, self.nodes[second].shape);
        let (to, from) = if b.height < a.height { (second, first) } else { (first, second) };
        let (target, origin) = (self.nodes[to].shape, self.nodes[from].shape);
        if target == origin {
            return self.add(to, from);
        }
        // Resolutions come from ceiling divisions of one image by products of strides, so the ratio found by
        // ceiling division reaches the target whenever strides are powers of two; else the next stride does.
        let stride = (1..=origin.height).find(|&stride| origin.height.div_ceil(stride) <= target.height).unwrap_or(1);
        let aligned = self.convolution(from, 1, stride, 1, target.channels);
        self.add(to, aligned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Layer;

    const IMAGE: Shape = Shape { channels: 1, height: 28, width: 28 };

    fn network(layers: &[(Operation, &[usize])]) -> Network {
        let layers = layers.iter().map(|(operation, sources)| Layer { operation: *operation, sources: sources.to_vec() }).collect();
        Network::new(&Architecture { layers }, IMAGE, 10).expect("well-formed")
    }

    #[test]
    fn shapes_follow_strides_and_the_classifier_comes_last() {
        let stem = Operation::Convolution { kernel: 3, channels: 8, stride: 2 };
        let pool = Operation::MaxPool { kernel: 3, stride: 2 };
        let network = network(&[(stem, &[]), (pool, &[0])]);
        assert_eq!(network.final_resolution(), (7, 7));
        assert_eq!(network.nodes.last().map(|node| node.shape.channels), Some(10));
    }

    #[test]
    fn a_skip_over_a_stride_is_projected() {
        let stem = Operation::Convolution { kernel: 3, channels: 8, stride: 1 };
        let down = Operation::Convolution { kernel: 3, channels: 16, stride: 2 };
        let network = network(&[(stem, &[]), (down, &[0]), (down, &[1, 0])]);
        let projections = network
            .nodes
            .iter()
            .filter(|node| matches!(node.primitive, Primitive::Convolution { kernel: 1, stride: 2, input: 8, output: 16, .. }));
        assert_eq!(projections.count(), 1);
    }

    #[test]
    fn an_inverted_bottleneck_adds_the_identity_where_it_fits() {
        let stem = Operation::Convolution { kernel: 3, channels: 8, stride: 1 };
        let block = |channels| Operation::InvertedBottleneck { kernel: 3, channels, stride: 1, expansion: 2 };
        let adds = |network: &Network| network.nodes.iter().filter(|node| node.primitive == Primitive::Add).count();
        assert_eq!(adds(&network(&[(stem, &[]), (block(8), &[0])])), 1);
        assert_eq!(adds(&network(&[(stem, &[]), (block(16), &[0])])), 0);
    }
}
