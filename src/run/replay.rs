//! A plan held against a cache without running anything: replays forward over cached results to the first misses.

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::lookup::{Earlier, earlier};
use super::{Remembered, fingerprint, inputs_of};
use crate::cache::{CacheError, CacheReader, Fingerprint, MissReason, TaskKey};
use crate::engine::TaskFailure;
use crate::event::{Outcome, TaskResult};
use crate::plan::Plan;

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
}

/// Replays `plan` over what `cache` holds; failures of earlier runs count as `remembered` says.
pub fn replay(plan: &Plan, cache: &CacheReader, remembered: &Remembered) -> Result<Replay, CacheError> {
    let mut replay = Replay { standings: Vec::with_capacity(plan.graph.node_count()), results: vec![None; plan.graph.node_count()] };
    for node in plan.graph.node_indices() {
        let standing = replay.stand(plan, cache, remembered, node)?;
        replay.standings.push(standing);
    }
    Ok(replay)
}

impl Replay {
    fn stand(&mut self, plan: &Plan, cache: &CacheReader, remembered: &Remembered, node: NodeIndex) -> Result<Standing, CacheError> {
        let fingerprint = match self.fingerprint(plan, node) {
            None => return Ok(Standing { status: Status::Open, key: None }),
            Some(Err(missing)) => {
                self.results[node.index()] = Some(TaskResult::without_outputs(Outcome::Skipped { missing: missing.clone() }));
                return Ok(Standing { status: Status::Skipped { missing }, key: None });
            }
            Some(Ok(fingerprint)) => fingerprint,
        };
        let status = match earlier(cache, plan, &plan.graph[node], &fingerprint, remembered)? {
            Earlier::Done(result) => {
                self.results[node.index()] = Some(result);
                Status::Cached
            }
            Earlier::Failed(failure, counted) => {
                self.results[node.index()] = Some(counted.result);
                Status::Failed { failure }
            }
            Earlier::Missing(reason) => Status::Runs { reason },
        };
        Ok(Standing { status, key: Some(fingerprint.key()) })
    }

    /// What is hashed of a task: `None` while an input is open, the missing one where it never came to be.
    pub fn fingerprint(&self, plan: &Plan, node: NodeIndex) -> Option<Result<Fingerprint, String>> {
        let settled = plan.graph.neighbors_directed(node, Direction::Incoming).all(|source| self.results[source.index()].is_some());
        settled.then(|| inputs_of(plan, &self.results, node.index()).map(|inputs| fingerprint(&plan.graph[node].task, inputs)))
    }

    /// Cached and skipped tasks with what they gave, by position in the plan; `None` for those to come.
    pub fn results(&self) -> &[Option<TaskResult>] {
        &self.results
    }

    /// The same, taken.
    pub fn into_results(self) -> Vec<Option<TaskResult>> {
        self.results
    }
}
