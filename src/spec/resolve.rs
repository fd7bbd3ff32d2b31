//! The spec with nothing implied: every default filled in, every set sorted, every size a number.
//! Two specs that mean the same resolve to equal values; what is hashed later comes from here.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::schema::{
    AugmentSpec, ConstraintsSpec, EnforcementSpec, EpnasSpec, FinalSpec, LayerSpec, LayersSpec, LimitSpec, SpaceSpec, Spec, StageSpec,
    StrategySpec, TrainSpec,
};
use crate::arch::{Architecture, Layer, Operation, OperationKind};
use crate::dataset::DatasetKind;
use crate::engine::{Augment, Optimizer, PolicyParameters, Precision, Schedule, TrainRecipe};
use crate::objective::{Constraint, CostKind, Enforcement, Side};
use crate::space::{LayerSpace, Limits};
use crate::strategy::{EpnasParameters, Rejected, Strategy};

/// A spec, resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSpec {
    /// For people and for the results folder; in no key.
    pub name: String,
    pub seed: u64,
    pub dataset: Dataset,
    pub space: LayerSpace,
    /// The most layers after the stem, over all stages.
    pub max_depth: usize,
    /// Canonical.
    pub start: Architecture,
    /// Sorted by cost and side.
    pub constraints: Vec<Constraint>,
    pub strategy: Strategy,
    pub stages: Vec<Stage>,
    pub last: Final,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    pub kind: DatasetKind,
    /// In no key.
    pub path: Option<PathBuf>,
    /// Examples of the validation split.
    pub validation: usize,
    pub split_seed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// In no key.
    pub name: String,
    pub rounds: usize,
    pub proposals: usize,
    pub trainings: usize,
    /// The most layers after the stem.
    pub depth: usize,
    /// Networks the next stage starts with.
    pub carry: usize,
    pub recipe: TrainRecipe,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Final {
    pub networks: usize,
    pub recipe: TrainRecipe,
}

impl ResolvedSpec {
    /// Fills in every default of a spec that `check` passed.
    pub fn new(spec: &Spec) -> Self {
        let kind = spec.dataset.name;
        let SpaceSpec::Layers(layers) = spec.space.clone().unwrap_or_else(|| SpaceSpec::Layers(LayersSpec::default()));
        let space = resolve_space(&layers);
        let max_depth = layers.depth.as_ref().and_then(|depth| depth.max).unwrap_or(8);
        let start = resolve_start(&layers, &space);
        let train = spec.train.clone().unwrap_or_default();
        let stages = resolve_stages(spec.stages.as_deref(), &train, kind, max_depth, space.min_depth);
        Self {
            name: spec.name.clone(),
            seed: spec.seed.unwrap_or(0),
            dataset: Dataset {
                kind,
                path: spec.dataset.path.clone(),
                validation: spec.dataset.validation.map_or(default_validation(kind), |size| size.0 as usize),
                split_seed: spec.dataset.split_seed.unwrap_or(0),
            },
            space,
            max_depth,
            start,
            constraints: resolve_constraints(&spec.constraints.clone().unwrap_or_default()),
            strategy: resolve_strategy(spec),
            stages,
            last: resolve_final(&spec.last.clone().unwrap_or_default(), &train, kind),
        }
    }

    /// What every network of the search must fit.
    pub fn limits(&self) -> Limits {
        Limits { image: self.dataset.kind.shape(), classes: self.dataset.kind.classes(), depth: self.max_depth }
    }
}

/// A set: sorted, without duplicates.
fn set<T: Ord + Clone>(given: Option<&Vec<T>>, default: &[T]) -> Vec<T> {
    let mut values = given.map_or_else(|| default.to_vec(), Clone::clone);
    values.sort();
    values.dedup();
    values
}

fn resolve_space(layers: &LayersSpec) -> LayerSpace {
    let stem = layers.stem.clone().unwrap_or_default();
    LayerSpace {
        stem: Operation::Convolution {
            kernel: stem.kernel.unwrap_or(3),
            channels: stem.channels.unwrap_or(16),
            stride: stem.stride.unwrap_or(1),
        },
        operations: set(layers.operations.as_ref(), &OperationKind::ALL),
        kernels: set(layers.kernels.as_ref(), &[3, 5]),
        channels: set(layers.channels.as_ref(), &[16, 24, 32, 48, 64]),
        strides: set(layers.strides.as_ref(), &[1, 2]),
        expansions: set(layers.expansions.as_ref(), &[2, 4]),
        skips: layers.skips.unwrap_or(true),
        min_depth: layers.depth.as_ref().and_then(|depth| depth.min).unwrap_or(1),
        min_resolution: layers.min_resolution.unwrap_or(3),
    }
}

/// The given start network, or one of `min_depth` cheap layers: the first operation with the smallest choices.
fn resolve_start(layers: &LayersSpec, space: &LayerSpace) -> Architecture {
    let mut network = vec![Layer { operation: space.stem, sources: vec![] }];
    if let Some(given) = &layers.start {
        for (index, layer) in given.iter().enumerate() {
            let sources = std::iter::once(index).chain(layer.skip).collect();
            network.push(Layer { operation: given_operation(layer), sources });
        }
    } else {
        let first = |choices: &[usize]| choices.first().copied().unwrap_or(1);
        for index in 0..space.min_depth {
            let kind = space.operations.first().copied().unwrap_or(OperationKind::Convolution);
            let operation = kind.with(first(&space.kernels), first(&space.channels), first(&space.strides), first(&space.expansions));
            network.push(Layer { operation, sources: vec![index] });
        }
    }
    Architecture { layers: network }.canonical()
}

fn given_operation(layer: &LayerSpec) -> Operation {
    layer.operation.with(layer.kernel.unwrap_or(3), layer.channels.unwrap_or(0), layer.stride.unwrap_or(1), layer.expansion.unwrap_or(0))
}

/// The limits by their cost, as written.
pub fn limits_by_cost(constraints: &ConstraintsSpec) -> Vec<(CostKind, &LimitSpec)> {
    let limit = |kind| match kind {
        CostKind::Params => constraints.params.as_ref(),
        CostKind::Macs => constraints.macs.as_ref(),
        CostKind::Flops => constraints.flops.as_ref(),
        CostKind::Intensity => constraints.intensity.as_ref(),
        CostKind::Activations => constraints.activations.as_ref(),
    };
    CostKind::ALL.into_iter().filter_map(|kind| limit(kind).map(|limit| (kind, limit))).collect()
}

fn resolve_constraints(spec: &ConstraintsSpec) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    for (cost, limit) in limits_by_cost(spec) {
        let enforcement = match limit.enforcement.unwrap_or(EnforcementSpec::Reject) {
            EnforcementSpec::Reject => Enforcement::Reject,
            EnforcementSpec::Penalty => Enforcement::Penalty { base: limit.penalty_base.unwrap_or(0.5) },
        };
        for (side, bound) in [(Side::Max, limit.max), (Side::Min, limit.min)] {
            constraints.extend(bound.map(|bound| Constraint { cost, side, limit: bound.0, enforcement }));
        }
    }
    constraints
}

fn resolve_strategy(spec: &Spec) -> Strategy {
    let given: EpnasSpec = spec.epnas.clone().unwrap_or_default();
    match spec.strategy.unwrap_or(StrategySpec::Epnas) {
        StrategySpec::Random => Strategy::Random,
        StrategySpec::Epnas => Strategy::Epnas(EpnasParameters {
            edits: given.edits.unwrap_or(3),
            parents: given.parents.unwrap_or(4),
            random_share: given.random_share.unwrap_or(0.2),
            rejected: given.rejected.unwrap_or(Rejected::Ignore),
            policy: PolicyParameters {
                hidden: given.hidden.unwrap_or(48),
                learning_rate: given.learning_rate.unwrap_or(0.003),
                entropy: given.entropy.unwrap_or(0.02),
                value_steps: given.value_steps.unwrap_or(60),
            },
        }),
    }
}

fn resolve_stages(given: Option<&[StageSpec]>, train: &TrainSpec, kind: DatasetKind, max_depth: usize, min_depth: usize) -> Vec<Stage> {
    let default = default_stages();
    let stages = given.unwrap_or(&default);
    let depths = stage_depths(stages, max_depth, min_depth);
    // How many networks a stage starts with: the start network, later those carried over.
    let mut begins_with = 1;
    let mut resolved = Vec::with_capacity(stages.len());
    for (index, (stage, depth)) in stages.iter().zip(depths).enumerate() {
        let carry =
            stage.carry.unwrap_or_else(|| DEFAULT_CARRY.min(stage.rounds.saturating_mul(stage.trainings).saturating_add(begins_with)));
        begins_with = carry;
        resolved.push(Stage {
            name: stage.name.clone().unwrap_or_else(|| format!("stage-{}", index + 1)),
            rounds: stage.rounds,
            proposals: stage.proposals.unwrap_or(stage.trainings.saturating_mul(5)),
            trainings: stage.trainings,
            depth,
            carry,
            recipe: resolve_recipe(&[Some(train), stage.train.as_ref()], kind, stage.epochs.unwrap_or(1), stage.examples.unwrap_or(1.0)),
        });
    }
    resolved
}

/// Networks carried over, where a stage trains as many.
pub const DEFAULT_CARRY: usize = 3;

/// The stages of a spec that names none.
pub fn default_stages() -> Vec<StageSpec> {
    [(4, 8, 0.1), (3, 6, 0.25), (2, 4, 1.0)]
        .into_iter()
        .map(|(rounds, trainings, examples)| StageSpec {
            name: None,
            rounds,
            proposals: None,
            trainings,
            depth: None,
            epochs: None,
            examples: Some(examples),
            carry: None,
            train: None,
        })
        .collect()
}

/// The most layers of each stage: as given, or growing evenly to the space's.
pub fn stage_depths(stages: &[StageSpec], max_depth: usize, min_depth: usize) -> Vec<usize> {
    let grown = |index: usize| max_depth.saturating_mul(index + 1).div_ceil(stages.len()).max(min_depth);
    stages.iter().enumerate().map(|(index, stage)| stage.depth.unwrap_or_else(|| grown(index))).collect()
}

/// Examples kept apart for validation where the spec does not say.
pub const fn default_validation(kind: DatasetKind) -> usize {
    kind.training_examples() / 10
}

fn resolve_final(given: &FinalSpec, train: &TrainSpec, kind: DatasetKind) -> Final {
    Final {
        networks: given.networks.unwrap_or(2),
        recipe: resolve_recipe(&[Some(train), given.train.as_ref()], kind, given.epochs.unwrap_or(20), 1.0),
    }
}

/// A recipe from layers of settings, the later ones stronger.
fn resolve_recipe(layers: &[Option<&TrainSpec>], kind: DatasetKind, epochs: usize, examples: f64) -> TrainRecipe {
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
    let colour = kind.shape().channels > 1;
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
            flip: augment(layers, |augment| augment.flip).unwrap_or(kind != DatasetKind::Mnist),
            crop: augment(layers, |augment| augment.crop).unwrap_or(if colour { 4 } else { 0 }),
            cutout: augment(layers, |augment| augment.cutout).unwrap_or(0),
        },
        label_smoothing: last(layers, |layer| layer.label_smoothing).unwrap_or(0.0),
        ema: last(layers, |layer| layer.ema).unwrap_or(0.0),
        precision: last(layers, |layer| layer.precision).unwrap_or(Precision::Auto),
        seed: last(layers, |layer| layer.seed).unwrap_or(0),
    }
}
