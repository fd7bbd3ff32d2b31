//! The plan of a study: the same networks at every fidelity, with nothing learned and nothing tested.

use super::{Builder, DataDigests, Plan, Trainings, names};
use crate::arch::Architecture;
use crate::spec::ResolvedSpec;
use crate::task::{Sample, SampleSource};

/// What is trained.
#[derive(Clone, Copy, Debug)]
pub struct Studied<'a> {
    pub networks: &'a [Architecture],
    /// How many of them, from the first, are trained at length too.
    pub at_length: usize,
    /// How many of them, from the first, are trained several times, and how often.
    pub repeated: (usize, usize),
}

impl Plan {
    /// Network by network, so that what an interrupted study has trained is of use: tasks are as in a search, and shared
    /// with it.
    pub fn study(spec: &ResolvedSpec, data: DataDigests, device: &str, studied: &Studied<'_>) -> Self {
        let mut builder = Builder::new(spec, data, device);
        let last = spec.stages.len();
        let rounds: Vec<Trainings> = (0..=last)
            .map(|stage| {
                let count = if stage < last { studied.networks.len() } else { studied.at_length };
                let networks = studied.networks[..count].iter();
                let networks = networks.map(|network| if stage < last { network.clone() } else { spec.at_length(network) }).collect();
                let from = SampleSource::Start { networks };
                let sample = Sample { problem: builder.problem(last), from, count, besides: Vec::new() };
                let source = builder.sample(stage, 0, sample, None);
                Trainings { stage, round: 0, source, count, learned: 0, nursery: None }
            })
            .collect();
        let (repeated, times) = studied.repeated;
        for number in 1..=studied.networks.len() {
            for round in rounds.iter().filter(|round| number <= round.count) {
                builder.train_often_and_reward(round, number, if number <= repeated { times } else { 1 });
            }
        }
        Self { graph: builder.graph, failed_is_zero: spec.execution.failures.reward_zero, stages: names(spec) }
    }
}
