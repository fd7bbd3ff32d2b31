//! One scale for the rewards of all stages.

use super::state::{Measured, State, Trial, TrialOrigin};
use crate::arch::Architecture;
use crate::statistics::{mean, median};

/// Of so many networks that were given to a stage, the mean rise of their rewards is told.
const FEWEST_GIVEN: usize = 2;

/// Rewards of all stages on the scale of the present one, then centred and scaled: robust z-scores in [−3, 3].
///
/// A stage trains longer than the one before, so its rewards are higher; networks measured in both tell by how much. Those
/// that were given to the earlier stage tell it best, such as references: those that were carried were chosen for rewards
/// that luck had a part in, so their rewards rise less.
/// The scale is 1.4826 × the median absolute deviation, so that hopeless networks do not squash the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    centre: f64,
    spread: f64,
}

impl Scale {
    /// The z-score of a reward of the present stage.
    pub(super) fn score(&self, reward: f64) -> f64 {
        ((reward - self.centre) / self.spread).clamp(-3.0, 3.0)
    }

    /// The scale of `state`, and every network with its reward on the present stage's level; a network measured in
    /// several stages counts with its latest measurement.
    pub(super) fn of(state: &State) -> (Self, Vec<(&Measured, f64)>) {
        let mut levelled: Vec<(&Measured, f64)> = Vec::new();
        let mut offset = 0.0;
        let mut later: Vec<(&Architecture, f64)> = Vec::new();
        for stage in (0..=state.stage).rev() {
            let trials: Vec<&Trial> = state.trials.iter().filter(|trial| trial.stage == stage).collect();
            let rise = |trial: &&Trial| {
                let Measured { architecture, reward, .. } = &trial.measured;
                later.iter().find(|(other, _)| *other == architecture).map(|(_, later)| later - reward.value)
            };
            let given: Vec<f64> = trials.iter().filter(|trial| trial.origin == TrialOrigin::Given).filter_map(rise).collect();
            let rises = if given.len() >= FEWEST_GIVEN { given } else { trials.iter().filter_map(rise).collect() };
            offset += mean(&rises).unwrap_or(0.0);
            let here: Vec<&Measured> = trials.iter().map(|trial| &trial.measured).collect();
            for trial in &here {
                if !levelled.iter().any(|(other, _)| other.architecture == trial.architecture) {
                    levelled.push((trial, trial.reward.value + offset));
                }
            }
            later = here.iter().map(|trial| (&trial.architecture, trial.reward.value)).collect();
        }
        let rewards: Vec<f64> = levelled.iter().map(|(_, reward)| *reward).collect();
        let centre = median(&rewards).unwrap_or(0.0);
        let distances: Vec<f64> = rewards.iter().map(|reward| (reward - centre).abs()).collect();
        let spread = 1.4826 * median(&distances).unwrap_or(0.0);
        (Self { centre, spread: spread.max(1e-3) }, levelled)
    }
}
