//! How a task can fail. Data, not an error: it is recorded and the scheduler decides what follows.

use serde::{Deserialize, Serialize};

/// Which memory ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    Host,
    /// That of a GPU.
    Device,
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
            Self::Unreadable { .. } => FailureKind::Unreadable,
            Self::Refused { .. } => FailureKind::Refused,
            Self::Paused => FailureKind::Paused,
        }
    }
}
