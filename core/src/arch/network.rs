//! The full list of primitive layers with their shapes: what the cost model counts and what the worker builds.

use serde::Serialize;

use super::{Primitive, Shape};

/// A primitive, the earlier nodes it reads and the shape it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    pub primitive: Primitive,
    pub inputs: Vec<usize>,
    pub shape: Shape,
}

/// A network for images of one shape and a number of classes: nodes in topological order, logits last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    pub nodes: Vec<Node>,
    /// The node that a second classifier reads in training, when a recipe asks for one. That classifier is no part of
    /// the network: it costs nothing and its weights are not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auxiliary: Option<usize>,
}

impl Network {
    /// The image alone, and its node.
    pub(super) fn begun(image: Shape) -> (Self, usize) {
        let image = Node { primitive: Primitive::Input, inputs: Vec::new(), shape: image };
        (Self { nodes: vec![image], auxiliary: None }, 0)
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
        let pooled = self.push(Primitive::GlobalAveragePool, &[source]);
        self.linear(pooled, classes);
    }

    /// The shape of the features that the classifier reads.
    pub fn features(&self) -> Shape {
        let logits = self.nodes.len() - 1;
        let pooled = self.nodes[logits].inputs[0];
        self.nodes[self.nodes[pooled].inputs[0]].shape
    }

    /// Adds a node behind others.
    pub(super) fn push(&mut self, primitive: Primitive, inputs: &[usize]) -> usize {
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.nodes[input].shape).collect();
        self.nodes.push(Node { primitive, inputs: inputs.to_vec(), shape: primitive.output(&shapes) });
        self.nodes.len() - 1
    }

    /// Convolution with a square kernel, and batch normalisation.
    pub(super) fn convolution(&mut self, source: usize, kernel: usize, stride: usize, groups: usize, output: usize) -> usize {
        let input = self.nodes[source].shape.channels;
        let convolution = Primitive::Convolution { kernel: [kernel; 2], stride, dilation: 1, groups, input, output };
        let convolution = self.push(convolution, &[source]);
        self.batch_norm(convolution)
    }

    pub(super) fn batch_norm(&mut self, source: usize) -> usize {
        let channels = self.nodes[source].shape.channels;
        self.push(Primitive::BatchNorm { channels }, &[source])
    }

    pub(super) fn rectifier(&mut self, source: usize) -> usize {
        self.push(Primitive::Relu, &[source])
    }

    pub(super) fn linear(&mut self, source: usize, output: usize) -> usize {
        let input = self.nodes[source].shape.channels;
        self.push(Primitive::Linear { input, output }, &[source])
    }

    pub(super) fn add(&mut self, first: usize, second: usize) -> usize {
        self.push(Primitive::Add, &[first, second])
    }
}
