//! The plan of a search: a directed acyclic graph of tasks, built from the resolved spec and the digests of the data.
//! It knows no cache, no machine and no clock. Its shape is fixed; which networks flow along its edges is not.

mod data;
mod digest;
mod edges;
mod inherit;
mod last;
mod measures;
mod planned;
mod render;
mod scores;
mod shared;
mod study;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;

use crate::arch::Architecture;
use crate::engine::{Metrics, TaskFailure};
use crate::objective::Enforcement;
use crate::seed::Seed;
use crate::spec::ResolvedSpec;
use crate::strategy::Carried;
use crate::task::{Port, Probing, Sample, SampleSource, Task, TaskKind};

use self::planned::{name, names, place};
use self::shared::Chain;

pub use data::{DataDigests, NamedData};
pub use planned::{Planned, TaskId};
pub use render::{dot, json};
pub use study::Studied;

/// One output bound to one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Binding {
    pub output: Port,
    pub input: Port,
    /// The task runs without this input where the output does not come to be.
    pub optional: bool,
}

/// The graph; nodes are in an order in which they can run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub graph: DiGraph<Planned, Binding>,
    /// Whether a network whose training fails by its own fault counts with an accuracy of 0.
    pub failed_is_zero: bool,
    stages: Vec<String>,
}

impl Plan {
    /// `device` names the processor or GPU on which latencies are measured; nothing else depends on it.
    pub fn new(spec: &ResolvedSpec, data: DataDigests, device: &str) -> Self {
        let mut builder = Builder::new(spec, data, device);
        for stage in 0..spec.stages.len() {
            builder.stage(stage);
        }
        builder.last();
        Self { graph: builder.graph, failed_is_zero: spec.execution.failures.reward_zero, stages: names(spec) }
    }

    /// The round of a task, for people: `grow/round-03`, `final`.
    pub fn place(&self, planned: &Planned) -> String {
        place(self.stages.get(planned.stage).map(String::as_str), planned.round)
    }

    /// What the training at a place of the search counts as when it fails by the fault of its network; those of the end
    /// must give weights.
    pub fn after_failure(&self, planned: &Planned, failure: &TaskFailure) -> Option<Metrics> {
        let is_training = planned.task.kind() == TaskKind::Train && !planned.is_last;
        let diverged = match failure {
            TaskFailure::Diverged { epoch } => Some(*epoch),
            TaskFailure::OutOfMemory { .. } | TaskFailure::TimedOut { .. } => None,
            _ => return None,
        };
        let nothing = || Metrics { validation_accuracy: 0.0, validation_loss: None, train_loss: Vec::new(), diverged, score: None };
        (is_training && self.failed_is_zero).then(nothing)
    }

    /// The tasks in an order in which they can run.
    pub fn tasks(&self) -> impl Iterator<Item = &Planned> {
        self.graph.node_weights()
    }
}

struct Builder<'a> {
    spec: &'a ResolvedSpec,
    data: DataDigests,
    device: &'a str,
    graph: DiGraph<Planned, Binding>,
    /// The latest update.
    state: Option<NodeIndex>,
    /// The rewards of the references in the last stage.
    references: Vec<NodeIndex>,
    /// Of shared weights.
    chain: Chain,
    /// How proposals are measured with those that scores are of.
    scoring: Option<Probing>,
    /// By the update before it, the task that kept weights.
    nurseries: BTreeMap<NodeIndex, NodeIndex>,
}

/// What the networks of a round are trained by and where they come from.
struct Trainings {
    stage: usize,
    round: usize,
    /// The task that chose the networks, and how many it chose.
    source: NodeIndex,
    count: usize,
    /// Of how many of them, from the first, the search learns.
    learned: usize,
    /// The task that kept the weights that they may begin with, and how many of them may, from the first.
    nursery: Option<NodeIndex>,
    heirs: usize,
}

/// The trainings of a network and its reward.
type Trained = (Vec<NodeIndex>, NodeIndex);

impl<'a> Builder<'a> {
    fn new(spec: &'a ResolvedSpec, data: DataDigests, device: &'a str) -> Self {
        Self {
            spec,
            data,
            device,
            graph: DiGraph::new(),
            state: None,
            references: Vec::new(),
            chain: Chain::default(),
            scoring: None,
            nurseries: BTreeMap::new(),
        }
    }
}

impl Builder<'_> {
    fn stage(&mut self, index: usize) {
        let stage = self.spec.stages[index].clone();
        let (from, count) = match index.checked_sub(1) {
            None => (SampleSource::Start { networks: self.spec.start().to_vec() }, self.spec.start().len()),
            Some(before) => (SampleSource::Carried, self.spec.stages[before].carry),
        };
        let (known, others) = self.spec.references_of(index);
        let besides: Vec<Architecture> = known.iter().chain(&others).map(|reference| reference.network.clone()).collect();
        if count + besides.len() > 0 {
            let (learned, all) = (count + known.len(), count + besides.len());
            let sample = self.sample(index, 0, Sample { problem: self.problem(index), from, count, besides }, self.state);
            let nursery = self.nursery_after(self.state, index);
            // References begin with new weights, so that they can be held against each other.
            let began = Trainings { stage: index, round: 0, source: sample, count: all, learned, nursery, heirs: count };
            let rewards = self.train_and_update(&began, sample);
            if index + 1 == self.spec.stages.len() {
                self.references = rewards.into_iter().skip(count).map(|(_, reward)| reward).collect();
            }
        }
        let rejecting =
            self.spec.constraints.iter().filter(|constraint| constraint.enforcement == Enforcement::Reject).copied().collect::<Vec<_>>();
        // What is known before each round, the newest last, and what the rounds before it chose.
        let (mut known, mut chosen) = (vec![self.state], Vec::new());
        let lookahead = self.spec.execution.lookahead;
        for round in 1..=stage.rounds {
            let strategy = self.spec.strategy;
            let seed = self.seed(index, round);
            let from = SampleSource::Strategy { strategy, rejecting: rejecting.clone(), seed: seed.child("sample") };
            let state = known[known.len().saturating_sub(1 + lookahead)];
            let sample = Sample { problem: self.problem(index), from, count: stage.proposals, besides: Vec::new() };
            let probing = self.share_and_steer(index, round).or_else(|| self.scoring(index, round));
            let sample = self.sample(index, round, sample, state);
            self.bind_policy(sample);
            for (behind, &predict) in chosen.iter().rev().take(lookahead).enumerate() {
                self.bind_pending(predict, stage.trainings, sample, behind + 1);
            }
            let (problem, minibatch, seed) = (self.problem(index), self.minibatch(), seed.child("predict"));
            let task = Task::Predict { problem, strategy, count: stage.trainings, seed, minibatch, probing };
            let predict = self.add(index, round, None, task);
            self.bind_shared(predict);
            self.bind_carried(state, predict, strategy.carried());
            self.bind(sample, Port::Proposals, predict, Port::Proposals);
            let count = stage.trainings;
            let nursery = self.nursery_after(state, index);
            self.train_and_update(
                &Trainings { stage: index, round, source: predict, count, learned: count, nursery, heirs: count },
                sample,
            );
            chosen.push(predict);
            known.push(self.state);
        }
    }

    fn seed(&self, stage: usize, round: usize) -> Seed {
        Seed::root(self.spec.seed).child("stage").nth(stage).child("round").nth(round)
    }

    fn sample(&mut self, stage: usize, round: usize, sample: Sample, state: Option<NodeIndex>) -> NodeIndex {
        let carried: &[Carried] = match &sample.from {
            SampleSource::Start { .. } => &[],
            SampleSource::Carried | SampleSource::BestFeasible => &[Carried::State],
            SampleSource::Strategy { strategy, .. } => strategy.carried(),
        };
        let sample = self.add(stage, round, None, Task::Sample(sample));
        self.bind_carried(state, sample, carried);
        sample
    }

    /// The trainings of a round, their rewards, and what is learned from them.
    fn train_and_update(&mut self, round: &Trainings, sample: NodeIndex) -> Vec<Trained> {
        let trained = self.train_and_reward(round);
        self.learn(round, sample, &trained);
        trained
    }

    /// What is learned from the networks of a round.
    fn learn(&mut self, round: &Trainings, sample: NodeIndex, trained: &[Trained]) {
        let strategy = self.spec.strategy;
        let seed = self.seed(round.stage, round.round).child("update");
        let update = self.add(
            round.stage,
            round.round,
            None,
            Task::Update { problem: self.problem(round.stage), strategy, stage: round.stage, seed },
        );
        self.bind_carried(self.state, update, strategy.carried());
        self.bind(sample, Port::Proposals, update, Port::Proposals);
        if round.source != sample {
            self.bind(round.source, Port::Selection, update, Port::Selection);
        }
        for (index, &(_, reward)) in trained.iter().take(round.learned).enumerate() {
            self.bind_optional(reward, Port::Measured, update, Port::MeasuredOf(index + 1));
        }
        self.keep_weights(round, trained, update);
        self.state = Some(update);
    }

    fn train_and_reward(&mut self, round: &Trainings) -> Vec<Trained> {
        (1..=round.count).map(|number| self.train_and_reward_one(round, number)).collect()
    }

    fn train_and_reward_one(&mut self, round: &Trainings, number: usize) -> Trained {
        let replicates = self.spec.stages.get(round.stage).map_or(self.spec.last.replicates, |stage| stage.replicates);
        self.train_often_and_reward(round, number, replicates)
    }

    fn train_often_and_reward(&mut self, round: &Trainings, number: usize, replicates: usize) -> Trained {
        let (recipe, size, keep_weights) = match self.spec.stages.get(round.stage) {
            Some(stage) => (stage.recipe, stage.size, self.hands_down(round.stage)),
            None => (self.spec.last.recipe, None, true),
        };
        let measured = self.measure(round, number);
        let (from, candidate) = measured.admitted;
        let inherited = self.inherit(round, number, (from, candidate));
        let trainings: Vec<NodeIndex> = (1..=replicates)
            .map(|replicate| {
                let train = self.training(recipe, size, keep_weights, replicate);
                let train = self.add(round.stage, round.round, Some((number, replicate)), train);
                self.bind(from, candidate, train, Port::Candidate);
                if let Some(inherited) = inherited {
                    self.bind_optional(inherited, Port::Parent, train, Port::Parent);
                }
                train
            })
            .collect();
        let (setting, constraints) = (self.setting(), self.spec.constraints.clone());
        let reward = Task::Reward { setting, constraints, extrapolation: self.spec.extrapolation(round.stage) };
        let reward = self.add(round.stage, round.round, Some((number, 1)), reward);
        self.bind(from, candidate, reward, Port::Candidate);
        if let Some(inherited) = inherited {
            self.bind_optional(inherited, Port::Age, reward, Port::Age);
        }
        for (index, &train) in trainings.iter().enumerate() {
            let (output, input) = (Port::Metrics { replicate: 1 }, Port::Metrics { replicate: index + 1 });
            // Of several trainings those that end count.
            self.graph.add_edge(train, reward, Binding { output, input, optional: replicates > 1 });
        }
        for (measure, cost) in measured.costs {
            self.bind(measure, cost, reward, cost);
        }
        (trainings, reward)
    }

    /// `of`: the network that it is of, and which of its trainings it is.
    fn add(&mut self, stage: usize, round: usize, of: Option<(usize, usize)>, task: Task) -> NodeIndex {
        self.add_numbered((stage, round), of.map(|(network, _)| network), of.map_or(1, |(_, replicate)| replicate), task)
    }

    fn add_numbered(&mut self, (stage, round): (usize, usize), network: Option<usize>, replicate: usize, task: Task) -> NodeIndex {
        let name = name(&task, network, replicate);
        let id = format!("{}/{name}", place(self.spec.stages.get(stage).map(|stage| stage.name.as_str()), round));
        let is_last = stage >= self.spec.stages.len();
        self.graph.add_node(Planned { id: TaskId(id), task, stage, round, is_last, network, replicate })
    }
}
