//! What follows on a failure: another attempt, going on without the task, or the end of the run.

use super::running::Beside;
use super::{Job, Scheduler};
use crate::cache::{RecordedOutcome, TaskKey};
use crate::engine::{FailureKind, Memory, TaskFailure};
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::Planned;
use crate::run::remembered::Remembered;
use crate::run::task_state::Counted;
use crate::run::{RunError, Stop};
use crate::spec::FailurePolicy;
use crate::task::{Task, TaskKind};

/// Trainings or measurements from which on the share of failed ones is judged.
const ENOUGH: usize = 10;

/// So many slots in a row may be lost with a task.
const LOSSES: usize = 10;

/// Whether one of the tasks `beside` another took of the memory that ran out: that of a machine is for its whole pool, if the
/// pool is `of_one_machine`; that of a GPU or of a job elsewhere for its own slots.
const fn shared_memory(failure: &TaskFailure, beside: Beside, of_one_machine: bool) -> bool {
    match failure {
        TaskFailure::OutOfMemory { memory: Memory::Host, .. } if of_one_machine => beside.in_pool,
        TaskFailure::OutOfMemory { .. } => beside.on_device,
        _ => false,
    }
}

impl Scheduler<'_, '_> {
    /// A task failed after so many seconds, on a slot beside those others, or here.
    pub(super) fn failed(
        &mut self,
        node: usize,
        mut job: Job,
        failure: TaskFailure,
        seconds: f64,
        slot: Option<(usize, Beside)>,
    ) -> Result<(), RunError> {
        let (kind, key) = (failure.kind(), *job.reservation.key());
        if kind == FailureKind::Paused {
            // What it had done was saved: it has come further.
            job.losses = 0;
            self.put_back(node, job);
            return Ok(());
        }
        let failures = &self.context.execution.failures;
        let (policy, retries) = (failures.policy(kind), failures.retries);
        let planned = self.planned(node);
        let tried_again = policy == FailurePolicy::Retry && job.attempts <= retries && slot.is_some();
        if tried_again && self.pausing {
            // By the next run: nothing is begun any more, and it has not failed for good.
            self.leave(node, &key, failure);
            return Ok(());
        }
        if tried_again {
            self.tell(&Event::TaskRetried { task: planned.id.clone(), failure });
            job.alone |= kind == FailureKind::OutOfMemory;
            if job.attempts > 1 {
                // What was saved of it may be what it dies of.
                self.context.cache.forget_checkpoint(&key)?;
            }
            self.queue.insert(planned.task.measure(), node, job);
            return Ok(());
        }
        if policy == FailurePolicy::Stop {
            let stop = Stop::Failure { task: planned.id.clone(), failure: failure.clone() };
            self.leave(node, &key, failure);
            self.stop_for(stop);
            return Ok(());
        }
        let Job { reservation, lock, .. } = job;
        if Remembered::keeps(kind) {
            let pools = &self.context.pools;
            let note = slot.map(|(slot, beside)| {
                let is_shared = shared_memory(&failure, beside, pools.is_of_one_machine(slot));
                Remembered::note(pools.device(slot), &failure, is_shared)
            });
            let outcome = RecordedOutcome::Failed { failure: failure.clone() };
            self.failed.insert(key, (failure.clone(), seconds));
            reservation.save(outcome, seconds, (self.context.now)(), note.unwrap_or_default())?;
        }
        drop(lock);
        let result = self.failed_result(planned, &failure, false, seconds)?;
        self.end_all(node, key, result.clone(), &result);
        Ok(())
    }

    /// A task lost its slot with what it was doing. That is no fault of the task, unless slots are lost with it again and again
    /// and it never comes further.
    pub(super) fn lost(&mut self, slot: usize, node: usize, mut job: Job) -> Result<(), RunError> {
        job.losses += 1;
        if job.losses <= LOSSES {
            self.put_back(node, job);
            return Ok(());
        }
        job.losses = 0;
        let how = format!("{} slots in a row were lost with it", LOSSES + 1);
        self.failed(node, job, TaskFailure::Crashed { how }, 0.0, Some((slot, Beside::default())))
    }

    /// A task lost its slot through no fault of its own: another slot goes on with it, or the next run.
    pub(super) fn put_back(&mut self, node: usize, mut job: Job) {
        if self.pausing {
            let key = *job.reservation.key();
            self.leave(node, &key, TaskFailure::Paused);
            return;
        }
        job.attempts = job.attempts.saturating_sub(1);
        let planned = self.planned(node);
        self.tell(&Event::TaskRequeued { task: planned.id.clone() });
        self.queue.insert(planned.task.measure(), node, job);
    }

    /// A task is left undone, with those of its key.
    fn leave(&mut self, node: usize, key: &TaskKey, failure: TaskFailure) {
        self.waiting.remove(key);
        let task = self.planned(node).id.clone();
        self.tell(&Event::TaskLeft { task, failure });
    }

    /// How a task ends that failed, now or in an earlier run.
    pub(super) fn failed_result(
        &self,
        planned: &Planned,
        failure: &TaskFailure,
        remembered: bool,
        seconds: f64,
    ) -> Result<TaskResult, RunError> {
        let Counted { result, bytes } = Counted::of(self.plan, planned, failure, remembered, seconds);
        bytes.map(|bytes| self.context.cache.put(&bytes)).transpose()?;
        Ok(result)
    }

    /// Counts a training or a measurement that has ended, and stops the run where too many fail.
    pub(super) fn count(&mut self, planned: &Planned, result: &TaskResult) {
        let (what, tally) = match planned.task {
            _ if matches!(result.outcome, Outcome::Skipped { .. }) => return,
            Task::MeasureOn { .. } => ("measurements", &mut self.measurements),
            _ if planned.task.kind() == TaskKind::Train => ("trainings", &mut self.trainings),
            _ => return,
        };
        tally.ended += 1;
        if let Outcome::Failed { failure, remembered } = &result.outcome {
            tally.remembered += usize::from(*remembered);
            let entry = tally.failed.entry(failure.kind()).or_insert((0, String::new()));
            entry.0 += 1;
            entry.1 = failure.to_string();
        }
        let (ended, remembered) = (tally.ended, tally.remembered);
        let failed: usize = tally.failed.values().map(|(count, _)| count).sum();
        let share = failed as f64 / ended as f64;
        if ended >= ENOUGH && share > self.context.execution.failures.limit {
            let most = tally.failed.values().max_by_key(|(count, _)| *count);
            let cause = most.map(|(count, words)| format!("{words} ({count} times)")).unwrap_or_default();
            self.stop_for(Stop::TooManyFailures { what, failed, remembered, ended, cause });
        }
    }

    /// Lets the slots save what they are doing; the first reason is told.
    fn stop_for(&mut self, stop: Stop) {
        if self.stop.is_none() {
            self.tell(&Event::Stopping { cause: stop.to_string() });
            self.stop = Some(stop);
            self.pause();
        }
    }
}
