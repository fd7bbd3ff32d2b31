//! What a search goes by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What rewards are made of: a share of the validation split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Share of the images that are classified right.
    #[default]
    Accuracy,
    /// Mean over the classes of the share of their images that are classified right: small classes count like large ones.
    BalancedAccuracy,
    /// Share of the images whose class is among the five likeliest; from 20 classes on.
    #[serde(rename = "top-5")]
    Top5,
}

impl Metric {
    /// The word for it in a spec.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced-accuracy",
            Self::Top5 => "top-5",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::Top5 => "top-5 accuracy",
        }
    }

    /// What needs not be said, so that keys from before there were others stay.
    pub fn is_accuracy(&self) -> bool {
        *self == Self::Accuracy
    }
}
