//! What a task reads and gives: each input and each output is a port.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::of_replicate;
use crate::arch::{CostKind, MeasureName};
use crate::strategy::Carried;

/// What the name of every [`Port::Pending`] begins with.
pub(super) const PENDING: &str = "pending-";

/// An input or an output of a task. Networks of a round and trainings of a network are numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// The networks that may be trained in a round.
    Proposals,
    /// Which of them are trained, and why.
    Selection,
    /// One network of a round.
    Chosen(usize),
    /// A network that an earlier round chose and of which nothing was learned yet; `behind` counts the rounds between.
    Pending {
        behind: usize,
        number: usize,
    },
    /// The network of a task that has one.
    Candidate,
    Latency,
    /// What a measure of the user's gave.
    Cost(MeasureName),
    /// What a training measured; as an input, of one of several trainings.
    Metrics {
        replicate: usize,
    },
    Weights,
    /// Networks with weights that others begin with.
    Nursery,
    /// The one that a network begins with.
    Parent,
    /// Passes over the training split that the weights of the parent have seen.
    Age,
    /// The weights of one training of a network, where several networks are read.
    WeightsOf {
        number: usize,
        replicate: usize,
    },
    /// A network with its accuracy, costs and reward.
    Measured,
    /// The same, where several networks are read.
    MeasuredOf(usize),
    Carried(Carried),
    /// Weights that networks share; where several sets are read, one of them.
    Shared {
        chain: usize,
    },
    /// The moments of their optimiser.
    Momentum,
    /// Mean loss of a stretch of their training.
    Loss,
    /// What a controller remembers beside its weights.
    Controller,
    /// Figures of what an update learned.
    Report,
    FinalResult,
    /// How often the network of the final result takes each class for each, on the test split.
    Confusion,
}

impl Port {
    /// The name under which artifacts are stored and hashed.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Proposals => "proposals",
            Self::Selection => "selection",
            Self::Chosen(number) => return Cow::Owned(format!("candidate-{number}")),
            Self::Pending { behind, number } => return Cow::Owned(format!("{PENDING}{behind}-{number}")),
            Self::Candidate => "candidate",
            Self::Latency => "latency",
            Self::Cost(name) => CostKind::Measured(name).word(),
            Self::Metrics { replicate: 1 } => "metrics",
            Self::Metrics { replicate } => return Cow::Owned(of_replicate("metrics", replicate)),
            Self::Weights => "weights",
            Self::Nursery => "nursery",
            Self::Parent => "parent",
            Self::Age => "age",
            Self::WeightsOf { number, replicate } => return Cow::Owned(of_replicate(&format!("weights-{number}"), replicate)),
            Self::Measured => "measured",
            Self::MeasuredOf(number) => return Cow::Owned(format!("measured-{number}")),
            Self::Carried(carried) => carried.word(),
            Self::Shared { chain: 1 } => "shared",
            Self::Shared { chain } => return Cow::Owned(format!("shared-{chain}")),
            Self::Momentum => "momentum",
            Self::Loss => "loss",
            Self::Controller => "controller",
            Self::Report => "report",
            Self::FinalResult => "final-result",
            Self::Confusion => "confusion",
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}
