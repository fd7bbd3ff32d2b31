//! What networks reach with weights that they share, as a feature of predictors: how the weights are trained, and when the
//! feature counts.
//!
//! The weights are trained once, before the rounds, along uniformly drawn networks (Guo et al. 2020, arXiv 1904.00420). Published
//! rank correlations of such accuracies with separate trainings reach from nothing to 0.7, so the feature has to prove itself:
//! it counts only as long as it ranks the networks that were trained separately.

use serde::{Deserialize, Serialize};

use super::predictor::Scored;
use super::scale::Scale;
use super::state::State;
use crate::engine::Score;
use crate::statistics::spearman;

/// How shared weights are trained and what is asked of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedScores {
    /// Passes over the training split of each set of weights.
    pub passes: usize,
    /// Sets of weights, each with seeds of its own; the score of a network is its mean over them.
    pub chains: usize,
    /// Peak learning rate; it falls to 0 along one cosine.
    pub learning_rate: f64,
    /// Training images from which a network takes the statistics of its normalisations; 0: each batch has its own.
    pub statistics: usize,
    /// Validation images that a score is measured on; 0: all.
    pub images: usize,
    /// The lowest rank correlation of the scores with separate trainings at which they count, in [-1, 1].
    pub gate: f64,
}

/// How well scores by shared weights rank the networks that were trained separately.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedQuality {
    /// Networks with both a score and a separate training.
    pub networks: usize,
    /// Spearman's rank correlation; `None` with fewer than [`FEWEST_ANCHORS`] networks.
    pub spearman: Option<f64>,
    /// Whether the predictor read the scores.
    pub used: bool,
}

/// With fewer networks that were trained separately, scores are not judged, and not used.
pub const FEWEST_ANCHORS: usize = 8;

impl SharedScores {
    /// Judges the scores by the networks measured so far, all on the level of the present stage.
    pub fn judge(&self, state: &State, scored: &Scored) -> SharedQuality {
        let (_, levelled) = Scale::of(state);
        let pairs: Vec<(f64, f64)> = levelled
            .iter()
            .filter_map(|(measured, level)| {
                let score = scored.get(&measured.architecture.digest())?.get(&Score::SharedWeights)?;
                // The accuracy on the level of the present stage, without what constraints take from a reward.
                Some((*score, measured.score() + level - measured.reward.value))
            })
            .collect();
        let spearman = if pairs.len() < FEWEST_ANCHORS { None } else { spearman(&pairs) };
        SharedQuality { networks: pairs.len(), spearman, used: spearman.is_some_and(|spearman| spearman >= self.gate) }
    }
}

/// Scores without those by shared weights.
pub(super) fn without(mut scored: Scored) -> Scored {
    for scores in scored.values_mut() {
        scores.remove(&Score::SharedWeights);
    }
    scored
}
