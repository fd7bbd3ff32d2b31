//! The spec as written: every field with a default is optional. Editors show the doc comments. Nothing is computed here;
//! `resolve` fills in the defaults.

mod cells;
mod execution;
mod dataset;
mod references;
mod space;
mod strategy;
mod train;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::Size;
use super::span::TimeSpan;
use crate::dataset::Described;
use crate::engine::Metric;

pub use cells::{BlockSpec, BlocksSpec, CellsSpec, SkeletonSpec};
pub use dataset::DatasetSpec;
pub use execution::{BudgetSpec, DivergedPolicySpec, FailedRewardSpec, FailuresSpec, PolicySpec};
pub use references::{ReferencesSpec, ReferencesWord};
pub use space::{
    ChoicesSpec, CostColumnsSpec, DepthSpec, GraphSpec, LayerSpec, LayersSpec, ReportedSpec, SpaceSpec, SplitSpec, StemSpec, TableSpec,
};
pub use strategy::{
    EditorSpec, EnasSpec, EpnasSpec, EvolutionSpec, GateSpec, LocalSearchSpec, PnasSpec, PredictSpec, ReinforceSpec, SharedWeightsSpec,
    StrategySpec, VariantSpec,
};
pub use train::{AugmentSpec, InheritSpec, TrainSpec};

/// A neural architecture search: what may be chosen, under which limits, in which stages, on which data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spec {
    /// Name of the experiment: letters, digits, `-`, `_` and `.`; results go to `results/<name>/`. Renaming reruns nothing.
    pub name: String,
    /// The oldest version of epnas that can read the spec, such as `"0.2"`. An older program reports that it is too old, instead
    /// of reporting unknown keys. Not part of any key.
    pub requires_epnas: Option<String>,
    /// Seed of the search: two seeds are two independent searches. Trainings do not depend on it and are shared. Default: 0.
    pub seed: Option<u64>,
    /// The images to learn from; not needed where the space is a table.
    pub dataset: Option<DatasetSpec>,
    /// Which networks may be chosen. Default: `layers` with its defaults.
    pub space: Option<SpaceSpec>,
    /// Limits on the cost of a network. Default: none.
    pub constraints: Option<ConstraintsSpec>,
    /// Networks written by hand that the search starts from and should beat: `auto`, `none` or a list of families. Each is scaled
    /// to the largest network that keeps all limits except those on `latency` and `measured`, and trained with the settings of the
    /// first stage and of the last. References within the space are starting points of the search. The best reference is trained
    /// at length beside the networks found. Default: `auto`; none for a table and with `strategy: fixed`.
    pub references: Option<ReferencesSpec>,
    /// The metric of the validation split that decides rewards and the choice of the final network. A table has its own,
    /// `space.table.metric`. Default: `accuracy`.
    pub metric: Option<Metric>,
    /// Estimate from each short training the accuracy after the final training, and compute rewards from the estimate: larger
    /// networks learn more slowly and gain more. Default: rewards use the measured accuracies.
    pub extrapolate: Option<ExtrapolateSpec>,
    /// How networks are chosen. Default: `epnas`.
    pub strategy: Option<StrategySpec>,
    /// How predictions choose the proposals to train; strategies without predictions ignore it.
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
    /// Settings of the strategy `enas`; other strategies ignore them.
    pub enas: Option<EnasSpec>,
    /// The progressive stages, in order; networks and trainings grow from stage to stage. Default: three stages, for a
    /// table 100 rounds of one training.
    pub stages: Option<Vec<StageSpec>>,
    /// How networks are trained.
    pub train: Option<TrainSpec>,
    /// The end of the run: the best networks are trained at length, and the best of them is tested.
    #[serde(rename = "final")]
    pub last: Option<FinalSpec>,
    /// Number of rounds that may be sampled before the results of earlier rounds are learned, at most 100. With 1, no slot idles at
    /// the end of a round. Each stage still begins when the previous one is done. Default: 0.
    pub lookahead: Option<usize>,
    /// How often a training saves a checkpoint, so that little is lost when its worker dies. Default: `10m`.
    pub checkpoint: Option<TimeSpan>,
    /// Limits on what the search may use, over all resumptions of the run. Default: no limits.
    pub budget: Option<BudgetSpec>,
    /// How the run handles tasks that fail.
    pub failures: Option<FailuresSpec>,
}

impl Spec {
    /// Whether one given network is trained and nothing is searched: stages are not run.
    pub fn is_fixed(&self) -> bool {
        self.strategy == Some(StrategySpec::Fixed)
    }

    /// The data set; `None` for a table, which has no images, and if the data set is not fully described.
    pub fn described(&self) -> Option<Described> {
        match &self.space {
            Some(SpaceSpec::Table(_)) => None,
            Some(SpaceSpec::Layers(_) | SpaceSpec::Cells(_)) | None => self.dataset.as_ref().and_then(DatasetSpec::described),
        }
    }
}

/// How the log-odds of the accuracy grow whenever the number of passes over the training split grows by the factor e.
/// `epnas study` fits both numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExtrapolateSpec {
    /// The growth for a network of one million multiply–accumulates. Default: 0.2.
    pub passes: Option<f64>,
    /// The additional growth whenever the multiply–accumulates grow by the factor e. Default: 0.025.
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
    /// Milliseconds of one inference at batch size 1. A table has a column for it; otherwise the worker measures it on its device
    /// before the training (median after warm-up; the device is in the key of the measurement).
    pub latency: Option<LimitSpec>,
    /// Costs that commands of your own measure, on devices of your own, such as `{pi4: {max: 12}}`. The section `measures` of the
    /// pools file says how; the bounds are in the unit of its command. A network is measured before its training if the bound
    /// rejects, otherwise beside it.
    pub measured: Option<BTreeMap<String, LimitSpec>>,
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
    /// With `exponent`: the exponent of cost/limit, a factor on the reward; between -10 and 0. Default: -0.07, as in MnasNet.
    pub exponent: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnforcementSpec {
    /// Networks beyond the bound are never trained.
    Reject,
    /// Networks beyond the bound are trained; their reward shrinks with the distance from the bound.
    Penalty,
    /// Every reward is multiplied by a power of cost/limit (MnasNet), within the bound too.
    Exponent,
    /// Networks beyond the bound are trained and rewarded like the others, but are never the result.
    Filter,
}

/// One stage of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageSpec {
    /// Name of the stage; renaming reruns nothing. Default: `stage-1` and so on.
    pub name: Option<String>,
    /// Rounds of sample, predict, train, reward, update. A later stage may have 0: it only trains the networks it starts with,
    /// for longer, so that fewer are carried over (successive halving).
    pub rounds: usize,
    /// Networks proposed in a round, of which a predictor or shared weights choose those that are trained. Strategies without either
    /// propose as many as they train. Default: five times `trainings`.
    pub proposals: Option<usize>,
    /// Networks trained in a round. Default: 1.
    pub trainings: Option<usize>,
    /// Most layers after the stem, or blocks of a cell, in this stage. Default: grows evenly over the stages, up to the depth of
    /// the space.
    pub depth: Option<usize>,
    /// Passes over the examples in each training. Default: 1.
    pub epochs: Option<usize>,
    /// Share of the training split that is used, in (0, 1]. Default: 1.
    pub examples: Option<f64>,
    /// With photographs: rows and columns of the images in this stage, at most `dataset.size`. The images are made from the
    /// prepared ones. Costs are still counted at `dataset.size`. Default: `dataset.size`.
    pub size: Option<usize>,
    /// How many of the best networks are carried over: the next stage starts with them and trains them again at its fidelity. In the
    /// last stage it does nothing. Default: 3, or all if fewer were trained.
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
    /// How many of the best feasible networks are trained at length. The one with the best validation result is tested.
    /// Default: 2; 1 for a table; always 1 with `strategy: fixed`.
    pub networks: Option<usize>,
    /// Passes over the whole training split. Default: 20; 1 for a table.
    pub epochs: Option<usize>,
    /// With `space: cells`: the skeleton of the final networks, such as one with more cells and channels. All constraints bound
    /// the network in this skeleton, during the search too. Default: that of the space, also for each missing value.
    pub skeleton: Option<SkeletonSpec>,
    /// Changes to the recipe for these trainings.
    pub train: Option<TrainSpec>,
}
