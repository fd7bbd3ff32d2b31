//! What is known of a run so far, from events alone. One for all who are told of a run; they only read it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::engine::Progress;
use crate::event::{Event, Outcome};
use crate::plan::{Plan, Planned, TaskId};
use crate::spec::ResolvedSpec;
use crate::strategy::Measured;
use crate::task::{Task, TaskKind};
use crate::text::visible;

/// When something is told; events carry no time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Since the run began, by a clock that only goes forward.
    pub elapsed: Duration,
    /// Seconds since 1970.
    pub unix: u64,
}

#[derive(Debug)]
pub struct Tracker {
    stages: Vec<String>,
    trainings: usize,
    /// Trainings that have not ended.
    open: BTreeMap<TaskId, Training>,
    /// Of all open trainings.
    open_work: f64,
    /// Work and time of the trainings that were executed.
    done_work: f64,
    done_seconds: f64,
    /// Slots that are there.
    slots: BTreeSet<usize>,
    running: BTreeMap<TaskId, Running>,
    /// How often tasks that have not ended were tried in vain.
    retried: BTreeMap<TaskId, usize>,
    /// The last stage and round that anything is known of.
    place: (usize, usize),
    best: Option<Leader>,
}

#[derive(Clone, Copy, Debug)]
struct Training {
    /// Epochs × share of the examples.
    work: f64,
    place: (usize, usize),
}

/// A task that was started and has not ended.
#[derive(Clone, Debug)]
pub struct Running {
    pub kind: TaskKind,
    pub slot: Option<usize>,
    pub since: Moment,
    /// From 1.
    pub attempt: usize,
    pub progress: Option<Progress>,
    /// The first and the last time that it told how far it is. A training that goes on from what was saved of it does not
    /// begin at 0, so that its speed is what lies between the two.
    told: Option<(Mark, Mark)>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    share: f64,
    at: Duration,
}

/// The best feasible network so far.
#[derive(Clone, Debug)]
pub struct Leader {
    pub task: TaskId,
    pub stage: usize,
    pub round: usize,
    pub network: Measured,
}

impl Tracker {
    pub fn new(spec: &ResolvedSpec, plan: &Plan) -> Self {
        let trainings = plan.tasks().filter(|planned| planned.task.kind() == TaskKind::Train);
        let training = |task: &Task| match task {
            Task::Train { recipe, .. } => recipe.epochs as f64 * recipe.examples,
            _ => 1.0,
        };
        // Those beyond a budget of trainings do not run, unless earlier ones come to nothing.
        let granted = spec.execution.budget.trainings.unwrap_or(usize::MAX);
        let (searched, last): (Vec<&Planned>, Vec<&Planned>) = trainings.partition(|planned| !planned.is_last);
        let open: BTreeMap<TaskId, Training> = searched
            .into_iter()
            .take(granted)
            .chain(last)
            .map(|planned| (planned.id.clone(), Training { work: training(&planned.task), place: (planned.stage, planned.round) }))
            .collect();
        Self {
            stages: spec.stages.iter().map(|stage| stage.name.clone()).collect(),
            trainings: open.len(),
            open_work: open.values().map(|training| training.work).sum(),
            open,
            done_work: 0.0,
            done_seconds: 0.0,
            slots: BTreeSet::new(),
            running: BTreeMap::new(),
            retried: BTreeMap::new(),
            place: (0, 0),
            best: None,
        }
    }

    /// Takes an event in; whether it brought a new best feasible network.
    pub fn hear(&mut self, event: &Event, moment: Moment) -> bool {
        match event {
            Event::SlotAppeared { slot, .. } => drop(self.slots.insert(*slot)),
            Event::SlotGone { slot } => drop(self.slots.remove(slot)),
            Event::TaskStarted { task, kind, slot } => {
                if let Some(training) = self.open.get(task) {
                    self.place = self.place.max(training.place);
                }
                let attempt = 1 + self.retried.get(task).copied().unwrap_or(0);
                let running = Running { kind: *kind, slot: *slot, since: moment, attempt, progress: None, told: None };
                self.running.insert(task.clone(), running);
            }
            Event::TaskProgress { task, progress } => {
                if let Some(running) = self.running.get_mut(task) {
                    running.come_to(*progress, moment.elapsed);
                }
            }
            Event::TaskRetried { task, .. } => {
                self.running.remove(task);
                *self.retried.entry(task.clone()).or_default() += 1;
            }
            Event::TaskLeft { task, .. } | Event::TaskRequeued { task } => drop(self.running.remove(task)),
            Event::TaskFinished { task, stage, round, outcome, seconds, .. } => {
                self.running.remove(task);
                self.retried.remove(task);
                self.place = self.place.max((*stage, *round));
                self.end_training(task, outcome, *seconds);
            }
            Event::NetworkMeasured { task, stage, round, network } => return self.measure(task, (*stage, *round), network),
            Event::RunStarted { .. }
            | Event::PoolChanged { .. }
            | Event::Learned { .. }
            | Event::Data { .. }
            | Event::Warning { .. }
            | Event::BudgetUsed { .. }
            | Event::Pausing
            | Event::Stopping { .. }
            | Event::Interrupted
            | Event::Summary(_) => {}
        }
        false
    }

    fn end_training(&mut self, task: &TaskId, outcome: &Outcome, seconds: f64) {
        let Some(Training { work, .. }) = self.open.remove(task) else { return };
        self.open_work -= work;
        if matches!(outcome, Outcome::Skipped { .. }) {
            // It never came to be.
            self.trainings -= 1;
        }
        if *outcome == Outcome::Executed {
            self.done_work += work;
            self.done_seconds += seconds;
        }
    }

    fn measure(&mut self, task: &TaskId, (stage, round): (usize, usize), network: &Measured) -> bool {
        // A later stage trains longer: its rewards stand above those before.
        let better = network.reward.feasible
            && self
                .best
                .as_ref()
                .is_none_or(|best| stage > best.stage || (stage == best.stage && network.reward.value > best.network.reward.value));
        if better {
            self.best = Some(Leader { task: task.clone(), stage, round, network: network.clone() });
        }
        better
    }

    /// Time until all trainings are done, from those that were executed and from how fast the running ones go.
    pub fn remaining(&self) -> Option<Duration> {
        let (mut work, mut seconds, mut left) = (self.done_work, self.done_seconds, self.open_work);
        for (task, running) in &self.running {
            let (Some(training), Some((first, last))) = (self.open.get(task), running.told) else { continue };
            work += training.work * (last.share - first.share);
            seconds += last.at.saturating_sub(first.at).as_secs_f64();
            left -= training.work * last.share;
        }
        Duration::try_from_secs_f64(seconds / work * left.max(0.0) / self.slots.len().max(1) as f64).ok()
    }

    pub const fn trainings(&self) -> usize {
        self.trainings
    }

    pub fn trainings_done(&self) -> usize {
        self.trainings - self.open.len()
    }

    pub const fn best(&self) -> Option<&Leader> {
        self.best.as_ref()
    }

    pub fn running(&self) -> impl Iterator<Item = (&TaskId, &Running)> {
        self.running.iter()
    }

    /// From 1; that of a task which is not running is not known.
    pub fn attempt(&self, task: &TaskId) -> usize {
        self.running.get(task).map_or(1, |running| running.attempt)
    }

    pub fn stage(&self, index: usize) -> &str {
        self.stages.get(index).map_or("final", String::as_str)
    }

    /// Where the run is: `grow round 3`, `final`.
    pub fn place(&self) -> String {
        let (stage, round) = self.place;
        self.stages.get(stage).map_or_else(|| "final".to_owned(), |name| format!("{} round {round}", visible(name)))
    }
}

impl Running {
    fn come_to(&mut self, progress: Progress, at: Duration) {
        let share = (progress.done_steps as f64 / progress.total_steps.max(1) as f64).min(1.0);
        let mark = Mark { share, at };
        // It may have begun anew.
        let first = self.told.map(|(first, _)| first).filter(|first| first.share <= share).unwrap_or(mark);
        self.told = Some((first, mark));
        self.progress = Some(progress);
    }
}

#[cfg(test)]
pub mod tests;
