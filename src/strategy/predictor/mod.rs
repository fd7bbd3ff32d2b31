//! Predictors of rewards, trained on the networks measured so far: what makes it unnecessary to train the rest.
//!
//! Features are decisions, how often options occur, and costs; on request, scores of the untrained network too. A predict
//! task scores its proposals and the measured networks that have no score yet, such as those a stage began with; what is
//! fitted before it does takes the mean for them.

mod cholesky;
pub mod features;
mod forest;
pub mod gaussian;
mod kernel;
mod network;
mod target;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::features::Features;
use self::gaussian::Gaussian;
use super::state::{Scale, State};
use crate::engine::ZeroCosts;
use crate::seed::Seed;
use crate::space::SearchSpace;

/// Which predictor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Predictor {
    /// The value head of the policy's LSTM, trained on the observed rewards: our reading of EPNAS. Needs `policy: lstm`.
    ValueHead,
    /// A Gaussian process on decisions, how often each option occurs, and costs. Says how sure it is.
    Gaussian,
    /// An ensemble of small neural networks (PNAS). Its members' disagreement says how sure it is.
    MlpEnsemble,
    /// An ensemble of randomised trees. Its members' disagreement says how sure it is.
    Forest,
    /// A random number for every network: the ablation.
    Random,
    /// No ranking: the first proposals are trained.
    None,
}

/// What a predictor says of a network, on the scale of the targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    pub mean: f64,
    /// Standard deviation of what neighbours tell of it, where the predictor has one.
    pub deviation: Option<f64>,
    /// Variance of what no neighbour tells: a lasting difference of this network, or noise of its measurement.
    pub own: f64,
}

/// What predictors learn from: features and standardised targets of measured networks.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub rows: Vec<Vec<f64>>,
    pub targets: Vec<f64>,
}

/// The most measurements a predictor learns from: the best half, and the latest of the others.
const MOST: usize = 400;

impl Observed {
    /// All that `state` holds, earlier stages on the level of the present one.
    pub fn of(state: &State, space: &SearchSpace<'_>, features: &Features) -> Self {
        let (_, mut levelled) = Scale::of(state);
        if levelled.len() > MOST {
            // The latest come first.
            let mut best: Vec<usize> = (0..levelled.len()).collect();
            best.sort_by(|&a, &b| levelled[b].1.total_cmp(&levelled[a].1));
            let mut kept: Vec<usize> = best[..MOST / 2].to_vec();
            let rest: Vec<usize> = (0..levelled.len()).filter(|index| !kept.contains(index)).take(MOST - MOST / 2).collect();
            kept.extend(rest);
            kept.sort_unstable();
            levelled = kept.into_iter().map(|index| levelled[index]).collect();
        }
        let rewards: Vec<f64> = levelled.iter().map(|(_, reward)| *reward).collect();
        let rows = levelled.iter().map(|(measured, _)| features.see(space, &measured.architecture)).collect();
        Self { rows, targets: target::targets(&rewards) }
    }

    /// The best target.
    pub fn best(&self) -> f64 {
        self.targets.iter().copied().fold(f64::MIN, f64::max)
    }
}

/// A predictor that has learnt.
pub trait Model {
    fn predict(&self, row: &[f64]) -> Prediction;
}

impl Model for Gaussian<'_> {
    fn predict(&self, row: &[f64]) -> Prediction {
        Gaussian::predict(self, row)
    }
}

/// Knows nothing: with Thompson's draws, all networks are equally good.
struct Chance;

impl Model for Chance {
    fn predict(&self, _: &[f64]) -> Prediction {
        Prediction { mean: 0.0, deviation: Some(1.0), own: 0.0 }
    }
}

impl Predictor {
    /// Whether it learns from features, those of `zero-cost` among them.
    pub const fn reads_features(self) -> bool {
        matches!(self, Self::Gaussian | Self::MlpEnsemble | Self::Forest)
    }

    /// What an update keeps for the rounds to come.
    pub fn keep(self, space: &SearchSpace<'_>, state: &State, asked: ZeroCosts) -> Option<Vec<f64>> {
        if self != Self::Gaussian || state.trials.is_empty() {
            return None;
        }
        let features = Features::of(space, asked, state.scores.clone());
        let observed = Observed::of(state, space, &features);
        Some(gaussian::fit(&features, &observed, state.kept.as_deref()))
    }

    /// A model of the observations; `None` where there is nothing to learn from, and for predictors without features.
    pub fn learn<'a>(self, features: &Features, observed: &'a Observed, kept: Option<&[f64]>, seed: Seed) -> Option<Box<dyn Model + 'a>> {
        match self {
            Self::Gaussian => {
                let fitted = || gaussian::fit(features, observed, None);
                let process = kept
                    .and_then(|kept| Gaussian::new(features, observed, kept))
                    .or_else(|| Gaussian::new(features, observed, &fitted()))?;
                Some(Box::new(process))
            }
            Self::Forest => forest::Forest::learn(features, observed, seed).map(|forest| Box::new(forest) as Box<dyn Model>),
            Self::MlpEnsemble => network::Ensemble::learn(features, observed, seed).map(|ensemble| Box::new(ensemble) as Box<dyn Model>),
            Self::Random => Some(Box::new(Chance)),
            Self::ValueHead | Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests;
