//! How trainings learned: their loss by epoch.

use std::collections::BTreeMap;

use super::collect::artifact;
use super::row::ended;
use crate::cache::{CacheError, CacheReader};
use crate::engine::Metrics;
use crate::event::TaskResult;
use crate::plan::Plan;
use crate::task::{Port, TaskKind};

/// One training that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Learning {
    pub task: String,
    pub stage: usize,
    pub round: usize,
    pub is_last: bool,
    pub metrics: Metrics,
    pub seconds: f64,
    pub environment: BTreeMap<String, String>,
}

/// The trainings of a run that ended well, in the order of its plan. What counts for one that failed was learned by none.
pub fn learning(plan: &Plan, results: &[Option<TaskResult>], cache: &CacheReader) -> Result<Vec<Learning>, CacheError> {
    let tasks: Vec<_> = ended(plan, results).into_iter().filter(|(_, result)| result.outcome.failure().is_none()).collect();
    let found: Vec<(_, Metrics)> = artifact(&tasks, cache, TaskKind::Train, Port::Metrics { replicate: 1 })?;
    let results: BTreeMap<_, _> = tasks.iter().map(|(planned, result)| (&planned.id, *result)).collect();
    let learning = found.into_iter().map(|(planned, metrics)| Learning {
        task: planned.id.to_string(),
        stage: planned.stage,
        round: planned.round,
        is_last: planned.is_last,
        metrics,
        seconds: results[&planned.id].seconds,
        environment: results[&planned.id].environment.clone(),
    });
    Ok(learning.collect())
}
