//! The sets of shared weights that a predictor reads scores of: trained once, side by side, before the first proposals are
//! chosen. They read nothing of the search, so an edit of a round leaves them as they are.

use petgraph::graph::NodeIndex;

use super::Builder;
use super::shared::recipe;
use super::tasks::split_of;
use crate::engine::TrainRecipe;
use crate::seed::Seed;
use crate::spec::Subject;
use crate::task::{Port, Probing, Task};

/// What predict tasks are given of them.
#[derive(Clone, Debug)]
pub(super) struct Scoring {
    probing: Probing,
    /// The task that trains each set.
    chains: Vec<NodeIndex>,
}

impl Builder<'_> {
    /// Gives how proposals are measured, where the strategy asks for it; at first, adds the tasks that train the weights.
    pub(super) fn scoring(&mut self, stage: usize, round: usize) -> Option<Probing> {
        if self.scoring.is_none() {
            self.scoring = self.train_scoring(stage, round);
        }
        self.scoring.as_ref().map(|scoring| scoring.probing.clone())
    }

    pub(super) fn bind_scoring(&mut self, to: NodeIndex) {
        let chains = self.scoring.as_ref().map_or_else(Vec::new, |scoring| scoring.chains.clone());
        for (chain, from) in (1..).zip(chains) {
            self.bind_optional(from, Port::Shared { chain: 1 }, to, Port::Shared { chain });
        }
    }

    fn train_scoring(&mut self, stage: usize, round: usize) -> Option<Scoring> {
        let shared = *self.spec.strategy.scores_with()?;
        let Subject::Images { dataset, .. } = &self.spec.subject else { return None };
        let resolved = &self.spec.stages[stage];
        let dataset = split_of(dataset, self.data.search, resolved.size);
        let recipe = TrainRecipe { epochs: shared.passes, examples: 1.0, ..recipe(&resolved.recipe, shared.learning_rate) };
        // One set serves all stages: the weights of the deepest networks are among them.
        let deepest = (0..self.spec.stages.len()).max_by_key(|&stage| self.spec.stages[stage].depth)?;
        let problem = self.problem(deepest);
        let chains = (1..=shared.chains).map(|chain| {
            let recipe = TrainRecipe { seed: recipe.seed.wrapping_add(chain as u64 - 1), ..recipe };
            let seed = Seed::root(self.spec.seed).child("scores").nth(chain);
            let task = Task::Share { problem: problem.clone(), policy: None, dataset: dataset.clone(), recipe, seed };
            self.add(stage, round, Some((chain, 1)), task)
        });
        let chains = chains.collect();
        let (statistics, validation, metric) = (shared.statistics, shared.images, self.spec.metric);
        Some(Scoring { probing: Probing { dataset, recipe, statistics, validation, metric, constraints: Vec::new() }, chains })
    }
}
