//! A round that ended: what was proposed, chosen and measured, and what is reported of it.

use serde::{Deserialize, Serialize};

use super::proposals::Proposals;
use super::quality::Quality;
use super::selection::Selection;
use super::shared_scores::SharedQuality;
use super::state::{Measured, State, Trial, TrialOrigin};
use crate::engine::PolicyReport;
use crate::seed::Seed;
use crate::space::SearchSpace;
use crate::statistics::FEWEST;

/// What a round gave.
#[derive(Clone, Copy, Debug)]
pub struct RoundResult<'a> {
    pub stage: usize,
    pub proposals: &'a Proposals,
    pub selection: &'a Selection,
    /// The i-th belongs to the i-th chosen proposal; `None` where its training failed.
    pub measured: &'a [Option<Measured>],
}

impl RoundResult<'_> {
    /// `state` with the trials of the round. The memory is still that of the round before.
    pub(super) fn added_to(&self, state: &State) -> State {
        let mut next = state.clone();
        if next.stage != self.stage {
            next.stage = self.stage;
            next.tried.clear();
        }
        for (chosen, measured) in self.selection.chosen.iter().zip(self.measured) {
            let proposal = &self.proposals.proposals[chosen.proposal];
            next.tried.insert(proposal.architecture.digest());
            let origin = TrialOrigin::from(&proposal.origin);
            let predicted = chosen.predicted;
            next.trials.extend(measured.iter().map(|measured| Trial { stage: self.stage, origin, predicted, measured: measured.clone() }));
        }
        next
    }

    /// The predictions of the round against the rewards that came of them; `None` with fewer than [`FEWEST`].
    pub(super) fn quality(&self, seed: &Seed) -> Option<Quality> {
        let pairs: Vec<(f64, f64)> = self
            .selection
            .chosen
            .iter()
            .zip(self.measured)
            .filter_map(|(chosen, measured)| Some((chosen.predicted?, measured.as_ref()?.reward.value)))
            .collect();
        (pairs.len() >= FEWEST).then(|| Quality::of(&pairs, seed))
    }
}

/// A round with the states around it: what a strategy learns from.
#[derive(Clone, Copy, Debug)]
pub struct EndedRound<'a> {
    pub space: SearchSpace<'a>,
    pub before: &'a State,
    /// With the trials of the round, and still with the memory of before.
    pub after: &'a State,
    pub result: RoundResult<'a>,
    pub seed: Seed,
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
    /// How scores by shared weights were judged, where the predictor may read any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_weights: Option<SharedQuality>,
}
