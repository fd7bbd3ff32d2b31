//! The loop's state: which tasks are due, queued and running, and what became of the others. How slots are filled and
//! watched, what follows on a failure and how tasks end stand in files of their own.

mod end;
mod failure;
mod queue;
mod running;
mod slots;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use self::queue::Queue;
use self::running::RunningTasks;
use super::budget::{Ledger, Permit};
use super::ordered_events::OrderedEvents;
use super::packing::Packing;
use super::remembered::Remembered;
use super::task_state::{Found, TaskState, find_whole, fingerprint, learns_nothing, passed_on, step};
use super::watch::Watch;
use super::{Context, RunError, Stop, serve};
use crate::cache::{KeyLock, MissReason, Reservation, TaskKey};
use crate::engine::{FailureKind, NoCallback, TaskFailure};
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::{Plan, Planned};
use crate::task::{StateCache, TaskKind, World};

/// How many tasks are looked at before messages are.
const AT_ONCE: usize = 64;

pub(super) struct Scheduler<'a, 'p> {
    plan: &'a Plan,
    pub context: Context<'a, 'p>,
    pub results: Vec<Option<TaskResult>>,
    /// Of the tasks that have no result when they are looked at: key and reason.
    pub ran: BTreeMap<usize, (TaskKey, MissReason)>,
    /// Tasks whose inputs have all ended, to be looked at.
    due: VecDeque<usize>,
    /// Due tasks that wait for what the budget says, and those without tensors that another run computes.
    held: Vec<usize>,
    elsewhere: Vec<usize>,
    queue: Queue,
    running: RunningTasks,
    watch: Watch,
    /// Tasks with the key of one that is queued or running.
    waiting: BTreeMap<TaskKey, Vec<usize>>,
    /// Whether it was said that another run computes what this one needs.
    others_told: bool,
    /// Whether it was said that there is no slot yet.
    no_slot_told: bool,
    remembered: Remembered,
    /// What failed in this run, and would again: with its seconds.
    failed: BTreeMap<TaskKey, (TaskFailure, f64)>,
    packing: Packing,
    ledger: Ledger,
    events: OrderedEvents,
    began: Instant,
    /// Nothing new is begun.
    pub pausing: bool,
    pub stop: Option<Stop>,
    trainings: Tally,
    /// Of costs on devices of the user's.
    measurements: Tally,
    /// Of the tasks that are computed here.
    states: StateCache,
}

/// How tasks of a sort ended so far.
#[derive(Debug, Default)]
struct Tally {
    ended: usize,
    /// Those that failed in earlier runs and were not tried again.
    remembered: usize,
    /// How often each failure kind came, with its latest words.
    failed: BTreeMap<FailureKind, (usize, String)>,
}

/// A task about to be computed.
struct Job {
    reservation: Reservation,
    /// Keeps other runs on this cache from computing the same; taken when a slot is free.
    lock: Option<KeyLock>,
    attempts: usize,
    /// Slots in a row that were lost with it.
    losses: usize,
    /// Predicted bytes that it takes on its device.
    bytes: u64,
    /// Whether it must have its device for itself: it ran out of memory beside others.
    alone: bool,
}

impl<'a, 'p> Scheduler<'a, 'p> {
    /// A run of the tasks whose results are not `given`. It begins with those that read nothing, or given results alone.
    pub(super) fn new(plan: &'a Plan, given: Vec<Option<TaskResult>>, context: Context<'a, 'p>) -> Self {
        let remembered = Remembered::new(&context.pools.devices(), context.retry_failed);
        let mut events = OrderedEvents::default();
        let (known, open): (Vec<usize>, Vec<usize>) = (0..given.len()).partition(|&node| given[node].is_some());
        for node in known {
            events.put(node, None);
        }
        Self {
            plan,
            due: open.into_iter().filter(|&node| reads_only_ended(plan, &given, node)).collect(),
            results: given,
            ran: BTreeMap::new(),
            held: Vec::new(),
            elsewhere: Vec::new(),
            queue: Queue::default(),
            running: RunningTasks::default(),
            watch: Watch::new(&context.execution.failures),
            waiting: BTreeMap::new(),
            others_told: false,
            no_slot_told: false,
            remembered,
            failed: BTreeMap::new(),
            packing: Packing::new(),
            ledger: Ledger::new(plan, context.execution.budget, context.wall_before),
            events,
            began: context.pools.now(),
            pausing: false,
            stop: None,
            trainings: Tally::default(),
            measurements: Tally::default(),
            context,
            states: StateCache::default(),
        }
    }

    /// Whether every task has ended, or nothing more will begin.
    pub(super) fn is_done(&self) -> bool {
        let nothing_left = self.queue.is_empty() && self.due.is_empty() && self.elsewhere.is_empty() && self.held.is_empty();
        self.running.is_empty() && (self.pausing || nothing_left)
    }

    pub(super) fn tell(&mut self, event: &Event) {
        (self.context.listen)(event);
    }

    pub(super) fn warn(&mut self, message: String) {
        self.tell(&Event::Warning { message });
    }

    fn planned(&self, node: usize) -> &'a Planned {
        &self.plan.graph[NodeIndex::new(node)]
    }

    /// Looks at tasks that are due, and at those that become due by it; not at all of them at once, so that whatever
    /// happens meanwhile is heard.
    pub(super) fn settle(&mut self) -> Result<(), RunError> {
        if self.pausing {
            return Ok(());
        }
        self.due.extend(std::mem::take(&mut self.elsewhere));
        for _ in 0..AT_ONCE {
            let Some(node) = self.due.pop_front() else { break };
            self.look_at(node)?;
        }
        Ok(())
    }

    /// All that `node` reads has ended.
    fn look_at(&mut self, node: usize) -> Result<(), RunError> {
        let planned = self.planned(node);
        match self.ledger.permit(node, planned) {
            Permit::Granted => {}
            Permit::Later => {
                self.held.push(node);
                return Ok(());
            }
            Permit::Denied => {
                self.deny(node, self.ledger.closed_before(node).unwrap_or("trainings"));
                return Ok(());
            }
        }
        if planned.task.kind() == TaskKind::Update
            && self.ledger.closed_before(node).is_some()
            && learns_nothing(self.plan, &self.results, node)
        {
            self.end(node, passed_on(self.plan, &self.results, node));
            return Ok(());
        }
        let inputs = match step(self.plan, &self.results, node) {
            TaskState::Ready(inputs) => inputs,
            // It is due again when the last of what it reads has ended.
            TaskState::Waits => return Ok(()),
            TaskState::Lacks(missing) => {
                self.end(node, TaskResult::without_outputs(Outcome::Skipped { missing }));
                return Ok(());
            }
        };
        let fingerprint = fingerprint(&planned.task, inputs);
        let key = fingerprint.key();
        if let Some(waiting) = self.waiting.get_mut(&key) {
            waiting.push(node);
            self.ran.insert(node, (key, MissReason::NeverRun));
            return Ok(());
        }
        if let Some((failure, seconds)) = self.failed.get(&key) {
            let result = self.failed_result(planned, failure, false, *seconds)?;
            self.end(node, result);
            return Ok(());
        }
        match find_whole(self.context.cache, &key, &fingerprint, &self.remembered)? {
            Found::Done(result) => {
                tracing::debug!(task = %planned.id, key = key.short(), "cached");
                let Context { cache, place, .. } = &self.context;
                self.packing.observe(&result, || Packing::predict(&planned.task, &fingerprint.inputs, place, cache));
                self.end(node, result);
            }
            Found::Failed(failure, seconds) => {
                tracing::debug!(task = %planned.id, key = key.short(), %failure, "failed before");
                let result = self.failed_result(planned, &failure, true, seconds)?;
                self.end(node, result);
            }
            Found::Absent { reason, alone } => {
                tracing::debug!(task = %planned.id, key = key.short(), %reason, "to be computed");
                if reason != MissReason::NeverRun {
                    self.warn(format!("`{}` runs again: {reason}", planned.id));
                }
                self.ran.insert(node, (key, reason));
                let bytes = Packing::predict(&planned.task, &fingerprint.inputs, &self.context.place, self.context.cache);
                let reservation = self.context.cache.reserve(key, fingerprint);
                let job = Job { reservation, lock: None, attempts: 0, losses: 0, bytes, alone };
                let whose = planned.task.measure();
                if planned.task.needs_tensors() || whose.is_some() {
                    self.waiting.insert(key, Vec::new());
                    self.queue.insert(whose, node, job);
                } else {
                    self.run_here(node, job)?;
                }
            }
        }
        Ok(())
    }

    /// Runs a task without tensors, unless another run is about to.
    fn run_here(&mut self, node: usize, job: Job) -> Result<(), RunError> {
        let planned = self.planned(node);
        if let Some(budget) = self.used_up(node) {
            self.deny(node, budget);
            return Ok(());
        }
        let Some(job) = self.locked(node, job)? else { return Ok(()) };
        self.tell(&Event::TaskStarted { task: planned.id.clone(), kind: planned.task.kind(), slot: None });
        let began = Instant::now();
        let world = World { data: self.context.store, engines: None, meter: None, states: &mut self.states };
        let inputs = &job.reservation.fingerprint().inputs;
        let done = serve::compute(self.context.cache, &planned.task, inputs, world, &mut NoCallback);
        let seconds = began.elapsed().as_secs_f64();
        match done {
            Ok(done) => self.save(node, job, done.outputs, done.environment, seconds),
            Err(failure) => self.failed(node, job, failure, seconds, None),
        }
    }

    /// Takes the lock of a task without tensors. `None` where another run has it, or has just ended the task: then it is
    /// looked at again, or has ended.
    fn locked(&mut self, node: usize, mut job: Job) -> Result<Option<Job>, RunError> {
        let Some(lock) = self.context.cache.lock_briefly(job.reservation.key())? else {
            self.elsewhere.push(node);
            return Ok(None);
        };
        match find_whole(self.context.cache, job.reservation.key(), job.reservation.fingerprint(), &self.remembered)? {
            Found::Absent { .. } => {
                job.lock = Some(lock);
                Ok(Some(job))
            }
            Found::Done(_) | Found::Failed(..) => {
                self.due.push_front(node);
                Ok(None)
            }
        }
    }
}

/// Whether all that `node` reads has ended.
fn reads_only_ended(plan: &Plan, results: &[Option<TaskResult>], node: usize) -> bool {
    plan.graph.neighbors_directed(NodeIndex::new(node), Direction::Incoming).all(|source| results[source.index()].is_some())
}
