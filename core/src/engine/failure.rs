//! How a task can fail. Data, not an error: it is recorded and the scheduler decides what follows.

use serde::{Deserialize, Serialize};

use crate::arch::MeasureName;

/// Which memory ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    Host,
    /// That of a GPU.
    Device,
}

/// Why the command of a measure gave no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NoMeasurement {
    #[error("could not be started")]
    NotStarted,
    #[error("was not done after {seconds} s, its time limit")]
    TimedOut { seconds: u64 },
    /// `exit code 3`, `signal 9`.
    #[error("ended with {status}")]
    Ended { status: String },
    #[error("printed no number that is 0 or more")]
    NoNumber,
}

/// Why a task gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TaskFailure {
    #[error("out of memory: {message}")]
    OutOfMemory { memory: Memory, message: String },
    /// A loss stopped being a number in this epoch, from 0.
    #[error("diverged in epoch {}", epoch + 1)]
    Diverged { epoch: usize },
    #[error("not done after {seconds} s, the time limit")]
    TimedOut { seconds: u64 },
    #[error("the worker died ({how})")]
    Crashed { how: String },
    /// The worker neither spoke nor computed for so long that it was ended.
    #[error("the worker hung: no sign of life for {seconds} s")]
    Hung { seconds: u64 },
    #[error("the disk is full: {message}")]
    DiskFull { message: String },
    /// The command of a measure failed; `words` are its own.
    #[error("the command of the measure `{measure}` {why}{}", said(words))]
    Unmeasured { measure: MeasureName, why: NoMeasurement, words: String },
    /// The data set or an artifact could not be read, or was not what it was planned with.
    #[error("{message}")]
    Unreadable { message: String },
    /// What was asked for cannot be done.
    #[error("{message}")]
    Refused { message: String },
    /// No failure of the task: it was asked to stop, and goes on from what it saved.
    #[error("paused")]
    Paused,
}

/// What a command said, behind what it did.
fn said(words: &str) -> String {
    if words.is_empty() { "; it said nothing".to_owned() } else { format!(": {words}") }
}

/// The failure kinds, each with a policy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    OutOfMemory,
    Diverged,
    TimedOut,
    Crashed,
    Hung,
    DiskFull,
    Unmeasured,
    Unreadable,
    Refused,
    Paused,
}

impl FailureKind {
    pub const fn word(self) -> &'static str {
        match self {
            Self::OutOfMemory => "out-of-memory",
            Self::Diverged => "diverged",
            Self::TimedOut => "timed-out",
            Self::Crashed => "crashed",
            Self::Hung => "hung",
            Self::DiskFull => "disk-full",
            Self::Unmeasured => "unmeasured",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
            Self::Paused => "paused",
        }
    }
}

impl TaskFailure {
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::OutOfMemory { .. } => FailureKind::OutOfMemory,
            Self::Diverged { .. } => FailureKind::Diverged,
            Self::TimedOut { .. } => FailureKind::TimedOut,
            Self::Crashed { .. } => FailureKind::Crashed,
            Self::Hung { .. } => FailureKind::Hung,
            Self::DiskFull { .. } => FailureKind::DiskFull,
            Self::Unmeasured { .. } => FailureKind::Unmeasured,
            Self::Unreadable { .. } => FailureKind::Unreadable,
            Self::Refused { .. } => FailureKind::Refused,
            Self::Paused => FailureKind::Paused,
        }
    }
}
