//! Scores of networks before their separate training: cheap enough to be features of predictors, too weak to be judges.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dataset::Images;

/// A score that costs no training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroCost {
    /// How much flows from the input to the logits through all weights; needs no images.
    Synflow,
    /// How differently the rectifiers answer to 64 images of the training split.
    Naswot,
}

/// What a network can be scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    Synflow,
    Naswot,
    /// What it reaches with weights that networks share.
    SharedWeights,
    /// Passes that the weights had seen with which its training began.
    Age,
}

impl From<ZeroCost> for Score {
    fn from(score: ZeroCost) -> Self {
        match score {
            ZeroCost::Synflow => Self::Synflow,
            ZeroCost::Naswot => Self::Naswot,
        }
    }
}

/// Scores of one network; all are numbers, never infinite.
pub type Scores = BTreeMap<Score, f64>;

/// A set of scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeSet<ZeroCost>", into = "BTreeSet<ZeroCost>")]
pub struct ZeroCosts {
    synflow: bool,
    naswot: bool,
}

impl ZeroCosts {
    pub const NONE: Self = Self { synflow: false, naswot: false };

    pub const fn is_empty(&self) -> bool {
        !self.synflow && !self.naswot
    }

    pub const fn contains(self, score: ZeroCost) -> bool {
        match score {
            ZeroCost::Synflow => self.synflow,
            ZeroCost::Naswot => self.naswot,
        }
    }

    /// In their order.
    pub fn iter(self) -> impl Iterator<Item = ZeroCost> {
        [ZeroCost::Synflow, ZeroCost::Naswot].into_iter().filter(move |&score| self.contains(score))
    }
}

impl From<BTreeSet<ZeroCost>> for ZeroCosts {
    fn from(scores: BTreeSet<ZeroCost>) -> Self {
        Self { synflow: scores.contains(&ZeroCost::Synflow), naswot: scores.contains(&ZeroCost::Naswot) }
    }
}

impl From<ZeroCosts> for BTreeSet<ZeroCost> {
    fn from(scores: ZeroCosts) -> Self {
        scores.iter().collect()
    }
}

/// The most images that a network is shown to be scored.
pub const MINIBATCH: usize = 64;

/// Images that a network is shown to be scored.
#[derive(Clone, Copy, Debug)]
pub struct Minibatch<'a> {
    pub images: &'a Images,
    pub examples: &'a [u32],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_stored_as_a_sorted_list() {
        let set: ZeroCosts = serde_json::from_str(r#"["naswot","synflow","naswot"]"#).expect("a set");
        assert_eq!(serde_json::to_string(&set).expect("plain data"), r#"["synflow","naswot"]"#);
        assert!(ZeroCosts::NONE.is_empty() && !set.is_empty());
        assert_eq!(ZeroCosts::from(BTreeSet::from([ZeroCost::Naswot])).iter().collect::<Vec<_>>(), [ZeroCost::Naswot]);
    }
}
