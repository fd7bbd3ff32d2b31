//! Which proposals are worth training: most by predicted reward, a declared share at random.

use serde::{Deserialize, Serialize};

use super::{Proposals, State, Strategy, epnas};
use crate::engine::Policy;
use crate::seed::{Seed, shuffle};

/// Why a proposal was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    Prediction,
    Random,
    /// Carried over from the stage before, or the start network.
    Carried,
}

/// A proposal to be trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Index into the proposals.
    pub proposal: usize,
    pub by: Choice,
    /// Predicted reward as a z-score, where the strategy predicts.
    pub predicted: Option<f64>,
}

/// What a predict task gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub chosen: Vec<Chosen>,
    /// Of every proposal, where the strategy predicts.
    pub predicted: Option<Vec<f64>>,
}

impl Selection {
    /// All of `count` proposals, carried over.
    pub fn carried(count: usize) -> Self {
        let chosen = (0..count).map(|proposal| Chosen { proposal, by: Choice::Carried, predicted: None }).collect();
        Self { chosen, predicted: None }
    }
}

/// How many measurements a stage must have before predictions choose.
const ENOUGH: usize = 3;

/// Chooses up to `count` proposals.
pub fn select(
    strategy: &Strategy,
    state: &State,
    proposals: &Proposals,
    count: usize,
    seed: Seed,
    policy: Option<&mut dyn Policy>,
) -> Selection {
    let total = proposals.proposals.len();
    let count = count.min(total);
    let mut lots: Vec<usize> = (0..total).collect();
    shuffle(&mut seed.stream(), &mut lots);
    let (predicted, by_prediction) = match (strategy, policy) {
        (Strategy::Epnas(parameters), Some(policy)) if state.trials.len() >= ENOUGH => {
            let predicted = epnas::predict(proposals, policy);
            (Some(predicted), count - (parameters.random_share * count as f64).round() as usize)
        }
        _ => (None, 0),
    };
    let value = |proposal: usize| predicted.as_ref().map(|predicted| predicted[proposal]);
    let mut ranked: Vec<usize> = (0..total).collect();
    ranked.sort_by(|&a, &b| value(b).unwrap_or(0.0).total_cmp(&value(a).unwrap_or(0.0)));
    let best = &ranked[..by_prediction];
    let rest = lots.iter().filter(|proposal| !best.contains(proposal)).take(count - by_prediction);
    let chosen = best
        .iter()
        .map(|&proposal| Chosen { proposal, by: Choice::Prediction, predicted: value(proposal) })
        .chain(rest.map(|&proposal| Chosen { proposal, by: Choice::Random, predicted: value(proposal) }))
        .collect();
    Selection { chosen, predicted }
}
