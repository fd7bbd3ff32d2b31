//! Trainings done once more, to see how far their results can be trusted to come again. What is remembered stays as it is:
//! the new results go to a cache of their own.

use std::collections::BTreeMap;

use super::pools::Pools;
use super::task_state::{TaskState, step};
use super::{Context, DataPlace, RunError, Store, run_others};
use crate::arch::Architecture;
use crate::cache::{BLOB_LIMIT, Cache, CacheReader};
use crate::engine::{Metrics, PEAK, TaskFailure};
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::{Plan, TaskId};
use crate::spec::{Budget, ExecutionSettings, Failures};
use crate::task::Port;

/// What trainings are done again with.
pub struct Retraining<'a, 'p> {
    /// Where they are remembered.
    pub cache: &'a CacheReader,
    /// An empty cache for the new results.
    pub scratch: &'a Cache,
    pub place: DataPlace,
    pub store: &'a mut Store,
    pub pools: &'a mut Pools<'p>,
    /// How long a slot may be silent, and take: as in a run. Nothing is tried twice.
    pub execution: &'a ExecutionSettings,
    /// Seconds since 1970, for records.
    pub now: &'a dyn Fn() -> u64,
    /// Told of each network whose training has ended.
    pub listen: &'a mut dyn FnMut(&Architecture),
}

/// A training that was done again.
#[derive(Clone, Debug)]
pub struct Retrained {
    pub network: Architecture,
    pub remembered: Metrics,
    pub again: Result<Metrics, TaskFailure>,
    /// What it was computed with, then and now.
    pub environments: [BTreeMap<String, String>; 2],
}

impl Retrained {
    /// How far the validation accuracy moved.
    pub fn drift(&self) -> Option<f64> {
        self.again.as_ref().ok().map(|again| again.validation_accuracy - self.remembered.validation_accuracy)
    }
}

/// Does the trainings at `nodes` of a plan again, of which `results` are remembered; `None` if it was interrupted. In the
/// order given.
pub fn retrain(
    plan: &Plan,
    results: &[Option<TaskResult>],
    nodes: &[usize],
    retraining: Retraining<'_, '_>,
) -> Result<Option<Vec<Retrained>>, RunError> {
    let Retraining { cache, scratch, place, store, pools, execution, now, listen } = retraining;
    let mut remembered: Vec<(&TaskResult, Architecture)> = Vec::new();
    let mut networks: BTreeMap<&TaskId, Architecture> = BTreeMap::new();
    for &node in nodes {
        let TaskState::Ready(inputs) = step(plan, results, node) else { unreachable!("what is remembered has all that it reads") };
        for digest in inputs.values() {
            scratch.put(&cache.get(digest, BLOB_LIMIT)?)?;
        }
        let network: Architecture = cache.get_json(&inputs[Port::Candidate.name().as_ref()])?;
        networks.extend(plan.tasks().nth(node).map(|planned| (&planned.id, network.clone())));
        remembered.push((results[node].as_ref().expect("it is remembered"), network));
    }
    let context = Context {
        cache: scratch,
        place,
        store,
        pools,
        execution: &once(execution),
        wall_before: 0,
        retry_failed: false,
        now,
        listen: &mut |event| {
            if let Event::TaskFinished { task, .. } = event
                && let Some(network) = networks.get(task)
            {
                listen(network);
            }
        },
    };
    let ended = run_others(plan, all_but(nodes, results), context)?;
    if ended.interrupted {
        return Ok(None);
    }
    let again = nodes.iter().filter_map(|&node| ended.results[node].as_ref());
    remembered
        .into_iter()
        .zip(again)
        .map(|((then, network), now)| compare(network, then, now, cache, scratch))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The results of all tasks but these; what never ended counts as passed over.
fn all_but(nodes: &[usize], results: &[Option<TaskResult>]) -> Vec<Option<TaskResult>> {
    let passed_over = || TaskResult::without_outputs(Outcome::Skipped { missing: "reason to run".to_owned() });
    let mut given: Vec<_> = results.iter().map(|result| Some(result.clone().unwrap_or_else(passed_over))).collect();
    for &node in nodes {
        given[node] = None;
    }
    given
}

/// Every task is tried once, whatever it takes in all and however many fail.
fn once(execution: &ExecutionSettings) -> ExecutionSettings {
    let failures = Failures { retries: 0, policies: BTreeMap::new(), limit: 1.0, ..execution.failures.clone() };
    ExecutionSettings { budget: Budget::default(), failures, ..execution.clone() }
}

fn compare(
    network: Architecture,
    then: &TaskResult,
    now: &TaskResult,
    cache: &CacheReader,
    scratch: &Cache,
) -> Result<Retrained, RunError> {
    let metrics = |result: &TaskResult| result.output(Port::Metrics { replicate: 1 }).expect("a training gives metrics");
    let again = match &now.outcome {
        Outcome::Failed { failure, .. } => Err(failure.clone()),
        Outcome::Executed | Outcome::Cached | Outcome::Skipped { .. } => Ok(scratch.get_json(&metrics(now))?),
    };
    // What it took is no part of what it was computed with.
    let environments = [then, now].map(|result| {
        let mut environment = result.environment.clone();
        environment.remove(PEAK);
        environment
    });
    Ok(Retrained { network, remembered: cache.get_json(&metrics(then))?, again, environments })
}
