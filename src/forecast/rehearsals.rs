//! Rehearsals of a run, and what they say of tasks whose inputs are not known yet.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::NodeIndex;

use crate::arch::Architecture;
use crate::cache::{CacheError, CacheReader, Fingerprint, TaskKey};
use crate::digest::Digest;
use crate::engine::Metrics;
use crate::plan::{Plan, Planned};
use crate::run::{Remembered, Replay, Status, rehearse};
use crate::seed::{Seed, below};
use crate::task::{DataStore, Port, TaskKind};

/// So many guesses are compared.
const TIMES: usize = 3;
/// Larger plans are not rehearsed: on many trainings rules of thumb are as good.
const LARGEST: usize = 1_500;

/// Several rehearsals of one run.
#[derive(Debug, Default)]
pub struct Rehearsals {
    all: Vec<Rehearsal>,
}

#[derive(Debug)]
struct Rehearsal {
    replay: Replay,
    /// By place in the plan: whether it runs; `None` where the rehearsal did not come so far.
    runs: Vec<Option<bool>>,
}

impl Rehearsals {
    /// Of a plan that was held against `cache`. A training without a result is guessed to measure what another one of its
    /// stage did.
    pub fn new(
        plan: &Plan,
        replay: &Replay,
        cache: &CacheReader,
        remembered: &Remembered,
        data: &mut dyn DataStore,
    ) -> Result<Self, CacheError> {
        let waits = |(planned, standing): (&Planned, &crate::run::Standing)| {
            planned.task.kind() == TaskKind::Train && standing.status == Status::Open
        };
        if plan.graph.node_count() > LARGEST || !plan.tasks().zip(&replay.standings).any(waits) {
            return Ok(Self::default());
        }
        let known = known(plan, replay, cache)?;
        let mut all = Vec::new();
        for turn in 0..TIMES {
            let seed = Seed::root(turn as u64).child("rehearsal");
            let mut guess = |planned: &Planned, fingerprint: &Fingerprint| guess(&known, planned.stage, &seed, &fingerprint.key());
            all.push(Rehearsal::of(rehearse(plan, cache, remembered, data, &mut guess)?));
        }
        Ok(Self { all })
    }

    /// How likely a task runs; `None` where no rehearsal came so far.
    pub(super) fn chance(&self, node: usize) -> Option<f64> {
        let runs: Vec<f64> = self.all.iter().filter_map(|rehearsal| rehearsal.runs[node]).map(f64::from).collect();
        crate::statistics::mean(&runs)
    }

    /// The networks that a training is of where it runs; `network` reads those that are in the cache.
    pub(super) fn candidates(&self, plan: &Plan, node: usize, network: &dyn Fn(&Digest) -> Option<Architecture>) -> Vec<Architecture> {
        let of = |rehearsal: &Rehearsal| {
            let fingerprint = rehearsal.replay.fingerprint(plan, NodeIndex::new(node))?;
            let digest = fingerprint.inputs.get(Port::Candidate.name().as_ref())?;
            match rehearsal.replay.blob(digest) {
                Some(bytes) => serde_json::from_slice(bytes).ok(),
                None => network(digest),
            }
        };
        self.all.iter().filter(|rehearsal| rehearsal.runs[node] == Some(true)).filter_map(of).collect()
    }
}

impl Rehearsal {
    fn of(replay: Replay) -> Self {
        let mut met: BTreeSet<TaskKey> = BTreeSet::new();
        let runs = replay.standings.iter().map(|standing| match standing.status {
            Status::Open => None,
            Status::Cached | Status::Failed { .. } | Status::Skipped { .. } => Some(false),
            // Of two tasks with one key, one runs.
            Status::Runs { .. } => Some(standing.key.is_none_or(|key| met.insert(key))),
        });
        let runs = runs.collect();
        Self { replay, runs }
    }
}

/// What trainings of the plan measured that have a result, by stage.
fn known(plan: &Plan, replay: &Replay, cache: &CacheReader) -> Result<BTreeMap<usize, Vec<Metrics>>, CacheError> {
    let mut known: BTreeMap<usize, Vec<Metrics>> = BTreeMap::new();
    for (planned, result) in plan.tasks().zip(replay.results()) {
        if planned.task.kind() == TaskKind::Train
            && let Some(digest) = result.as_ref().and_then(|result| result.output(Port::Metrics { replicate: 1 }))
            && replay.blob(&digest).is_none()
        {
            known.entry(planned.stage).or_default().push(cache.get_json(&digest)?);
        }
    }
    Ok(known)
}

/// A training of the same stage, else of another one, else something in the middle.
fn guess(known: &BTreeMap<usize, Vec<Metrics>>, stage: usize, seed: &Seed, key: &TaskKey) -> Metrics {
    let mut stream = seed.child(&key.to_string()).stream();
    if let Some(alike) = known.get(&stage).or_else(|| known.values().next_back()) {
        return alike[below(&mut stream, alike.len())].clone();
    }
    let validation_accuracy = 0.25 + below(&mut stream, 1_000) as f64 / 2_000.0;
    Metrics { validation_accuracy, validation_loss: None, train_loss: Vec::new(), diverged: None, score: None }
}
