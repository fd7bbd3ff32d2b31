//! What a run will do before it does it: which part of a plan is certain, how much the rest can come to, and what it
//! will take by the measure of earlier tasks.
//!
//! A search is adaptive: past the first task that has to run, the inputs of the others are not known, only what is
//! asked of them. Of the tasks of a stage that are asked the same (say all trainings by one recipe), as many can be cached
//! as there are results that the stage has not met yet; the others must run. Those of another stage may be the same
//! ones: networks that are carried over are known where both stages train alike.

mod history;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::cache::TaskKey;
use crate::plan::Plan;
use crate::run::{Standing, Status};
use crate::task::{Task, TaskKind};

pub use history::{Asked, History, Price};

/// Between the fewest and the most, and what to reckon with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Range {
    pub at_least: f64,
    /// As if every second result of the same kind that is known were met again.
    pub expected: f64,
    pub at_most: f64,
}

impl Range {
    fn add(&mut self, other: Self) {
        self.at_least += other.at_least;
        self.expected += other.expected;
        self.at_most += other.at_most;
    }

    fn times(self, factor: f64) -> Self {
        Self { at_least: self.at_least * factor, expected: self.expected * factor, at_most: self.at_most * factor }
    }
}

/// The tasks of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tasks {
    pub cached: usize,
    /// Failed in an earlier run, and not tried again.
    pub failed: usize,
    /// Certain to run: their inputs are known and no result is.
    pub now: usize,
    /// Behind those.
    pub open: usize,
    pub skipped: usize,
    /// How many run in all, those of `now` among them. Fewer where the search runs out of networks to propose.
    pub run: Range,
}

impl Tasks {
    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.cached += other.cached;
        self.failed += other.failed;
        self.now += other.now;
        self.open += other.open;
        self.skipped += other.skipped;
        self.run.add(other.run);
        self
    }
}

/// A plan, foreseen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Forecast {
    pub tasks: BTreeMap<TaskKind, Tasks>,
    /// Computing time of tasks that need a worker, in seconds.
    pub worker_seconds: Range,
    /// Of all others.
    pub own_seconds: Range,
    /// Bytes that the cache will grow by.
    pub bytes: Range,
    /// Trainings, as many as may run, of which nothing like them was measured: they are not in the seconds and bytes.
    pub unmeasured: usize,
}

impl Forecast {
    pub fn new(plan: &Plan, standings: &[Standing], history: &History) -> Self {
        let mut forecast = Self::default();
        let mut groups: BTreeMap<Asked, Group<'_>> = BTreeMap::new();
        let mut now: BTreeSet<TaskKey> = BTreeSet::new();
        let is_open = |standing: &Standing| matches!(standing.status, Status::Open);
        let any_open = standings.iter().any(is_open);
        for (planned, standing) in plan.tasks().zip(standings) {
            let tasks = forecast.tasks.entry(planned.task.kind()).or_default();
            match standing.status {
                Status::Cached => tasks.cached += 1,
                Status::Failed { .. } => tasks.failed += 1,
                Status::Runs { .. } => tasks.now += 1,
                Status::Open => tasks.open += 1,
                Status::Skipped { .. } => tasks.skipped += 1,
            }
            // With nothing open there is nothing that could be met.
            if matches!(standing.status, Status::Skipped { .. }) || standing.status == Status::Cached && !any_open {
                continue;
            }
            let group = groups.entry(Asked::of(&planned.task));
            let group = group.or_insert_with(|| Group { task: &planned.task, stages: BTreeMap::new() });
            let stage = group.stages.entry(planned.stage).or_default();
            match standing.status {
                Status::Cached | Status::Failed { .. } => stage.met.extend(standing.key),
                // Of two tasks with one key, one runs and both have the result.
                Status::Runs { .. } => stage.now += usize::from(standing.key.is_none_or(|key| now.insert(key))),
                Status::Open => stage.open += 1,
                Status::Skipped { .. } => {}
            }
        }
        for (asked, group) in &groups {
            forecast.count(group, history.known(asked), history);
        }
        forecast
    }

    /// Whether every task is cached or will never run.
    pub fn is_done(&self) -> bool {
        self.tasks.values().all(|tasks| tasks.now + tasks.open == 0)
    }

    /// Time of the whole, where `workers` share what needs one evenly: the end of a round, where some wait for the last
    /// one, is not reckoned with.
    pub fn seconds(&self, workers: usize) -> Range {
        let mut seconds = self.worker_seconds.times(1.0 / workers.max(1) as f64);
        seconds.add(self.own_seconds);
        seconds
    }

    /// Trainings that run.
    pub fn trainings(&self) -> Range {
        self.tasks.get(&TaskKind::Train).map_or_else(Range::default, |tasks| tasks.run)
    }

    fn count(&mut self, group: &Group<'_>, known: usize, history: &History) {
        let stages = || group.stages.values();
        let now: usize = stages().map(|stage| stage.now).sum();
        let open: usize = stages().map(|stage| stage.open).sum();
        let met: BTreeSet<&TaskKey> = stages().flat_map(|stage| &stage.met).collect();
        let unmet = known.saturating_sub(met.len()).min(open);
        let least = stages().map(|stage| (stage.now + stage.open).saturating_sub(known.saturating_sub(stage.met.len()))).max();
        let run = Range {
            at_least: now.max(least.unwrap_or(0)) as f64,
            expected: (now + open) as f64 - unmet as f64 / 2.0,
            at_most: (now + open) as f64,
        };
        self.tasks.entry(group.task.kind()).or_default().run.add(run);
        let Some(price) = history.price(group.task) else {
            if group.task.kind() == TaskKind::Train {
                self.unmeasured += now + open;
            }
            return;
        };
        let seconds = if group.task.needs_tensors() { &mut self.worker_seconds } else { &mut self.own_seconds };
        seconds.add(run.times(price.seconds));
        self.bytes.add(run.times(price.bytes));
    }
}

/// The tasks that are asked the same.
struct Group<'a> {
    task: &'a Task,
    stages: BTreeMap<usize, OfStage>,
}

/// Those of one stage, in which networks are distinct.
#[derive(Default)]
struct OfStage {
    now: usize,
    open: usize,
    /// Results that were met already.
    met: BTreeSet<TaskKey>,
}
