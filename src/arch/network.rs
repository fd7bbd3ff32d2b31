//! The full list of primitive layers with their shapes: what the cost model counts and what the worker builds.

use serde::{Deserialize, Serialize};

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
    pub(super) const fn strided(self, stride: usize) -> Self {
        Self { channels: self.channels, height: self.height.div_ceil(stride), width: self.width.div_ceil(stride) }
    }
}

/// The smallest pieces a network is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Primitive {
    /// The image.
    Input,
    /// Convolution without bias, padding dilation · (kernel − 1)/2.
    Convolution {
        /// Height and width.
        kernel: [usize; 2],
        stride: usize,
        /// Distance between the places a kernel reads.
        dilation: usize,
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
    /// Tensors of one resolution, one after another; their channels add up.
    Concat,
    /// Where training may drop a branch of a cell; changes nothing in inference.
    PathDropout,
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
    /// The node that a second classifier reads in training, when a recipe asks for one. That classifier is no part of
    /// the network: it costs nothing and its weights are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auxiliary: Option<usize>,
}

impl Network {
    /// The image alone, and its node.
    pub(super) fn begun(image: Shape) -> (Self, usize) {
        let mut network = Self { nodes: Vec::new(), auxiliary: None };
        let image = network.push(Primitive::Input, &[], image);
        (network, image)
    }

    /// The second classifier of training as a network that reads the auxiliary node: rectifier, 1×1 convolution to
    /// 128 channels, batch normalisation, rectifier, global mean, linear. The heads of NASNet (arXiv 1707.07012) and
    /// DARTS (arXiv 1806.09055) have a pool before and a second convolution after; images here can be too small for those.
    pub fn auxiliary_head(&self) -> Option<Self> {
        let classes = self.nodes.last()?.shape.channels;
        let (mut head, input) = Self::begun(self.nodes.get(self.auxiliary?)?.shape);
        let rectified = head.rectifier(input);
        let narrow = head.convolution(rectified, 1, 1, 1, 128);
        let rectified = head.rectifier(narrow);
        head.classifier(rectified, classes);
        Some(head)
    }

    /// Global average pooling and a linear layer behind `source`.
    pub(super) fn classifier(&mut self, source: usize, classes: usize) {
        let channels = self.nodes[source].shape.channels;
        let pooled = self.push(Primitive::GlobalAveragePool, &[source], Shape { channels, height: 1, width: 1 });
        let logits = Shape { channels: classes, height: 1, width: 1 };
        self.push(Primitive::Linear { input: channels, output: classes }, &[pooled], logits);
    }

    /// Height and width where the classifier begins.
    pub fn final_resolution(&self) -> (usize, usize) {
        let shape = self.nodes[self.nodes.len() - 3].shape;
        (shape.height, shape.width)
    }

    pub(super) fn push(&mut self, primitive: Primitive, inputs: &[usize], shape: Shape) -> usize {
        self.nodes.push(Node { primitive, inputs: inputs.to_vec(), shape });
        self.nodes.len() - 1
    }

    pub(super) fn pool(&mut self, source: usize, pool: Primitive, stride: usize) -> usize {
        let shape = self.nodes[source].shape.strided(stride);
        self.push(pool, &[source], shape)
    }

    /// Convolution with a square kernel, and batch normalisation.
    pub(super) fn convolution(&mut self, source: usize, kernel: usize, stride: usize, groups: usize, output: usize) -> usize {
        let input = self.nodes[source].shape.channels;
        let convolution =
            self.filter(source, Primitive::Convolution { kernel: [kernel; 2], stride, dilation: 1, groups, input, output }, stride, output);
        self.batch_norm(convolution)
    }

    /// A convolution as given, which must fit the channels of `source`.
    pub(super) fn filter(&mut self, source: usize, convolution: Primitive, stride: usize, output: usize) -> usize {
        let shape = Shape { channels: output, ..self.nodes[source].shape.strided(stride) };
        self.push(convolution, &[source], shape)
    }

    pub(super) fn batch_norm(&mut self, source: usize) -> usize {
        let shape = self.nodes[source].shape;
        self.push(Primitive::BatchNorm { channels: shape.channels }, &[source], shape)
    }

    pub(super) fn rectifier(&mut self, source: usize) -> usize {
        let shape = self.nodes[source].shape;
        self.push(Primitive::Rectifier, &[source], shape)
    }

    pub(super) fn add(&mut self, first: usize, second: usize) -> usize {
        let shape = self.nodes[first].shape;
        self.push(Primitive::Add, &[first, second], shape)
    }
}
