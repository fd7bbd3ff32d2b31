//! Regularized evolution (Real et al., arXiv 1802.01548): the best of a random sample of the population has a child by
//! one random edit, and the oldest dies. A child that was measured before is not trained again: it joins the population
//! with what is known of it, so that a good network can stay alive. The sample is drawn without repetition, which is
//! better in small populations; the paper draws with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::propose::{Collector, Offer, Origin, Proposals, Request};
use super::{State, random};
use crate::digest::Digest;
use crate::seed::shuffle;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvolutionParameters {
    /// Networks alive at a time: the youngest.
    pub population: usize,
    /// Networks drawn from it to find a parent.
    pub sample: usize,
}

pub(super) fn propose(parameters: &EvolutionParameters, request: &Request<'_>) -> Proposals {
    let mut collector = Collector::new(request);
    let State { trials, stage, alive, .. } = request.state;
    let known: BTreeMap<Digest, usize> = trials
        .iter()
        .enumerate()
        .filter(|(_, trial)| trial.stage == *stage)
        .map(|(index, trial)| (trial.measured.architecture.digest(), index))
        .collect();
    let mut alive = alive.clone();
    while collector.wants_more() {
        if known.len() + collector.found() < parameters.population || alive.is_empty() || collector.is_stuck() {
            random::draw(request, &mut collector);
            continue;
        }
        let mut stream = request.seed.nth(collector.attempt()).stream();
        let mut drawn = alive.clone();
        shuffle(&mut stream, &mut drawn);
        let parent = drawn
            .iter()
            .take(parameters.sample.max(1))
            .map(|&trial| &trials[trial].measured)
            .max_by(|a, b| a.reward.value.total_cmp(&b.reward.value))
            .expect("at least one is alive");
        let Some(child) = request.space.mutate(&parent.architecture, &mut stream) else { continue };
        let digest = child.digest();
        if collector.offer(child, Origin::Mutated) == Offer::Known
            && let Some(&trial) = known.get(&digest)
        {
            collector.rejoin(trial);
            join(parameters, &mut alive, trial);
        }
    }
    collector.finish()
}

/// Who is alive after a round, as indices into the trials of `next`.
pub(super) fn survivors(parameters: &EvolutionParameters, state: &State, next: &State, rejoined: &[usize]) -> Vec<usize> {
    let mut alive = if next.stage == state.stage { state.alive.clone() } else { Vec::new() };
    for &trial in rejoined.iter().filter(|trial| next.trials.get(**trial).is_some_and(|trial| trial.stage == next.stage)) {
        join(parameters, &mut alive, trial);
    }
    for trial in state.trials.len()..next.trials.len() {
        join(parameters, &mut alive, trial);
    }
    alive
}

fn join(parameters: &EvolutionParameters, alive: &mut Vec<usize>, trial: usize) {
    alive.push(trial);
    if alive.len() > parameters.population {
        alive.remove(0);
    }
}
