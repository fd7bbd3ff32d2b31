//! Which architectures to try next: pure functions from a state and a seed to proposals, a selection and a new state.
//! No tasks, no cache; what needs tensors goes through `engine`.

pub mod epnas;
mod propose;
mod random;
mod select;
mod state;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::PolicyParameters;
use crate::space::{LayerSpace, Limits};

pub use propose::{Edit, Lane, Proposal, Proposals, Request, propose};
pub use select::{Choice, Chosen, Selection, select};
pub use state::{Measured, RoundResult, State, Trial, UpdateReport, update};

/// How networks are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    Epnas(EpnasParameters),
    Random,
}

impl Strategy {
    /// Whether it keeps a policy network, so that its tasks need tensors.
    pub const fn has_policy(&self) -> bool {
        matches!(self, Self::Epnas(_))
    }

    pub const fn word(&self) -> &'static str {
        match self {
            Self::Epnas(_) => "epnas",
            Self::Random => "random",
        }
    }
}

/// What the policy learns from a proposal that a constraint rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rejected {
    /// Nothing.
    Ignore,
    /// That it is worth nothing: reward 0.
    Zero,
}

/// Settings of EPNAS; see [`epnas`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpnasParameters {
    /// Edits a lane makes before its network is proposed.
    pub edits: usize,
    /// How many of the best networks the lanes start from.
    pub parents: usize,
    /// Share of the trained proposals chosen at random.
    pub random_share: f64,
    pub rejected: Rejected,
    pub policy: PolicyParameters,
}

/// What a strategy is asked to search: the same for all strategies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    pub space: LayerSpace,
    /// With the depth of the present stage.
    pub limits: Limits,
}

#[cfg(test)]
mod tests;
