//! Proposals: networks that may be worth training, and where each comes from.

use serde::{Deserialize, Serialize};

use crate::arch::{Architecture, Costs};
use crate::space::{Answer, Problem};

/// One edit of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The network that was edited.
    pub network: Architecture,
    pub answers: Vec<Answer>,
}

/// The edits that led to a proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    pub edits: Vec<Edit>,
}

/// A decision with the option chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    pub decision: String,
    pub options: usize,
    pub choice: usize,
}

/// Where a proposal comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// In the spec, or of the stage before.
    Given,
    /// Drawn at random: uniformly, as a regular network, or one of these made larger.
    Drawn,
    /// A random edit of a measured network.
    Mutated,
    /// A measured network made larger.
    Grown,
    /// Edits of a policy.
    Lane(Lane),
    /// Decisions of a policy.
    Decided(Vec<Decided>),
}

/// A network that may be worth training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Canonical.
    pub architecture: Architecture,
    pub costs: Costs,
    pub origin: Origin,
}

/// What a sample task gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposals {
    pub problem: Problem,
    pub proposals: Vec<Proposal>,
    /// Lanes whose network a constraint rejected, as far as the policy learns from them.
    pub rejected: Vec<Lane>,
    /// Where constraints rejected everything, the network that came nearest to keeping them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Rejection>,
    /// How many networks were drawn to find these.
    pub attempts: usize,
    /// Trials of the state, by index, whose network was drawn again: in an evolution they are young again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejoined: Vec<usize>,
}

/// A network that constraints kept out of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    pub architecture: Architecture,
    pub costs: Costs,
    /// How far it is beyond its worst bound; see [`Constraint::excess`].
    pub excess: f64,
}
