//! A plan held against a cache without running anything: replays forward over cached results to the first misses.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;

use super::Remembered;
use super::task_state::{Counted, Found, TaskState, find, fingerprint, learns_nothing, passed_on, step};
use crate::cache::{CacheError, CacheReader, Fingerprint, MissReason, TaskKey};
use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;
use crate::event::{Outcome, TaskResult};
use crate::plan::{Plan, Planned};
use crate::task::TaskKind;

/// What is known of a task before it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    Cached,
    /// Its inputs are known and it has no result.
    Runs {
        reason: MissReason,
    },
    /// It failed in an earlier run and would again; it is not tried again.
    Failed {
        failure: TaskFailure,
    },
    /// It reads what a task will give that has yet to run.
    Open,
    /// An input never came to be.
    Skipped {
        missing: String,
    },
}

/// A task of a plan, held against a cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub status: Status,
    /// Known where all inputs are.
    pub key: Option<TaskKey>,
}

/// A plan, replayed.
#[derive(Debug)]
pub struct Replay {
    /// By position in the plan.
    pub standings: Vec<Standing>,
    results: Vec<Option<TaskResult>>,
    blobs: Blobs,
    /// Whether a task without a result never ran, instead of having yet to run.
    ended: bool,
}

/// Artifacts that no cache holds.
#[derive(Debug, Default)]
pub struct Blobs(BTreeMap<Digest, Vec<u8>>);

impl Blobs {
    pub fn keep(&mut self, bytes: Vec<u8>) -> Digest {
        let digest = Digest::of(Domain::Blob, &bytes);
        self.0.insert(digest, bytes);
        digest
    }

    pub fn get(&self, digest: &Digest) -> Option<&[u8]> {
        self.0.get(digest).map(Vec::as_slice)
    }
}

/// What a task gives that has no result and whose inputs are known, where that can be said without a run.
pub(super) type Compute<'a> = dyn FnMut(&Planned, &Fingerprint, &mut Blobs) -> Result<Option<TaskResult>, CacheError> + 'a;

/// Replays `plan` over what `cache` holds; failures of earlier runs count as `remembered` says.
pub fn replay(plan: &Plan, cache: &CacheReader, remembered: &Remembered) -> Result<Replay, CacheError> {
    replay_with(plan, cache, remembered, &mut |_, _, _| Ok(None))
}

/// The same for those who ask what a run left: failures count as they were recorded, and what has no result never came to be,
/// because of a budget, of a failure that no cache keeps, or of an interruption.
pub fn replay_ended(plan: &Plan, cache: &CacheReader) -> Result<Replay, CacheError> {
    walk(plan, cache, &Remembered::as_recorded(), &mut |_, _, _| Ok(None), true)
}

/// The same, where `compute` says what tasks without a result would give.
pub fn replay_with(plan: &Plan, cache: &CacheReader, remembered: &Remembered, compute: &mut Compute<'_>) -> Result<Replay, CacheError> {
    walk(plan, cache, remembered, compute, false)
}

fn walk(plan: &Plan, cache: &CacheReader, remembered: &Remembered, compute: &mut Compute<'_>, ended: bool) -> Result<Replay, CacheError> {
    let count = plan.graph.node_count();
    let mut replay = Replay { standings: Vec::with_capacity(count), results: vec![None; count], blobs: Blobs::default(), ended };
    for node in plan.graph.node_indices() {
        let standing = replay.stand(plan, cache, remembered, compute, node)?;
        replay.standings.push(standing);
    }
    Ok(replay)
}

impl Replay {
    fn stand(
        &mut self,
        plan: &Plan,
        cache: &CacheReader,
        remembered: &Remembered,
        compute: &mut Compute<'_>,
        node: NodeIndex,
    ) -> Result<Standing, CacheError> {
        let planned = &plan.graph[node];
        let inputs = match step(plan, &self.results, node.index()) {
            TaskState::Waits => return Ok(Standing { status: Status::Open, key: None }),
            TaskState::Lacks(missing) => return Ok(Standing { status: self.skip(plan, node, missing), key: None }),
            TaskState::Ready(inputs) => inputs,
        };
        let fingerprint = fingerprint(&planned.task, inputs);
        let key = fingerprint.key();
        let (result, status) = match find(cache, &key, &fingerprint, remembered)? {
            Found::Done(result) => (Some(result), Status::Cached),
            Found::Failed(failure, seconds) => {
                let Counted { result, bytes } = Counted::of(plan, planned, &failure, true, seconds);
                bytes.map(|bytes| self.blobs.keep(bytes));
                (Some(result), Status::Failed { failure })
            }
            Found::Absent { .. } if self.ended => {
                return Ok(Standing { status: self.skip(plan, node, "result".to_owned()), key: Some(key) });
            }
            Found::Absent { reason, .. } => (compute(planned, &fingerprint, &mut self.blobs)?, Status::Runs { reason }),
        };
        self.results[node.index()] = result;
        Ok(Standing { status, key: Some(key) })
    }

    /// A task that never came to be. Behind the end of a search an update without anything to learn from hands on what was known.
    fn skip(&mut self, plan: &Plan, node: NodeIndex, missing: String) -> Status {
        let is_update = plan.graph[node].task.kind() == TaskKind::Update;
        let result = if self.ended && is_update && learns_nothing(plan, &self.results, node.index()) {
            passed_on(plan, &self.results, node.index())
        } else {
            TaskResult::without_outputs(Outcome::Skipped { missing: missing.clone() })
        };
        self.results[node.index()] = Some(result);
        Status::Skipped { missing }
    }

    /// What is hashed of a task whose inputs are known.
    pub fn fingerprint(&self, plan: &Plan, node: NodeIndex) -> Option<Fingerprint> {
        let TaskState::Ready(inputs) = step(plan, &self.results, node.index()) else { return None };
        Some(fingerprint(&plan.graph[node].task, inputs))
    }

    /// An artifact that no cache holds.
    pub fn blob(&self, digest: &Digest) -> Option<&[u8]> {
        self.blobs.get(digest)
    }

    /// Cached, failed and skipped tasks with what they gave, by position in the plan; `None` for those to come.
    pub fn results(&self) -> &[Option<TaskResult>] {
        &self.results
    }

    /// The same, taken.
    pub fn into_results(self) -> Vec<Option<TaskResult>> {
        self.results
    }
}
