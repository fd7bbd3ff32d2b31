//! What predictions remember from round to round.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::engine::Scores;

/// Scores of networks, by the digest of the architecture.
pub type Scored = BTreeMap<Digest, Scores>;

/// The memory of a strategy that predicts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictorMemory {
    /// Of the Gaussian process, as [`Predictor::fit`](super::Predictor::fit) gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hyperparameters: Option<Vec<f64>>,
    /// Of measured networks, where the predictor reads scores.
    #[serde(default, skip_serializing_if = "Scored::is_empty")]
    pub scores: Scored,
}
