//! The plan of a study: the same networks at every fidelity, with nothing learned and nothing tested.

use petgraph::graph::NodeIndex;

use super::{Builder, DataDigests, Plan, Planned, Trained, Trainings, names};
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
        let mut fidelities: Vec<Fidelity> = (0..=spec.stages.len()).map(|stage| Fidelity::new(spec, stage, studied)).collect();
        let (repeated, times) = studied.repeated;
        for index in 0..studied.networks.len() {
            for fidelity in fidelities.iter_mut().filter(|fidelity| index < fidelity.count) {
                fidelity.train(&mut builder, studied.networks, index, if index < repeated { times } else { 1 });
            }
        }
        Self { graph: builder.graph, failed_is_zero: spec.execution.failures.reward_zero, stages: names(spec) }
    }

    /// Which of the networks of a study a task is of, from 1: in a stage that hands weights down they come in rounds.
    pub fn studied_network(spec: &ResolvedSpec, planned: &Planned) -> Option<usize> {
        let before = spec.stages.get(planned.stage).map_or(0, |stage| planned.round.saturating_sub(1) * stage.trainings);
        planned.network.map(|number| before + number)
    }
}

/// The trainings at one fidelity. Where they begin with the weights of others, they come in rounds as large as those of
/// the stage, each after the one whose weights it begins with.
struct Fidelity {
    stage: usize,
    /// How many networks are trained at it, and how many of them in a round.
    count: usize,
    size: usize,
    inherits: bool,
    /// The present round, and what of it is trained.
    round: Option<Trainings>,
    trained: Vec<Trained>,
    /// The latest update.
    state: Option<NodeIndex>,
}

impl Fidelity {
    fn new(spec: &ResolvedSpec, stage: usize, studied: &Studied<'_>) -> Self {
        let of_stage = spec.stages.get(stage);
        let count = if of_stage.is_some() { studied.networks.len() } else { studied.at_length };
        let inherits = of_stage.is_some_and(|stage| stage.inherits);
        let size = of_stage.filter(|_| inherits).map_or(count, |stage| stage.trainings);
        Self { stage, count, size, inherits, round: None, trained: Vec::new(), state: None }
    }

    /// Trains the network at `index`, and hands weights down behind the last of a round.
    fn train(&mut self, builder: &mut Builder<'_>, networks: &[Architecture], index: usize, times: usize) {
        let round = self.round.take().unwrap_or_else(|| self.begin(builder, networks, index));
        self.trained.push(builder.train_often_and_reward(&round, index % self.size + 1, times));
        if self.trained.len() < round.count {
            self.round = Some(round);
            return;
        }
        let trained = std::mem::take(&mut self.trained);
        if self.inherits {
            builder.state = self.state;
            builder.learn(&round, round.source, &trained);
            self.state = builder.state;
        }
    }

    fn begin(&self, builder: &mut Builder<'_>, networks: &[Architecture], index: usize) -> Trainings {
        let (spec, stage) = (builder.spec, self.stage);
        let networks = &networks[index..self.count.min(index + self.size)];
        let networks: Vec<Architecture> =
            if stage < spec.stages.len() { networks.to_vec() } else { networks.iter().map(|network| spec.at_length(network)).collect() };
        let count = networks.len();
        let round = if self.inherits { index / self.size + 1 } else { 0 };
        let problem = builder.problem(spec.stages.len());
        let sample = Sample { problem, from: SampleSource::Start { networks }, count, besides: Vec::new() };
        let source = builder.sample(stage, round, sample, None);
        let nursery = builder.nursery_after(self.state, stage);
        Trainings { stage, round, source, count, learned: count, nursery, heirs: count }
    }
}
