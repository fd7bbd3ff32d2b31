//! What tasks are asked, by what the spec searches: networks that are trained on images, or the rows of a table.

use super::Builder;
use crate::digest::Digest;
use crate::engine::{TrainRecipe, ZeroCost};
use crate::space::Problem;
use crate::spec::{Dataset, Space, Subject};
use crate::task::{CostBasis, Figure, SplitName, Task};

impl Builder<'_> {
    /// What is searched in a stage; behind the last stage, the whole space.
    pub(super) fn problem(&self, stage: usize) -> Problem {
        match &self.spec.subject {
            Subject::Images { dataset, space, max_depth, .. } => {
                let depth = self.spec.stages.get(stage).map_or(*max_depth, |stage| stage.depth);
                space.problem(dataset.limits(depth))
            }
            Subject::Table { .. } => Problem::Table { table: self.data.search },
        }
    }

    /// A training on images of a size, where that is not the full one; those that keep their weights are the final ones.
    pub(super) fn training(&self, recipe: TrainRecipe, size: Option<usize>, keep_weights: bool, replicate: usize) -> Task {
        match &self.spec.subject {
            Subject::Images { dataset, .. } => {
                let dataset = split_of(dataset, self.data.search, size);
                Task::Train { dataset, recipe, keep_weights, replicate, metric: self.spec.metric }
            }
            Subject::Table { .. } if keep_weights => Task::LookUp { table: self.data.last, figure: Figure::Reported },
            Subject::Table { .. } => Task::LookUp { table: self.data.search, figure: Figure::Search },
        }
    }

    /// The images that a predict task scores networks with, where its strategy asks for a score that needs any.
    pub(super) fn minibatch(&self) -> Option<SplitName> {
        let Subject::Images { dataset, .. } = &self.spec.subject else { return None };
        self.spec.strategy.zero_cost().contains(ZeroCost::Naswot).then(|| split_of(dataset, self.data.search, None))
    }

    /// Rewards do not depend on the depth of a stage.
    pub(super) fn setting(&self) -> CostBasis {
        match &self.spec.subject {
            Subject::Images { dataset, space, .. } => {
                let (shape, classes) = (dataset.described.shape, dataset.described.classes);
                match space {
                    Space::Layers(_) => CostBasis::Images { shape, classes },
                    Space::Cells(space) => CostBasis::Cells { shape, classes, last: space.last },
                }
            }
            Subject::Table { .. } => CostBasis::Table { table: self.data.search },
        }
    }
}

/// In the size in which they are trained on, where that is not the full one.
pub(super) fn split_of(dataset: &Dataset, train: Digest, size: Option<usize>) -> SplitName {
    SplitName { digest: train, validation: dataset.validation, seed: dataset.split_seed, last: dataset.described.photos.is_some(), size }
}
