//! Costs of a network by kind, wherever they come from: computed from shapes, measured, or a column of a table.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cost that can be constrained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CostKind {
    /// Trainable parameters.
    Params,
    /// Multiply–accumulates of convolutions and linear layers.
    Macs,
    /// Floating-point operations, 2 × macs.
    Flops,
    /// Floating-point operations per byte moved.
    Intensity,
    /// Peak bytes of activations during inference.
    Activations,
    /// Milliseconds of one inference at batch size 1.
    Latency,
}

/// The costs that are known of one network.
pub type Costs = BTreeMap<CostKind, f64>;

impl CostKind {
    pub const ALL: [Self; 6] = [Self::Params, Self::Macs, Self::Flops, Self::Intensity, Self::Activations, Self::Latency];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::Intensity => "intensity",
            Self::Activations => "activations",
            Self::Latency => "latency",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
