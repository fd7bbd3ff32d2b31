//! Whether a search would have gone the same way: the changed plan is followed over the cache, and what steers without
//! tensors is computed in memory, exactly as a run would. What a training would give that never ran is not known, nor
//! what depends on it.

use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use crate::arch::{CostKind, Costs};
use crate::cache::{BLOB_LIMIT, CacheError, CacheReader};
use crate::digest::{Digest, Domain};
use crate::engine::Unaccompanied;
use crate::event::{Outcome, TaskResult};
use crate::plan::Plan;
use crate::run::{Counted, Earlier, Remembered, earlier, fingerprint, inputs_of};
use crate::task::{self, DataStore, Inputs, Task, TaskKind, World};

/// A round of a stage; the final trainings are one stage behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Round {
    pub stage: usize,
    pub round: usize,
}

/// Where two searches part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The same networks are trained in every round, as far as the search has come.
    Never,
    /// In this round other networks are trained for the first time.
    At(Round),
    /// Up to this round the same ones are trained; from there on only a worker can tell.
    Unknown(Round),
}

/// How the search would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub fork: Fork,
    /// The first round that would learn from other rewards of the same networks.
    pub rewards: Option<Round>,
    /// Tasks that have results and would be computed again, by kind, as far as that is known; trainings among them.
    pub again: BTreeMap<TaskKind, usize>,
    /// The trainings among them, in the order of the plan.
    pub trainings: Vec<String>,
}

impl Course {
    /// Follows `new` and holds it against `results`, which the cache has of `old`.
    pub(super) fn new(
        old: &Plan,
        results: &[Option<TaskResult>],
        new: &Plan,
        (cache, remembered): (&CacheReader, &Remembered),
        data: &mut dyn DataStore,
    ) -> Result<Self, CacheError> {
        let follower = Follower { cache, remembered, blobs: BTreeMap::new(), latencies: latencies(old, results) };
        let followed = follower.follow(new, data)?;
        let done: BTreeMap<&str, &TaskResult> =
            old.tasks().zip(results).filter_map(|(planned, result)| Some((planned.id.0.as_str(), result.as_ref()?))).collect();
        let (mut again, mut trainings) = (BTreeMap::new(), Vec::new());
        for (planned, _) in new.tasks().zip(&followed.computed).filter(|(_, computed)| **computed) {
            // What the search has not come to yet is not due to the change.
            if done.contains_key(planned.id.0.as_str()) {
                *again.entry(planned.task.kind()).or_default() += 1;
                if planned.task.kind() == TaskKind::Train {
                    trainings.push(planned.id.0.clone());
                }
            }
        }
        let fork = fork(&chosen(old, results), &chosen(new, &followed.results));
        let other_rewards = new.tasks().zip(&followed.results).filter(|(planned, _)| planned.task.kind() == TaskKind::Reward);
        let other_rewards = other_rewards.filter(|(planned, result)| {
            let measured = |result: &TaskResult| result.outputs.get("measured").copied();
            let (before, after) = (done.get(planned.id.0.as_str()).copied().and_then(measured), result.as_ref().and_then(measured));
            before.is_some() && after.is_some() && before != after
        });
        let first = other_rewards.map(|(planned, _)| Round { stage: planned.stage, round: planned.round }).next();
        let rewards = first.filter(|first| match fork {
            Fork::Never => true,
            Fork::At(round) | Fork::Unknown(round) => *first < round,
        });
        Ok(Self { fork, rewards, again, trainings })
    }
}

/// A plan, followed: by position what came of each task, where that is known, and whether a run would compute it.
struct Followed {
    results: Vec<Option<TaskResult>>,
    computed: Vec<bool>,
}

struct Follower<'a> {
    cache: &'a CacheReader,
    remembered: &'a Remembered,
    /// What was computed here.
    blobs: BTreeMap<Digest, Vec<u8>>,
    /// Measured latencies by their network.
    latencies: BTreeMap<Digest, Digest>,
}

impl Follower<'_> {
    fn follow(mut self, plan: &Plan, data: &mut dyn DataStore) -> Result<Followed, CacheError> {
        let count = plan.graph.node_count();
        let mut followed = Followed { results: vec![None; count], computed: vec![false; count] };
        for node in plan.graph.node_indices() {
            let index = node.index();
            let settled = plan.graph.neighbors_directed(node, Direction::Incoming).all(|source| followed.results[source.index()].is_some());
            if !settled {
                continue;
            }
            let task = &plan.graph[node].task;
            let inputs = match inputs_of(plan, &followed.results, index) {
                Ok(inputs) => inputs,
                Err(missing) => {
                    followed.results[index] = Some(TaskResult::without_outputs(Outcome::Skipped { missing }));
                    continue;
                }
            };
            let held = earlier(self.cache, plan, &plan.graph[node], &fingerprint(task, inputs.clone()), self.remembered)?;
            followed.results[index] = match held {
                Earlier::Done(result) => Some(result),
                Earlier::Failed(_, Counted { result, bytes }) => {
                    bytes.map(|bytes| self.keep(bytes));
                    Some(result)
                }
                Earlier::Missing(_) => {
                    followed.computed[index] = true;
                    self.compute(task, &inputs, data)?
                }
            };
        }
        Ok(followed)
    }

    /// What a run would compute without training, testing or tensors.
    fn compute(
        &mut self,
        task: &Task,
        inputs: &BTreeMap<String, Digest>,
        data: &mut dyn DataStore,
    ) -> Result<Option<TaskResult>, CacheError> {
        // The latency is as it was measured: a run measures it again.
        if let Task::Measure { .. } = task {
            let measured = inputs.get("candidate").and_then(|candidate| Some((*candidate, *self.latencies.get(candidate)?)));
            return measured.map_or(Ok(None), |(candidate, latency)| self.measured(task, candidate, latency));
        }
        if matches!(task.kind(), TaskKind::Train | TaskKind::Final) || task.needs_tensors() {
            return Ok(None);
        }
        let bytes = inputs.iter().map(|(name, digest)| Ok((name.clone(), self.bytes(digest)?))).collect::<Result<_, CacheError>>()?;
        let world = World { data, engines: None };
        Ok(Some(match task::run(task, &Inputs(bytes), world, &mut Unaccompanied) {
            Ok(done) => {
                let kept = done.blobs.into_iter().map(|(name, bytes)| (name, self.keep(bytes))).collect();
                TaskResult { outputs: kept, ..TaskResult::without_outputs(Outcome::Executed) }
            }
            Err(failure) => TaskResult::without_outputs(Outcome::Failed { failure, remembered: false }),
        }))
    }

    fn measured(&self, task: &Task, candidate: Digest, latency: Digest) -> Result<Option<TaskResult>, CacheError> {
        let Task::Measure { rejecting, .. } = task else { return Ok(None) };
        let milliseconds: f64 = self.cache.get_json(&latency)?;
        let costs = Costs::from([(CostKind::Latency, milliseconds)]);
        let mut outputs = BTreeMap::from([("latency".to_owned(), latency)]);
        if !rejecting.iter().any(|constraint| constraint.rejects(&costs)) {
            outputs.insert("candidate".to_owned(), candidate);
        }
        Ok(Some(TaskResult { outputs, ..TaskResult::without_outputs(Outcome::Executed) }))
    }

    fn keep(&mut self, bytes: Vec<u8>) -> Digest {
        let digest = Digest::of(Domain::Blob, &bytes);
        self.blobs.insert(digest, bytes);
        digest
    }

    fn bytes(&self, digest: &Digest) -> Result<Vec<u8>, CacheError> {
        self.blobs.get(digest).map_or_else(|| self.cache.get(digest, BLOB_LIMIT), |bytes| Ok(bytes.clone()))
    }
}

/// The latencies that were measured, by the network.
fn latencies(plan: &Plan, results: &[Option<TaskResult>]) -> BTreeMap<Digest, Digest> {
    let measurements = plan.tasks().enumerate().filter(|(_, planned)| planned.task.kind() == TaskKind::Measure);
    measurements
        .filter_map(|(index, _)| {
            let latency = results[index].as_ref()?.outputs.get("latency")?;
            Some((*inputs_of(plan, results, index).ok()?.get("candidate")?, *latency))
        })
        .collect()
}

/// What is trained at one place of a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chosen {
    /// Not known.
    Open,
    /// Nothing: fewer networks were chosen than planned, or a latency rejected it.
    Nothing,
    Network(Digest),
}

/// The networks of each round, in the order of the plan, however often each is trained.
fn chosen(plan: &Plan, results: &[Option<TaskResult>]) -> Vec<(Round, Chosen)> {
    let is_first = |task: &Task| match task {
        Task::Train { replicate, .. } => *replicate == 1,
        Task::LookUp { .. } => true,
        _ => false,
    };
    let network = |index: usize| {
        let mut sources = plan.graph.neighbors_directed(NodeIndex::new(index), Direction::Incoming);
        if !sources.all(|source| results[source.index()].is_some()) {
            return Chosen::Open;
        }
        let inputs = inputs_of(plan, results, index).ok();
        inputs.and_then(|inputs| inputs.get("candidate").copied()).map_or(Chosen::Nothing, Chosen::Network)
    };
    let trainings = plan.tasks().enumerate().filter(|(_, planned)| is_first(&planned.task));
    trainings.map(|(index, planned)| (Round { stage: planned.stage, round: planned.round }, network(index))).collect()
}

/// The first round with other networks; both have the same rounds and places.
fn fork(old: &[(Round, Chosen)], new: &[(Round, Chosen)]) -> Fork {
    // What the search has not come to yet says nothing.
    let known = old.iter().zip(new).filter(|((_, before), _)| *before != Chosen::Open);
    let mut other = known.filter(|((_, before), (_, after))| after != before).map(|((round, _), (_, after))| (*round, *after));
    let Some((first, after)) = other.next() else { return Fork::Never };
    // Where a part of the round is open, another part may differ for sure.
    let differs = after != Chosen::Open || other.take_while(|(round, _)| *round == first).any(|(_, after)| after != Chosen::Open);
    if differs { Fork::At(first) } else { Fork::Unknown(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_part_where_other_networks_are_trained_for_the_first_time() {
        let round = |round| Round { stage: 0, round };
        let network = |name: &str| Chosen::Network(Digest::of(Domain::Blob, name.as_bytes()));
        let (a, b, c) = (network("a"), network("b"), network("c"));
        let course = |chosen: [Chosen; 4]| (0..4).map(|place| (round(place / 2 + 1), chosen[place])).collect::<Vec<_>>();
        let old = course([a, b, c, Chosen::Nothing]);
        for (new, expected) in [
            ([a, b, c, Chosen::Nothing], Fork::Never),
            ([a, c, Chosen::Open, Chosen::Open], Fork::At(round(1))),
            ([a, b, c, a], Fork::At(round(2))),
            ([a, b, Chosen::Nothing, Chosen::Nothing], Fork::At(round(2))),
            ([a, b, Chosen::Open, Chosen::Open], Fork::Unknown(round(2))),
            ([Chosen::Open, c, Chosen::Open, Chosen::Open], Fork::At(round(1))),
            ([Chosen::Open, b, a, Chosen::Nothing], Fork::Unknown(round(1))),
        ] {
            assert_eq!(fork(&old, &course(new)), expected);
        }
        // What was not trained yet says nothing.
        assert_eq!(fork(&course([a, b, Chosen::Open, Chosen::Open]), &course([a, b, c, a])), Fork::Never);
    }
}
