//! The spec as written: every field optional that has a default. Its doc comments are what editors show.
//! Nothing is computed here; `resolve` fills in the defaults.

mod cells;
mod execution;
mod dataset;
mod references;
mod space;
mod strategy;
mod train;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::Size;
use super::span::TimeSpan;
use crate::dataset::Described;
use crate::engine::Metric;

pub use cells::{BlockSpec, BlocksSpec, CellsSpec, SkeletonSpec};
pub use dataset::DatasetSpec;
pub use execution::{BudgetSpec, FailedRewardSpec, FailuresSpec, PolicySpec};
pub use references::{ReferencesSpec, ReferencesWord};
pub use space::{
    ChoicesSpec, CostColumnsSpec, DepthSpec, GraphSpec, LayerSpec, LayersSpec, ReportedSpec, SpaceSpec, SplitSpec, StemSpec, TableSpec,
};
pub use strategy::{
    EditorSpec, EpnasSpec, EvolutionSpec, GateSpec, LocalSearchSpec, PnasSpec, PredictSpec, ReinforceSpec, StrategySpec, VariantSpec,
};
pub use train::{AugmentSpec, TrainSpec};

/// A neural architecture search: what may be chosen, under which limits, in which stages, on which data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spec {
    /// Name of the experiment: letters, digits, `-`, `_` and `.`; results go to `results/<name>/`. Renaming reruns nothing.
    pub name: String,
    /// The oldest epnas that the spec is for, such as `"0.2"`: an older one says so, instead of complaining about what it
    /// does not know. In no key.
    pub requires_epnas: Option<String>,
    /// Seed of the search: two seeds are two independent searches. Trainings do not depend on it and are shared. Default: 0.
    pub seed: Option<u64>,
    /// The images to learn from; not needed where the space is a table.
    pub dataset: Option<DatasetSpec>,
    /// Which networks may be chosen. Default: `layers` with its defaults.
    pub space: Option<SpaceSpec>,
    /// Limits on the cost of a network. Default: none.
    pub constraints: Option<ConstraintsSpec>,
    /// Networks written by hand that the search starts from and has to beat: `auto`, `none` or a list of families. Each is
    /// scaled to the largest network that keeps all limits and trained like the first stage. Those that the space holds
    /// seed the search, and the best is trained at length beside the networks found. Default: `auto`; none in a table
    /// and with `strategy: fixed`.
    pub references: Option<ReferencesSpec>,
    /// What rewards are made of, so what the search and the choice of the final network go by, of the validation split. A
    /// table has its own, `space.table.metric`. Default: `accuracy`.
    pub metric: Option<Metric>,
    /// Guess from each short training what the final one would reach, and search by that: larger networks learn more
    /// slowly and gain more. Default: what short trainings measured counts.
    pub extrapolate: Option<ExtrapolateSpec>,
    /// How networks are chosen. Default: `epnas`.
    pub strategy: Option<StrategySpec>,
    /// How it is predicted which proposals are worth training; strategies that do not predict ignore it.
    pub predict: Option<PredictSpec>,
    /// Settings of the strategy `epnas`; other strategies ignore them.
    pub epnas: Option<EpnasSpec>,
    /// Settings of the strategy `pnas`; other strategies ignore them.
    pub pnas: Option<PnasSpec>,
    /// Settings of the strategy `regularized-evolution`; other strategies ignore them.
    pub regularized_evolution: Option<EvolutionSpec>,
    /// Settings of the strategy `local-search`; other strategies ignore them.
    pub local_search: Option<LocalSearchSpec>,
    /// Settings of the strategy `reinforce`; other strategies ignore them.
    pub reinforce: Option<ReinforceSpec>,
    /// The progressive stages, in order; networks and trainings grow from stage to stage. Default: three stages, for a
    /// table 100 rounds of one training.
    pub stages: Option<Vec<StageSpec>>,
    /// How networks are trained.
    pub train: Option<TrainSpec>,
    /// The end of the run: the best networks trained at length, the best of them tested.
    #[serde(rename = "final")]
    pub last: Option<FinalSpec>,
    /// How many rounds sampling may run ahead of learning: with 1, a round is sampled when the round before the last has
    /// been learned, so that no slot idles at the end of a round. Each stage still begins when the one before it is done.
    /// Default: 0.
    pub lookahead: Option<usize>,
    /// How often a training is saved on its way, so that little is lost when its worker dies. Default: `10m`.
    pub checkpoint: Option<TimeSpan>,
    /// What the run may use up, over all its resumptions. Default: no limits.
    pub budget: Option<BudgetSpec>,
    /// What is done about tasks that fail.
    pub failures: Option<FailuresSpec>,
}

impl Spec {
    /// The data set; `None` in a table, where there are no images, and where it is not fully described.
    pub fn described(&self) -> Option<Described> {
        match &self.space {
            Some(SpaceSpec::Table(_)) => None,
            Some(SpaceSpec::Layers(_) | SpaceSpec::Cells(_)) | None => self.dataset.as_ref().and_then(DatasetSpec::described),
        }
    }
}

/// How the log-odds of being right grow with each e-fold of passes over the training split. `epnas study` fits both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExtrapolateSpec {
    /// The growth of a network of one million multiply–accumulates. Default: 0.2.
    pub passes: Option<f64>,
    /// What each e-fold of multiply–accumulates adds. Default: 0.025.
    pub macs: Option<f64>,
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
    /// Milliseconds of one inference at batch size 1: from the column of a table, else measured by the worker on its
    /// device before the training (median after warm-up; the device is in the key of the measurement).
    pub latency: Option<LimitSpec>,
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
    /// With `exponent`: the power of cost/limit on the reward, below 0. Default: -0.07, that of MnasNet.
    pub exponent: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnforcementSpec {
    /// They are never trained.
    Reject,
    /// They are trained, and their reward shrinks with the distance from the bound.
    Penalty,
    /// Every reward is multiplied by a power of cost/limit (MnasNet), on both sides of the bound.
    Exponent,
    /// They are trained and rewarded like the others, and are never the result.
    Filter,
}

/// One stage of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageSpec {
    /// Name for people; renaming reruns nothing. Default: `stage-1` and so on.
    pub name: Option<String>,
    /// Rounds of sample, predict, train, reward, update. A later stage may have 0: it only trains again what it starts
    /// with, for longer, so that fewer go on (successive halving).
    pub rounds: usize,
    /// Networks proposed in a round. Default: five times `trainings`.
    pub proposals: Option<usize>,
    /// Networks trained in a round. Default: 1.
    pub trainings: Option<usize>,
    /// The most layers after the stem, or blocks of a cell, in this stage. Default: the space's, growing evenly over the
    /// stages.
    pub depth: Option<usize>,
    /// Passes over the examples in each training. Default: 1.
    pub epochs: Option<usize>,
    /// Share of the training split that is used, in (0, 1]. Default: 1.
    pub examples: Option<f64>,
    /// With photographs: rows and columns of the images in the trainings of this stage, at most `dataset.size`. They are made
    /// from the prepared images. Costs stay those of `dataset.size`. Default: `dataset.size`.
    pub size: Option<usize>,
    /// Networks carried over: how many of the best of this stage the next one starts with, trained again at its
    /// fidelity. Default: 3, or all where fewer were trained.
    pub carry: Option<usize>,
    /// Changes to the recipe for this stage.
    pub train: Option<TrainSpec>,
}

impl StageSpec {
    /// Networks trained in a round.
    pub fn trained(&self) -> usize {
        self.trainings.unwrap_or(1)
    }
}

/// The end of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FinalSpec {
    /// How many of the best feasible networks are trained at length; the best of them on the validation split is tested. Default: 2.
    pub networks: Option<usize>,
    /// Passes over the whole training split. Default: 20.
    pub epochs: Option<usize>,
    /// With `space: cells`: the skeleton that the cells found are put into, such as one with more cells and channels.
    /// All constraints bound the network in this skeleton, during the search too. Default: that of the space, also for
    /// each value that is not given.
    pub skeleton: Option<SkeletonSpec>,
    /// Changes to the recipe for these trainings.
    pub train: Option<TrainSpec>,
}
