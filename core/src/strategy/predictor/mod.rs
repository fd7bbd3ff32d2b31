//! Predictors of rewards, trained on the networks measured so far: what makes it unnecessary to train the rest.
//!
//! Features are decisions, how often options occur, costs, and in layers what is computed at each resolution; on request, scores
//! that are known before a training. A predict
//! task scores its proposals, and measured networks without a score, such as those a stage began with. An unknown score
//! counts as the mean.

mod cholesky;
pub(super) mod features;
mod forest;
pub(super) mod gaussian;
mod kernel;
mod memory;
mod network;
pub(super) mod target;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::features::Features;
use self::gaussian::Gaussian;
use super::scale::Scale;
use super::state::State;
use crate::engine::Score;
use crate::seed::Seed;
use crate::space::SearchSpace;

pub use memory::{PredictorMemory, Scored};

/// Which predictor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Predictor {
    /// The value head of the policy's LSTM, trained on the observed rewards: our reading of EPNAS. Needs `policy: lstm`.
    ValueHead,
    /// A Gaussian process on decisions, how often each option occurs, costs, and in layers what is computed at each resolution. Says
    /// how sure it is.
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
    /// Standard deviation of the mean, where the predictor has one.
    pub deviation: Option<f64>,
    /// Variance that no other network explains: noise of the measurement, or what is special to this network.
    pub noise: f64,
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
            let mut best: Vec<usize> = (0..levelled.len()).collect();
            best.sort_by(|&a, &b| levelled[b].1.total_cmp(&levelled[a].1));
            let mut taken: Vec<usize> = best[..MOST / 2].to_vec();
            let learned = |index: &usize| state.trials.iter().position(|trial| std::ptr::eq(&raw const trial.measured, levelled[*index].0));
            let mut rest: Vec<usize> = best[MOST / 2..].to_vec();
            rest.sort_by_key(|index| std::cmp::Reverse(learned(index)));
            taken.extend(&rest[..MOST - MOST / 2]);
            taken.sort_unstable();
            levelled = taken.into_iter().map(|index| levelled[index]).collect();
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
        Prediction { mean: 0.0, deviation: Some(1.0), noise: 0.0 }
    }
}

impl Predictor {
    /// Whether it learns from features, scores among them.
    pub const fn reads_features(self) -> bool {
        matches!(self, Self::Gaussian | Self::MlpEnsemble | Self::Forest)
    }

    /// The hyperparameters that are most probable after the trials of `state`, `before` being those of the round before, with the
    /// number of measurements since; `None` of a predictor without any, and where there are no trials.
    pub fn fit(
        self,
        space: &SearchSpace<'_>,
        state: &State,
        asked: &[Score],
        scores: &Scored,
        before: Option<(&[f64], usize)>,
    ) -> Option<Vec<f64>> {
        if self != Self::Gaussian || state.trials.is_empty() {
            return None;
        }
        let features = Features::of(space, asked, scores.clone());
        let observed = Observed::of(state, space, &features);
        Some(gaussian::fit(&features, &observed, before))
    }

    /// The hyperparameters known from before, or, where they are of other features, those that fit the observations; `None` of a
    /// predictor without any.
    pub fn usable(self, features: &Features, observed: &Observed, known: Option<&[f64]>) -> Option<Vec<f64>> {
        let fitted = || gaussian::fit(features, observed, None);
        let known = known.filter(|known| known.len() == gaussian::hyperparameters(features)).map(<[f64]>::to_vec);
        (self == Self::Gaussian).then(|| known.unwrap_or_else(fitted))
    }

    /// A model of the observations; `None` where there is nothing to learn from, and for predictors without features.
    pub fn learn<'a>(
        self,
        features: &Features,
        observed: &'a Observed,
        hyperparameters: Option<&[f64]>,
        seed: Seed,
    ) -> Option<Box<dyn Model + 'a>> {
        match self {
            Self::Gaussian => {
                let hyperparameters = self.usable(features, observed, hyperparameters)?;
                Some(Box::new(Gaussian::new(features, observed, &hyperparameters)?))
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
