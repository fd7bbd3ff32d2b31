//! The loop's state: which tasks are due, queued and running, and what became of the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::protocol::{Reply, Request};
use super::{Context, RunError, fingerprint, inputs_of, serve};
use crate::cache::{BLOB_LIMIT, Cache, CacheError, Fingerprint, Lookup, MissReason, RecordedOutcome, Reservation, TaskKey};
use crate::digest::Digest;
use crate::engine::TaskFailure;
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::Plan;
use crate::strategy::Measured;
use crate::task::{self, TaskKind};

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
}

/// A task about to be computed.
struct Job {
    reservation: Reservation,
    attempts: usize,
    began: Instant,
}

impl<'a, 'b> Scheduler<'a, 'b> {
    pub fn new(plan: &'a Plan, context: Context<'b>) -> Self {
        let results = vec![None; plan.graph.node_count()];
        Self { plan, context, results, due: VecDeque::new(), queue: BTreeMap::new(), running: BTreeMap::new(), waiting: BTreeMap::new() }
    }

    /// Whether no slot is busy.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    pub fn tell(&mut self, event: &Event) {
        (self.context.listen)(event);
    }

    fn warn(&mut self, message: String) {
        self.tell(&Event::Warning { message });
    }

    pub fn look_at_sources(&mut self) -> Result<(), RunError> {
        for node in self.plan.graph.externals(Direction::Incoming) {
            self.due.push_back(node.index());
        }
        self.settle()
    }

    /// Looks at every task that is due, and at those that become due by it.
    pub fn settle(&mut self) -> Result<(), RunError> {
        while let Some(node) = self.due.pop_front() {
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
            Found::Hit(result) => self.end(node, result),
            Found::Miss { reason, reservation } => {
                if reason != MissReason::NeverRun {
                    let id = &self.plan.graph[NodeIndex::new(node)].id;
                    self.warn(format!("`{id}` runs again: {reason}"));
                }
                self.waiting.insert(key, Vec::new());
                let job = Job { reservation, attempts: 0, began: Instant::now() };
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
        let done = serve::read_inputs(self.context.cache, &job.reservation.fingerprint().inputs)
            .and_then(|inputs| task::run(&planned.task, &inputs, None, &mut |_| {}))
            .and_then(|done| Ok((serve::write_outputs(self.context.cache, &done.blobs)?, done.environment)));
        let seconds = began.elapsed().as_secs_f64();
        match done {
            Ok((outputs, environment)) => self.save(node, job, outputs, environment, seconds),
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
            let Some((node, mut job)) = self.queue.pop_first() else { break };
            let planned = &self.plan.graph[NodeIndex::new(node)];
            self.tell(&Event::TaskStarted { task: planned.id.clone(), kind: planned.task.kind(), slot: Some(slot) });
            job.attempts += 1;
            job.began = Instant::now();
            let request = Request {
                task: planned.task.clone(),
                inputs: job.reservation.fingerprint().inputs.clone(),
                cache: self.context.cache.folder().to_owned(),
                dataset: self.context.dataset.clone(),
            };
            self.context.executor.start(slot, request)?;
            self.running.insert(slot, (node, job));
        }
        Ok(())
    }

    pub fn reply(&mut self, slot: usize, reply: Reply) -> Result<(), RunError> {
        match reply {
            Reply::Ready => {}
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
        let key = job.reservation.fingerprint().key();
        let outcome = RecordedOutcome::Done { outputs: outputs.clone() };
        job.reservation.save(outcome, seconds, (self.context.now)(), environment.clone())?;
        let result = TaskResult { outcome: Outcome::Executed, outputs, seconds, environment };
        let twins = self.waiting.remove(&key).unwrap_or_default();
        self.end(node, result.clone());
        for twin in twins {
            self.end(twin, TaskResult { outcome: Outcome::Cached, ..result.clone() });
        }
        Ok(())
    }

    fn fail(&mut self, node: usize, job: &Job, failure: &TaskFailure) {
        let twins = self.waiting.remove(&job.reservation.fingerprint().key()).unwrap_or_default();
        for node in std::iter::once(node).chain(twins) {
            let mut result = TaskResult::without_outputs(Outcome::Failed { failure: failure.clone() });
            result.seconds = job.began.elapsed().as_secs_f64();
            self.end(node, result);
        }
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
        if let (TaskKind::Reward, Some(digest)) = (planned.task.kind(), result.outputs.get("measured"))
            && let Ok(network) = self.context.cache.get_json::<Measured>(digest)
        {
            let (task, stage, round) = (planned.id.clone(), planned.stage, planned.round);
            self.tell(&Event::NetworkMeasured { task, stage, round, network });
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

enum Found {
    Hit(TaskResult),
    Miss { reason: MissReason, reservation: Reservation },
}

/// A hit counts only when every output can be read and has its hash; what is damaged is put aside and computed anew.
fn look_up(cache: &Cache, fingerprint: &Fingerprint) -> Result<Found, RunError> {
    // The second look finds what the first one put aside.
    for _ in 0..2 {
        match cache.lookup(fingerprint)? {
            Lookup::Miss { reason, reservation } => return Ok(Found::Miss { reason, reservation }),
            Lookup::Hit(record) => {
                let RecordedOutcome::Done { outputs } = &record.outcome else { continue };
                match outputs.values().try_for_each(|digest| cache.get(digest, BLOB_LIMIT).map(drop)) {
                    Ok(()) => {
                        return Ok(Found::Hit(TaskResult {
                            outcome: Outcome::Cached,
                            outputs: outputs.clone(),
                            seconds: record.seconds,
                            environment: record.environment,
                        }));
                    }
                    Err(CacheError::Damaged { .. } | CacheError::Missing { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    unreachable!("failures are never recorded, and a damaged output is put aside when it is found")
}
