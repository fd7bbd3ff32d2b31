//! The state of a run as plain data: what a running coordinator keeps in `run.json`, for whoever asks from another
//! terminal, and for the next run of the same name, which adds its time to it.

mod keep;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::arch::Costs;
use crate::digest::Digest;
use crate::engine::{FailureKind, Progress};
use crate::event::{Best, Counts};
use crate::files::{self, FileError};
use crate::task::TaskKind;

pub use keep::{Beginning, StatusFile};

/// Raised when a field goes or changes its meaning; new fields may come.
pub const STATUS_FORMAT: u32 = 1;

/// The file in the folder of results.
pub const STATUS_FILE: &str = "run.json";

/// Room for thousands of slots.
const LIMIT: u64 = 4 << 20;

/// All that is told of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStatus {
    pub format: u32,
    pub name: String,
    /// Path of the spec.
    pub spec: String,
    /// Of epnas.
    pub version: String,
    pub process: Process,
    pub state: RunState,
    /// Of the plan: what tells a run that goes on with a search from one of another search with the same name.
    pub search: Digest,
    /// Why it stopped by itself.
    pub cause: Option<String>,
    /// The budget that ended the search.
    pub budget: Option<String>,
    /// Seconds since 1970.
    pub started: u64,
    /// When this was written.
    pub updated: u64,
    /// Time of this run so far.
    pub seconds: f64,
    /// The same and that of the runs before which this one goes on with.
    pub wall_seconds: f64,
    /// How many runs that are, this one included.
    pub runs: usize,
    /// `grow round 3`.
    pub place: String,
    pub trainings: Trainings,
    /// Time until all trainings are done, if all goes on as it did.
    pub remaining_seconds: Option<f64>,
    /// The best feasible network that was measured so far.
    pub best: Option<BestSoFar>,
    /// What the run ended with.
    pub found: Option<Best>,
    /// Pools whose slots come and go, by name.
    #[serde(default)]
    pub pools: BTreeMap<String, PoolStatus>,
    pub slots: Vec<SlotStatus>,
    pub tasks: BTreeMap<TaskKind, KindStatus>,
    /// The last tasks that were executed or failed, the latest last.
    pub recent: Vec<Ended>,
    /// How many tasks failed, and how many attempts were made again, by the failure kind.
    pub failures: BTreeMap<FailureKind, usize>,
    pub retries: BTreeMap<FailureKind, usize>,
    pub warnings: usize,
    pub last_warning: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    Running,
    /// It will stop, and waits for trainings to save themselves.
    Pausing,
    /// It came to its end; tasks may have failed.
    Done,
    Interrupted,
    /// It stopped by itself, by its failures.
    Stopped,
    /// The machine failed it: `log.jsonl` says how.
    Failed,
    /// It came to its end, but a budget ended the search before.
    BudgetUsed,
    /// It ended without a word. Never written, only found.
    Killed,
}

impl RunState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Done => "done",
            Self::Interrupted => "interrupted",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::BudgetUsed => "budget used",
            Self::Killed => "killed",
        }
    }

    /// Whether the coordinator should be there.
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Running | Self::Pausing)
    }
}

/// Which process runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub host: String,
    pub pid: u32,
    /// Tells it from a later process of the same number; empty where that is not known.
    pub birth: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trainings {
    pub done: usize,
    pub total: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestSoFar {
    pub task: String,
    /// A fraction; the mean over its trainings.
    pub validation_accuracy: f64,
    pub validation_deviation: Option<f64>,
    pub costs: Costs,
    pub architecture: String,
}

/// Slots of a pool that are waited for, and those that were lost so far with what they were doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    pub pending: usize,
    pub lost: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotStatus {
    /// That of no other slot of the run.
    #[serde(default)]
    pub number: usize,
    #[serde(default)]
    pub pool: String,
    pub device: String,
    pub task: Option<SlotTask>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotTask {
    pub task: String,
    pub kind: TaskKind,
    /// Seconds since 1970.
    pub since: u64,
    /// From 1.
    pub attempt: usize,
    pub progress: Option<Progress>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindStatus {
    pub total: usize,
    #[serde(flatten)]
    pub counts: Counts,
}

impl KindStatus {
    pub const fn done(&self) -> usize {
        let Counts { executed, cached, failed, skipped } = self.counts;
        executed + cached + failed + skipped
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub task: String,
    pub kind: TaskKind,
    /// Seconds since 1970.
    pub at: u64,
    pub seconds: f64,
    /// Why it failed.
    pub failure: Option<String>,
}

/// Why the state of a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{}` is damaged: {why}\nhelp: the next `epnas run` of this spec writes it anew", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("`{}` has format {format}, this version of epnas reads {STATUS_FORMAT}", path.display())]
    OtherFormat { path: PathBuf, format: u32 },
}

impl RunStatus {
    /// What the folder of results says; `None` where nothing was written.
    pub fn read(folder: &Path) -> Result<Option<Self>, StatusError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let path = folder.join(STATUS_FILE);
        let bytes = match files::read(&path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |error: serde_json::Error| StatusError::Damaged { path: path.clone(), why: error.to_string() };
        let Head { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if format != STATUS_FORMAT {
            return Err(StatusError::OtherFormat { path, format });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// What a run of `search` that begins now goes on with: the time spent and the number of runs. One that came to its end
    /// is over, unless a budget ended it, which may have been raised; the next run begins at nothing, and so does another
    /// search of the same name.
    pub fn spent(&self, search: Digest) -> (f64, usize) {
        let goes_on = self.search == search && self.state != RunState::Done;
        match (goes_on, self.wall_seconds.is_finite() && self.wall_seconds > 0.0) {
            (true, true) => (self.wall_seconds, self.runs),
            (true, false) => (0.0, self.runs),
            (false, _) => (0.0, 0),
        }
    }
}
