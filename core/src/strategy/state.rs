//! What is known between rounds: every network that was measured, and what the strategy remembers besides. The weights of a
//! policy are an artifact of their own.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::proposals::Origin;
use crate::arch::{Architecture, Costs};
use crate::digest::Digest;
use crate::objective::Reward;
use crate::statistics::standard_deviation;

/// A network with what was measured of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Canonical.
    pub architecture: Architecture,
    pub costs: Costs,
    /// The mean over its trainings.
    pub validation_accuracy: f64,
    /// Of each of its trainings that ended, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accuracies: Vec<f64>,
    /// What the search goes by, where that is not the accuracy: the mean over its trainings of another metric, or a guess of
    /// either after the final training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    pub reward: Reward,
    /// Passes over the training split that the weights had seen with which its training began, where it took some over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<f64>,
}

impl Measured {
    /// What the search goes by: the reward, were there no constraints.
    pub fn score(&self) -> f64 {
        self.score.unwrap_or(self.validation_accuracy)
    }

    /// Standard deviation of the accuracy over its trainings; `None` of one.
    pub fn deviation(&self) -> Option<f64> {
        standard_deviation(&self.accuracies)
    }
}

/// A measurement and the stage it was made in: rewards of different stages are not comparable as they stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    pub stage: usize,
    pub origin: TrialOrigin,
    /// What was predicted before it was measured, as a z-score.
    pub predicted: Option<f64>,
    pub measured: Measured,
}

/// What remains of an [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialOrigin {
    Given,
    Drawn,
    Mutated,
    Grown,
    Policy,
}

impl From<&Origin> for TrialOrigin {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Given => Self::Given,
            Origin::Drawn => Self::Drawn,
            Origin::Mutated => Self::Mutated,
            Origin::Grown => Self::Grown,
            Origin::Lane(_) | Origin::Decided(_) => Self::Policy,
        }
    }
}

/// What one strategy remembers from round to round, in a type that only its module knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memory(Value);

/// A memory is none of the strategy that reads it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the strategy remembers is not what was expected: {0}")]
pub struct MemoryError(String);

impl Memory {
    pub fn of(memory: &impl Serialize) -> Self {
        let value = serde_json::to_value(memory).expect("plain data always serialises");
        // What says nothing is as good as nothing, and is not stored.
        Self(if value.as_object().is_some_and(serde_json::Map::is_empty) { Value::Null } else { value })
    }

    /// As it was given to [`Memory::of`]; the default before anything was.
    pub fn read<T: Default + DeserializeOwned>(&self) -> Result<T, MemoryError> {
        if self.is_empty() { Ok(T::default()) } else { T::deserialize(&self.0).map_err(|error| MemoryError(error.to_string())) }
    }

    fn is_empty(&self) -> bool {
        self.0.is_null()
    }
}

/// The state of any search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The stage of the latest update.
    pub stage: usize,
    /// In the order they were learned from.
    pub trials: Vec<Trial>,
    /// Digests of all networks chosen for training in this stage, measured or failed.
    pub tried: BTreeSet<Digest>,
    #[serde(default, skip_serializing_if = "Memory::is_empty")]
    pub memory: Memory,
}

impl State {
    /// The trials of the present stage, in the order of learning.
    pub fn of_stage(&self) -> Vec<&Trial> {
        self.trials.iter().filter(|trial| trial.stage == self.stage).collect()
    }

    /// How many trials the search proposed itself; it was given the others.
    pub fn proposed(&self) -> usize {
        self.trials.iter().filter(|trial| trial.origin != TrialOrigin::Given).count()
    }

    /// The trials of the latest stage that has any, best first; ties keep the order of learning.
    pub fn ranked(&self) -> Vec<&Measured> {
        let latest = self.trials.iter().map(|trial| trial.stage).max();
        let mut trials: Vec<&Measured> =
            self.trials.iter().filter(|trial| Some(trial.stage) == latest).map(|trial| &trial.measured).collect();
        trials.sort_by(|a, b| b.reward.value.total_cmp(&a.reward.value));
        trials
    }

    /// All networks, each once, best first: those of the latest stage before those of earlier ones.
    pub fn best_first(&self) -> Vec<&Architecture> {
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        trials.sort_by(|a, b| b.stage.cmp(&a.stage).then(b.measured.reward.value.total_cmp(&a.measured.reward.value)));
        let mut seen = BTreeSet::new();
        trials.into_iter().map(|trial| &trial.measured.architecture).filter(|network| seen.insert(network.digest())).collect()
    }

    /// The best feasible networks over all stages: those of the latest stage first, for it measured best.
    pub fn best_feasible(&self, count: usize) -> Vec<Architecture> {
        let mut trials: Vec<&Trial> = self.trials.iter().filter(|trial| trial.measured.reward.feasible).collect();
        trials.sort_by(|a, b| b.stage.cmp(&a.stage).then(b.measured.reward.value.total_cmp(&a.measured.reward.value)));
        let mut best: Vec<Architecture> = Vec::new();
        for trial in trials {
            if best.len() < count && !best.contains(&trial.measured.architecture) {
                best.push(trial.measured.architecture.clone());
            }
        }
        best
    }
}
