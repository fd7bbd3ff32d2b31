//! Training recipes, with nothing implied.

use super::Final;
use crate::dataset::{DatasetKind, Described};
use crate::engine::{Augment, Optimizer, Precision, Schedule, TrainRecipe};
use crate::spec::schema::{AugmentSpec, FinalSpec, InheritSpec, StageSpec, TrainSpec};

/// What all recipes of a spec share. In a table nothing is trained, and no key holds a recipe.
pub(super) struct Recipes {
    pub train: TrainSpec,
    /// `None` for a table.
    pub images: Option<Described>,
}

impl Recipes {
    pub(super) fn stage(&self, stage: &StageSpec) -> TrainRecipe {
        let layers = [Some(&self.train), stage.train.as_ref()];
        let (epochs, examples) = (stage.epochs.unwrap_or(1), stage.examples.unwrap_or(1.0));
        recipe(&layers, self.images.as_ref(), self.size(stage), epochs, examples)
    }

    /// Rows and columns of the images of a stage, where they are made smaller.
    pub(super) fn size(&self, stage: &StageSpec) -> Option<usize> {
        let full = self.images.as_ref()?.photos.as_ref()?.size;
        stage.size.filter(|size| *size < full)
    }

    /// How often a network is trained, by the changes that a stage makes. A table has one figure for each network.
    pub(super) fn replicates(&self, own: Option<&TrainSpec>) -> usize {
        let given = own.and_then(|own| own.replicates).or(self.train.replicates);
        given.filter(|_| self.images.is_some()).unwrap_or(1)
    }

    /// Whether a network begins with weights of another one. In a table there are none.
    pub(super) fn inherits(&self, own: Option<&TrainSpec>) -> bool {
        let given = own.and_then(|own| own.inherit).or(self.train.inherit);
        self.images.is_some() && given == Some(InheritSpec::Parent)
    }

    pub(super) fn last(&self, given: &FinalSpec) -> Final {
        let (networks, epochs) = if self.images.is_some() { (2, 20) } else { (1, 1) };
        Final {
            networks: given.networks.unwrap_or(networks),
            replicates: self.replicates(given.train.as_ref()),
            recipe: recipe(&[Some(&self.train), given.train.as_ref()], self.images.as_ref(), None, given.epochs.unwrap_or(epochs), 1.0),
        }
    }
}

/// Examples kept apart for validation where the spec does not say.
pub const fn default_validation(kind: DatasetKind) -> usize {
    kind.examples().train / 10
}

/// A recipe from layers of settings, the later ones stronger.
fn recipe(layers: &[Option<&TrainSpec>], images: Option<&Described>, size: Option<usize>, epochs: usize, examples: f64) -> TrainRecipe {
    fn last<T>(layers: &[Option<&TrainSpec>], field: impl Fn(&TrainSpec) -> Option<T>) -> Option<T> {
        layers.iter().rev().flatten().find_map(|layer| field(layer))
    }
    fn augment<T>(layers: &[Option<&TrainSpec>], field: impl Fn(&AugmentSpec) -> Option<T>) -> Option<T> {
        last(layers, |layer| layer.augment.as_ref().and_then(&field))
    }
    let optimizer = last(layers, |layer| layer.optimizer).unwrap_or(Optimizer::Sgd);
    let (learning_rate, weight_decay) = match optimizer {
        Optimizer::Sgd => (0.1, 5e-4),
        Optimizer::Adamw => (3e-3, 1e-2),
    };
    let colour = images.is_some_and(|images| images.shape.channels > 1);
    let resized_crop = augment(layers, |augment| augment.resized_crop).unwrap_or(0.0);
    let crop = match images {
        _ if resized_crop > 0.0 => 0,
        // Whether they are grey is known once they are looked at.
        Some(Described { photos: Some(photos), .. }) => size.unwrap_or(photos.size) / 8,
        _ if colour => 4,
        _ => 0,
    };
    // Nobody knows whether the mirror image of a user's own image is of the same class.
    let mirrored = images.is_none_or(|images| images.published.is_some_and(DatasetKind::is_mirrored));
    TrainRecipe {
        epochs,
        examples,
        batch_size: last(layers, |layer| layer.batch_size).unwrap_or(128),
        optimizer,
        learning_rate: last(layers, |layer| layer.learning_rate).unwrap_or(learning_rate),
        momentum: last(layers, |layer| layer.momentum).unwrap_or(0.9),
        weight_decay: last(layers, |layer| layer.weight_decay).unwrap_or(weight_decay),
        schedule: last(layers, |layer| layer.schedule).unwrap_or(Schedule::OneCycle),
        warmup: last(layers, |layer| layer.warmup).unwrap_or(0.2),
        augment: Augment {
            flip: augment(layers, |augment| augment.flip).unwrap_or(mirrored),
            crop: augment(layers, |augment| augment.crop).unwrap_or(crop),
            cutout: augment(layers, |augment| augment.cutout).unwrap_or(0),
            resized_crop,
            trivial: augment(layers, |augment| augment.trivial_augment).unwrap_or(false),
            mixup: augment(layers, |augment| augment.mixup).unwrap_or(0.0),
        },
        label_smoothing: last(layers, |layer| layer.label_smoothing).unwrap_or(0.0),
        ema: last(layers, |layer| layer.ema).unwrap_or(0.0),
        auxiliary: last(layers, |layer| layer.auxiliary).unwrap_or(0.0),
        path_dropout: last(layers, |layer| layer.path_dropout).unwrap_or(0.0),
        precision: last(layers, |layer| layer.precision).unwrap_or(Precision::Auto),
        deterministic: last(layers, |layer| layer.deterministic).unwrap_or(false),
        class_weights: last(layers, |layer| layer.class_weights).unwrap_or_default(),
        seed: last(layers, |layer| layer.seed).unwrap_or(0),
    }
}
