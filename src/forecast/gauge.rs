//! What trainings are measured by: the work of a network, times the images that a training takes through it.

use crate::arch::{Architecture, Network, Shape, work};
use crate::engine::TrainRecipe;
use crate::spec::{ResolvedSpec, Subject};
use crate::task::SplitName;

/// Images of the test split of every data set that is known by name.
const TEST: f64 = 10_000.0;

/// What an image costs where nothing is learned from it, as a share of one that is trained on.
const FORWARD: f64 = 1.0 / 3.0;

/// The images that networks are trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    image: Shape,
    classes: usize,
    /// Of the training files, as published. Where a user's own hold others, all trainings are off by the same factor.
    examples: usize,
}

impl Gauge {
    /// `None` for a table, in which nothing is trained.
    pub fn of(spec: &ResolvedSpec) -> Option<Self> {
        match &spec.subject {
            Subject::Images { dataset, .. } => {
                let (image, classes, examples) = (dataset.kind.shape(), dataset.kind.classes(), dataset.kind.training_examples());
                Some(Self { image, classes, examples })
            }
            Subject::Table { .. } => None,
        }
    }

    pub const fn image(&self) -> Shape {
        self.image
    }

    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// The work of one image as it is trained on; `None` for what is no network.
    pub fn work(&self, architecture: &Architecture, recipe: &TrainRecipe) -> Option<f64> {
        let network = architecture.network(self.image, self.classes).ok()?;
        let head = network.auxiliary_head().filter(|_| recipe.auxiliary > 0.0);
        let of = |network: &Network| work(network, recipe.batch_size);
        Some(of(&network) + head.as_ref().map_or(0.0, of))
    }

    /// Images that a training takes, in those that are trained on.
    pub fn images(&self, split: &SplitName, recipe: &TrainRecipe) -> f64 {
        let examples = self.examples.saturating_sub(split.validation) as f64;
        recipe.epochs as f64 * recipe.examples * examples + FORWARD * split.validation as f64
    }

    /// The same of the test at the end, for each of several trainings.
    pub const fn tested(&self) -> f64 {
        FORWARD * TEST
    }
}
