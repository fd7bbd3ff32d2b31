//! What tasks are asked, by what the spec searches: networks that are trained on images, or the rows of a table.

use super::{Builder, DataDigests};
use crate::digest::Digest;
use crate::engine::{TrainRecipe, ZeroCost};
use crate::space::{Limits, Problem};
use crate::spec::{Dataset, Space, Subject};
use crate::task::{Figure, Setting, SplitName, Task};

impl Builder<'_> {
    /// What is searched in a stage; behind the last stage, the whole space.
    pub(super) fn problem(&self, stage: usize) -> Problem {
        match (&self.spec.subject, self.data) {
            (Subject::Images { dataset, space, max_depth, .. }, _) => {
                let depth = self.spec.stages.get(stage).map_or(*max_depth, |stage| stage.depth);
                let limits = Limits { image: dataset.kind.shape(), classes: dataset.kind.classes(), depth };
                match space {
                    Space::Layers(space) => Problem::Layers { space: space.clone(), limits },
                    Space::Cells(space) => Problem::Cells { space: space.clone(), limits },
                }
            }
            (Subject::Table { .. }, DataDigests::Table { search, .. }) => Problem::Table { table: search },
            (Subject::Table { .. }, DataDigests::Images { .. }) => panic!("a search in a table was planned with images"),
        }
    }

    /// A training; those that keep their weights are the final ones.
    pub(super) fn training(&self, recipe: TrainRecipe, keep_weights: bool, replicate: usize) -> Task {
        match (&self.spec.subject, self.data) {
            (Subject::Images { dataset, .. }, DataDigests::Images { train, .. }) => {
                Task::Train { dataset: split_of(dataset, train), recipe, keep_weights, replicate }
            }
            (_, DataDigests::Table { whole, .. }) if keep_weights => Task::LookUp { table: whole, figure: Figure::Reported },
            (_, DataDigests::Table { search, .. }) => Task::LookUp { table: search, figure: Figure::Search },
            (Subject::Table { .. }, DataDigests::Images { .. }) => panic!("a search in a table was planned with images"),
        }
    }

    /// The images that a predict task scores networks with, where its strategy asks for a score that needs any.
    pub(super) fn minibatch(&self) -> Option<SplitName> {
        match (&self.spec.subject, self.data) {
            (Subject::Images { dataset, .. }, DataDigests::Images { train, .. }) => {
                self.spec.strategy.zero_cost().contains(ZeroCost::Naswot).then(|| split_of(dataset, train))
            }
            _ => None,
        }
    }

    /// Rewards do not depend on the depth of a stage.
    pub(super) fn setting(&self) -> Setting {
        match (&self.spec.subject, self.data) {
            (_, DataDigests::Table { search, .. }) => Setting::Table { table: search },
            (Subject::Images { dataset, space, .. }, _) => {
                let (shape, classes) = (dataset.kind.shape(), dataset.kind.classes());
                match space {
                    Space::Layers(_) => Setting::Images { shape, classes },
                    Space::Cells(space) => Setting::Cells { shape, classes, last: space.last },
                }
            }
            (Subject::Table { .. }, DataDigests::Images { .. }) => panic!("a search in a table was planned with images"),
        }
    }
}

fn split_of(dataset: &Dataset, train: Digest) -> SplitName {
    SplitName { digest: train, validation: dataset.validation, seed: dataset.split_seed }
}
