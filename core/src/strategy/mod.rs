//! Which architectures to try next: pure functions from a state and a seed to proposals, a selection and a new state.
//! No tasks, no cache; what needs tensors goes through `engine`.
//!
//! A strategy is one file, which implements [`SearchStrategy`] for its parameters; [`Strategy`] lists them.

mod acquisition;
mod ages;
mod baseline;
mod believer;
mod carried;
mod collector;
mod edit_policy;
mod enas;
mod enlarged;
pub mod epnas;
mod evolution;
pub mod examples;
mod fixed;
mod from_given;
mod judge;
mod local;
mod logits;
mod pnas;
mod predict;
mod predictor;
mod proposals;
mod quality;
mod random;
mod reinforce;
mod round;
mod scale;
mod search_strategy;
mod selection;
mod shared_scores;
mod state;

use serde::{Deserialize, Serialize};

use crate::arch::Architecture;
use crate::engine::{Policy, PolicyParameters, ZeroCosts};
use crate::seed::Seed;
use crate::space::SearchSpace;

pub use acquisition::Acquisition;
pub use carried::Carried;
pub use collector::Request;
pub use edit_policy::{EditPolicy, Editor};
pub use enas::{Controller, Decisions, Drawn, EnasParameters};
pub use epnas::{EpnasParameters, LANES_AT_ONCE, Rejected};
pub use evolution::EvolutionParameters;
pub use judge::{HeldOut, held_out};
pub use local::LocalSearchParameters;
pub use pnas::PnasParameters;
pub use predict::Predict;
pub use predictor::{Predictor, PredictorMemory, Scored};
pub use proposals::{Decided, Edit, Lane, Origin, Proposal, Proposals, Rejection};
pub use quality::{FEWEST_JUDGED, Quality};
pub use reinforce::ReinforceParameters;
pub use round::{EndedRound, RoundResult, UpdateReport};
pub use search_strategy::{Learned, SearchStrategy, StrategyError};
pub use selection::{Chosen, ChosenBy, Pick, Selection};
pub use shared_scores::{FEWEST_ANCHORS, SharedQuality, SharedScores};
pub use state::{Measured, Memory, MemoryError, State, Trial, TrialOrigin};

/// How networks are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    Epnas(EpnasParameters),
    Pnas(PnasParameters),
    RegularizedEvolution(EvolutionParameters),
    LocalSearch(LocalSearchParameters),
    Reinforce(ReinforceParameters),
    Enas(EnasParameters),
    Random,
    /// The given networks and nothing else.
    Fixed,
}

impl Strategy {
    /// The module of the strategy: the one place where each is named.
    pub const fn module(&self) -> &dyn SearchStrategy {
        match self {
            Self::Epnas(parameters) => parameters,
            Self::Pnas(parameters) => parameters,
            Self::RegularizedEvolution(parameters) => parameters,
            Self::LocalSearch(parameters) => parameters,
            Self::Reinforce(parameters) => parameters,
            Self::Enas(parameters) => parameters,
            Self::Random => &random::Random,
            Self::Fixed => &fixed::Fixed,
        }
    }

    pub fn word(&self) -> &'static str {
        self.module().word()
    }

    /// Its policy over edits, where it has one.
    pub fn editor(&self) -> Option<&Editor> {
        self.module().editor()
    }

    /// Its policy over decisions, where it has one.
    pub fn decider(&self) -> Option<&PolicyParameters> {
        self.module().decider()
    }

    /// How it uses weights that networks share, if it does.
    pub const fn shares(&self) -> Option<&EnasParameters> {
        match self {
            Self::Enas(parameters) => Some(parameters),
            _ => None,
        }
    }

    /// How it predicts, if it does.
    pub fn predict(&self) -> Option<&Predict> {
        self.module().predict()
    }

    /// Whether it proposes more networks than are trained and predicts which are worth it.
    pub fn predicts(&self) -> bool {
        self.predict().is_some() || self.shares().is_some()
    }

    /// The artifacts that its rounds carry along.
    pub fn carried(&self) -> &'static [Carried] {
        self.module().carried()
    }

    /// Whether its policy over edits needs tensors.
    pub fn edits_with_tensors(&self) -> bool {
        matches!(self.editor(), Some(Editor::Lstm(_)))
    }

    /// The scores of untrained networks that its predictor reads.
    pub fn zero_cost(&self) -> ZeroCosts {
        self.predict().map_or(ZeroCosts::NONE, Predict::zero_cost)
    }

    /// The shared weights that its predictor reads scores of.
    pub fn scores_with(&self) -> Option<&SharedScores> {
        self.predict().and_then(Predict::shared_weights)
    }

    /// Whether weights are trained that networks share.
    pub fn trains_shared_weights(&self) -> bool {
        self.shares().is_some() || self.scores_with().is_some()
    }

    /// Draws proposals.
    pub fn propose(&self, request: &Request<'_>, policy: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        self.module().propose(request, policy)
    }

    /// The networks whose scores [`Strategy::select`] needs and nobody has.
    pub fn unscored<'a>(&self, state: &'a State, proposals: &'a Proposals) -> Result<Vec<&'a Architecture>, StrategyError> {
        let Some(predict) = self.predict() else { return Ok(Vec::new()) };
        Ok(predict.unscored(state, &state.memory.read()?, proposals))
    }

    /// Chooses up to `pick.count` proposals.
    pub fn select(&self, pick: &Pick<'_>, policy: Option<&mut dyn Policy>) -> Result<Selection, StrategyError> {
        self.module().select(pick, policy)
    }

    /// Predicted rewards of any networks of the space after `state`, for those who judge a predictor; `None` for strategies
    /// without one that learns from features.
    pub fn predict_all(
        &self,
        space: &SearchSpace<'_>,
        state: &State,
        architectures: &[&Architecture],
        seed: Seed,
    ) -> Result<Option<Vec<f64>>, StrategyError> {
        let Some(predict) = self.predict() else { return Ok(None) };
        Ok(predict.predict_all(space, state, &state.memory.read()?, architectures, seed))
    }

    /// Learns from one round: the new state and, through `policy`, new weights.
    pub fn update(
        &self,
        space: SearchSpace<'_>,
        before: &State,
        result: RoundResult<'_>,
        seed: Seed,
        policy: Option<&mut dyn Policy>,
    ) -> Result<(State, UpdateReport), StrategyError> {
        let mut next = result.added_to(before);
        let Learned { memory, policy } = self.module().learn(&EndedRound { space, before, after: &next, result, seed }, policy)?;
        next.memory = memory;
        let Selection { gated, shared_weights, .. } = *result.selection;
        let report = UpdateReport { policy, predictions: result.quality(&seed.child("quality")), gated, shared_weights };
        Ok((next, report))
    }
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod landscapes;
#[cfg(test)]
mod tests;
