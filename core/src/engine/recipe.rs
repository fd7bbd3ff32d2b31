//! How a network is trained: all that a training does to weights and images.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClassWeights, Precision};

/// How the learning rate moves over a training, as a share of its peak; `t` runs from 0 to 1, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Linear warm-up to the peak, then linear to zero.
    OneCycle,
    /// Linear warm-up to the peak, then a half cosine to zero.
    Cosine,
    /// Linear warm-up, then the peak to the end.
    Constant,
}

impl Schedule {
    /// The share of the peak learning rate at time `t` in [0, 1), with `warmup` the share of the steps that rise.
    pub fn factor(self, t: f64, warmup: f64) -> f64 {
        if t < warmup {
            return t / warmup;
        }
        let rest = (t - warmup) / (1.0 - warmup).max(f64::MIN_POSITIVE);
        match self {
            Self::OneCycle => 1.0 - rest,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * rest).cos()),
            Self::Constant => 1.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Stochastic gradient descent with Nesterov momentum.
    Sgd,
    /// Adam with decoupled weight decay; `momentum` is its first coefficient, the second is 0.999.
    Adamw,
}

/// Random changes of the training images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augment {
    /// Mirror left and right with probability one half.
    pub flip: bool,
    /// Shift by up to this many pixels in each direction, zeros moving in; 0 for none.
    pub crop: usize,
    /// Side of a square that is set to the mean; 0 for none.
    pub cutout: usize,
    /// The smallest share of an image that is cut out and brought to the full size; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resized_crop: f64,
    /// Change one property of each image by a strength, both at random (TrivialAugment).
    #[serde(default, skip_serializing_if = "is_false")]
    pub trivial: bool,
    /// α of the distribution that says how much of another image is mixed in; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mixup: f64,
}

impl Augment {
    /// Images as they are.
    pub const NONE: Self = Self { flip: false, crop: 0, cutout: 0, resized_crop: 0.0, trivial: false, mixup: 0.0 };
}

/// How a network is trained. Everything here is part of the key of a training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainRecipe {
    /// Passes over the examples.
    pub epochs: usize,
    /// The share of the training split that is used, in (0, 1].
    pub examples: f64,
    pub batch_size: usize,
    pub optimizer: Optimizer,
    /// Peak learning rate.
    pub learning_rate: f64,
    pub momentum: f64,
    /// Not applied to biases and normalisation.
    pub weight_decay: f64,
    pub schedule: Schedule,
    /// Share of the steps during which the learning rate rises.
    pub warmup: f64,
    pub augment: Augment,
    /// Share of the target that is spread over all classes.
    pub label_smoothing: f64,
    /// Decay per step of the moving average of the weights that is evaluated and kept; 0 for none.
    pub ema: f64,
    pub precision: Precision,
    /// Weight of the loss of a second classifier in the middle of networks made of cells; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub auxiliary: f64,
    /// Share of the branches in cells that are dropped at the end of the training, rising from 0 step by step.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub path_dropout: f64,
    /// Whether only algorithms are used that give equal results each time, for which a GPU takes longer. A processor
    /// knows no others.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deterministic: bool,
    /// How much the images of each class count in the loss.
    #[serde(default, skip_serializing_if = "ClassWeights::is_none")]
    pub class_weights: ClassWeights,
    /// Seed of initial weights, order and augmentation.
    pub seed: u64,
}

impl TrainRecipe {
    /// Over the whole training split.
    pub fn passes(&self) -> f64 {
        self.epochs as f64 * self.examples
    }
}

/// The most trainings of one network by one recipe; each has a stream of random numbers of its own.
pub const MAX_REPLICATES: usize = 100;

/// Fields that came later are left out where they change nothing, so that the keys of earlier trainings stay.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(crate) fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recipe as it was stored, and hashed, before there were cells.
    const EARLIER: &str = r#"{"epochs":1,"examples":1.0,"batch_size":128,"optimizer":"sgd","learning_rate":0.1,"momentum":0.9,"weight_decay":0.0005,"schedule":"one-cycle","warmup":0.2,"augment":{"flip":true,"crop":0,"cutout":0},"label_smoothing":0.0,"ema":0.0,"precision":"auto","seed":0}"#;

    #[test]
    fn later_fields_leave_earlier_keys_alone() {
        let recipe: TrainRecipe = serde_json::from_str(EARLIER).expect("an earlier recipe");
        assert_eq!((recipe.auxiliary, recipe.path_dropout, recipe.deterministic), (0.0, 0.0, false));
        assert_eq!(serde_json::to_string(&recipe).expect("plain data"), EARLIER);
        for later in [
            TrainRecipe { path_dropout: 0.2, ..recipe },
            TrainRecipe { deterministic: true, ..recipe },
            TrainRecipe { class_weights: ClassWeights::Inverse, ..recipe },
            TrainRecipe { augment: Augment { trivial: true, ..recipe.augment }, ..recipe },
        ] {
            assert_ne!(serde_json::to_string(&later).expect("plain data"), EARLIER);
        }
    }
}
