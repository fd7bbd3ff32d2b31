//! The sets of shared weights that a predictor reads scores of: trained once, side by side, before the first proposals are
//! chosen. They read nothing of the search, so an edit of a round leaves them as they are.

use super::Builder;
use super::shared::{of_chain, recipe};
use super::tasks::split_of;
use crate::engine::TrainRecipe;
use crate::seed::Seed;
use crate::spec::Subject;
use crate::task::{Probing, Task};

impl Builder<'_> {
    /// Gives how proposals are measured, where the strategy asks for it; at first, adds the tasks that train the weights.
    pub(super) fn scoring(&mut self, stage: usize, round: usize) -> Option<Probing> {
        if self.scoring.is_none() {
            self.scoring = self.train_scoring(stage, round);
        }
        self.scoring.clone()
    }

    fn train_scoring(&mut self, stage: usize, round: usize) -> Option<Probing> {
        let shared = *self.spec.strategy.scores_with()?;
        let Subject::Images { dataset, .. } = &self.spec.subject else { return None };
        let resolved = &self.spec.stages[stage];
        let dataset = split_of(dataset, self.data.search, resolved.size);
        let recipe = TrainRecipe { epochs: shared.passes, examples: 1.0, ..recipe(&resolved.recipe, shared.learning_rate) };
        // One set serves all stages: the weights of the deepest networks are among them.
        let deepest = (0..self.spec.stages.len()).max_by_key(|&stage| self.spec.stages[stage].depth)?;
        let problem = self.problem(deepest);
        for chain in 1..=shared.chains {
            let seed = Seed::root(self.spec.seed).child("scores").nth(chain);
            let recipe = of_chain(&recipe, chain);
            let task = Task::Share { problem: problem.clone(), policy: None, dataset: dataset.clone(), recipe, seed };
            let share = self.add(stage, round, Some((chain, 1)), task);
            self.chain.shares.push(share);
        }
        let (statistics, validation, metric) = (shared.statistics, shared.images, self.spec.metric);
        Some(Probing { dataset, recipe, statistics, validation, metric, constraints: Vec::new() })
    }
}
