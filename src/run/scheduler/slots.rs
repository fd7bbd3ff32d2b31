//! Filling slots, listening to them, and not waiting for them for ever.

use std::time::Duration;

use super::running::{Beside, Running};
use super::{Job, Scheduler};
use crate::cache::TaskKey;
use crate::engine::TaskFailure;
use crate::event::Event;
use crate::run::RunError;
use crate::run::data::absolute;
use crate::run::executor::{Device, ExecutorError, Message};
use crate::run::heard::Heard;
use crate::run::protocol::{CachePlace, Reply, Request};
use crate::run::task_state::{Found, find_whole};
use crate::task::Task;

/// How long until a task that another run computes is looked for again: one of a slot, one without tensors.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const LOOK_SOON: Duration = Duration::from_millis(5);

impl Scheduler<'_, '_> {
    /// Waits for what the slots say; not for ever where another run is computing what a free slot could take, or where a
    /// slot must not be waited for for ever. A slot that has not appeared may be waited for for ever.
    pub(crate) fn wait(&mut self) -> Option<Heard> {
        if let Some(heard) = self.context.pools.next(Some(Duration::ZERO)) {
            return Some(heard);
        }
        self.say_that_there_is_no_slot();
        let pools = &self.context.pools;
        let could_start = !self.queue.is_empty() && pools.idle().any(|slot| self.queue.len(pools.measure(slot)) > 0);
        let until_overdue = self.watch.until_overdue(self.context.pools.now());
        let patience = if self.pausing {
            until_overdue
        } else if !self.due.is_empty() {
            Some(Duration::ZERO)
        } else if !self.elsewhere.is_empty() {
            Some(LOOK_SOON)
        } else {
            let again = could_start.then_some(LOOK_AGAIN);
            [again, until_overdue].into_iter().flatten().min()
        };
        self.context.pools.next(patience)
    }

    pub(crate) fn fill_slots(&mut self) -> Result<(), RunError> {
        if self.pausing || self.queue.is_empty() {
            return Ok(());
        }
        let idle: Vec<usize> = self.context.pools.idle().collect();
        for slot in idle {
            if !self.context.pools.is_open(slot) {
                continue;
            }
            let Some((node, mut job)) = self.next_job(slot)? else { continue };
            let planned = self.planned(node);
            self.tell(&Event::TaskStarted { task: planned.id.clone(), kind: planned.task.kind(), slot: Some(slot) });
            job.attempts += 1;
            let request = Request {
                task: planned.task.clone(),
                key: *job.reservation.key(),
                checkpoint: Some(self.context.execution.checkpoint),
                inputs: job.reservation.fingerprint().inputs.clone(),
                cache: CachePlace::Folder(absolute(self.context.cache.folder())),
                data: self.context.place.clone().absolute(),
            };
            tracing::info!(task = %planned.id, key = request.key.short(), slot, attempt = job.attempts, bytes = job.bytes, "given to a slot");
            self.context.pools.start(slot, request);
            self.watch.gives(slot, self.context.pools.now());
            self.running.insert(slot, self.context.pools.place(slot), node, job);
        }
        Ok(())
    }

    /// Says how many tasks wait for slots that are not there.
    pub(crate) fn want_slots(&mut self) {
        let pools = &self.context.pools;
        // Devices that measure are there already; slots that may take nothing of what waits do not help.
        let idle = pools.idle().filter(|slot| pools.measure(*slot).is_none() && self.has_work_for(*slot)).count();
        let waiting = if self.pausing { 0 } else { self.queue.len(None).saturating_sub(idle) };
        self.context.pools.want(waiting);
    }

    /// Whether a latency is to be measured on another model of device.
    fn is_elsewhere(&self, node: usize, slot: usize) -> bool {
        let device = self.context.pools.device(slot);
        matches!(&self.planned(node).task, Task::Measure { device: model, .. } if !device.is_model(model))
    }

    /// Whether anything that waits for a worker may be computed on a slot.
    fn has_work_for(&self, slot: usize) -> bool {
        let mut queued = std::iter::successors(self.queue.first(None, 0), |node| self.queue.first(None, node + 1));
        queued.any(|node| !self.is_elsewhere(node, slot))
    }

    /// The task of a slot, which has ended or is lost.
    fn release(&mut self, slot: usize) -> Option<(Running, Beside)> {
        let ended = self.running.remove(slot)?;
        self.context.pools.release(slot);
        Some(ended)
    }

    /// The first queued task for a slot, in the order of the plan, that no other run on this cache is computing and that the slot's
    /// device has room for. What another run finished meanwhile is taken from the cache.
    fn next_job(&mut self, slot: usize) -> Result<Option<(usize, Job)>, RunError> {
        let load = self.running.load(self.context.pools.place(slot).device);
        let whose = self.context.pools.measure(slot);
        let mut from = 0;
        while let Some(node) = self.queue.first(whose, from) {
            from = node + 1;
            if let Some(budget) = self.used_up(node) {
                if let Some(job) = self.queue.remove(whose, node) {
                    self.deny_all(node, job.reservation.key(), budget);
                }
                continue;
            }
            // Denying one task may have ended others.
            let Some(job) = self.queue.get(whose, node) else { continue };
            let fits = self.packing.fits(job.bytes, job.alone, load, self.context.pools.device(slot));
            if !fits || self.is_elsewhere(node, slot) {
                continue;
            }
            if job.lock.is_some() {
                return Ok(self.queue.remove(whose, node).map(|job| (node, job)));
            }
            let Some(lock) = self.context.cache.lock(job.reservation.key())? else {
                self.say_that_others_compute(node);
                continue;
            };
            let found = find_whole(self.context.cache, job.reservation.key(), job.reservation.fingerprint(), &self.remembered)?;
            let Some(job) = self.queue.remove(whose, node) else { continue };
            match found {
                Found::Absent { alone, .. } => {
                    return Ok(Some((node, Job { lock: Some(lock), alone: job.alone || alone, ..job })));
                }
                Found::Done(result) => self.end_all(node, *job.reservation.key(), result.clone(), &result),
                Found::Failed(failure, seconds) => {
                    let result = self.failed_result(self.planned(node), &failure, true, seconds)?;
                    self.end_all(node, *job.reservation.key(), result.clone(), &result);
                }
            }
        }
        Ok(None)
    }

    /// Denies a queued task and those with its key.
    fn deny_all(&mut self, node: usize, key: &TaskKey, budget: &'static str) {
        let duplicates = self.waiting.remove(key).unwrap_or_default();
        for node in std::iter::once(node).chain(duplicates) {
            self.deny(node, budget);
        }
    }

    fn say_that_others_compute(&mut self, node: usize) {
        if !self.others_told {
            self.others_told = true;
            let id = &self.planned(node).id;
            self.warn(format!("`{id}` is being computed by another run on this cache; waiting for its result"));
        }
    }

    /// Says once that tasks wait and no slot is there for them.
    fn say_that_there_is_no_slot(&mut self) {
        let Some(first) = self.queue.first(None, 0).filter(|_| !self.no_slot_told && !self.pausing) else { return };
        let pools = &self.context.pools;
        let workers: Vec<usize> = pools.present().filter(|slot| pools.measure(*slot).is_none()).collect();
        let message = match &self.planned(first).task {
            _ if workers.is_empty() => "no slot is there to train on; waiting for one".to_owned(),
            Task::Measure { device, .. } if self.running.is_empty() && !workers.iter().any(|slot| self.has_work_for(*slot)) => {
                format!(
                    "latencies of this plan are those of `{device}`, and no slot is there with one: waiting for one; the first pool decides"
                )
            }
            _ => return,
        };
        self.no_slot_told = true;
        self.warn(message);
    }

    /// Tells of the slots that are there when the run begins.
    pub(crate) fn count_slots(&mut self) {
        let present: Vec<usize> = self.context.pools.present().collect();
        for slot in present {
            let device = self.context.pools.device(slot).clone();
            self.appeared(slot, &device);
        }
    }

    fn appeared(&mut self, slot: usize, device: &Device) {
        self.remembered.add(device);
        let pool = self.context.pools.pool_of(slot).to_owned();
        self.tell(&Event::SlotAppeared { slot, device: device.name.clone(), pool });
    }

    pub(crate) fn hear(&mut self, message: Message) -> Result<(), RunError> {
        match message {
            Message::Appeared { slot, device } => self.appeared(slot, &device),
            Message::Reply { slot, reply } => self.reply(slot, reply)?,
            Message::Died { slot, failure } => {
                self.watch.loses(slot);
                self.slot_failed(slot, failure)?;
            }
            Message::Leaving { slot } => {
                if self.running.get(slot).is_some() {
                    self.context.pools.pause(slot);
                }
            }
            Message::Gone { slot } => {
                self.watch.ends(slot, self.context.pools.now());
                self.watch.loses(slot);
                if let Some((Running { node, job, .. }, _)) = self.release(slot) {
                    self.lost(slot, node, job)?;
                }
                self.tell(&Event::SlotGone { slot });
            }
            Message::Counts { .. } | Message::Warning(_) | Message::Broken(_) => unreachable!("pools tell of it by themselves"),
        }
        Ok(())
    }

    fn reply(&mut self, slot: usize, reply: Reply) -> Result<(), RunError> {
        self.watch.hears(slot, self.context.pools.now());
        match reply {
            Reply::Begun => self.watch.begins(slot, self.context.pools.now()),
            // Signs of life, what nobody asked for, and what pools have answered themselves.
            Reply::Hello(_)
            | Reply::Alive
            | Reply::Measured(_)
            | Reply::Inferred { .. }
            | Reply::Leaving
            | Reply::Parcel(_)
            | Reply::Part { .. }
            | Reply::Lacks(_) => {}
            Reply::Progress(progress) => {
                if let Some(Running { node, .. }) = self.running.get(slot) {
                    let task = self.planned(*node).id.clone();
                    self.tell(&Event::TaskProgress { task, progress });
                }
            }
            Reply::Done { outputs, environment, seconds } => {
                if let Some((Running { node, job, .. }, _)) = self.release(slot) {
                    self.watch.ends(slot, self.context.pools.now());
                    self.save(node, job, outputs, environment, seconds)?;
                }
            }
            Reply::Failed { failure } => {
                self.slot_failed(slot, failure)?;
            }
        }
        Ok(())
    }

    /// What a slot was doing has failed.
    fn slot_failed(&mut self, slot: usize, failure: TaskFailure) -> Result<(), RunError> {
        let seconds = self.watch.ends(slot, self.context.pools.now());
        let Some((Running { node, job, .. }, beside)) = self.release(slot) else { return Ok(()) };
        self.failed(node, job, failure, seconds, Some((slot, beside)))
    }

    /// Ends the slots that have fallen silent or taken too long. A pool none of whose workers is ready gives no slots.
    pub(crate) fn end_overdue(&mut self) -> Result<(), RunError> {
        for (slot, failure) in self.watch.overdue(self.context.pools.now()) {
            tracing::warn!(slot, %failure, "the worker is ended");
            self.context.pools.end(slot);
            let pools = &self.context.pools;
            let any_ready = pools.present().any(|other| pools.share_pool(slot, other) && self.watch.is_ready(other));
            self.watch.loses(slot);
            self.slot_failed(slot, failure)?;
            if !any_ready {
                self.context.pools.break_pool(slot, ExecutorError::Silent { seconds: self.watch.starting().as_secs() });
            }
        }
        Ok(())
    }

    /// Begins nothing more, and asks the slots to save what they are doing.
    pub(crate) fn pause(&mut self) {
        self.pausing = true;
        for slot in self.running.slots() {
            self.context.pools.pause(slot);
        }
    }
}
