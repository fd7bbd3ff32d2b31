//! What a layer computes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
