//! Keeps `run.json` up to date while a run goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    BestSoFar, Ended, KindStatus, PoolStatus, Process, RunState, RunStatus, STATUS_FILE, STATUS_FORMAT, SlotStatus, SlotTask, Trainings,
};
use crate::digest::Digest;
use crate::event::{Event, Outcome};
use crate::files::{self, FileError};
use crate::report::tracker::{Moment, Tracker};
use crate::task::TaskKind;

/// How often it is written at most; more often only at the beginning and the end.
const PAUSE: Duration = Duration::from_secs(1);

/// How many of the last tasks are told.
const RECENT: usize = 8;

/// How much of a message is told; all of it is in the log.
const MESSAGE: usize = 400;

/// What is known of a run before its first event.
#[derive(Clone, Debug)]
pub struct Beginning {
    pub name: String,
    /// Path of the spec.
    pub spec: String,
    /// Digest of the plan.
    pub search: Digest,
    pub process: Process,
    /// Time and number of the runs before that this one goes on with; see [`RunStatus::spent`].
    pub spent: (f64, usize),
}

#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
    spent: f64,
    status: RunStatus,
    written: Option<Duration>,
}

impl StatusFile {
    /// Of a run whose results go into `folder`. Writes nothing yet.
    pub fn new(folder: &Path, beginning: Beginning) -> Self {
        let Beginning { name, spec, search, process, spent: (spent, runs) } = beginning;
        let status = RunStatus {
            format: STATUS_FORMAT,
            name,
            spec,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process,
            state: RunState::Running,
            search,
            cause: None,
            budget: None,
            started: 0,
            updated: 0,
            seconds: 0.0,
            wall_seconds: spent,
            runs: runs + 1,
            place: String::new(),
            trainings: Trainings::default(),
            remaining_seconds: None,
            best: None,
            found: None,
            pools: BTreeMap::new(),
            slots: Vec::new(),
            tasks: BTreeMap::new(),
            recent: Vec::new(),
            failures: BTreeMap::new(),
            retries: BTreeMap::new(),
            warnings: 0,
            last_warning: None,
        };
        Self { path: folder.join(STATUS_FILE), spent, status, written: None }
    }

    /// The tracker has heard the event already.
    pub fn hear(&mut self, event: &Event, tracker: &Tracker, moment: Moment) -> Result<(), FileError> {
        let status = &mut self.status;
        let mut at_once = false;
        match event {
            Event::RunStarted { tasks, .. } => {
                status.started = moment.unix.saturating_sub(moment.elapsed.as_secs());
                status.tasks = tasks.iter().map(|(kind, &total)| (*kind, KindStatus { total, ..KindStatus::default() })).collect();
                at_once = true;
            }
            Event::SlotAppeared { slot, device, pool } => {
                status.slots.push(SlotStatus { number: *slot, pool: pool.clone(), device: device.clone(), task: None });
            }
            Event::PoolChanged { pool, pending, lost } => {
                status.pools.insert(pool.clone(), PoolStatus { pending: *pending, lost: *lost });
            }
            Event::SlotGone { slot } => status.slots.retain(|present| present.number != *slot),
            Event::TaskRetried { failure, .. } => *status.retries.entry(failure.kind()).or_default() += 1,
            Event::TaskFinished { task, kind, outcome, seconds, .. } => self.end_task(&task.0, *kind, outcome, *seconds, moment),
            Event::Warning { message } => {
                status.warnings += 1;
                status.last_warning = Some(shortened(message));
            }
            Event::BudgetUsed { budget, .. } => status.budget = Some(budget.clone()),
            Event::Pausing => {
                status.state = RunState::Pausing;
                at_once = true;
            }
            Event::Stopping { cause } => {
                status.state = RunState::Pausing;
                status.cause = Some(shortened(cause));
                at_once = true;
            }
            Event::Interrupted => {
                status.state = RunState::Interrupted;
                at_once = true;
            }
            Event::Summary(summary) => {
                status.state = if status.budget.is_some() { RunState::BudgetUsed } else { RunState::Done };
                status.found.clone_from(&summary.best);
                at_once = true;
            }
            Event::TaskStarted { .. }
            | Event::TaskProgress { .. }
            | Event::Data { .. }
            | Event::TaskLeft { .. }
            | Event::TaskRequeued { .. }
            | Event::NetworkMeasured { .. }
            | Event::Learned { .. } => {}
        }
        if at_once { self.write(tracker, moment, files::write) } else { self.tick(tracker, moment) }
    }

    fn end_task(&mut self, task: &str, kind: TaskKind, outcome: &Outcome, seconds: f64, moment: Moment) {
        let counts = &mut self.status.tasks.entry(kind).or_default().counts;
        let failure = match outcome {
            Outcome::Executed => {
                counts.executed += 1;
                None
            }
            Outcome::Cached => {
                counts.cached += 1;
                return;
            }
            Outcome::Skipped { .. } => {
                counts.skipped += 1;
                return;
            }
            Outcome::Failed { failure, .. } => {
                counts.failed += 1;
                *self.status.failures.entry(failure.kind()).or_default() += 1;
                outcome.failure().as_deref().map(shortened)
            }
        };
        let recent = &mut self.status.recent;
        if recent.len() == RECENT {
            recent.remove(0);
        }
        recent.push(Ended { task: task.to_owned(), kind, at: moment.unix, seconds, failure });
    }

    /// Writes if the last time is long enough ago.
    pub fn tick(&mut self, tracker: &Tracker, moment: Moment) -> Result<(), FileError> {
        match self.written {
            Some(written) if moment.elapsed.saturating_sub(written) < PAUSE => Ok(()),
            _ => self.write(tracker, moment, files::write_unflushed),
        }
    }

    /// Writes for the last time. A run that said nothing of its end, nor why it would stop, has failed.
    pub fn close(&mut self, tracker: &Tracker, moment: Moment) -> Result<(), FileError> {
        if self.status.state.goes_on() {
            self.status.state = if self.status.cause.is_some() { RunState::Stopped } else { RunState::Failed };
        }
        self.write(tracker, moment, files::write)
    }

    /// `by` decides whether it is sure to outlive a crash of the machine; of the times in between at most the last is lost.
    fn write(&mut self, tracker: &Tracker, moment: Moment, by: fn(&Path, &[u8]) -> Result<(), FileError>) -> Result<(), FileError> {
        self.written = Some(moment.elapsed);
        let status = &mut self.status;
        status.updated = moment.unix;
        status.seconds = moment.elapsed.as_secs_f64();
        status.wall_seconds = self.spent + status.seconds;
        status.place = tracker.place();
        status.trainings = Trainings { done: tracker.trainings_done(), total: tracker.trainings() };
        status.remaining_seconds = tracker.remaining().filter(|_| status.state.goes_on()).map(|left| left.as_secs_f64());
        status.best = tracker.best().map(|best| BestSoFar {
            task: best.task.to_string(),
            validation_accuracy: best.network.validation_accuracy,
            validation_deviation: best.network.deviation(),
            costs: best.network.costs.clone(),
            architecture: best.network.architecture.summary(),
        });
        status.slots.iter_mut().for_each(|slot| slot.task = None);
        for (task, running) in tracker.running().filter(|_| status.state.goes_on()) {
            if let Some(slot) = status.slots.iter_mut().find(|slot| Some(slot.number) == running.slot) {
                let (kind, since, attempt, progress) = (running.kind, running.since.unix, running.attempt, running.progress);
                slot.task = Some(SlotTask { task: task.to_string(), kind, since, attempt, progress });
            }
        }
        let bytes = serde_json::to_vec_pretty(&self.status).expect("plain data always serialises");
        by(&self.path, &bytes)
    }
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Domain;
    use crate::engine::{FailureKind, TaskFailure};
    use crate::report::status::StatusError;
    use crate::report::tracker::tests::{appeared, at, finished, progress, small, started, trainings};

    fn search() -> Digest {
        Digest::of(Domain::Plan, b"a search")
    }

    struct Run {
        folder: tempfile::TempDir,
        tracker: Tracker,
        file: StatusFile,
        trainings: Vec<crate::plan::TaskId>,
    }

    fn run(spent: (f64, usize)) -> Run {
        let (spec, plan) = small();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let process = Process { host: "here".to_owned(), pid: 7, birth: String::new() };
        let beginning = Beginning { name: "small".to_owned(), spec: "small.yaml".to_owned(), search: search(), process, spent };
        let file = StatusFile::new(folder.path(), beginning);
        Run { tracker: Tracker::new(&spec, &plan), file, trainings: trainings(&plan), folder }
    }

    impl Run {
        fn tell(&mut self, event: &Event, seconds: u64) {
            self.tracker.hear(event, at(seconds));
            self.file.hear(event, &self.tracker, at(seconds)).expect("it can be written");
        }

        fn start(&mut self) {
            let tasks = BTreeMap::from([(TaskKind::Train, self.trainings.len())]);
            self.tell(&Event::RunStarted { name: "small".to_owned(), workers: 2, tasks }, 0);
            self.tell(&appeared(0, "cpu"), 0);
            self.tell(&appeared(1, "cpu"), 0);
        }

        fn read(&self) -> RunStatus {
            RunStatus::read(self.folder.path()).expect("readable").expect("written")
        }
    }

    #[test]
    fn it_is_written_at_most_once_a_second_and_tells_of_slots_failures_and_what_is_left() {
        let mut run = run((100.0, 2));
        assert!(RunStatus::read(run.folder.path()).expect("readable").is_none());
        run.start();
        let [first, second, third] = [0, 1, 2].map(|index: usize| run.trainings[index].clone());
        run.tell(&started(&first, 0), 0);
        assert!(run.read().slots.is_empty(), "not yet");
        run.tell(&finished(&first, 0, 0, 2.0), 2);
        run.tell(&started(&second, 1), 3);
        run.tell(&Event::TaskRetried { task: second.clone(), failure: TaskFailure::Hung { seconds: 5 } }, 4);
        run.tell(&started(&second, 1), 4);
        run.tell(&progress(&second, 40), 5);
        let failure = TaskFailure::Refused { message: "no".repeat(MESSAGE) };
        let outcome = Outcome::Failed { failure, remembered: false };
        run.tell(&Event::TaskFinished { task: third, kind: TaskKind::Train, stage: 0, round: 1, outcome, seconds: 1.0 }, 7);
        let status = run.read();
        assert_eq!((status.state, status.started, status.updated), (RunState::Running, 1_000, 1_007));
        assert_eq!((status.seconds, status.wall_seconds, status.runs), (7.0, 107.0, 3));
        assert_eq!(status.trainings, Trainings { done: 2, total: run.trainings.len() });
        let busy = status.slots[1].task.clone().expect("it is busy");
        assert_eq!((busy.task, busy.attempt, busy.since, busy.progress.map(|told| told.done_steps)), (second.0, 2, 1_004, Some(40)));
        assert!(status.slots[0].task.is_none() && status.remaining_seconds.is_some());
        assert_eq!(status.retries, BTreeMap::from([(FailureKind::Hung, 1)]));
        assert_eq!(status.failures, BTreeMap::from([(FailureKind::Refused, 1)]));
        assert_eq!(status.recent.len(), 2);
        assert_eq!(status.recent[1].failure.as_ref().expect("it failed").chars().count(), MESSAGE + 1);
        let kind = status.tasks[&TaskKind::Train];
        assert_eq!((kind.counts.executed, kind.counts.failed, kind.done()), (1, 1, 2));
    }

    #[test]
    fn time_adds_up_until_a_run_comes_to_its_end() {
        let mut killed = run((0.0, 0));
        killed.start();
        killed.file.tick(&killed.tracker, at(30)).expect("it can be written");
        assert_eq!(killed.read().spent(search()), (30.0, 1), "the last that was written counts");
        let mut failed = run(killed.read().spent(search()));
        failed.start();
        failed.file.close(&failed.tracker, at(5)).expect("it can be written");
        assert_eq!((failed.read().state, failed.read().spent(search())), (RunState::Failed, (35.0, 2)));
        let mut interrupted = run(failed.read().spent(search()));
        interrupted.start();
        interrupted.tell(&Event::Interrupted, 1);
        interrupted.file.close(&interrupted.tracker, at(2)).expect("it can be written");
        assert_eq!((interrupted.read().state, interrupted.read().spent(search())), (RunState::Interrupted, (37.0, 3)));
        assert_eq!(RunStatus { state: RunState::Done, ..interrupted.read() }.spent(search()), (0.0, 0));
        let another = Digest::of(Domain::Plan, b"another search of this name");
        assert_eq!(interrupted.read().spent(another), (0.0, 0));
    }

    #[test]
    fn it_says_why_a_run_ends_early() {
        let mut stopped = run((0.0, 0));
        stopped.start();
        stopped.tell(&Event::Stopping { cause: "too much failed".to_owned() }, 0);
        assert_eq!(stopped.read().state, RunState::Pausing);
        stopped.file.close(&stopped.tracker, at(1)).expect("it can be written");
        assert_eq!((stopped.read().state, stopped.read().cause.as_deref()), (RunState::Stopped, Some("too much failed")));
        let mut paused = run((0.0, 0));
        paused.start();
        paused.tell(&Event::Pausing, 0);
        assert_eq!(paused.read().state, RunState::Pausing);
        paused.tell(&Event::Interrupted, 0);
        assert_eq!(paused.read().state, RunState::Interrupted);
        let mut limited = run((0.0, 0));
        limited.start();
        let next = limited.trainings[1].clone();
        limited.tell(&Event::BudgetUsed { budget: "wall-time".to_owned(), next, left: 3 }, 5);
        assert_eq!((limited.read().state, limited.read().budget.as_deref()), (RunState::Running, Some("wall-time")));
        let ended = RunStatus { state: RunState::BudgetUsed, ..limited.read() };
        assert_eq!(ended.spent(search()), (5.0, 1), "the budget may have been raised");
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_named() {
        let mut run = run((0.0, 0));
        run.start();
        let path = run.folder.path().join(STATUS_FILE);
        let whole = files::read(&path, 1 << 20).expect("written");
        files::write_unflushed(&path, &whole[..whole.len() / 2]).expect("writable");
        assert!(matches!(RunStatus::read(run.folder.path()), Err(StatusError::Damaged { .. })));
        files::write_unflushed(&path, b"{\"format\": 9}").expect("writable");
        assert!(matches!(RunStatus::read(run.folder.path()), Err(StatusError::OtherFormat { format: 9, .. })));
    }
}
