//! The trait behind which each strategy is one module: the shape of its rounds, its memory, how it proposes and learns.

use super::carried::Carried;
use super::collector::Request;
use super::edit_policy::Editor;
use super::predict::Predict;
use super::proposals::Proposals;
use super::round::EndedRound;
use super::selection::{Pick, Selection};
use super::state::{Memory, MemoryError};
use crate::engine::{Policy, PolicyParameters, PolicyReport, TaskFailure};

/// A search strategy. It holds its parameters and nothing else: what it learns from round to round is its [`Memory`], of a
/// type of its own, and the weights of its policy.
pub trait SearchStrategy {
    /// Its name, as in specs.
    fn word(&self) -> &'static str;

    /// The policy over edits that its rounds carry along, if they do.
    fn editor(&self) -> Option<&Editor> {
        None
    }

    /// The policy over the decisions of a space that tasks of its own train, if they do.
    fn decider(&self) -> Option<&PolicyParameters> {
        None
    }

    /// The artifacts that its rounds carry along: the state, and the weights of the policy if it has one.
    fn carried(&self) -> &'static [Carried] {
        if self.editor().is_some() { &[Carried::State, Carried::Policy] } else { &[Carried::State] }
    }

    /// How its rounds choose among more proposals than they train; without, a round trains all that it proposes.
    fn predict(&self) -> Option<&Predict> {
        None
    }

    fn propose(&self, request: &Request<'_>, policy: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError>;

    /// Which proposals are trained: those that are predicted best, or the first.
    fn select(&self, pick: &Pick<'_>, policy: Option<&mut dyn Policy>) -> Result<Selection, StrategyError> {
        match self.predict() {
            Some(predict) => Ok(predict.select(pick, &pick.state.memory.read()?, policy)),
            None => Ok(Selection::in_order(pick)),
        }
    }

    /// What it remembers after a round; through `policy`, new weights.
    fn learn(&self, _round: &EndedRound<'_>, _policy: Option<&mut dyn Policy>) -> Result<Learned, StrategyError> {
        Ok(Learned::default())
    }
}

/// What a strategy learned from a round.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Replaces what it remembered before.
    pub memory: Memory,
    /// Figures of its policy, if it has one.
    pub policy: Option<PolicyReport>,
}

/// Why a strategy cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrategyError {
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error("the strategy was started without its policy")]
    NoPolicy,
}

impl From<StrategyError> for TaskFailure {
    /// The state is that of another strategy, or damaged.
    fn from(error: StrategyError) -> Self {
        Self::Unreadable { message: format!("its inputs are not those of the strategy: {error}") }
    }
}
