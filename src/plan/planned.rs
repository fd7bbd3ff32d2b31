//! A task in its place, and what it is called there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::spec::ResolvedSpec;
use crate::spec::check::FINAL;
use crate::task::{Task, of_replicate};

/// Where a task stands in the plan, for people: `grow/round-03/train-07`. It never enters a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A task in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub id: TaskId,
    pub task: Task,
    /// Index of the stage; the final trainings are one stage behind the last.
    pub stage: usize,
    /// 0 is the round of the networks that a stage starts with.
    pub round: usize,
    /// Whether it stands behind the search, among the final trainings.
    pub is_last: bool,
    /// Number of the network in its round, from 1; `None` for tasks that are of the whole round.
    pub network: Option<usize>,
    /// Which of several trainings of that network, from 1.
    pub replicate: usize,
}

impl Planned {
    /// Its name in its round: `train-07`, `train-07-r2`, `update`.
    pub fn name(&self) -> String {
        name(&self.task, self.network, self.replicate)
    }
}

pub(super) fn name(task: &Task, network: Option<usize>, replicate: usize) -> String {
    let word = match task {
        Task::Final { .. } | Task::FinalRow { .. } => "test",
        Task::Admit { .. } => "admit",
        Task::Keep { .. } => "keep",
        _ => task.kind().word(),
    };
    let device = task.measure().map_or_else(String::new, |measure| format!("-{measure}"));
    of_replicate(&network.map_or_else(|| word.to_owned(), |number| format!("{word}-{number:02}{device}")), replicate)
}

pub(super) fn names(spec: &ResolvedSpec) -> Vec<String> {
    spec.stages.iter().map(|stage| stage.name.clone()).collect()
}

pub(super) fn place(stage: Option<&str>, round: usize) -> String {
    stage.map_or_else(|| FINAL.to_owned(), |stage| format!("{stage}/round-{round:02}"))
}
