//! Everything that happens in a run: one closed enum, one JSON object a line. Who listens is not known here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::arch::Costs;
use crate::digest::Digest;
use crate::engine::{FailureKind, Progress, TaskFailure};
use crate::plan::TaskId;
use crate::strategy::{Measured, Quality, UpdateReport};
use crate::task::{Port, TaskKind};

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Executed,
    Cached,
    Failed {
        failure: TaskFailure,
        /// Whether it failed in an earlier run and was not tried again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        remembered: bool,
    },
    /// An input never came to be.
    Skipped {
        missing: String,
    },
}

impl Outcome {
    /// What a failure says, and whether it is one of an earlier run; `None` of what did not fail.
    pub fn failure(&self) -> Option<String> {
        match self {
            Self::Failed { failure, remembered: false } => Some(failure.to_string()),
            Self::Failed { failure, remembered: true } => Some(format!("{failure} ({REMEMBERED})")),
            Self::Executed | Self::Cached | Self::Skipped { .. } => None,
        }
    }
}

/// What is said of a failure that is none of this run.
pub const REMEMBERED: &str = "remembered from an earlier run; `--retry-failed` tries again";

/// What became of one task of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskResult {
    pub outcome: Outcome,
    /// Digests of its outputs, by the names they are stored under.
    pub outputs: BTreeMap<String, Digest>,
    /// Computing time, also of a cached result.
    pub seconds: f64,
    /// What it was computed with.
    pub environment: BTreeMap<String, String>,
}

impl TaskResult {
    /// A result that gives nothing to others.
    pub const fn without_outputs(outcome: Outcome) -> Self {
        Self { outcome, outputs: BTreeMap::new(), seconds: 0.0, environment: BTreeMap::new() }
    }

    pub fn output(&self, port: Port) -> Option<Digest> {
        self.outputs.get(port.name().as_ref()).copied()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    RunStarted {
        name: String,
        /// Slots that are there from the beginning.
        workers: usize,
        tasks: BTreeMap<TaskKind, usize>,
    },
    /// There is a slot that takes tasks. Its number is that of no other slot of the run.
    SlotAppeared {
        slot: usize,
        device: String,
        /// Its pool.
        #[serde(default)]
        pool: String,
    },
    /// Of a pool: how many slots are waited for, and how many were lost so far with what they were doing.
    PoolChanged {
        pool: String,
        pending: usize,
        lost: usize,
    },
    /// A slot is gone and does not come back.
    SlotGone {
        slot: usize,
    },
    TaskStarted {
        task: TaskId,
        kind: TaskKind,
        slot: Option<usize>,
    },
    TaskProgress {
        task: TaskId,
        progress: Progress,
    },
    /// A task that will run again.
    TaskRetried {
        task: TaskId,
        failure: TaskFailure,
    },
    /// A task that lost its slot through no fault of its own, and waits for another one.
    TaskRequeued {
        task: TaskId,
    },
    /// A task that is left undone: it was paused, or its failure stops the run.
    TaskLeft {
        task: TaskId,
        failure: TaskFailure,
    },
    TaskFinished {
        task: TaskId,
        kind: TaskKind,
        stage: usize,
        round: usize,
        outcome: Outcome,
        seconds: f64,
    },
    /// A network was measured.
    NetworkMeasured {
        task: TaskId,
        stage: usize,
        round: usize,
        network: Measured,
    },
    /// A strategy learned from a round: entropy of its policy, quality of its predictions.
    Learned {
        task: TaskId,
        stage: usize,
        round: usize,
        report: UpdateReport,
    },
    /// The data were read: what they hold, in a sentence and in numbers.
    Data {
        summary: String,
        holds: serde_json::Value,
    },
    /// Something a person should know.
    Warning {
        message: String,
    },
    /// A budget is used up: `next` would have been trained, and so many trainings in all.
    BudgetUsed {
        budget: String,
        next: TaskId,
        left: usize,
    },
    /// The run was asked to stop: what is quick is finished, the rest is saved.
    Pausing,
    /// The run stops for a reason; what is finished is kept.
    Stopping {
        cause: String,
    },
    /// The run was stopped; what is finished is kept.
    Interrupted,
    Summary(Box<Summary>),
}

/// How many tasks of a kind ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub executed: usize,
    pub cached: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// The pool of the workers of this machine where no file names pools.
pub const LOCAL_POOL: &str = "this machine";

/// What a run had of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolUse {
    /// Slots that appeared, and those that were lost with what they were doing.
    pub slots: usize,
    pub lost: usize,
    /// Seconds during which its slots were there, and were at work, all of them together.
    pub present: f64,
    pub at_work: f64,
}

/// The network a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Fractions, means over its trainings; a table may have no column for it.
    pub test_accuracy: Option<f64>,
    pub validation_accuracy: f64,
    /// Standard deviations over its trainings, where there are several.
    pub test_deviation: Option<f64>,
    pub validation_deviation: Option<f64>,
    pub costs: Costs,
    pub architecture: String,
}

/// Predictor quality in one round, or in all rounds of a stage, on the networks it had not seen when it predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictorQuality {
    pub stage: usize,
    /// `None`: all rounds of the stage.
    pub round: Option<usize>,
    pub quality: Quality,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    Found,
    /// The trainings of the search failed, or the final ones, or what else must succeed.
    Failed,
    /// Constraints rejected every network before it was trained.
    AllRejected,
    /// Networks were trained, and none keeps all constraints.
    NoneFeasible,
    /// There was nothing to train.
    NothingProposed,
}

/// The last event of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub name: String,
    pub tasks: BTreeMap<TaskKind, Counts>,
    pub ending: Ending,
    /// Trainings that failed, by their failure kind, those of earlier runs among them.
    pub failures: BTreeMap<FailureKind, usize>,
    /// How many of those failed in earlier runs and were not tried again.
    pub remembered_failures: usize,
    /// Trainings of rounds for which no new network was left to propose.
    pub unproposed: usize,
    /// Whether no network of the search is better than chance.
    pub at_chance: bool,
    /// `None` when no network was found.
    pub best: Option<Best>,
    /// Networks measured in the search, with repetitions at other fidelities.
    pub networks: usize,
    /// Computing time of all training tasks, cached ones included, by worker seconds.
    pub search_seconds: f64,
    pub final_seconds: f64,
    /// Time this run took.
    pub seconds: f64,
    /// What this run had of each pool, by name.
    #[serde(default)]
    pub pools: BTreeMap<String, PoolUse>,
    pub predictor: Vec<PredictorQuality>,
    /// Mean over the stages of the rank correlation of all their predictions.
    pub predictor_mean: Option<f64>,
    pub results: PathBuf,
}
