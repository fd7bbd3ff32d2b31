//! Which architectures to try next: pure functions from a state and a seed to proposals, a selection and a new state.
//! No tasks, no cache; what needs tensors goes through `engine`.

mod acquisition;
mod carried;
mod edit_policy;
pub mod epnas;
mod evolution;
mod local;
mod logits;
mod pnas;
mod predictor;
mod propose;
mod quality;
mod random;
mod reinforce;
mod select;
mod state;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{PolicyParameters, ZeroCosts};

pub use acquisition::Acquisition;
pub use carried::Carried;
pub use edit_policy::EditPolicy;
pub use evolution::EvolutionParameters;
pub use local::LocalSearchParameters;
pub use pnas::PnasParameters;
pub use predictor::Predictor;
pub use propose::{Decided, Edit, Lane, Origin, Proposal, Proposals, Rejection, Request, propose};
pub use quality::{FEWEST_JUDGED, Quality};
pub use reinforce::ReinforceParameters;
pub use select::{Choice, Chosen, Pick, Selection, predict_all, select, unscored};
pub use state::{Measured, RoundResult, Scored, State, Trial, TrialOrigin, UpdateReport, update};

/// How networks are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    Epnas(EpnasParameters),
    Pnas(PnasParameters),
    RegularizedEvolution(EvolutionParameters),
    LocalSearch(LocalSearchParameters),
    Reinforce(ReinforceParameters),
    Random,
    /// The given networks and nothing else.
    Fixed,
}

impl Strategy {
    /// Its policy over edits, where it has one.
    pub const fn editor(&self) -> Option<&Editor> {
        match self {
            Self::Epnas(parameters) => Some(&parameters.editor),
            _ => None,
        }
    }

    /// Whether its tasks need tensors.
    pub const fn needs_tensors(&self) -> bool {
        matches!(self.editor(), Some(Editor::Lstm(_)))
    }

    /// How it predicts, if it does.
    pub const fn predict(&self) -> Option<&Predict> {
        match self {
            Self::Epnas(parameters) => Some(&parameters.predict),
            Self::Pnas(parameters) => Some(&parameters.predict),
            _ => None,
        }
    }

    /// The scores of untrained networks that its predictor reads.
    pub const fn zero_cost(&self) -> ZeroCosts {
        match self.predict() {
            Some(predict) => predict.scores(),
            None => ZeroCosts::NONE,
        }
    }

    /// Whether it proposes more networks than are trained and predicts which are worth it.
    pub const fn predicts(&self) -> bool {
        self.predict().is_some()
    }

    pub const fn word(&self) -> &'static str {
        match self {
            Self::Epnas(_) => "epnas",
            Self::Pnas(_) => "pnas",
            Self::RegularizedEvolution(_) => "regularized-evolution",
            Self::LocalSearch(_) => "local-search",
            Self::Reinforce(_) => "reinforce",
            Self::Random => "random",
            Self::Fixed => "fixed",
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

/// What edits networks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Editor {
    /// An LSTM over the present network with a head for every kind of question. Needs tensors.
    Lstm(PolicyParameters),
    /// Logits for every kind of question; uniform at a learning rate of 0.
    Logits { learning_rate: f64 },
}

/// Settings of EPNAS; see [`epnas`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpnasParameters {
    /// Random networks before edits and predictions begin.
    pub initial: usize,
    /// The most edits a lane makes before its network is proposed.
    pub edits: usize,
    /// How many of the best networks the lanes start from.
    pub parents: usize,
    /// Networks looked at for the proposals of a round, half of them random, half by lanes; 0: lanes alone, and the
    /// predictor sees the proposals only.
    pub pool: usize,
    pub rejected: Rejected,
    pub editor: Editor,
    pub predict: Predict,
}

/// How it is predicted which proposals are worth training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    pub predictor: Predictor,
    pub acquisition: Acquisition,
    /// Share of the trained proposals chosen at random.
    pub random_share: f64,
    /// Rank correlation of predicted and measured rewards below which a round chooses at random.
    pub gate: Option<f64>,
    /// Scores of untrained networks that are features as well.
    #[serde(default, skip_serializing_if = "ZeroCosts::is_empty")]
    pub zero_cost: ZeroCosts,
}

impl Predict {
    /// The scores of untrained networks that the predictor reads.
    pub const fn scores(&self) -> ZeroCosts {
        if self.predictor.reads_features() { self.zero_cost } else { ZeroCosts::NONE }
    }
}

#[cfg(test)]
pub mod conformance;
#[cfg(test)]
mod landscapes;
#[cfg(test)]
pub mod tests;
