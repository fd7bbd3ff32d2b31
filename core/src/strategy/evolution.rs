//! Regularized evolution (Real et al., arXiv 1802.01548): the best of a random sample of the population has a child by
//! one random edit, and the oldest dies. A child that was measured before is not trained again: it joins the population
//! with its measurement, so that a good network can stay in it. The sample is drawn without repetition, which is
//! better in small populations; the paper draws with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::collector::{Collector, Offer, Request};
use super::proposals::{Origin, Proposals};
use super::random;
use super::round::EndedRound;
use super::search_strategy::{Learned, SearchStrategy, StrategyError};
use super::state::{Memory, State};
use crate::digest::Digest;
use crate::engine::Policy;
use crate::seed::shuffle;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvolutionParameters {
    /// The most networks in the population: the youngest.
    pub population: usize,
    /// Networks drawn from it to find a parent.
    pub sample: usize,
}

/// The population, as indices into the trials, the oldest first: the memory of an evolution.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Population(Vec<usize>);

impl Population {
    /// The oldest dies where there are more than `most`.
    fn join(&mut self, trial: usize, most: usize) {
        self.0.push(trial);
        if self.0.len() > most {
            self.0.remove(0);
        }
    }
}

impl SearchStrategy for EvolutionParameters {
    fn word(&self) -> &'static str {
        "regularized-evolution"
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        let mut collector = Collector::new(request);
        let State { trials, stage, memory, .. } = request.state;
        let mut population: Population = memory.read()?;
        let known: BTreeMap<Digest, usize> = trials
            .iter()
            .enumerate()
            .filter(|(_, trial)| trial.stage == *stage)
            .map(|(index, trial)| (trial.measured.architecture.digest(), index))
            .collect();
        // Later stages begin with the best of the ones before, and need no random networks.
        let wanted = if known.len() == trials.len() { self.population } else { 0 };
        while collector.wants_more() {
            if known.len() + collector.found() < wanted || population.0.is_empty() || collector.is_stuck() {
                random::draw(request, &mut collector, random::Shares::default());
                continue;
            }
            let mut stream = request.seed.nth(collector.attempt()).stream();
            let mut shuffled = population.0.clone();
            shuffle(&mut stream, &mut shuffled);
            let parent = shuffled
                .iter()
                .take(self.sample.max(1))
                .filter_map(|&trial| Some(&trials.get(trial)?.measured))
                .max_by(|a, b| a.reward.value.total_cmp(&b.reward.value));
            let Some(child) = parent.and_then(|parent| request.space.mutate(&parent.architecture, &mut stream)) else { continue };
            let digest = child.digest();
            if collector.offer(child, Origin::Mutated) == Offer::Known
                && let Some(&trial) = known.get(&digest)
            {
                collector.rejoin(trial);
                population.join(trial, self.population);
            }
        }
        Ok(collector.finish())
    }

    /// Trials of the round join the population, those drawn again first. Each stage begins with an empty one.
    fn learn(&self, round: &EndedRound<'_>, _: Option<&mut dyn Policy>) -> Result<Learned, StrategyError> {
        let EndedRound { before, after, result, .. } = round;
        let mut population: Population = if after.stage == before.stage { before.memory.read()? } else { Population::default() };
        let of_stage = |trial: &&usize| after.trials.get(**trial).is_some_and(|trial| trial.stage == after.stage);
        for &trial in result.proposals.rejoined.iter().filter(of_stage) {
            population.join(trial, self.population);
        }
        for trial in before.trials.len()..after.trials.len() {
            population.join(trial, self.population);
        }
        Ok(Learned { memory: Memory::of(&population), policy: None })
    }
}
