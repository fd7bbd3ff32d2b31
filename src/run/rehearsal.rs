//! Rehearses a run: a look-ahead that does not stop at trainings without a result. Each is guessed to measure something, so
//! that the search is walked to its end, and what it would train is known as far as guesses can say.

use super::Remembered;
use super::ahead::Ahead;
use super::replay::{Blobs, Replay, replay_with};
use crate::cache::{CacheError, CacheReader, Fingerprint};
use crate::engine::Metrics;
use crate::event::{Outcome, TaskResult};
use crate::plan::{Plan, Planned};
use crate::task::{DataStore, Port, Task};

/// So many tasks are computed at most: a plan is to be there in seconds.
const MOST: usize = 1_500;

/// What a training without a result is guessed to measure.
pub type Guess<'a> = dyn FnMut(&Planned, &Fingerprint) -> Metrics + 'a;

/// Replays `plan` over what `cache` holds, and goes on by guesses. What needs tensors and is no training ends it, as do too
/// many tasks.
pub fn rehearse(
    plan: &Plan,
    cache: &CacheReader,
    remembered: &Remembered,
    data: &mut dyn DataStore,
    guess: &mut Guess<'_>,
) -> Result<Replay, CacheError> {
    let mut ahead = Ahead::new(cache, data);
    let mut computed = 0;
    let mut compute = |planned: &Planned, fingerprint: &Fingerprint, blobs: &mut Blobs| {
        if computed == MOST {
            return Ok(None);
        }
        computed += 1;
        if let Task::Train { keep_weights, .. } = &planned.task {
            return Ok(Some(guessed(&guess(planned, fingerprint), *keep_weights, blobs)));
        }
        Ok(ahead.compute(&planned.task, &fingerprint.inputs, blobs)?.and_then(Result::ok))
    };
    replay_with(plan, cache, remembered, &mut compute)
}

fn guessed(metrics: &Metrics, keep_weights: bool, blobs: &mut Blobs) -> TaskResult {
    let bytes = serde_json::to_vec(metrics).expect("plain data always serialises");
    let metrics = (Port::Metrics { replicate: 1 }.name().into_owned(), blobs.keep(bytes));
    // Nothing that is computed here reads them.
    let weights = keep_weights.then(|| (Port::Weights.name().into_owned(), blobs.keep(Vec::new())));
    let outputs = std::iter::once(metrics).chain(weights).collect();
    TaskResult { outputs, ..TaskResult::without_outputs(Outcome::Executed) }
}
