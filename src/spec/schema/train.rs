//! The section `train`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{ClassWeights, Optimizer, Precision, Schedule};

/// How a network is trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrainSpec {
    /// Examples in a batch. Default: 128.
    pub batch_size: Option<usize>,
    /// How weights are updated. Default: `sgd`.
    pub optimizer: Option<Optimizer>,
    /// Peak learning rate. Default: 0.1 for `sgd`, 0.003 for `adamw`.
    pub learning_rate: Option<f64>,
    /// Momentum (the first coefficient of `adamw`), in [0, 1). Default: 0.9.
    pub momentum: Option<f64>,
    /// Weight decay; not applied to biases and normalisation. Default: 0.0005 for `sgd`, 0.01 for `adamw`.
    pub weight_decay: Option<f64>,
    /// How the learning rate changes during a training. Default: `one-cycle`.
    pub schedule: Option<Schedule>,
    /// Share of the steps during which the learning rate rises, in [0, 1). Default: 0.2.
    pub warmup: Option<f64>,
    /// Random changes of the training images.
    pub augment: Option<AugmentSpec>,
    /// Share of the target that is spread over all classes, in [0, 1). Default: 0.
    pub label_smoothing: Option<f64>,
    /// Decay per step of a moving average of the weights, in [0, 1). The average is evaluated and saved instead of the weights; 0
    /// for none. Default: 0.
    pub ema: Option<f64>,
    /// In networks of cells: weight of the loss of a second classifier before the last reduction; 0 for none. Default: 0.
    pub auxiliary: Option<f64>,
    /// Probability, at the end of training, that a branch of a cell is dropped, in [0, 1). Default: 0.
    pub path_dropout: Option<f64>,
    /// Number format of forward and backward passes. Default: `auto`.
    pub precision: Option<Precision>,
    /// Use only algorithms that give equal results each time. This slows down GPUs; CPUs always use such algorithms. Default:
    /// false.
    pub deterministic: Option<bool>,
    /// Weights of the classes in the loss, computed from their numbers of training images; the loss is the weighted mean of each
    /// batch. Default: `none`.
    pub class_weights: Option<ClassWeights>,
    /// What a training in a stage begins with. Final trainings always begin with new weights. Default: `none`.
    pub inherit: Option<InheritSpec>,
    /// Seed of the initial weights, the order of images and the augmentation. Default: 0.
    pub seed: Option<u64>,
    /// How often each network is trained, each time with another seed (1 to 100). Rewards use the mean accuracy, and the spread
    /// is reported. The first replicate is the training without replicates, so a larger number only adds trainings. Default: 1.
    pub replicates: Option<usize>,
}

/// What a training begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InheritSpec {
    /// New weights.
    None,
    /// The weights of the most similar of the best networks so far, as far as they fit.
    Parent,
}

/// Random changes of the training images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AugmentSpec {
    /// Mirror left and right. Default: true for published data sets except `mnist`, false for your own images, whose mirror
    /// images may belong to another class.
    pub flip: Option<bool>,
    /// Shift by up to this many pixels. Default: 0 for grey images, 4 for colour, an eighth of the size for photographs, and 0
    /// with `resized-crop`.
    pub crop: Option<usize>,
    /// Side of a square that is masked at a random place; 0 for none. Default: 0.
    pub cutout: Option<usize>,
    /// Crop a random part and resize it to the full size. The part covers a share of the area between this value and 1, with
    /// sides of 3:4 to 4:3; 0 for none. 0.08 is usual for large networks, 0.25 for small ones. Default: 0.
    pub resized_crop: Option<f64>,
    /// Change one property of each image by some strength, both drawn uniformly: TrivialAugment (Müller & Hutter 2021), the wide
    /// variant. Default: false.
    pub trivial_augment: Option<bool>,
    /// Mix each image and its loss with those of another image, by a share drawn from Beta(α, α): mixup (Zhang et al. 2018). This
    /// value is α, at most 1; 0 for none. Default: 0.
    pub mixup: Option<f64>,
}
