//! The kinds of task of a search: what each depends on ([`Task`], what is hashed) and what it computes ([`run`]).
//! Pure: inputs are bytes, outputs are bytes. Where they come from and go to is `cache`'s and `run`'s.

mod artifacts;
mod evaluate;
mod kind;
mod measure;
mod nursery;
mod port;
mod reward;
mod score;
mod search;
mod shared;
mod shared_memory;
mod split_name;
mod state_cache;
mod steering;
mod world;

use serde::{Deserialize, Serialize};

use crate::arch::cells::Skeleton;
use crate::arch::{Architecture, MeasureName, Shape};
use crate::digest::Digest;
use crate::engine::{Callback, Metric, PolicyParameters, TaskFailure, TrainRecipe};
use crate::objective::{Constraint, Extrapolation};
use crate::seed::Seed;
use crate::space::Problem;
use crate::strategy::{EnasParameters, Strategy};
use steering::Steering;

pub use artifacts::{Inputs, Outputs};
pub use evaluate::{FinalResult, MAX_FINAL_NETWORKS};
pub use kind::TaskKind;
pub use port::Port;
pub use shared::Probing;
pub use shared_memory::SharedSize;
pub use split_name::SplitName;
pub use state_cache::StateCache;
pub use world::{DataStore, Engines, World};

/// The parameters of a task: with the digests of its inputs they are its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Task {
    /// Proposes networks. In: `state`, `policy`, `pending-B-N`, `measured-N`. Out: `proposals`; `candidate-N` where nothing is left to choose.
    Sample(Sample),
    /// Trains weights that networks share, along paths that a controller draws, or that are drawn uniformly. In: `policy`,
    /// `shared`, `momentum`. Out: `shared`, `momentum`, `loss`.
    Share {
        problem: Problem,
        /// Of the controller, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<PolicyParameters>,
        dataset: SplitName,
        recipe: TrainRecipe,
        seed: Seed,
    },
    /// Teaches the controller by what its networks reach with shared weights. In: `shared`, `policy`, `controller`. Out:
    /// `policy`, `controller`.
    Steer { problem: Problem, parameters: EnasParameters, probing: Probing, seed: Seed },
    /// Chooses which proposals are trained. In: `state`, `policy`, `proposals`, `shared`, `shared-N`. Out: `selection`, `candidate-N`.
    Predict {
        problem: Problem,
        strategy: Strategy,
        count: usize,
        seed: Seed,
        /// Where the images come from that networks are scored with, if any are; from their training split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minibatch: Option<SplitName>,
        /// How the proposals are measured with shared weights, where there are any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probing: Option<Probing>,
    },
    /// Measures how long one inference takes. In: `candidate`. Out: `latency`, and `candidate` again unless a bound in
    /// `rejecting` keeps it out of training.
    Measure { setting: CostBasis, rejecting: Vec<Constraint>, device: String },
    /// Measures a cost on a device of the user's. The command that does it is not known here; its `version` stands for it.
    /// In: `candidate`. Out: `measured.NAME`.
    MeasureOn { setting: CostBasis, name: MeasureName, version: u32 },
    /// Keeps networks from training whose costs a bound rejects: apart from their measurement, so that other bounds measure
    /// nothing again. In: `candidate`, `measured.NAME`. Out: `candidate` again, unless a bound rejects it.
    Admit { rejecting: Vec<Constraint> },
    /// Keeps the weights of the best networks, for others to begin with. In: `nursery`, `state`, `measured-N`, `weights-N`. Out:
    /// `nursery`.
    Keep {
        /// That each training of the round has made.
        passes: f64,
        /// Networks of the round.
        count: usize,
    },
    /// Finds the network whose weights one begins with. In: `candidate`, `nursery`. Out: `parent` and `age`, if there is one.
    Inherit { shape: Shape, classes: usize },
    /// Trains a network and measures it on the validation split. In: `candidate`, `parent`. Out: `metrics`, `weights` if kept.
    /// `replicate` is its number among the trainings of the network, from 1. The first is the training as it is without
    /// others; it is left out there, so that keys stay.
    Train {
        dataset: SplitName,
        recipe: TrainRecipe,
        keep_weights: bool,
        #[serde(default = "first", skip_serializing_if = "is_first")]
        replicate: usize,
        /// What the search goes by; left out where it is the accuracy.
        #[serde(default, skip_serializing_if = "Metric::is_accuracy")]
        metric: Metric,
    },
    /// Training as a look-up: what a table says of a network. In: `candidate`. Out: `metrics`.
    LookUp { table: Digest, figure: Figure },
    /// Weighs accuracy against constraints. In: `candidate`, `metrics`, `metrics-rN`, `latency`, `measured.NAME`,
    /// `age`. Out: `measured`.
    Reward {
        setting: CostBasis,
        constraints: Vec<Constraint>,
        /// How the accuracy of the final training is guessed; left out where the measured one counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extrapolation: Option<Extrapolation>,
    },
    /// Learns from a round. In: `state`, `policy`, `proposals`, `selection`, `measured-N`. Out: `state`, `policy`, `report`.
    Update { problem: Problem, strategy: Strategy, stage: usize, seed: Seed },
    /// Picks the best retrained network by validation and tests it: the only task that can name the test split.
    /// In: `measured-N`, `weights-N`, `weights-N-rN`. Out: `final-result`.
    Final { shape: Shape, classes: usize, recipe: TrainRecipe, test: Digest },
    /// The same for a table, whose test column no other task reads. In: `measured-N`. Out: `final-result`.
    FinalRow { table: Digest },
}

const fn first() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_first(replicate: &usize) -> bool {
    *replicate == 1
}

/// The name of what belongs to one of several trainings of a network: `stem` for the first, `stem-r2` for the second.
pub fn of_replicate(stem: &str, replicate: usize) -> String {
    if is_first(&replicate) { stem.to_owned() } else { format!("{stem}-r{replicate}") }
}

/// What the costs of a network are computed for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CostBasis {
    Images {
        shape: Shape,
        classes: usize,
    },
    /// Those of its cell in this skeleton, whatever it was trained in.
    Cells {
        shape: Shape,
        classes: usize,
        last: Skeleton,
    },
    Table {
        table: Digest,
    },
}

/// Which figure of a table a look-up gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// What the search learns from.
    Search,
    /// What is told of the networks a run ends with.
    Reported,
}

/// Where the networks of a sample task come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub problem: Problem,
    pub from: SampleSource,
    pub count: usize,
    /// Networks that come behind those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<Architecture>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a task has one, and most are of the large variant")]
pub enum SampleSource {
    /// The networks the search starts from.
    Start { networks: Vec<Architecture> },
    /// The best of the stage before.
    Carried,
    /// The best feasible ones of the whole search, as they are trained at length. One place is kept for the best of the
    /// references that are read.
    BestFeasible,
    /// The strategy.
    Strategy { strategy: Strategy, rejecting: Vec<Constraint>, seed: Seed },
}

impl Task {
    pub const fn kind(&self) -> TaskKind {
        match self {
            Self::Share { .. } => TaskKind::Share,
            Self::Steer { .. } => TaskKind::Steer,
            Self::Sample(_) => TaskKind::Sample,
            Self::Predict { .. } => TaskKind::Predict,
            Self::Measure { .. } | Self::MeasureOn { .. } | Self::Admit { .. } => TaskKind::Measure,
            Self::Keep { .. } | Self::Inherit { .. } => TaskKind::Inherit,
            Self::Train { .. } | Self::LookUp { .. } => TaskKind::Train,
            Self::Reward { .. } => TaskKind::Reward,
            Self::Update { .. } => TaskKind::Update,
            Self::Final { .. } | Self::FinalRow { .. } => TaskKind::Final,
        }
    }

    /// Passes over the training split that it makes: of a training, or of a stretch of shared weights.
    pub fn passes(&self) -> f64 {
        match self {
            Self::Train { recipe, .. } | Self::Share { recipe, .. } => recipe.passes(),
            _ => 0.0,
        }
    }

    /// Whether it computes with tensors, so that only a worker can run it.
    pub fn needs_tensors(&self) -> bool {
        match self {
            Self::Predict { strategy, probing, .. } => {
                strategy.edits_with_tensors() || !strategy.zero_cost().is_empty() || probing.is_some()
            }
            Self::Sample(Sample { from: SampleSource::Strategy { strategy, .. }, .. }) => {
                strategy.edits_with_tensors() || strategy.decider().is_some()
            }
            Self::Update { strategy, .. } => strategy.edits_with_tensors(),
            Self::Share { .. } | Self::Steer { .. } | Self::Measure { .. } | Self::Train { .. } | Self::Final { .. } => true,
            Self::Sample(_)
            | Self::MeasureOn { .. }
            | Self::Admit { .. }
            | Self::Keep { .. }
            | Self::Inherit { .. }
            | Self::LookUp { .. }
            | Self::Reward { .. }
            | Self::FinalRow { .. } => false,
        }
    }

    /// The measure that it needs, so that only the device of that measure can run it.
    pub const fn measure(&self) -> Option<MeasureName> {
        match self {
            Self::MeasureOn { name, .. } => Some(*name),
            _ => None,
        }
    }
}

fn refused(message: String) -> TaskFailure {
    TaskFailure::Refused { message }
}

/// An input or the data are not what the task was planned with.
fn unreadable(message: String) -> TaskFailure {
    TaskFailure::Unreadable { message }
}

/// Runs a task.
pub fn run(task: &Task, inputs: &Inputs, world: World<'_>, callback: &mut dyn Callback) -> Result<Outputs, TaskFailure> {
    match task {
        Task::Sample(task) => search::sample(task, inputs, world),
        Task::Share { problem, policy, dataset, recipe, seed } => {
            shared::share(&shared::Stretch { problem, policy: policy.as_ref(), dataset, recipe, seed: *seed }, inputs, world, callback)
        }
        Task::Steer { problem, parameters, probing, seed } => shared::steer((problem, parameters, probing), *seed, inputs, world, callback),
        Task::Predict { problem, strategy, count, seed, minibatch, probing } => {
            let steering = Steering { problem, strategy, seed: *seed };
            search::predict(&steering, *count, (minibatch.as_ref(), probing.as_ref()), inputs, world)
        }
        Task::Update { problem, strategy, stage, seed } => {
            search::update(&Steering { problem, strategy, seed: *seed }, *stage, inputs, world)
        }
        Task::Reward { setting, constraints, extrapolation } => {
            reward::reward(setting, (constraints, extrapolation.as_ref()), inputs, world.data)
        }
        Task::Measure { setting, rejecting, .. } => measure::latency(setting, rejecting, inputs, &mut with_tensors(world.engines)?),
        Task::MeasureOn { setting, name, .. } => measure::on_device(setting, *name, inputs, world.meter),
        Task::Keep { passes, count } => nursery::keep(*passes, *count, inputs),
        Task::Inherit { shape, classes } => nursery::inherit((*shape, *classes), inputs),
        Task::Admit { rejecting } => measure::admit(rejecting, inputs),
        Task::LookUp { table, figure } => evaluate::look_up(*table, *figure, inputs, world.data),
        Task::FinalRow { table } => evaluate::last_row(*table, inputs, world.data),
        Task::Train { dataset, recipe, keep_weights, replicate, metric } => {
            let (keep_weights, replicate, metric) = (*keep_weights, *replicate, *metric);
            let training = evaluate::Training { dataset, recipe, keep_weights, replicate, metric };
            evaluate::train(&training, inputs, world.data, &mut with_tensors(world.engines)?, callback)
        }
        Task::Final { shape, classes, recipe, test } => {
            evaluate::last((*shape, *classes), recipe, *test, inputs, world.data, &mut with_tensors(world.engines)?)
        }
    }
}

fn with_tensors(engines: Option<Engines<'_>>) -> Result<Engines<'_>, TaskFailure> {
    engines.ok_or_else(without_tensors)
}

fn without_tensors() -> TaskFailure {
    refused("it needs a worker with tensors".to_owned())
}

#[cfg(test)]
mod golden;
