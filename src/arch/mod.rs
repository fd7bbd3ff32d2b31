//! What a network is: the choices ([`Architecture`]), the full list of layers with shapes ([`Network`]) and what it costs ([`Cost`]).
//! No tensors, and no opinion on which architectures a search may choose: that is `space`.

mod canonical;
mod cost;
mod network;

pub use cost::Cost;
pub use network::{Network, Node, Primitive, Shape};

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Domain};

/// What a layer computes. Convolutions are followed by batch normalisation and a rectifier, and padded so that
/// stride 1 keeps the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Operation {
    /// A dense convolution.
    Convolution { kernel: usize, channels: usize, stride: usize },
    /// A depthwise convolution followed by a 1×1 convolution (MobileNet, arXiv 1704.04861, §3.1).
    SeparableConvolution { kernel: usize, channels: usize, stride: usize },
    /// 1×1 expansion, depthwise convolution, linear 1×1 projection, and the identity added where the shapes
    /// allow (MobileNetV2, arXiv 1801.04381, §3.3).
    InvertedBottleneck { kernel: usize, channels: usize, stride: usize, expansion: usize },
    /// The maximum over a window.
    MaxPool { kernel: usize, stride: usize },
    /// The mean over a window, padding not counted.
    AveragePool { kernel: usize, stride: usize },
}

/// The operations without their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// A dense convolution, batch normalisation, rectifier.
    Convolution,
    /// A depthwise and a 1×1 convolution, each with batch normalisation and rectifier.
    SeparableConvolution,
    /// The block of MobileNetV2: 1×1 expansion, depthwise convolution, linear 1×1 projection, identity added where it fits.
    InvertedBottleneck,
    /// Maximum over a window.
    MaxPool,
    /// Mean over a window.
    AveragePool,
}

impl OperationKind {
    pub const ALL: [Self; 5] = [Self::Convolution, Self::SeparableConvolution, Self::InvertedBottleneck, Self::MaxPool, Self::AveragePool];

    /// Whether the operation has a number of output channels of its own.
    pub const fn has_channels(self) -> bool {
        !matches!(self, Self::MaxPool | Self::AveragePool)
    }

    pub const fn has_expansion(self) -> bool {
        matches!(self, Self::InvertedBottleneck)
    }

    /// The operation with its parameters; those it does not have are ignored.
    pub const fn with(self, kernel: usize, channels: usize, stride: usize, expansion: usize) -> Operation {
        match self {
            Self::Convolution => Operation::Convolution { kernel, channels, stride },
            Self::SeparableConvolution => Operation::SeparableConvolution { kernel, channels, stride },
            Self::InvertedBottleneck => Operation::InvertedBottleneck { kernel, channels, stride, expansion },
            Self::MaxPool => Operation::MaxPool { kernel, stride },
            Self::AveragePool => Operation::AveragePool { kernel, stride },
        }
    }

    /// The word used in specs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Convolution => "convolution",
            Self::SeparableConvolution => "separable-convolution",
            Self::InvertedBottleneck => "inverted-bottleneck",
            Self::MaxPool => "max-pool",
            Self::AveragePool => "average-pool",
        }
    }
}

impl Operation {
    pub const fn kind(self) -> OperationKind {
        match self {
            Self::Convolution { .. } => OperationKind::Convolution,
            Self::SeparableConvolution { .. } => OperationKind::SeparableConvolution,
            Self::InvertedBottleneck { .. } => OperationKind::InvertedBottleneck,
            Self::MaxPool { .. } => OperationKind::MaxPool,
            Self::AveragePool { .. } => OperationKind::AveragePool,
        }
    }

    pub const fn kernel(self) -> usize {
        match self {
            Self::Convolution { kernel, .. }
            | Self::SeparableConvolution { kernel, .. }
            | Self::InvertedBottleneck { kernel, .. }
            | Self::MaxPool { kernel, .. }
            | Self::AveragePool { kernel, .. } => kernel,
        }
    }

    pub const fn stride(self) -> usize {
        match self {
            Self::Convolution { stride, .. }
            | Self::SeparableConvolution { stride, .. }
            | Self::InvertedBottleneck { stride, .. }
            | Self::MaxPool { stride, .. }
            | Self::AveragePool { stride, .. } => stride,
        }
    }

    /// Output channels; `None` for pools, which keep those of their input.
    pub const fn channels(self) -> Option<usize> {
        match self {
            Self::Convolution { channels, .. }
            | Self::SeparableConvolution { channels, .. }
            | Self::InvertedBottleneck { channels, .. } => Some(channels),
            Self::MaxPool { .. } | Self::AveragePool { .. } => None,
        }
    }

    pub const fn expansion(self) -> Option<usize> {
        match self {
            Self::InvertedBottleneck { expansion, .. } => Some(expansion),
            _ => None,
        }
    }
}

/// One layer: an operation on the sum of its sources.
///
/// Where two sources differ in shape, the larger one is brought to the other's by a strided 1×1 convolution with
/// batch normalisation (the projection shortcut of ResNets, arXiv 1512.03385, §3.3, option B).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub operation: Operation,
    /// Earlier layers, the main source first. Empty for layer 0, the stem, which reads the image.
    pub sources: Vec<usize>,
}

/// What was chosen: layers in topological order, the stem first; the last one feeds the classifier
/// (global average pooling and a linear layer).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    pub layers: Vec<Layer>,
}

/// The most layers that are ever accepted, wherever an architecture comes from.
pub const MAX_LAYERS: usize = 256;

/// An architecture that makes no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl Architecture {
    /// Checks what the type cannot say: order of sources, sizes.
    pub fn validate(&self) -> Result<(), Malformed> {
        if self.layers.is_empty() || self.layers.len() > MAX_LAYERS {
            return Err(Malformed(format!("a network has 1 to {MAX_LAYERS} layers, this one has {}", self.layers.len())));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let sources_fit = if index == 0 {
                layer.sources.is_empty()
            } else {
                (1..=2).contains(&layer.sources.len()) && layer.sources.iter().all(|&source| source < index)
            };
            if !sources_fit {
                return Err(Malformed(format!("layer {index} does not read from one or two earlier layers")));
            }
            let operation = layer.operation;
            let sizes = [operation.kernel(), operation.stride(), operation.channels().unwrap_or(1), operation.expansion().unwrap_or(1)];
            if sizes.iter().any(|&size| size == 0 || size > 65_536) || operation.kernel() % 2 == 0 {
                return Err(Malformed(format!("layer {index} has a size of zero, an even kernel or a size over 65536")));
            }
        }
        Ok(())
    }

    /// The same for all networks that are equal up to the names and the order of their layers.
    /// Call it on a canonical architecture.
    pub fn digest(&self) -> Digest {
        Digest::of_json(Domain::Blob, self)
    }

    /// A line for people, such as `conv3×16 · sep5×32/2 · ib3×32e4+1 · max3/2`.
    pub fn summary(&self) -> String {
        let layer = |(index, layer): (usize, &Layer)| {
            let operation = layer.operation;
            let name = match operation.kind() {
                OperationKind::Convolution => "conv",
                OperationKind::SeparableConvolution => "sep",
                OperationKind::InvertedBottleneck => "ib",
                OperationKind::MaxPool => "max",
                OperationKind::AveragePool => "avg",
            };
            let mut text = format!("{name}{}", operation.kernel());
            if let Some(channels) = operation.channels() {
                let _ = write!(text, "×{channels}");
            }
            if let Some(expansion) = operation.expansion() {
                let _ = write!(text, "e{expansion}");
            }
            if operation.stride() > 1 {
                let _ = write!(text, "/{}", operation.stride());
            }
            for (position, &source) in layer.sources.iter().enumerate() {
                if position > 0 || source + 1 != index {
                    let _ = write!(text, "+{source}");
                }
            }
            text
        };
        self.layers.iter().enumerate().map(layer).collect::<Vec<_>>().join(" · ")
    }
}
