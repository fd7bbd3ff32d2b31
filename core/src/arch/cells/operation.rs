//! What a branch of a cell can compute: the union of the menus of NASNet (arXiv 1707.07012, §3), PNAS
//! (arXiv 1712.00559, §3.1) and ENAS (arXiv 1802.03268, §2.3), as far as they keep small windows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An operation on a tensor of the width of the cell, which it keeps. Convolutions begin with a rectifier and end with
/// batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CellOperation {
    /// The tensor itself; with stride 2 a rectifier, a 1×1 convolution and batch normalisation.
    #[serde(rename = "identity")]
    Identity,
    /// Relu, depthwise 3×3, 1×1 convolution and batch normalisation, applied twice.
    #[serde(rename = "separable-convolution-3x3")]
    SeparableConvolution3x3,
    /// The same with 5×5.
    #[serde(rename = "separable-convolution-5x5")]
    SeparableConvolution5x5,
    /// The same with 7×7.
    #[serde(rename = "separable-convolution-7x7")]
    SeparableConvolution7x7,
    /// Relu, a 1×7 convolution, a 7×1 convolution, batch normalisation.
    #[serde(rename = "convolution-1x7-7x1")]
    Convolution1x7_7x1,
    /// Relu, depthwise 3×3 that reads every second place, 1×1 convolution, batch normalisation.
    #[serde(rename = "dilated-convolution-3x3")]
    DilatedConvolution3x3,
    /// Mean over 3×3.
    #[serde(rename = "average-pool-3x3")]
    AveragePool3x3,
    /// Maximum over 3×3.
    #[serde(rename = "max-pool-3x3")]
    MaxPool3x3,
    /// Relu, 1×1 convolution, batch normalisation.
    #[serde(rename = "convolution-1x1")]
    Convolution1x1,
    /// Relu, dense 3×3 convolution, batch normalisation. Of NASNet's menu: many multiply–accumulates for each
    /// byte moved, so that it trains fast where memory is the bottleneck.
    #[serde(rename = "convolution-3x3")]
    Convolution3x3,
}

impl CellOperation {
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::SeparableConvolution3x3,
        Self::SeparableConvolution5x5,
        Self::SeparableConvolution7x7,
        Self::Convolution1x7_7x1,
        Self::DilatedConvolution3x3,
        Self::AveragePool3x3,
        Self::MaxPool3x3,
        Self::Convolution1x1,
        Self::Convolution3x3,
    ];

    /// Those of a space that lists none: by hand, so that a new operation changes no spec.
    pub const DEFAULT: [Self; 10] = [
        Self::Identity,
        Self::SeparableConvolution3x3,
        Self::SeparableConvolution5x5,
        Self::SeparableConvolution7x7,
        Self::Convolution1x7_7x1,
        Self::DilatedConvolution3x3,
        Self::AveragePool3x3,
        Self::MaxPool3x3,
        Self::Convolution1x1,
        Self::Convolution3x3,
    ];

    /// Whether it has weights where it keeps the resolution.
    pub const fn is_convolution(self) -> bool {
        !matches!(self, Self::Identity | Self::AveragePool3x3 | Self::MaxPool3x3)
    }

    /// The word used in specs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::SeparableConvolution3x3 => "separable-convolution-3x3",
            Self::SeparableConvolution5x5 => "separable-convolution-5x5",
            Self::SeparableConvolution7x7 => "separable-convolution-7x7",
            Self::Convolution1x7_7x1 => "convolution-1x7-7x1",
            Self::DilatedConvolution3x3 => "dilated-convolution-3x3",
            Self::AveragePool3x3 => "average-pool-3x3",
            Self::MaxPool3x3 => "max-pool-3x3",
            Self::Convolution1x1 => "convolution-1x1",
            Self::Convolution3x3 => "convolution-3x3",
        }
    }

    /// The word used in summaries.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Identity => "id",
            Self::SeparableConvolution3x3 => "sep3",
            Self::SeparableConvolution5x5 => "sep5",
            Self::SeparableConvolution7x7 => "sep7",
            Self::Convolution1x7_7x1 => "1x7-7x1",
            Self::DilatedConvolution3x3 => "dil3",
            Self::AveragePool3x3 => "avg3",
            Self::MaxPool3x3 => "max3",
            Self::Convolution1x1 => "conv1",
            Self::Convolution3x3 => "conv3",
        }
    }
}
