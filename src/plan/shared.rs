//! The chain of tasks that train shared weights and the controller that draws along them. It reads nothing of what is trained
//! separately, so that both go on side by side. Where a link fails, the next ones begin anew, and the search goes on by chance.

use petgraph::graph::NodeIndex;

use super::Builder;
use crate::engine::{Optimizer, Schedule, TrainRecipe};
use crate::seed::Seed;
use crate::spec::Subject;
use crate::strategy::Carried;
use crate::task::{Port, Probing, Task};

use super::tasks::split_of;

/// Weight decay of shared weights, that of the code of ENAS.
const DECAY: f64 = 1e-4;

/// The latest links.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// Of each set of weights.
    pub shares: Vec<NodeIndex>,
    steer: Option<NodeIndex>,
    /// Of the images of its stage: a stage of other images begins with new weights.
    size: Option<usize>,
    /// A stage of other depth begins with a new controller, which decides more or fewer things.
    depth: usize,
}

/// That of shared weights, from that of separate trainings: without what says how these end.
pub(super) fn recipe(separate: &TrainRecipe, learning_rate: f64) -> TrainRecipe {
    TrainRecipe {
        optimizer: Optimizer::Sgd,
        learning_rate,
        momentum: 0.9,
        weight_decay: DECAY,
        schedule: Schedule::Cosine,
        warmup: 0.0,
        ema: 0.0,
        auxiliary: 0.0,
        path_dropout: 0.0,
        ..*separate
    }
}

/// The same with the seed of one of several sets of weights.
pub(super) fn of_chain(recipe: &TrainRecipe, chain: usize) -> TrainRecipe {
    TrainRecipe { seed: recipe.seed.wrapping_add(chain as u64 - 1), ..*recipe }
}

impl Builder<'_> {
    /// The controller that a task draws networks with.
    pub(super) fn bind_policy(&mut self, to: NodeIndex) {
        let Some(steer) = self.chain.steer else { return };
        self.bind_optional(steer, Port::Carried(Carried::Policy), to, Port::Carried(Carried::Policy));
    }

    /// The weights that a task measures networks with.
    pub(super) fn bind_shared(&mut self, to: NodeIndex) {
        for (chain, share) in (1..).zip(self.chain.shares.clone()) {
            self.bind_optional(share, Port::Shared { chain: 1 }, to, Port::Shared { chain });
        }
    }

    /// Adds the links of a round, where the strategy shares weights; gives how proposals are measured with them. A new chain
    /// begins with its warm-up, link by link, so that a longer one goes on from a shorter one.
    pub(super) fn share_and_steer(&mut self, stage: usize, round: usize) -> Option<Probing> {
        let parameters = *self.spec.strategy.shares()?;
        let Subject::Images { dataset, .. } = &self.spec.subject else { return None };
        let resolved = &self.spec.stages[stage];
        let (size, depth) = (resolved.size, resolved.depth);
        let dataset = split_of(dataset, self.data.search, size);
        let before = std::mem::take(&mut self.chain);
        let shares = if before.size == size { before.shares } else { Vec::new() };
        let steer = before.steer.filter(|_| !shares.is_empty() && before.depth == depth);
        let goes_on = !shares.is_empty();
        self.chain = Chain { shares, steer, size, depth };
        let (problem, seed) = (self.problem(stage), self.seed(stage, round));
        let recipe = TrainRecipe { epochs: 1, examples: parameters.examples, ..recipe(&resolved.recipe, parameters.learning_rate) };
        let (statistics, metric) = (parameters.statistics, self.spec.metric);
        // What a device measures is known of no network that was not measured.
        let constraints = self.spec.constraints.iter().filter(|constraint| !constraint.cost.is_measured()).copied().collect();
        let probing = Probing { dataset: dataset.clone(), recipe, statistics, validation: 0, metric, constraints };
        for chain in 1..=parameters.chains {
            let task = |recipe: TrainRecipe, seed: Seed| {
                let recipe = of_chain(&recipe, chain);
                let seed = if chain == 1 { seed } else { seed.child("chain").nth(chain) };
                Task::Share { problem: problem.clone(), policy: Some(parameters.policy), dataset: dataset.clone(), recipe, seed }
            };
            if !goes_on {
                for number in 1..=parameters.warm_up {
                    let whole = TrainRecipe { examples: 1.0, ..recipe };
                    self.share((stage, round), Some(number), chain, task(whole, seed.child("warm-up").nth(number)));
                }
            }
            self.share((stage, round), None, chain, task(recipe, seed.child("share")));
        }
        let lessons = Probing { validation: parameters.reward_images, ..probing.clone() };
        let steer = self.add(stage, round, None, Task::Steer { problem, parameters, probing: lessons, seed: seed.child("steer") });
        self.bind_policy(steer);
        if let Some(before) = self.chain.steer {
            self.bind_optional(before, Port::Controller, steer, Port::Controller);
        }
        self.chain.steer = Some(steer);
        for (chain, share) in (1..).zip(self.chain.shares.clone()) {
            // Without weights there is nothing to learn by.
            self.bind(share, Port::Shared { chain: 1 }, steer, Port::Shared { chain });
        }
        Some(probing)
    }

    /// Adds a link that goes on from the latest one of its chain.
    fn share(&mut self, place: (usize, usize), number: Option<usize>, chain: usize, task: Task) {
        let share = self.add_numbered(place, number, chain, task);
        self.bind_policy(share);
        match self.chain.shares.get_mut(chain - 1) {
            None => self.chain.shares.push(share),
            Some(latest) => {
                let before = std::mem::replace(latest, share);
                self.bind_optional(before, Port::Shared { chain: 1 }, share, Port::Shared { chain: 1 });
                self.bind_optional(before, Port::Momentum, share, Port::Momentum);
            }
        }
    }
}
