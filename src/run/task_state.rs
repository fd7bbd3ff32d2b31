//! The state of a task: waiting, missing an input, or with a key that is cached, failed or new. One rule for `run`,
//! `plan`, `why` and `what-if`.

use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::Remembered;
use crate::cache::{BLOB_LIMIT, Cache, CacheError, CacheReader, Fingerprint, MissReason, Record, RecordedOutcome, TaskKey};
use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;
use crate::event::{Outcome, TaskResult};
use crate::plan::{Plan, Planned};
use crate::task::{Port, Task, TaskKind};

/// Where a task stands by what the tasks it reads have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// A task that it reads has yet to end.
    Waits,
    /// This input never came to be.
    Lacks(String),
    /// The digests of its inputs are known, by the names they are stored under.
    Ready(BTreeMap<String, Digest>),
}

/// The step of the task at a place of the plan; `results` are by place too.
pub fn step(plan: &Plan, results: &[Option<TaskResult>], node: usize) -> TaskState {
    let mut inputs = BTreeMap::new();
    let (mut missing, mut measured, mut trained) = (None, false, false);
    for edge in plan.graph.edges_directed(NodeIndex::new(node), Direction::Incoming) {
        let Some(source) = &results[edge.source().index()] else { return TaskState::Waits };
        let binding = edge.weight();
        match source.output(binding.output) {
            Some(digest) => {
                measured |= matches!(binding.input, Port::MeasuredOf(_));
                trained |= matches!(binding.input, Port::Metrics { .. });
                inputs.insert(binding.input.name().into_owned(), digest);
            }
            None if binding.optional => {}
            None => {
                missing.get_or_insert_with(|| format!("{} of {}", binding.output, plan.graph[edge.source()].id));
            }
        }
    }
    // The verdict is over those that came to be; over none there is nothing to say. The same goes for a network's trainings.
    let nothing_to_judge = || match plan.graph[NodeIndex::new(node)].task.kind() {
        TaskKind::Final if !measured => Some("network that was trained at length".to_owned()),
        TaskKind::Reward if !trained => Some("training of the network that ended".to_owned()),
        _ => None,
    };
    missing.or_else(nothing_to_judge).map_or(TaskState::Ready(inputs), TaskState::Lacks)
}

/// Whether an update has no measured network to learn from.
pub(super) fn learns_nothing(plan: &Plan, results: &[Option<TaskResult>], node: usize) -> bool {
    let edges = plan.graph.edges_directed(NodeIndex::new(node), Direction::Incoming);
    let mut measured = edges.filter(|edge| edge.weight().optional);
    let came_to_be = |source: NodeIndex| results[source.index()].as_ref().is_some_and(|result| !result.outputs.is_empty());
    !measured.any(|edge| came_to_be(edge.source()))
}

/// What an update gives that is passed over: what was known before it stays known.
pub(super) fn passed_on(plan: &Plan, results: &[Option<TaskResult>], node: usize) -> TaskResult {
    let mut result = TaskResult::without_outputs(Outcome::Skipped { missing: "measured networks".to_owned() });
    for edge in plan.graph.edges_directed(NodeIndex::new(node), Direction::Incoming) {
        let binding = edge.weight();
        if let Port::Carried(_) = binding.input
            && let Some(digest) = results[edge.source().index()].as_ref().and_then(|before| before.output(binding.output))
        {
            result.outputs.insert(binding.output.name().into_owned(), digest);
        }
    }
    result
}

/// What is hashed of a task whose inputs are known.
pub fn fingerprint(task: &Task, inputs: BTreeMap<String, Digest>) -> Fingerprint {
    let parameters = serde_json::to_value(task).expect("plain data always serialises");
    Fingerprint { kind: task.kind().word().to_owned(), version: task.kind().version(), parameters, inputs }
}

/// What earlier runs left of a task that is ready.
pub(super) enum Found {
    Done(TaskResult),
    /// It failed, after so many seconds, and would again.
    Failed(TaskFailure, f64),
    Absent {
        reason: MissReason,
        /// Whether it failed beside others and is tried again without them.
        alone: bool,
    },
}

/// Looks for a task; outputs are looked at by size.
pub(super) fn find(cache: &CacheReader, key: &TaskKey, fingerprint: &Fingerprint, remembered: &Remembered) -> Result<Found, CacheError> {
    let record = match cache.find_named(key, fingerprint)? {
        Ok(record) => record,
        Err(reason) => return Ok(Found::Absent { reason, alone: false }),
    };
    if let Some(doubt) = remembered.retry_reason(&record) {
        let reason = MissReason::NotAccepted { why: doubt.to_string() };
        return Ok(Found::Absent { reason, alone: doubt.wants_to_be_alone() });
    }
    let Record { outcome, seconds, environment, .. } = record;
    Ok(match outcome {
        RecordedOutcome::Done { outputs } => Found::Done(TaskResult { outcome: Outcome::Cached, outputs, seconds, environment }),
        RecordedOutcome::Failed { failure } => Found::Failed(failure, seconds),
    })
}

/// The same for those who go on with what is found: every output is read and has its hash, and what is damaged is put aside.
pub(super) fn find_whole(cache: &Cache, key: &TaskKey, fingerprint: &Fingerprint, remembered: &Remembered) -> Result<Found, CacheError> {
    // The second look finds what the first one put aside.
    let mut damage = None;
    for _ in 0..2 {
        let result = match find(cache.reader(), key, fingerprint, remembered)? {
            Found::Done(result) => result,
            Found::Absent { reason, alone } => return Ok(Found::Absent { reason: damage.unwrap_or(reason), alone }),
            failed @ Found::Failed(..) => return Ok(failed),
        };
        let unreadable = result.outputs.iter().find_map(|(name, digest)| Some((name, digest, cache.get(digest, BLOB_LIMIT).err()?)));
        match unreadable {
            None => return Ok(Found::Done(result)),
            Some((name, digest, CacheError::Damaged { how, .. })) => {
                damage = Some(MissReason::BlobDamaged { name: name.clone(), digest: *digest, how });
            }
            Some((_, _, CacheError::Missing { .. })) => {}
            Some((_, _, error)) => return Err(error),
        }
    }
    unreachable!("a damaged output is put aside when it is found")
}

/// How a task ends that failed: a network that is to blame for it may count with an accuracy of 0.
pub(super) struct Counted {
    pub result: TaskResult,
    /// Of its output, if it has one: whoever goes on must have it.
    pub bytes: Option<Vec<u8>>,
}

impl Counted {
    /// `remembered`: it failed in an earlier run.
    pub(super) fn of(plan: &Plan, planned: &Planned, failure: &TaskFailure, remembered: bool, seconds: f64) -> Self {
        let mut result = TaskResult::without_outputs(Outcome::Failed { failure: failure.clone(), remembered });
        result.seconds = seconds;
        let bytes = plan.after_failure(planned, failure).map(|metrics| serde_json::to_vec(&metrics).expect("plain data always serialises"));
        if let Some(bytes) = &bytes {
            let metrics = Port::Metrics { replicate: 1 }.name().into_owned();
            result.outputs.insert(metrics, Digest::of(Domain::Blob, bytes));
        }
        Self { result, bytes }
    }
}
