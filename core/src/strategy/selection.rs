//! A selection: which proposals are trained, and why each was chosen.

use serde::{Deserialize, Serialize};

use super::predictor::Scored;
use super::proposals::Proposals;
use super::shared_scores::SharedQuality;
use super::state::State;
use crate::seed::Seed;
use crate::space::SearchSpace;

/// Why a proposal was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChosenBy {
    Prediction,
    Random,
    /// In the order of the strategy: nothing was predicted.
    Order,
    /// Carried over from the stage before, or the start network.
    Carried,
}

/// A proposal to be trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Index into the proposals.
    pub proposal: usize,
    pub by: ChosenBy,
    /// Predicted reward as a z-score, where the strategy predicts; by shared weights as it is.
    pub predicted: Option<f64>,
}

/// What a predict task gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub chosen: Vec<Chosen>,
    /// Of every proposal, where the strategy predicts.
    pub predicted: Option<Vec<f64>>,
    /// The rank correlation that was below the gate, where that made the round choose at random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gated: Option<f64>,
    /// How scores by shared weights were judged, where the predictor may read any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_weights: Option<SharedQuality>,
    /// What was found out before choosing: of every proposal, and of measured networks that had none.
    #[serde(default, skip_serializing_if = "Scored::is_empty")]
    pub scores: Scored,
}

impl Selection {
    /// All of `count` proposals, carried over.
    pub fn carried(count: usize) -> Self {
        let chosen = (0..count).map(|proposal| Chosen { proposal, by: ChosenBy::Carried, predicted: None }).collect();
        Self { chosen, predicted: None, gated: None, shared_weights: None, scores: Scored::new() }
    }
    /// The first proposals, in the order of the strategy.
    pub(super) fn in_order(pick: &Pick<'_>) -> Self {
        let count = pick.count.min(pick.proposals.proposals.len());
        let chosen = (0..count).map(|proposal| Chosen { proposal, by: ChosenBy::Order, predicted: None }).collect();
        Self { chosen, predicted: None, gated: None, shared_weights: None, scores: pick.scores.clone() }
    }
}

/// What is asked of a selection.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a> {
    pub space: SearchSpace<'a>,
    pub state: &'a State,
    pub proposals: &'a Proposals,
    /// How many are trained.
    pub count: usize,
    pub seed: Seed,
    /// The scores of what [`Predict::unscored`](super::Predict::unscored) names.
    pub scores: &'a Scored,
    /// The reward of each proposal with shared weights, where there are any.
    pub probed: Option<&'a [f64]>,
}
