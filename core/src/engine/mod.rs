//! What needs tensors, as traits: [`Trainer`] and [`Policy`]. The pure side names these only; `torch` implements them,
//! and so do fakes in tests.

mod callback;
mod confusion;
mod failure;
mod inference;
mod memory;
mod precision;
mod speed;
mod zero_cost;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arch::Network;
use crate::dataset::Images;
use crate::digest::Digest;
use crate::seed::Seed;
use crate::space::{Answer, Question, Sketch, Vocabulary};

pub use callback::{Callback, Control, NoCallback, Progress};
pub use confusion::{Confusion, OfClass, TOP_5_FROM, Tested};
pub use failure::{FailureKind, Memory, TaskFailure};
pub use inference::{Inferred, Loadable};
pub use memory::{EVALUATION_BATCH, PEAK, training_bytes};
pub use precision::{Ability, Precision};
pub use speed::{MAX_TRIAL_STEPS, Speed, Trial};
pub use zero_cost::{MINIBATCH, Minibatch, Scores, ZeroCost, ZeroCosts};

/// The libtorch that trainings are made with: the one that the pinned release of tch is for; linking another one fails.
pub const LIBTORCH: &str = "2.11.0";

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augment {
    /// Mirror left and right with probability one half.
    pub flip: bool,
    /// Shift by up to this many pixels in each direction, zeros moving in; 0 for none.
    pub crop: usize,
    /// Side of a square that is set to the mean; 0 for none.
    pub cutout: usize,
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
    /// Seed of initial weights, order and augmentation.
    pub seed: u64,
}

/// The most trainings of one network by one recipe; each has a stream of random numbers of its own.
pub const MAX_REPLICATES: usize = 100;

/// Fields that came later are left out where they change nothing, so that the keys of earlier trainings stay.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

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
}

/// A training to be done.
#[derive(Debug)]
pub struct TrainJob<'a> {
    pub network: &'a Network,
    pub recipe: &'a TrainRecipe,
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

/// Trains and tests networks.
pub trait Trainer {
    fn train(&mut self, job: &TrainJob<'_>, callback: &mut dyn Callback) -> Result<Trained, TaskFailure>;

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
        for later in [TrainRecipe { path_dropout: 0.2, ..recipe }, TrainRecipe { deterministic: true, ..recipe }] {
            assert_ne!(serde_json::to_string(&later).expect("plain data"), EARLIER);
        }
    }
}
