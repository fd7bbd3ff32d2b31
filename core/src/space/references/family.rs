//! The families: which operation a layer has, and what it reads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use crate::arch::{Layer, LayerNetwork, Operation, OperationKind, Parameter};

/// A family of networks. All have stages of falling resolution, the first layer of each with a stride, and twice as many
/// channels from stage to stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Plain convolutions in a row (arXiv 1409.1556), with strides in place of pools (arXiv 1412.6806).
    Vgg,
    /// Pairs of convolutions, each pair added to what it reads (arXiv 1512.03385). At least three layers behind the stem.
    Resnet,
    /// Depthwise separable convolutions in a row (arXiv 1704.04861).
    MobilenetV1,
    /// Inverted bottlenecks in a row (arXiv 1801.04381).
    MobilenetV2,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::Vgg, Self::Resnet, Self::MobilenetV1, Self::MobilenetV2];

    /// The word used in specs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vgg => "vgg",
            Self::Resnet => "resnet",
            Self::MobilenetV1 => "mobilenet-v1",
            Self::MobilenetV2 => "mobilenet-v2",
        }
    }

    /// What its layers compute.
    pub const fn operation(self) -> OperationKind {
        match self {
            Self::Vgg | Self::Resnet => OperationKind::Convolution,
            Self::MobilenetV1 => OperationKind::SeparableConvolution,
            Self::MobilenetV2 => OperationKind::InvertedBottleneck,
        }
    }

    /// With fewer layers behind the stem, a ResNet has no sum, and is a VGG.
    pub(super) const fn fewest_layers(self) -> usize {
        match self {
            Self::Resnet => 3,
            Self::Vgg | Self::MobilenetV1 | Self::MobilenetV2 => 1,
        }
    }

    /// The network with these layers behind the stem, each given by its channels and its stride.
    pub(super) fn network(self, frame: &Frame, layers: &[(usize, usize)]) -> LayerNetwork {
        let stem = Layer { operation: frame.stem, sources: vec![] };
        let layer = |(before, &(channels, stride)): (usize, &(usize, usize))| Layer {
            operation: self.layer(frame, before, channels, stride),
            sources: std::iter::once(before).chain(self.skip(before)).collect(),
        };
        LayerNetwork { layers: std::iter::once(stem).chain(layers.iter().enumerate().map(layer)).collect() }.canonical()
    }

    fn layer(self, frame: &Frame, before: usize, channels: usize, stride: usize) -> Operation {
        let value = |parameter| match parameter {
            Parameter::Kernel => frame.kernel,
            Parameter::Channels => channels,
            Parameter::Stride => stride,
            Parameter::Expansion if before == 0 => frame.first_expansion,
            Parameter::Expansion => frame.expansion,
            Parameter::SqueezeRatio => frame.squeeze_ratio,
        };
        let mut operation = Operation::new(self.operation());
        self.operation().parameters().iter().for_each(|&parameter| operation.set(parameter, value(parameter)));
        operation
    }

    /// The layer that is added to what the layer behind `before` reads: what the pair that just ended has read.
    fn skip(self, before: usize) -> Option<usize> {
        (self == Self::Resnet && before.is_multiple_of(2)).then(|| before.checked_sub(2)).flatten()
    }
}
