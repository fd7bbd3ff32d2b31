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
    /// How the learning rate moves. Default: `one-cycle`.
    pub schedule: Option<Schedule>,
    /// Share of the steps during which the learning rate rises, in [0, 1). Default: 0.2.
    pub warmup: Option<f64>,
    /// Random changes of the training images.
    pub augment: Option<AugmentSpec>,
    /// Share of the target spread over all classes, in [0, 1). Default: 0.
    pub label_smoothing: Option<f64>,
    /// Decay per step of the moving average of the weights that is evaluated and kept, in [0, 1); 0 for none. Default: 0.
    pub ema: Option<f64>,
    /// Weight of the loss of a second classifier in cell networks, before the last reduction; 0 for none. Default: 0.
    pub auxiliary: Option<f64>,
    /// Probability, at the end of training, that a branch of a cell is dropped, in [0, 1). Default: 0.
    pub path_dropout: Option<f64>,
    /// Numbers used for forward and backward passes. Default: `auto`.
    pub precision: Option<Precision>,
    /// Only algorithms that give equal results each time, on a GPU too, where it costs time; a processor uses no others.
    /// Default: false.
    pub deterministic: Option<bool>,
    /// How much the images of each class count in the loss, by how many of them are learned from. Default: `none`.
    pub class_weights: Option<ClassWeights>,
    /// Seed of initial weights, order and augmentation. Default: 0.
    pub seed: Option<u64>,
    /// How often each network is trained, every time with a seed of its own (1 to 100): rewards are of the mean accuracy,
    /// and the spread is told. The first training is the one without replicates, so more of them only add. Default: 1.
    pub replicates: Option<usize>,
}

/// Random changes of the training images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AugmentSpec {
    /// Mirror left and right. Default: true for published data sets but `mnist`, false for images of your own, whose mirror
    /// images may be of another class.
    pub flip: Option<bool>,
    /// Shift by up to this many pixels. Default: 0 for grey images, 4 for colour, an eighth of the size for photographs, and 0
    /// with `resized-crop`.
    pub crop: Option<usize>,
    /// Side of a square that is blotted out; 0 for none. Default: 0.
    pub cutout: Option<usize>,
    /// Cut out a part, a share of the area between this one and all, with sides of 3:4 to 4:3, and bring it to the full size;
    /// 0 for none. 0.08 is usual for large networks, 0.25 for small ones. Default: 0.
    pub resized_crop: Option<f64>,
    /// Change one property of each image by a strength, both drawn evenly: TrivialAugment (Müller & Hutter 2021), the wide
    /// variant. Default: false.
    pub trivial_augment: Option<bool>,
    /// Mix each image, and its loss, with another by a share from Beta(α, α) for this α up to 1: mixup (Zhang et al. 2018); 0
    /// for none. Default: 0.
    pub mixup: Option<f64>,
}
