//! What needs tensors, as traits: [`Trainer`] and [`Policy`]. The pure side names these only; `torch` implements them,
//! and so do fakes in tests.

mod callback;
mod class_weights;
mod confusion;
mod failure;
mod inference;
mod memory;
mod metric;
mod parent;
mod precision;
mod recipe;
mod shared;
mod speed;
mod zero_cost;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arch::{Network, PlacedNetwork};
use crate::dataset::Images;
use crate::digest::Digest;
use crate::seed::Seed;
use crate::space::{Answer, Question, Sketch, Vocabulary};

pub use callback::{Callback, Control, NoCallback, Progress};
pub use class_weights::ClassWeights;
pub use confusion::{Confusion, OfClass, TOP_5_FROM, Tested};
pub use failure::{FailureKind, Memory, NoMeasurement, TaskFailure};
pub use inference::{Inferred, Loadable};
pub use memory::{EVALUATION_BATCH, PEAK, training_bytes};
pub use metric::Metric;
pub use parent::Parent;
pub use precision::{Ability, Precision};
pub(crate) use recipe::is_zero;
pub use recipe::{Augment, MAX_REPLICATES, Optimizer, Schedule, TrainRecipe};
pub use shared::{ProbeJob, ShareJob, Shared, SharedBytes};
pub use speed::{MAX_TRIAL_STEPS, Speed, Trial};
pub use zero_cost::{MINIBATCH, Minibatch, Score, Scores, ZeroCost, ZeroCosts};

/// The libtorch that trainings are made with: the one that the pinned release of tch is for; linking another one fails.
pub const LIBTORCH: &str = "2.11.0";

/// What a training gave. Two runs of one task give equal metrics on one kind of device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Share of the validation split that is classified right.
    pub validation_accuracy: f64,
    /// Mean cross-entropy on the validation split, in nats; not known of a row of a table.
    pub validation_loss: Option<f64>,
    /// Mean training loss of each epoch.
    pub train_loss: Vec<f64>,
    /// The epoch, from 0, in which a loss stopped being a number; the accuracy is 0 then. Never told by an engine, for which
    /// that is a [`TaskFailure::Diverged`]: by what stands in for such a training in the search, and by earlier results.
    pub diverged: Option<usize>,
    /// What the search goes by, of the validation split, where that is not the accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

impl Metrics {
    /// What the search goes by.
    pub fn score(&self) -> f64 {
        self.score.unwrap_or(self.validation_accuracy)
    }
}

/// A training to be done.
#[derive(Debug)]
pub struct TrainJob<'a> {
    pub network: &'a Network,
    pub recipe: &'a TrainRecipe,
    /// What the search goes by.
    pub metric: Metric,
    /// Names the images, so that an engine can keep them on its device.
    pub dataset: Digest,
    pub images: &'a Images,
    /// Examples to learn from, already cut to the recipe's share.
    pub train: &'a [u32],
    pub validation: &'a [u32],
    pub seed: Seed,
}

/// A trained network.
#[derive(Debug)]
pub struct Trained {
    pub metrics: Metrics,
    /// safetensors; names are `node.<index>.<parameter>` with indices into [`Network::nodes`].
    pub weights: Vec<u8>,
    /// What it was computed with: device, precision, threads. Recorded, never hashed.
    pub environment: BTreeMap<String, String>,
}

/// Measures a cost of networks on a device of the user's. Weights do not matter.
pub trait Meter {
    /// The cost, 0 or more, in the unit of the device; and what it was measured with, recorded and never hashed.
    fn measure(&mut self, network: &Network) -> Result<(f64, BTreeMap<String, String>), TaskFailure>;
}

/// Trains and tests networks.
pub trait Trainer {
    fn train(&mut self, job: &TrainJob<'_>, callback: &mut dyn Callback) -> Result<Trained, TaskFailure>;

    /// The same, beginning with what the network takes over from another one.
    fn train_from(&mut self, _parent: Parent<'_>, _job: &TrainJob<'_>, _callback: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        Err(TaskFailure::Refused { message: "this engine takes over no weights".to_owned() })
    }

    /// Milliseconds of one inference at batch size 1 on the worker's device, weights drawn from a fixed seed: the median
    /// after warm-up.
    fn latency(&mut self, network: &Network) -> Result<f64, TaskFailure>;

    /// [`ZeroCost::Synflow`] with weights drawn from a fixed seed; always finite.
    fn synflow(&mut self, network: &Network) -> Result<f64, TaskFailure>;
    /// [`ZeroCost::Naswot`] with weights drawn from a fixed seed; always finite.
    fn naswot(&mut self, network: &Network, minibatch: &Minibatch<'_>) -> Result<f64, TaskFailure>;

    /// What a network with trained weights says of all of `images`, in the recipe's precision.
    fn evaluate(
        &mut self,
        network: &Network,
        weights: &[u8],
        recipe: &TrainRecipe,
        dataset: Digest,
        images: &Images,
    ) -> Result<Tested, TaskFailure>;

    /// Times `steps` steps of a training of `network` after some to warm up, see [`Trial`].
    fn speed(&mut self, network: &Network, recipe: &TrainRecipe, warm_up: usize, steps: usize) -> Result<Speed, TaskFailure>;

    /// Trains weights that networks share.
    fn share(&mut self, _job: &ShareJob<'_>, _callback: &mut dyn Callback) -> Result<Shared, TaskFailure> {
        Err(TaskFailure::Refused { message: "this engine shares no weights".to_owned() })
    }

    /// The metric of each network with shared weights, on all validation examples.
    fn probe(&mut self, _job: &ProbeJob<'_>, _networks: &[PlacedNetwork]) -> Result<Vec<f64>, TaskFailure> {
        Err(TaskFailure::Refused { message: "this engine shares no weights".to_owned() })
    }

    /// What a network gives for all of `images`, in 32 bits. No task of a search asks for it.
    fn infer(&mut self, _network: Loadable<'_>, _images: &Images) -> Result<Inferred, TaskFailure> {
        Err(TaskFailure::Refused { message: "this engine gives no logits".to_owned() })
    }
}

/// One edit: the network it started from, and the answers that made it.
#[derive(Clone, Debug)]
pub struct Step {
    pub network: Sketch,
    pub answers: Vec<Answer>,
}

/// A lane of edits and what came of it.
#[derive(Clone, Debug)]
pub struct Episode {
    pub steps: Vec<Step>,
    /// Reward minus baseline, scaled.
    pub advantage: f64,
}

/// A network with a measured target for the value head.
#[derive(Clone, Debug)]
pub struct Observation {
    pub network: Sketch,
    pub target: f64,
}

/// What a policy learns from.
#[derive(Debug)]
pub struct Lesson {
    pub episodes: Vec<Episode>,
    pub observations: Vec<Observation>,
    pub seed: Seed,
}

/// Figures of an update, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyReport {
    /// Mean entropy of the answers, as a share of that of uniform ones; `None` where nothing was chosen.
    pub entropy: Option<f64>,
    /// Mean squared error of the value head on its observations, after learning; `None` without one, and of none.
    pub value_error: Option<f64>,
}

/// Size and learning of the policy network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyParameters {
    /// Width of the LSTM.
    pub hidden: usize,
    /// Adam's learning rate for the policy heads.
    pub learning_rate: f64,
    /// Weight of the entropy in the policy loss.
    pub entropy: f64,
    /// Passes over all observations at each update of the value head.
    pub value_steps: usize,
    /// Largest absolute value of a logit, which is this times the hyperbolic tangent of what the network gives; 0 for no bound.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bound: f64,
    /// Whether Adam goes without a moving average of the gradients, its first coefficient being 0.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_momentum: bool,
}

/// A policy that edits networks, with a value head that predicts rewards.
pub trait Policy {
    /// Probability of every option of `question`; illegal ones have zero.
    fn probabilities(&mut self, network: &Sketch, question: &Question) -> Vec<f64>;

    /// Predicted targets.
    fn values(&mut self, networks: &[Sketch]) -> Vec<f64>;

    fn learn(&mut self, lesson: &Lesson) -> PolicyReport;

    /// Weights and optimiser state, safetensors.
    fn save(&self) -> Vec<u8>;
}

/// Makes policies.
pub trait Policies {
    /// A fresh policy with weights drawn from `seed`, or the one that [`Policy::save`] wrote.
    fn policy(
        &mut self,
        vocabulary: &Vocabulary,
        parameters: &PolicyParameters,
        seed: Seed,
        saved: Option<&[u8]>,
    ) -> Result<Box<dyn Policy>, TaskFailure>;
}
