//! The spec as written: every field optional that has a default. Its doc comments are what editors show.
//! Nothing is computed here; `resolve` fills in the defaults.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::Size;
use crate::arch::OperationKind;
use crate::dataset::DatasetKind;
use crate::engine::{Optimizer, Precision, Schedule};
use crate::strategy::Rejected;

/// A neural architecture search: what may be chosen, under which limits, in which stages, on which data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spec {
    /// Name of the experiment: letters, digits, `-`, `_` and `.`; results go to `results/<name>/`. Renaming reruns nothing.
    pub name: String,
    /// Seed of the search: two seeds are two independent searches. Trainings do not depend on it and are shared. Default: 0.
    pub seed: Option<u64>,
    /// The images to learn from.
    pub dataset: DatasetSpec,
    /// Which networks may be chosen. Default: `layers` with its defaults.
    pub space: Option<SpaceSpec>,
    /// Limits on the cost of a network. Default: none.
    pub constraints: Option<ConstraintsSpec>,
    /// How networks are chosen. Default: `epnas`.
    pub strategy: Option<StrategySpec>,
    /// Settings of the strategy `epnas`; other strategies ignore them.
    pub epnas: Option<EpnasSpec>,
    /// The progressive stages, in order; networks and trainings grow from stage to stage. Default: three stages.
    pub stages: Option<Vec<StageSpec>>,
    /// How networks are trained.
    pub train: Option<TrainSpec>,
    /// The end of the run: the best networks trained at length, the best of them tested.
    #[serde(rename = "final")]
    pub last: Option<FinalSpec>,
}

/// The images to learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DatasetSpec {
    /// Which data set.
    pub name: DatasetKind,
    /// Folder that holds its files. Default: the usual places of the data set. Not part of any key: the content counts.
    pub path: Option<PathBuf>,
    /// Number of training examples kept apart for validation, balanced over the classes. Default: a tenth.
    pub validation: Option<Size>,
    /// Seed of the split into training and validation. Default: 0.
    pub split_seed: Option<u64>,
}

/// Which networks may be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SpaceSpec {
    /// Whole networks, layer by layer, with skip connections.
    Layers(LayersSpec),
}

/// The space of whole networks: a stem, then layers, each with an operation and optionally a skip connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LayersSpec {
    /// The first layer, a convolution, the same in every network.
    pub stem: Option<StemSpec>,
    /// What a layer may compute. Default: all.
    pub operations: Option<Vec<OperationKind>>,
    /// Window sizes, odd. Default: 3 and 5.
    pub kernels: Option<Vec<usize>>,
    /// Output channels. Default: 16, 24, 32, 48, 64.
    pub channels: Option<Vec<usize>>,
    /// Strides. Default: 1 and 2.
    pub strides: Option<Vec<usize>>,
    /// Widths of inverted bottlenecks, as multiples of their input channels. Default: 2 and 4.
    pub expansions: Option<Vec<usize>>,
    /// Whether a layer may add the output of an earlier one to its input. Default: true.
    pub skips: Option<bool>,
    /// Number of layers after the stem.
    pub depth: Option<DepthSpec>,
    /// The smallest height and width a network may come down to before the classifier. Default: 3.
    pub min_resolution: Option<usize>,
    /// The network that the search starts from, layer by layer after the stem. Default: one small convolution.
    pub start: Option<Vec<LayerSpec>>,
}

/// The first layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StemSpec {
    /// Window size. Default: 3.
    pub kernel: Option<usize>,
    /// Output channels. Default: 16.
    pub channels: Option<usize>,
    /// Stride. Default: 1.
    pub stride: Option<usize>,
}

/// Bounds on the number of layers after the stem.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DepthSpec {
    /// The fewest layers. Default: 1.
    pub min: Option<usize>,
    /// The most layers. Default: 8.
    pub max: Option<usize>,
}

/// One layer of a given network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LayerSpec {
    /// What it computes.
    pub operation: OperationKind,
    /// Window size. Default: 3.
    pub kernel: Option<usize>,
    /// Output channels; required except for pools, which keep those of their input.
    pub channels: Option<usize>,
    /// Stride. Default: 1.
    pub stride: Option<usize>,
    /// Width of an inverted bottleneck, as a multiple of its input channels; required there.
    pub expansion: Option<usize>,
    /// An earlier layer whose output is added to the input: 0 is the stem, 1 the first layer after it. Default: none.
    pub skip: Option<usize>,
}

/// Limits on the cost of a network at batch size 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConstraintsSpec {
    /// Trainable parameters.
    pub params: Option<LimitSpec>,
    /// Multiply–accumulates of convolutions and linear layers.
    pub macs: Option<LimitSpec>,
    /// Floating-point operations, 2 × macs.
    pub flops: Option<LimitSpec>,
    /// Floating-point operations per byte moved (weights and activations as 32-bit floats).
    pub intensity: Option<LimitSpec>,
    /// Peak bytes of activations during inference, as 32-bit floats.
    pub activations: Option<LimitSpec>,
}

/// A bound from above, from below or both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LimitSpec {
    /// The largest value allowed, such as `100k` or `12M`.
    pub max: Option<Size>,
    /// The smallest value allowed.
    pub min: Option<Size>,
    /// What happens to networks beyond the bound. Default: `reject`.
    pub enforcement: Option<EnforcementSpec>,
    /// With `penalty`: the factor on the reward of a network at twice a maximum (or half a minimum), in (0, 1). Default: 0.5.
    pub penalty_base: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnforcementSpec {
    /// They are never trained.
    Reject,
    /// They are trained, and their reward shrinks with the distance from the bound.
    Penalty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrategySpec {
    /// A REINFORCE policy edits the best networks so far; its value head predicts which edits are worth training.
    Epnas,
    /// Networks drawn uniformly, decision by decision, under the same constraints and budget.
    Random,
}

/// Settings of the strategy `epnas`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EpnasSpec {
    /// Edits a lane makes, one after another, before its network is proposed. Default: 3.
    pub edits: Option<usize>,
    /// How many of the best networks so far the lanes start from. Default: 4.
    pub parents: Option<usize>,
    /// Share of the trained proposals that is chosen at random instead of by prediction. Default: 0.2.
    pub random_share: Option<f64>,
    /// What the policy learns from proposals that a constraint rejects. Default: `ignore`.
    pub rejected: Option<Rejected>,
    /// Width of the policy's LSTM. Default: 48.
    pub hidden: Option<usize>,
    /// Learning rate of the policy. Default: 0.003.
    pub learning_rate: Option<f64>,
    /// Weight of the entropy in the policy's loss. Default: 0.02.
    pub entropy: Option<f64>,
    /// Learning steps of the value head at each update. Default: 60.
    pub value_steps: Option<usize>,
}

/// One stage of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageSpec {
    /// Name for people; renaming reruns nothing. Default: `stage-1` and so on.
    pub name: Option<String>,
    /// Rounds of sample, predict, train, reward, update.
    pub rounds: usize,
    /// Networks proposed in a round. Default: five times `trainings`.
    pub proposals: Option<usize>,
    /// Networks trained in a round.
    pub trainings: usize,
    /// The most layers after the stem in this stage. Default: the space's, growing evenly over the stages.
    pub depth: Option<usize>,
    /// Passes over the examples in each training. Default: 1.
    pub epochs: Option<usize>,
    /// Share of the training split that is used, in (0, 1]. Default: 1.
    pub examples: Option<f64>,
    /// Networks carried over: how many of the best of this stage the next one starts with, trained again at its
    /// fidelity. Default: 3, or all where fewer were trained.
    pub carry: Option<usize>,
    /// Changes to the recipe for this stage.
    pub train: Option<TrainSpec>,
}

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
    /// Numbers used for forward and backward passes. Default: `auto`.
    pub precision: Option<Precision>,
    /// Seed of initial weights, order and augmentation. Default: 0.
    pub seed: Option<u64>,
}

/// Random changes of the training images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AugmentSpec {
    /// Mirror left and right. Default: true, false for `mnist`.
    pub flip: Option<bool>,
    /// Shift by up to this many pixels. Default: 0 for grey images, 4 for colour.
    pub crop: Option<usize>,
    /// Side of a square that is blotted out; 0 for none. Default: 0.
    pub cutout: Option<usize>,
}

/// The end of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FinalSpec {
    /// How many of the best feasible networks are trained at length; the best of them on the validation split is tested. Default: 2.
    pub networks: Option<usize>,
    /// Passes over the whole training split. Default: 20.
    pub epochs: Option<usize>,
    /// Changes to the recipe for these trainings.
    pub train: Option<TrainSpec>,
}
