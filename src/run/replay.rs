//! A plan held against a cache without running anything: replays forward over cached results to the first misses.

use serde::Serialize;

use super::{fingerprint, inputs_of};
use crate::cache::{CacheError, CacheReader, MissReason, RecordedOutcome};
use crate::event::{Outcome, TaskResult};
use crate::plan::Plan;

/// What is known of a task before it runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Cached,
    /// Its inputs are known and it has no result.
    Runs {
        reason: String,
    },
    /// It reads what a task will give that has yet to run.
    Open,
    /// An input never came to be.
    Skipped,
}

/// The status of every task, by position in the plan.
pub fn replay(plan: &Plan, cache: &CacheReader) -> Result<Vec<Status>, CacheError> {
    let mut results: Vec<Option<TaskResult>> = vec![None; plan.graph.node_count()];
    let mut statuses: Vec<Status> = Vec::with_capacity(results.len());
    for node in plan.graph.node_indices() {
        let index = node.index();
        let settled = plan.graph.neighbors_directed(node, petgraph::Direction::Incoming).all(|source| results[source.index()].is_some());
        let status = if settled {
            match inputs_of(plan, &results, index) {
                Err(missing) => {
                    results[index] = Some(TaskResult::without_outputs(Outcome::Skipped { missing }));
                    Status::Skipped
                }
                Ok(inputs) => match cache.find(&fingerprint(&plan.graph[node].task, inputs))? {
                    Ok(record) => match record.outcome {
                        RecordedOutcome::Done { outputs } => {
                            let ended = TaskResult { outputs, ..TaskResult::without_outputs(Outcome::Cached) };
                            results[index] = Some(ended);
                            Status::Cached
                        }
                        RecordedOutcome::Failed { failure } => Status::Runs { reason: failure.to_string() },
                    },
                    Err(MissReason::NeverRun) => Status::Runs { reason: "never run".to_owned() },
                    Err(reason) => Status::Runs { reason: reason.to_string() },
                },
            }
        } else {
            Status::Open
        };
        statuses.push(status);
    }
    Ok(statuses)
}
