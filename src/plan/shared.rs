//! The chain of tasks that train shared weights and the controller that draws along them. It reads nothing of what is trained
//! separately, so that both go on side by side. Where a link fails, the next ones begin anew, and the search goes on by chance.

use petgraph::graph::NodeIndex;

use super::Builder;
use crate::engine::{Optimizer, Schedule, TrainRecipe};
use crate::spec::Subject;
use crate::strategy::Carried;
use crate::task::{Port, Probing, Task};

use super::tasks::split_of;

/// Weight decay of shared weights, that of the code of ENAS.
const DECAY: f64 = 1e-4;

/// The latest links; each stage has a chain of its own, for its networks and images have other sizes.
#[derive(Debug, Default)]
pub(super) struct Chain {
    share: Option<NodeIndex>,
    steer: Option<NodeIndex>,
}

impl Chain {
    /// The controller that a task draws networks with.
    pub(super) fn bind_policy(&self, plan: &mut Builder<'_>, to: NodeIndex) {
        let Some(steer) = self.steer else { return };
        plan.bind_optional(steer, Port::Carried(Carried::Policy), to, Port::Carried(Carried::Policy));
    }

    /// The weights that a task measures networks with.
    pub(super) fn bind_shared(&self, plan: &mut Builder<'_>, to: NodeIndex) {
        let Some(share) = self.share else { return };
        plan.bind_optional(share, Port::Shared, to, Port::Shared);
    }
}

impl Builder<'_> {
    /// Adds the links of a round, where the strategy shares weights; gives how proposals are measured with them.
    pub(super) fn share_and_steer(&mut self, stage: usize, round: usize, chain: &mut Chain) -> Option<Probing> {
        let parameters = *self.spec.strategy.shares()?;
        let Subject::Images { dataset, .. } = &self.spec.subject else { return None };
        let resolved = &self.spec.stages[stage];
        let dataset = split_of(dataset, self.data.search, resolved.size);
        let (problem, seed) = (self.problem(stage), self.seed(stage, round));
        // Nothing of a separate training that says how it ends, and no more than one pass.
        let recipe = TrainRecipe {
            epochs: 1,
            examples: parameters.examples,
            optimizer: Optimizer::Sgd,
            learning_rate: parameters.learning_rate,
            momentum: 0.9,
            weight_decay: DECAY,
            schedule: Schedule::Cosine,
            warmup: 0.0,
            ema: 0.0,
            auxiliary: 0.0,
            path_dropout: 0.0,
            ..resolved.recipe
        };
        let (statistics, metric, constraints) = (parameters.statistics, self.spec.metric, self.spec.constraints.clone());
        let probing = Probing { dataset: dataset.clone(), recipe, statistics, validation: 0, metric, constraints };
        let task = Task::Share { problem: problem.clone(), policy: parameters.policy, dataset, recipe, seed: seed.child("share") };
        let share = self.add(stage, round, None, task);
        chain.bind_policy(self, share);
        chain.bind_shared(self, share);
        if let Some(before) = chain.share {
            self.bind_optional(before, Port::Momentum, share, Port::Momentum);
        }
        let lessons = Probing { validation: parameters.reward_images, ..probing.clone() };
        let steer = self.add(stage, round, None, Task::Steer { problem, parameters, probing: lessons, seed: seed.child("steer") });
        chain.bind_policy(self, steer);
        if let Some(before) = chain.steer {
            self.bind_optional(before, Port::Controller, steer, Port::Controller);
        }
        *chain = Chain { share: Some(share), steer: Some(steer) };
        // Without weights there is nothing to learn by.
        self.bind(share, Port::Shared, steer, Port::Shared);
        Some(probing)
    }
}
