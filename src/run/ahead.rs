//! Looks ahead of a run: what steers without tensors is computed in memory, exactly as the run would compute it. So the
//! trainings behind it are known, up to the first one that has no result.

use std::collections::BTreeMap;

use super::Remembered;
use super::replay::{Blobs, Replay, replay_with};
use crate::cache::{BLOB_LIMIT, CacheError, CacheReader, Fingerprint};
use crate::digest::Digest;
use crate::engine::{NoCallback, TaskFailure};
use crate::event::{Outcome, TaskResult};
use crate::plan::{Plan, Planned};
use crate::task::{self, DataStore, Inputs, StateCache, Task, TaskKind, World};

/// So many tasks are computed at most: a plan is to be there in seconds.
const MOST: usize = 400;

/// Computes tasks in memory, from artifacts that the cache holds or that were computed before.
pub struct Ahead<'a> {
    cache: &'a CacheReader,
    data: &'a mut dyn DataStore,
    states: StateCache,
}

impl<'a> Ahead<'a> {
    pub fn new(cache: &'a CacheReader, data: &'a mut dyn DataStore) -> Self {
        Self { cache, data, states: StateCache::default() }
    }

    /// What a run would compute without training, testing or tensors; `None` for any other task.
    pub fn compute(
        &mut self,
        task: &Task,
        inputs: &BTreeMap<String, Digest>,
        blobs: &mut Blobs,
    ) -> Result<Option<Result<TaskResult, TaskFailure>>, CacheError> {
        let is_measured = matches!(task.kind(), TaskKind::Train | TaskKind::Final | TaskKind::Measure);
        if is_measured && !matches!(task, Task::Admit { .. }) || task.needs_tensors() {
            return Ok(None);
        }
        let bytes = |digest: &Digest| blobs.get(digest).map_or_else(|| self.cache.get(digest, BLOB_LIMIT), |bytes| Ok(bytes.to_owned()));
        let inputs = inputs.iter().map(|(name, digest)| Ok((name.clone(), bytes(digest)?))).collect::<Result<_, CacheError>>()?;
        let world = World { data: self.data, engines: None, meter: None, states: &mut self.states };
        Ok(Some(task::run(task, &Inputs(inputs), world, &mut NoCallback).map(|done| {
            let outputs = done.blobs.into_iter().map(|(name, bytes)| (name, blobs.keep(bytes))).collect();
            TaskResult { outputs, ..TaskResult::without_outputs(Outcome::Executed) }
        })))
    }
}

/// Replays `plan` over what `cache` holds, and looks ahead. A task that cannot be computed here is one that has yet to run.
pub fn look_ahead(plan: &Plan, cache: &CacheReader, remembered: &Remembered, data: &mut dyn DataStore) -> Result<Replay, CacheError> {
    let mut ahead = Ahead::new(cache, data);
    let mut computed = 0;
    let mut compute = |planned: &Planned, fingerprint: &Fingerprint, blobs: &mut Blobs| {
        if computed == MOST {
            return Ok(None);
        }
        let result = ahead.compute(&planned.task, &fingerprint.inputs, blobs)?;
        computed += usize::from(result.is_some());
        Ok(result.and_then(Result::ok))
    };
    replay_with(plan, cache, remembered, &mut compute)
}
