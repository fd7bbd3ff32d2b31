//! Finds out whether a search would have taken the same trajectory. The changed plan is replayed over the cache; steering
//! tasks without tensors are computed in memory, as a run computes them. Trainings that never ran stay unknown, and so
//! does what depends on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::arch::{CostKind, Costs};
use crate::cache::{CacheError, CacheReader, Fingerprint};
use crate::digest::Digest;
use crate::event::{Outcome, TaskResult};
use crate::objective::Constraint;
use crate::plan::{Plan, Planned, TaskId};
use crate::run::{Ahead, Blobs, Remembered, Status, TaskState, replay_with, step};
use crate::task::{DataStore, Port, Task, TaskKind};

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
pub struct Trajectory {
    pub fork: Fork,
    /// The first round that would learn from other rewards of the same networks.
    pub rewards: Option<Round>,
    /// Tasks that have results and would be computed again, by kind, as far as that is known; trainings among them.
    pub again: BTreeMap<TaskKind, usize>,
    /// The trainings among them, in the order of the plan.
    pub trainings: Vec<String>,
}

impl Trajectory {
    /// Follows `new` and holds it against `results`, which the cache has of `old`.
    pub(super) fn new(
        old: &Plan,
        results: &[Option<TaskResult>],
        new: &Plan,
        (cache, remembered): (&CacheReader, &Remembered),
        data: &mut dyn DataStore,
    ) -> Result<Self, CacheError> {
        let known = latencies(old, results);
        let mut ahead = Ahead::new(cache, data);
        let mut compute = |planned: &Planned, fingerprint: &Fingerprint, blobs: &mut Blobs| {
            Steering { cache, latencies: &known, ahead: &mut ahead, blobs }.compute(&planned.task, &fingerprint.inputs)
        };
        let followed = replay_with(new, cache, remembered, &mut compute)?;
        let (mut again, mut trainings) = (BTreeMap::new(), Vec::new());
        // Where limits change, so may the references, and with them the places of a plan: tasks are found by their names.
        let places: BTreeMap<&TaskId, usize> = old.tasks().enumerate().map(|(place, planned)| (&planned.id, place)).collect();
        let before = |planned: &Planned| places.get(&planned.id).and_then(|place| results[*place].as_ref());
        for (planned, standing) in new.tasks().zip(&followed.standings) {
            // What the search has not come to yet is not due to the change.
            // Weighing costs that are known against other bounds takes no device.
            let is_weighing = matches!(planned.task, Task::Admit { .. });
            if before(planned).is_some() && !is_weighing && matches!(standing.status, Status::Runs { .. }) {
                *again.entry(planned.task.kind()).or_default() += 1;
                if planned.task.kind() == TaskKind::Train {
                    trainings.push(planned.id.to_string());
                }
            }
        }
        let fork = fork(&chosen(old, results), &chosen(new, followed.results()));
        let measured = |result: Option<&TaskResult>| result.and_then(|result| result.output(Port::Measured));
        let mut other_rewards = new.tasks().zip(followed.results()).filter(|(planned, after)| {
            let (before, after) = (measured(before(planned)), measured(after.as_ref()));
            planned.task.kind() == TaskKind::Reward && before.is_some() && after.is_some() && before != after
        });
        let first = other_rewards.next().map(|(planned, _)| Round { stage: planned.stage, round: planned.round });
        let rewards = first.filter(|first| match fork {
            Fork::Never => true,
            Fork::At(round) | Fork::Unknown(round) => *first < round,
        });
        Ok(Self { fork, rewards, again, trainings })
    }
}

/// What computes in memory.
struct Steering<'a, 'b> {
    cache: &'a CacheReader,
    /// Measured latencies by their network.
    latencies: &'a BTreeMap<Digest, Digest>,
    ahead: &'a mut Ahead<'b>,
    /// What was computed here.
    blobs: &'a mut Blobs,
}

impl Steering<'_, '_> {
    /// What a run would compute without training, testing or tensors.
    fn compute(&mut self, task: &Task, inputs: &BTreeMap<String, Digest>) -> Result<Option<TaskResult>, CacheError> {
        // The latency is as it was measured: a run measures it again.
        if let Task::Measure { rejecting, .. } = task {
            let candidate = inputs.get(Port::Candidate.name().as_ref()).copied();
            let measured = candidate.and_then(|candidate| Some((candidate, *self.latencies.get(&candidate)?)));
            return measured.map(|(candidate, latency)| self.measured(rejecting, candidate, latency)).transpose();
        }
        let computed = self.ahead.compute(task, inputs, self.blobs)?;
        Ok(computed.map(|done| done.unwrap_or_else(|failure| TaskResult::without_outputs(Outcome::Failed { failure, remembered: false }))))
    }

    fn measured(&self, rejecting: &[Constraint], candidate: Digest, latency: Digest) -> Result<TaskResult, CacheError> {
        let milliseconds: f64 = self.cache.get_json(&latency)?;
        let costs = Costs::from([(CostKind::Latency, milliseconds)]);
        let rejected = rejecting.iter().any(|constraint| constraint.rejects(&costs));
        let outputs = [(Port::Latency, latency)].into_iter().chain((!rejected).then_some((Port::Candidate, candidate)));
        let outputs = outputs.map(|(port, digest)| (port.name().into_owned(), digest)).collect();
        Ok(TaskResult { outputs, ..TaskResult::without_outputs(Outcome::Executed) })
    }
}

/// The latencies that were measured, by the network.
fn latencies(plan: &Plan, results: &[Option<TaskResult>]) -> BTreeMap<Digest, Digest> {
    let measurements = plan.tasks().enumerate().filter(|(_, planned)| planned.task.kind() == TaskKind::Measure);
    measurements
        .filter_map(|(index, _)| {
            let latency = results[index].as_ref()?.output(Port::Latency)?;
            let Chosen::Network(candidate) = network(plan, results, index) else { return None };
            Some((candidate, latency))
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

/// The network that a task reads.
fn network(plan: &Plan, results: &[Option<TaskResult>], node: usize) -> Chosen {
    match step(plan, results, node) {
        TaskState::Waits => Chosen::Open,
        TaskState::Lacks(_) => Chosen::Nothing,
        TaskState::Ready(inputs) => {
            inputs.get(Port::Candidate.name().as_ref()).map_or(Chosen::Nothing, |network| Chosen::Network(*network))
        }
    }
}

/// The network of each place of a round, however often it is trained.
fn chosen(plan: &Plan, results: &[Option<TaskResult>]) -> BTreeMap<(Round, TaskId), Chosen> {
    let first = |planned: &Planned| planned.task.kind() == TaskKind::Train && planned.replicate == 1;
    let trainings = plan.tasks().enumerate().filter(|(_, planned)| first(planned));
    let round = |planned: &Planned| Round { stage: planned.stage, round: planned.round };
    trainings.map(|(node, planned)| ((round(planned), planned.id.clone()), network(plan, results, node))).collect()
}

/// The first round with other networks. At a place that only one of them has, the other trains nothing.
fn fork(old: &BTreeMap<(Round, TaskId), Chosen>, new: &BTreeMap<(Round, TaskId), Chosen>) -> Fork {
    let places: BTreeSet<&(Round, TaskId)> = old.keys().chain(new.keys()).collect();
    let at = |chosen: &BTreeMap<_, Chosen>, place| chosen.get(place).copied().unwrap_or(Chosen::Nothing);
    let both = places.into_iter().map(|place| (place.0, at(old, place), at(new, place)));
    // What the search has not come to yet says nothing.
    let known = both.filter(|(_, before, _)| *before != Chosen::Open);
    let mut other = known.filter(|(_, before, after)| after != before).map(|(round, _, after)| (round, after));
    let Some((first, after)) = other.next() else { return Fork::Never };
    // Where a part of the round is open, another part may differ for sure.
    let differs = after != Chosen::Open || other.take_while(|(round, _)| *round == first).any(|(_, after)| after != Chosen::Open);
    if differs { Fork::At(first) } else { Fork::Unknown(first) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Domain;

    #[test]
    fn searches_part_where_other_networks_are_trained_for_the_first_time() {
        let round = |round| Round { stage: 0, round };
        let network = |name: &str| Chosen::Network(Digest::of(Domain::Blob, name.as_bytes()));
        let (a, b, c) = (network("a"), network("b"), network("c"));
        let course = |chosen: [Chosen; 4]| -> BTreeMap<_, _> {
            (0..4).map(|place| ((round(place / 2 + 1), TaskId(place.to_string())), chosen[place])).collect()
        };
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
        // A place that the other search does not have.
        let mut more = course([a, b, c, Chosen::Nothing]);
        more.insert((round(0), TaskId("4".to_owned())), b);
        assert_eq!(fork(&old, &more), Fork::At(round(0)));
        assert_eq!(fork(&more, &old), Fork::At(round(0)));
        // What was not trained yet says nothing.
        assert_eq!(fork(&course([a, b, Chosen::Open, Chosen::Open]), &course([a, b, c, a])), Fork::Never);
    }
}
