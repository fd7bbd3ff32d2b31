//! The kinds of task: what people see of a task, and the version that enters its key.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of task, in the order of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    Share,
    Steer,
    Sample,
    Predict,
    Measure,
    Inherit,
    Train,
    Reward,
    Update,
    Final,
}

impl TaskKind {
    pub const ALL: [Self; 10] = [
        Self::Share,
        Self::Steer,
        Self::Sample,
        Self::Predict,
        Self::Measure,
        Self::Inherit,
        Self::Train,
        Self::Reward,
        Self::Update,
        Self::Final,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Steer => "steer",
            Self::Sample => "sample",
            Self::Predict => "predict",
            Self::Measure => "measure",
            Self::Inherit => "inherit",
            Self::Train => "train",
            Self::Reward => "reward",
            Self::Update => "update",
            Self::Final => "final",
        }
    }

    /// Whether such tasks are only in searches whose networks share weights or hand them down.
    pub const fn is_special(self) -> bool {
        matches!(self, Self::Share | Self::Steer | Self::Inherit)
    }

    /// Raised when the meaning of the kind's parameters or of its computation changes: old results are not taken then.
    pub const fn version(self) -> u32 {
        match self {
            // A single loose end is the output of its cell.
            Self::Steer | Self::Inherit => 2,
            Self::Share => 3,
            // A cost of 0 has a finite reward; the worker's own loops round otherwise than libtorch's; a single loose end is the
            // output of its cell.
            Self::Reward | Self::Train => 4,
            // Latencies are of final networks, on one thread; a single loose end is the output of its cell.
            Self::Measure => 5,
            // Networks within all limits come first.
            Self::Final => 6,
            // A predictor is fitted in steps for each measurement, and sees where multiply–accumulates are. Nothing is predicted
            // from networks that the search was given alone. Half of the regular networks keep the resolution in their first stage,
            // and a single loose end is the output of its cell. All choices go by the acquisition, as they did before version 8.
            Self::Update | Self::Sample | Self::Predict => 9,
        }
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
