//! What trainings are measured by: the work of a network, times the images that a training takes through it.

use crate::arch::{Architecture, Network, Shape, work};
use crate::dataset::{Described, Examples};
use crate::engine::TrainRecipe;
use crate::export::PROVEN;
use crate::spec::{ResolvedSpec, Subject};
use crate::task::{Probing, SplitName};

/// Training images for each one of validation where nobody knows how many there are: as by default.
const USUAL: usize = 10;

/// What an image costs where nothing is learned from it, as a share of one that is trained on.
const FORWARD: f64 = 1.0 / 3.0;

/// The images that networks are trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    image: Shape,
    classes: usize,
    /// Where the files were not opened, all trainings may be off by the same factor.
    examples: Examples,
}

impl Gauge {
    /// `None` for a table, in which nothing is trained.
    pub fn of(spec: &ResolvedSpec) -> Option<Self> {
        match &spec.subject {
            Subject::Images { dataset, .. } => {
                let Described { shape, classes, .. } = dataset.described;
                let usual = Examples { train: USUAL * dataset.validation, test: dataset.validation };
                Some(Self { image: shape, classes, examples: dataset.examples.unwrap_or(usual) })
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

    /// The work of one image as it is trained on, made smaller where a size is given; `None` for what is no network.
    pub fn work(&self, architecture: &Architecture, recipe: &TrainRecipe, size: Option<usize>) -> Option<f64> {
        let network = architecture.network(self.image.at_size(size), self.classes).ok()?;
        let head = network.auxiliary_head().filter(|_| recipe.auxiliary > 0.0);
        let of = |network: &Network| work(network, recipe.batch_size);
        Some(of(&network) + head.as_ref().map_or(0.0, of))
    }

    /// Images that a training takes, in those that are trained on.
    pub fn images(&self, split: &SplitName, recipe: &TrainRecipe) -> f64 {
        let examples = self.examples.train.saturating_sub(split.validation) as f64;
        recipe.epochs as f64 * recipe.examples * examples + FORWARD * split.validation as f64
    }

    /// The same of a stretch of shared training.
    pub(super) fn shared(&self, split: &SplitName, recipe: &TrainRecipe) -> f64 {
        recipe.passes() * self.examples.train.saturating_sub(split.validation) as f64
    }

    /// The same of so many networks that are measured with shared weights.
    pub(super) fn probed(probing: &Probing, networks: usize) -> f64 {
        let all = probing.dataset.validation;
        let validation = if probing.validation == 0 { all } else { probing.validation.min(all) };
        FORWARD * networks as f64 * (probing.statistics + validation) as f64
    }

    /// The same of one look at the validation images that an export is proven on.
    pub(super) fn proven(split: &SplitName) -> f64 {
        FORWARD * split.validation.min(PROVEN) as f64
    }

    /// The same of the test at the end, for each of several trainings.
    pub const fn tested(&self) -> f64 {
        FORWARD * self.examples.test as f64
    }
}
