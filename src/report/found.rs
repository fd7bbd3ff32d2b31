//! A network that was trained at the end of a search, with its weights.

use super::row::{Tasks, ended};
use crate::cache::{BLOB_LIMIT, CacheError, CacheReader};
use crate::event::TaskResult;
use crate::export::{NetworkFacts, NetworkFile};
use crate::plan::{Plan, Planned};
use crate::spec::{Dataset, ResolvedSpec, Subject};
use crate::strategy::Measured;
use crate::task::{FinalResult, Port, Task, TaskKind};

/// A network and its weights, safetensors.
pub type Found = (NetworkFile, Vec<u8>);

/// The networks of a plan that are trained at its end and whose weights are kept, by number, the winner first.
pub fn trained(plan: &Plan, results: &[Option<TaskResult>], cache: &CacheReader) -> Result<Vec<usize>, CacheError> {
    let tasks = ended(plan, results);
    let winner = final_result(&tasks, cache)?.map(|final_result| final_result.number);
    let is_kept = |number: &usize| with_weights(&tasks, *number).is_some();
    let mut numbers: Vec<usize> = (1..=crate::task::MAX_FINAL_NETWORKS).filter(is_kept).collect();
    numbers.sort_by_key(|number| Some(*number) != winner);
    Ok(numbers)
}

/// One of them.
pub fn network(
    spec: &ResolvedSpec,
    plan: &Plan,
    results: &[Option<TaskResult>],
    cache: &CacheReader,
    number: usize,
) -> Result<Option<Found>, CacheError> {
    let tasks = ended(plan, results);
    let final_result = final_result(&tasks, cache)?;
    found(spec, &tasks, cache, final_result.as_ref(), number)
}

pub(super) fn final_result(tasks: &Tasks<'_>, cache: &CacheReader) -> Result<Option<FinalResult>, CacheError> {
    let of = |(planned, result): &(&Planned, &TaskResult)| {
        (planned.task.kind() == TaskKind::Final).then(|| result.output(Port::FinalResult)).flatten()
    };
    tasks.iter().find_map(of).map(|digest| cache.get_json(&digest)).transpose()
}

/// The first training that ended of a network: what the final result tells first.
fn with_weights<'a>(tasks: &Tasks<'a>, number: usize) -> Option<(&'a Planned, &'a TaskResult)> {
    let mut of =
        tasks.iter().filter(|(planned, _)| planned.is_last && planned.task.kind() == TaskKind::Train && planned.network == Some(number));
    of.find(|(_, result)| result.output(Port::Weights).is_some()).copied()
}

pub(super) fn found(
    spec: &ResolvedSpec,
    tasks: &Tasks<'_>,
    cache: &CacheReader,
    final_result: Option<&FinalResult>,
    number: usize,
) -> Result<Option<Found>, CacheError> {
    let Subject::Images { dataset: Dataset { described, .. }, .. } = &spec.subject else { return Ok(None) };
    let Some((planned, result)) = with_weights(tasks, number) else { return Ok(None) };
    let is_reward = |planned: &Planned| planned.is_last && planned.task.kind() == TaskKind::Reward && planned.network == Some(number);
    let reward = tasks.iter().find_map(|(planned, result)| result.output(Port::Measured).filter(|_| is_reward(planned)));
    let (Some(reward), Some(weights), Task::Train { dataset: split, recipe, .. }) = (reward, result.output(Port::Weights), &planned.task)
    else {
        return Ok(None);
    };
    let measured: Measured = cache.get_json(&reward)?;
    let Ok(built) = measured.architecture.network(described.shape, described.classes) else { return Ok(None) };
    let weights = cache.get(&weights, BLOB_LIMIT)?;
    let tested = final_result.filter(|final_result| final_result.number == number);
    let facts = NetworkFacts {
        name: spec.name.clone(),
        dataset: described.name.clone(),
        class_names: described.class_names.clone(),
        precision: result.environment.get("precision").cloned().unwrap_or_else(|| recipe.precision.word().to_owned()),
        split: split.clone(),
        costs: measured.costs.clone(),
        constraints: spec.constraints.iter().map(crate::objective::Constraint::summary).collect(),
        validation_accuracy: measured.validation_accuracy,
        validation_accuracies: measured.accuracies.clone(),
        test_accuracy: tested.and_then(|final_result| final_result.test_accuracy),
        test_accuracies: tested.map(|final_result| final_result.test_accuracies.clone()).unwrap_or_default(),
        recipe: *recipe,
    };
    Ok(Some((NetworkFile::new(facts, measured.architecture, &built, &weights), weights)))
}
