//! What a strategy remembers between rounds: every network it measured. The policy's weights are an artifact of their own.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::propose::Origin;
use super::quality::Quality;
use super::reinforce::Learnt;
use super::{Proposals, Selection, Strategy, epnas, evolution};
use crate::arch::{Architecture, Costs};
use crate::digest::Digest;
use crate::engine::{Policy, PolicyReport, Scores};
use crate::objective::Reward;
use crate::seed::Seed;
use crate::space::SearchSpace;
use crate::statistics::{FEWEST, standard_deviation};

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
    pub reward: Reward,
}

impl Measured {
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

/// Scores of untrained networks, by the digest of the architecture.
pub type Scored = BTreeMap<Digest, Scores>;

/// The state of any strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The stage of the latest update.
    pub stage: usize,
    /// In the order they were learned from.
    pub trials: Vec<Trial>,
    /// Digests of all networks chosen for training in this stage, measured or failed.
    pub tried: BTreeSet<Digest>,
    /// What the strategy `reinforce` learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learnt: Option<Learnt>,
    /// The networks alive in an evolution, the oldest first, as indices into the trials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alive: Vec<usize>,
    /// What the predictor keeps from round to round; see [`Predictor::keep`](super::Predictor::keep).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Vec<f64>>,
    /// Of measured networks, where the predictor reads scores.
    #[serde(default, skip_serializing_if = "Scored::is_empty")]
    pub scores: Scored,
}

impl State {
    /// The trials of the present stage, in the order of learning.
    pub fn of_stage(&self) -> Vec<&Trial> {
        self.trials.iter().filter(|trial| trial.stage == self.stage).collect()
    }

    /// What is made larger: the best of the latest stage that measured any, which may be the present one. Empty at first.
    pub fn beam(&self, count: usize) -> Vec<&Architecture> {
        self.ranked().into_iter().take(count).map(|measured| &measured.architecture).collect()
    }

    /// The trials of the latest stage that has any, best first; ties keep the order of learning.
    pub fn ranked(&self) -> Vec<&Measured> {
        let latest = self.trials.iter().map(|trial| trial.stage).max();
        let mut trials: Vec<&Measured> =
            self.trials.iter().filter(|trial| Some(trial.stage) == latest).map(|trial| &trial.measured).collect();
        trials.sort_by(|a, b| b.reward.value.total_cmp(&a.reward.value));
        trials
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

/// Figures of an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateReport {
    pub policy: Option<PolicyReport>,
    /// Of the predictions of this round, where there are [`FEWEST`] or more.
    pub predictions: Option<Quality>,
    /// The rank correlation of the latest predictions that made the round choose at random, being below the gate.
    pub gated: Option<f64>,
}

/// A round, done.
#[derive(Clone, Copy, Debug)]
pub struct RoundResult<'a> {
    pub stage: usize,
    pub proposals: &'a Proposals,
    pub selection: &'a Selection,
    /// The i-th belongs to the i-th chosen proposal; `None` where its training failed.
    pub measured: &'a [Option<Measured>],
}

/// Learns from one round: the new state and, through `policy`, new weights.
pub fn update(
    strategy: &Strategy,
    space: &SearchSpace<'_>,
    state: &State,
    round: &RoundResult<'_>,
    seed: Seed,
    policy: Option<&mut dyn Policy>,
) -> (State, UpdateReport) {
    let mut next = state.clone();
    if next.stage != round.stage {
        next.stage = round.stage;
        next.tried.clear();
    }
    for (chosen, measured) in round.selection.chosen.iter().zip(round.measured) {
        let proposal = &round.proposals.proposals[chosen.proposal];
        next.tried.insert(proposal.architecture.digest());
        let origin = TrialOrigin::from(&proposal.origin);
        let predicted = chosen.predicted;
        next.trials.extend(measured.iter().map(|measured| Trial { stage: round.stage, origin, predicted, measured: measured.clone() }));
    }
    if let Strategy::RegularizedEvolution(parameters) = strategy {
        next.alive = evolution::survivors(parameters, state, &next, &round.proposals.rejoined);
    }
    for digest in next.trials.iter().map(|trial| trial.measured.architecture.digest()) {
        if let Some(scores) = round.selection.scores.get(&digest) {
            next.scores.insert(digest, scores.clone());
        }
    }
    next.kept = strategy.predict().and_then(|predict| predict.predictor.keep(space, &next, strategy.zero_cost()));
    let report = match (strategy, policy) {
        (Strategy::Epnas(parameters), Some(policy)) => {
            let lesson = epnas::lesson(parameters, space, &next, round, seed, policy);
            Some(policy.learn(&lesson))
        }
        (Strategy::Reinforce(parameters), _) => {
            let mut learnt = next.learnt.take().unwrap_or_default();
            learnt.learn(parameters, round);
            let entropy = learnt.entropy();
            next.learnt = Some(learnt);
            Some(PolicyReport { entropy, value_error: None })
        }
        _ => None,
    };
    let pairs: Vec<(f64, f64)> = round
        .selection
        .chosen
        .iter()
        .zip(round.measured)
        .filter_map(|(chosen, measured)| Some((chosen.predicted?, measured.as_ref()?.reward.value)))
        .collect();
    let predictions = (pairs.len() >= FEWEST).then(|| Quality::of(&pairs, &seed.child("quality")));
    (next, UpdateReport { policy: report, predictions, gated: round.selection.gated })
}

/// Rewards of all stages on the scale of the present one, then centred and scaled: robust z-scores in [−3, 3].
///
/// A stage trains longer than the one before, so its rewards are higher; networks measured in both tell by how much.
/// The scale is 1.4826 × the median absolute deviation, so that hopeless networks do not squash the rest.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    centre: f64,
    spread: f64,
}

impl Scale {
    /// The z-score of a reward of the present stage.
    pub fn score(&self, reward: f64) -> f64 {
        ((reward - self.centre) / self.spread).clamp(-3.0, 3.0)
    }

    /// The scale of `state`, and every network with its reward on the present stage's level; a network measured in
    /// several stages counts with its latest measurement.
    pub fn of(state: &State) -> (Self, Vec<(&Measured, f64)>) {
        let mut levelled: Vec<(&Measured, f64)> = Vec::new();
        let mut offset = 0.0;
        let mut later: Vec<(&Architecture, f64)> = Vec::new();
        for stage in (0..=state.stage).rev() {
            let here: Vec<&Measured> = state.trials.iter().filter(|trial| trial.stage == stage).map(|trial| &trial.measured).collect();
            let shared: Vec<f64> = here
                .iter()
                .filter_map(|trial| {
                    later
                        .iter()
                        .find(|(architecture, _)| **architecture == trial.architecture)
                        .map(|(_, reward)| reward - trial.reward.value)
                })
                .collect();
            if !shared.is_empty() {
                offset += shared.iter().sum::<f64>() / shared.len() as f64;
            }
            for trial in &here {
                if !levelled.iter().any(|(other, _)| other.architecture == trial.architecture) {
                    levelled.push((trial, trial.reward.value + offset));
                }
            }
            later = here.iter().map(|trial| (&trial.architecture, trial.reward.value)).collect();
        }
        let rewards: Vec<f64> = levelled.iter().map(|(_, reward)| *reward).collect();
        let centre = median(rewards.clone());
        let spread = 1.4826 * median(rewards.iter().map(|reward| (reward - centre).abs()).collect());
        (Self { centre, spread: spread.max(1e-3) }, levelled)
    }
}

/// 0 for no values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => f64::midpoint(values[(count - 1) / 2], values[count / 2]),
    }
}
