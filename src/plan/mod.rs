//! The plan of a search: a directed acyclic graph of tasks, built from the resolved spec and the digests of the data.
//! It knows no cache, no machine and no clock. Its shape is fixed; which networks flow along its edges is not.

mod render;

use std::fmt;

use petgraph::graph::{DiGraph, NodeIndex};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::objective::Enforcement;
use crate::seed::Seed;
use crate::space::Limits;
use crate::spec::ResolvedSpec;
use crate::strategy::Problem;
use crate::task::{Origin, Sample, SplitName, Task};

pub use render::{dot, json};

/// Where a task stands in the plan, for people: `grow/round-03/train-07`. It never enters a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A task in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub id: TaskId,
    pub task: Task,
    /// Index of the stage; the final trainings are one stage behind the last.
    pub stage: usize,
    /// 0 is the round of the networks that a stage starts with.
    pub round: usize,
}

/// One named output bound to one named input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Binding {
    pub output: String,
    pub input: String,
    /// The task runs without this input where the output does not come to be.
    pub optional: bool,
}

/// Contents of the two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetDigests {
    pub train: Digest,
    pub test: Digest,
}

/// The graph; nodes are in an order in which they can run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub graph: DiGraph<Planned, Binding>,
}

impl Plan {
    pub fn new(spec: &ResolvedSpec, data: DatasetDigests) -> Self {
        let mut builder = Builder { spec, data, graph: DiGraph::new(), state: None };
        for stage in 0..spec.stages.len() {
            builder.stage(stage);
        }
        builder.last();
        Self { graph: builder.graph }
    }

    /// The tasks in an order in which they can run.
    pub fn tasks(&self) -> impl Iterator<Item = &Planned> {
        self.graph.node_weights()
    }
}

struct Builder<'a> {
    spec: &'a ResolvedSpec,
    data: DatasetDigests,
    graph: DiGraph<Planned, Binding>,
    /// The latest update.
    state: Option<NodeIndex>,
}

/// What the networks of a round are trained by and where they come from.
struct Trainings {
    stage: usize,
    round: usize,
    /// The task whose `candidate-N` are trained, and how many.
    source: NodeIndex,
    count: usize,
}

impl Builder<'_> {
    fn stage(&mut self, index: usize) {
        let stage = self.spec.stages[index].clone();
        let (from, count) = match index.checked_sub(1) {
            None => (Origin::Start { network: self.spec.start.clone() }, 1),
            Some(before) => (Origin::Carried, self.spec.stages[before].carry),
        };
        if count > 0 {
            let sample = self.sample(index, 0, from, count);
            self.train_and_update(&Trainings { stage: index, round: 0, source: sample, count }, sample);
        }
        let rejecting =
            self.spec.constraints.iter().filter(|constraint| constraint.enforcement == Enforcement::Reject).copied().collect::<Vec<_>>();
        for round in 1..=stage.rounds {
            let strategy = self.spec.strategy;
            let seed = self.seed(index, round);
            let from = Origin::Strategy { strategy, rejecting: rejecting.clone(), seed: seed.child("sample") };
            let sample = self.sample(index, round, from, stage.proposals);
            let task = Task::Predict { strategy, count: stage.trainings, seed: seed.child("predict") };
            let predict = self.add(index, round, "predict", task);
            self.bind_state(predict, strategy.has_policy());
            self.bind(sample, "proposals", predict, "proposals");
            self.train_and_update(&Trainings { stage: index, round, source: predict, count: stage.trainings }, sample);
        }
    }

    fn seed(&self, stage: usize, round: usize) -> Seed {
        Seed::root(self.spec.seed).child("stage").nth(stage).child("round").nth(round)
    }

    fn sample(&mut self, stage: usize, round: usize, from: Origin, count: usize) -> NodeIndex {
        let depth = self.spec.stages.get(stage).map_or(self.spec.max_depth, |stage| stage.depth);
        let with_policy = matches!(&from, Origin::Strategy { strategy, .. } if strategy.has_policy());
        let needs_state = !matches!(from, Origin::Start { .. });
        let problem = Problem { space: self.spec.space.clone(), limits: Limits { depth, ..self.spec.limits() } };
        let sample = self.add(stage, round, "sample", Task::Sample(Sample { problem, from, count }));
        if needs_state {
            self.bind_state(sample, with_policy);
        }
        sample
    }

    /// The trainings of a round, their rewards, and what is learned from them.
    fn train_and_update(&mut self, round: &Trainings, sample: NodeIndex) {
        let recipe = self.spec.stages[round.stage].recipe;
        let rewards = self.train_and_reward(round, recipe, false);
        let strategy = self.spec.strategy;
        let seed = self.seed(round.stage, round.round).child("update");
        let update = self.add(round.stage, round.round, "update", Task::Update { strategy, stage: round.stage, seed });
        self.bind_state(update, strategy.has_policy());
        self.bind(sample, "proposals", update, "proposals");
        if round.source != sample {
            self.bind(round.source, "selection", update, "selection");
        }
        for (index, (_, reward)) in rewards.into_iter().enumerate() {
            self.bind_optional(reward, "measured", update, format!("measured-{}", index + 1));
        }
        self.state = Some(update);
    }

    fn train_and_reward(
        &mut self,
        round: &Trainings,
        recipe: crate::engine::TrainRecipe,
        keep_weights: bool,
    ) -> Vec<(NodeIndex, NodeIndex)> {
        let dataset = SplitName { digest: self.data.train, validation: self.spec.dataset.validation, seed: self.spec.dataset.split_seed };
        (1..=round.count)
            .map(|number| {
                let train = Task::Train { dataset: dataset.clone(), recipe, keep_weights };
                let train = self.add(round.stage, round.round, &format!("train-{number:02}"), train);
                let candidate = format!("candidate-{number}");
                self.bind(round.source, candidate.clone(), train, "candidate");
                let reward = Task::Reward { limits: self.reward_limits(), constraints: self.spec.constraints.clone() };
                let reward = self.add(round.stage, round.round, &format!("reward-{number:02}"), reward);
                self.bind(round.source, candidate, reward, "candidate");
                self.bind(train, "metrics", reward, "metrics");
                (train, reward)
            })
            .collect()
    }

    /// Rewards do not depend on the depth of a stage.
    fn reward_limits(&self) -> Limits {
        Limits { depth: 0, ..self.spec.limits() }
    }

    fn last(&mut self) {
        let stage = self.spec.stages.len();
        let count = self.spec.last.networks;
        let recipe = self.spec.last.recipe;
        let source = self.sample(stage, 0, Origin::BestFeasible, count);
        let retrained = self.train_and_reward(&Trainings { stage, round: 0, source, count }, recipe, true);
        let task = Task::Final { limits: self.reward_limits(), recipe, test: self.data.test };
        let last = self.add(stage, 0, "test", task);
        for (index, (train, reward)) in retrained.into_iter().enumerate() {
            self.bind_optional(reward, "measured", last, format!("measured-{}", index + 1));
            self.bind_optional(train, "weights", last, format!("weights-{}", index + 1));
        }
    }

    fn add(&mut self, stage: usize, round: usize, name: &str, task: Task) -> NodeIndex {
        let id = match self.spec.stages.get(stage) {
            Some(planned) => format!("{}/round-{round:02}/{name}", planned.name),
            None => format!("final/{name}"),
        };
        self.graph.add_node(Planned { id: TaskId(id), task, stage, round })
    }

    fn bind_state(&mut self, to: NodeIndex, with_policy: bool) {
        if let Some(from) = self.state {
            self.bind(from, "state", to, "state");
            if with_policy {
                self.bind(from, "policy", to, "policy");
            }
        }
    }

    fn bind(&mut self, from: NodeIndex, output: impl Into<String>, to: NodeIndex, input: impl Into<String>) {
        self.graph.add_edge(from, to, Binding { output: output.into(), input: input.into(), optional: false });
    }

    fn bind_optional(&mut self, from: NodeIndex, output: &str, to: NodeIndex, input: String) {
        self.graph.add_edge(from, to, Binding { output: output.to_owned(), input, optional: true });
    }
}
