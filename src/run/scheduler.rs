//! The loop's state: which tasks are due, queued and running, and what became of the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::executor::Message;
use super::lookup::{Found, look_up};
use super::news::news;
use super::protocol::{Reply, Request};
use super::{Context, RunError, fingerprint, inputs_of, serve};
use crate::cache::{KeyLock, MissReason, RecordedOutcome, Reservation, TaskKey};
use crate::digest::Digest;
use crate::engine::{TaskFailure, Unaccompanied};
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::Plan;
use crate::task::World;

/// How long until a task that another run computes is looked for again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How many tasks are looked at before messages are.
const AT_ONCE: usize = 64;

/// How often a task whose worker died is tried.
const ATTEMPTS: usize = 2;

pub(super) struct Scheduler<'a, 'b> {
    plan: &'a Plan,
    pub context: Context<'b>,
    pub results: Vec<Option<TaskResult>>,
    /// Tasks whose inputs have all ended, to be looked at.
    due: VecDeque<usize>,
    /// Tasks that wait for a slot, in the order of the plan.
    queue: BTreeMap<usize, Job>,
    running: BTreeMap<usize, (usize, Job)>,
    /// Tasks with the key of one that is queued or running.
    waiting: BTreeMap<TaskKey, Vec<usize>>,
    /// Whether it was said that another run computes what this one needs.
    others_told: bool,
}

/// A task about to be computed.
struct Job {
    reservation: Reservation,
    /// Keeps other runs on this cache from computing the same; taken when a slot is free.
    lock: Option<KeyLock>,
    attempts: usize,
    began: Instant,
}

impl<'a, 'b> Scheduler<'a, 'b> {
    /// A run that begins with the tasks that read nothing.
    pub fn new(plan: &'a Plan, context: Context<'b>) -> Self {
        let due = plan.graph.externals(Direction::Incoming).map(NodeIndex::index).collect();
        let results = vec![None; plan.graph.node_count()];
        let (queue, running, waiting) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { plan, context, results, due, queue, running, waiting, others_told: false }
    }

    /// Whether every task has ended.
    pub fn is_done(&self) -> bool {
        self.running.is_empty() && self.queue.is_empty() && self.due.is_empty()
    }

    /// Waits for news from the slots; not for ever where another run is computing what a free slot could take.
    pub fn wait(&mut self) -> Option<Message> {
        let could_start = !self.queue.is_empty() && self.running.len() < self.context.executor.slots();
        let patience = if self.due.is_empty() { could_start.then_some(LOOK_AGAIN) } else { Some(Duration::ZERO) };
        self.context.executor.next(patience)
    }

    pub fn tell(&mut self, event: &Event) {
        (self.context.listen)(event);
    }

    fn warn(&mut self, message: String) {
        self.tell(&Event::Warning { message });
    }

    /// Looks at tasks that are due, and at those that become due by it; not at all of them at once, so that whatever
    /// happens meanwhile is heard.
    pub fn settle(&mut self) -> Result<(), RunError> {
        for _ in 0..AT_ONCE {
            let Some(node) = self.due.pop_front() else { break };
            self.look_at(node)?;
        }
        Ok(())
    }

    /// All that `node` reads has ended.
    fn look_at(&mut self, node: usize) -> Result<(), RunError> {
        let inputs = match inputs_of(self.plan, &self.results, node) {
            Ok(inputs) => inputs,
            Err(missing) => {
                self.end(node, TaskResult::without_outputs(Outcome::Skipped { missing }));
                return Ok(());
            }
        };
        let task = &self.plan.graph[NodeIndex::new(node)].task;
        let fingerprint = fingerprint(task, inputs);
        let key = fingerprint.key();
        if let Some(waiting) = self.waiting.get_mut(&key) {
            waiting.push(node);
            return Ok(());
        }
        match look_up(self.context.cache, &fingerprint)? {
            Found::Hit(result) => {
                tracing::debug!(task = %self.plan.graph[NodeIndex::new(node)].id, key = key.short(), "cached");
                self.end(node, result);
            }
            Found::Miss { reason, reservation } => {
                tracing::debug!(task = %self.plan.graph[NodeIndex::new(node)].id, key = key.short(), %reason, "to be computed");
                if reason != MissReason::NeverRun {
                    let id = &self.plan.graph[NodeIndex::new(node)].id;
                    self.warn(format!("`{id}` runs again: {reason}"));
                }
                self.waiting.insert(key, Vec::new());
                let job = Job { reservation, lock: None, attempts: 0, began: Instant::now() };
                if task.needs_tensors() {
                    self.queue.insert(node, job);
                } else {
                    self.run_here(node, job)?;
                }
            }
        }
        Ok(())
    }

    fn run_here(&mut self, node: usize, job: Job) -> Result<(), RunError> {
        let planned = &self.plan.graph[NodeIndex::new(node)];
        self.tell(&Event::TaskStarted { task: planned.id.clone(), kind: planned.task.kind(), slot: None });
        let began = Instant::now();
        let world = World { data: self.context.store, engines: None };
        let done = serve::compute(self.context.cache, &planned.task, &job.reservation.fingerprint().inputs, world, &mut Unaccompanied);
        let seconds = began.elapsed().as_secs_f64();
        match done {
            Ok(done) => self.save(node, job, done.outputs, done.environment, seconds),
            Err(failure) => {
                self.fail(node, &job, &failure);
                Ok(())
            }
        }
    }

    pub fn fill_slots(&mut self) -> Result<(), RunError> {
        for slot in 0..self.context.executor.slots() {
            if self.running.contains_key(&slot) {
                continue;
            }
            let Some((node, mut job)) = self.next_job()? else { break };
            let planned = &self.plan.graph[NodeIndex::new(node)];
            self.tell(&Event::TaskStarted { task: planned.id.clone(), kind: planned.task.kind(), slot: Some(slot) });
            job.attempts += 1;
            job.began = Instant::now();
            let request = Request {
                task: planned.task.clone(),
                key: job.reservation.fingerprint().key(),
                checkpoint: None,
                inputs: job.reservation.fingerprint().inputs.clone(),
                cache: self.context.cache.folder().to_owned(),
                data: self.context.place.clone(),
            };
            tracing::info!(task = %planned.id, slot, attempt = job.attempts, "given to a slot");
            self.context.executor.start(slot, request)?;
            self.running.insert(slot, (node, job));
        }
        Ok(())
    }

    /// The first queued task, in the order of the plan, that no other run on this cache is computing. What another run
    /// finished meanwhile is taken from the cache.
    fn next_job(&mut self) -> Result<Option<(usize, Job)>, RunError> {
        let nodes: Vec<usize> = self.queue.keys().copied().collect();
        for node in nodes {
            let job = &self.queue[&node];
            if job.lock.is_some() {
                return Ok(self.queue.remove_entry(&node));
            }
            let fingerprint = job.reservation.fingerprint();
            let Some(lock) = self.context.cache.lock(&fingerprint.key())? else {
                self.say_that_others_compute(node);
                continue;
            };
            match look_up(self.context.cache, fingerprint)? {
                Found::Miss { reservation, .. } => {
                    let job = self.queue.remove(&node).expect("looked at just now");
                    return Ok(Some((node, Job { reservation, lock: Some(lock), ..job })));
                }
                Found::Hit(result) => {
                    let job = self.queue.remove(&node).expect("looked at just now");
                    self.end_all(node, job.reservation.fingerprint().key(), result.clone(), &result);
                }
            }
        }
        Ok(None)
    }

    fn say_that_others_compute(&mut self, node: usize) {
        if !self.others_told {
            self.others_told = true;
            let id = &self.plan.graph[NodeIndex::new(node)].id;
            self.warn(format!("`{id}` is being computed by another run on this cache; waiting for its result"));
        }
    }

    pub fn reply(&mut self, slot: usize, reply: Reply) -> Result<(), RunError> {
        match reply {
            Reply::Ready | Reply::Alive => {}
            Reply::Progress(progress) => {
                if let Some((node, _)) = self.running.get(&slot) {
                    let task = self.plan.graph[NodeIndex::new(*node)].id.clone();
                    self.tell(&Event::TaskProgress { task, progress });
                }
            }
            Reply::Done { outputs, environment, seconds } => {
                if let Some((node, job)) = self.running.remove(&slot) {
                    self.save(node, job, outputs, environment, seconds)?;
                }
            }
            Reply::Failed { failure } => {
                if let Some((node, job)) = self.running.remove(&slot) {
                    self.fail(node, &job, &failure);
                }
            }
        }
        Ok(())
    }

    /// The task of a worker that died is tried once more.
    pub fn died(&mut self, slot: usize, failure: TaskFailure) {
        let Some((node, job)) = self.running.remove(&slot) else { return };
        if job.attempts < ATTEMPTS {
            let task = self.plan.graph[NodeIndex::new(node)].id.clone();
            self.tell(&Event::TaskRetried { task, failure });
            self.queue.insert(node, job);
        } else {
            self.fail(node, &job, &failure);
        }
    }

    fn save(
        &mut self,
        node: usize,
        job: Job,
        outputs: BTreeMap<String, Digest>,
        environment: BTreeMap<String, String>,
        seconds: f64,
    ) -> Result<(), RunError> {
        let outcome = RecordedOutcome::Done { outputs: outputs.clone() };
        let Job { reservation, lock, .. } = job;
        let key = reservation.fingerprint().key();
        reservation.save(outcome, seconds, (self.context.now)(), environment.clone())?;
        drop(lock);
        let result = TaskResult { outcome: Outcome::Executed, outputs, seconds, environment };
        let twins = TaskResult { outcome: Outcome::Cached, ..result.clone() };
        self.end_all(node, key, result, &twins);
        Ok(())
    }

    /// Ends a task and those with its key.
    fn end_all(&mut self, node: usize, key: TaskKey, result: TaskResult, twins: &TaskResult) {
        let waiting = self.waiting.remove(&key).unwrap_or_default();
        self.end(node, result);
        for twin in waiting {
            self.end(twin, twins.clone());
        }
    }

    fn fail(&mut self, node: usize, job: &Job, failure: &TaskFailure) {
        let failed = TaskResult::without_outputs(Outcome::Failed { failure: failure.clone() });
        let result = TaskResult { seconds: job.began.elapsed().as_secs_f64(), ..failed };
        self.end_all(node, job.reservation.fingerprint().key(), result.clone(), &result);
    }

    /// Notes how a task ended and looks for tasks that waited for it alone.
    fn end(&mut self, node: usize, result: TaskResult) {
        let planned = &self.plan.graph[NodeIndex::new(node)];
        self.tell(&Event::TaskFinished {
            task: planned.id.clone(),
            kind: planned.task.kind(),
            stage: planned.stage,
            round: planned.round,
            outcome: result.outcome.clone(),
            seconds: result.seconds,
        });
        if let Some(news) = news(self.context.cache, planned, &result) {
            self.tell(&news);
        }
        self.results[node] = Some(result);
        let readers: BTreeSet<NodeIndex> = self.plan.graph.neighbors(NodeIndex::new(node)).collect();
        for reader in readers {
            let mut sources = self.plan.graph.neighbors_directed(reader, Direction::Incoming);
            if sources.all(|source| self.results[source.index()].is_some()) {
                self.due.push_back(reader.index());
            }
        }
    }
}
