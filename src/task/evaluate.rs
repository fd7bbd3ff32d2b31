//! The tasks that measure: train, reward, final.

use serde::{Deserialize, Serialize};

use super::{Engines, Inputs, Outputs, SplitName, refused};
use crate::arch::{Architecture, Cost, Network};
use crate::dataset::{Split, take_share};
use crate::digest::Digest;
use crate::engine::{Metrics, Progress, TaskFailure, TrainJob, TrainRecipe};
use crate::objective::{Constraint, Reward};
use crate::seed::Seed;
use crate::space::Limits;
use crate::strategy::Measured;

pub(super) fn train(
    name: &SplitName,
    recipe: &TrainRecipe,
    keep_weights: bool,
    inputs: &Inputs,
    engines: &mut Engines<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json("candidate")?;
    let images = engines.images.images(name.digest)?;
    let network = build(&architecture, Limits { image: images.shape, classes: images.classes, depth: 0 })?;
    let split = Split::new(&images.labels, name.validation, name.seed).map_err(|error| refused(error.to_string()))?;
    let job = TrainJob {
        network: &network,
        recipe,
        dataset: name.digest,
        images,
        train: take_share(&split.train, recipe.examples),
        validation: &split.validation,
        seed: Seed::root(recipe.seed).child("train"),
    };
    let trained = engines.trainer.train(&job, progress)?;
    let mut outputs = Outputs { environment: trained.environment, ..Outputs::default() };
    outputs.put("metrics", &trained.metrics);
    if keep_weights {
        outputs.blobs.insert("weights".to_owned(), trained.weights);
    }
    Ok(outputs)
}

fn build(architecture: &Architecture, limits: Limits) -> Result<Network, TaskFailure> {
    Network::new(architecture, limits.image, limits.classes).map_err(|malformed| refused(malformed.0))
}

pub(super) fn reward(limits: Limits, constraints: &[Constraint], inputs: &Inputs) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json("candidate")?;
    let metrics: Metrics = inputs.json("metrics")?;
    let cost = Cost::of(&build(&architecture, limits)?);
    let reward = Reward::new(metrics.validation_accuracy, &cost, constraints);
    let mut outputs = Outputs::default();
    outputs.put("measured", &Measured { architecture, cost, validation_accuracy: metrics.validation_accuracy, reward });
    Ok(outputs)
}

/// The network a run ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Which of the retrained networks, from 1.
    pub number: usize,
    pub network: Measured,
    /// Share of the test split that is classified right.
    pub test_accuracy: f64,
}

/// The most networks a run may retrain.
pub const MAX_FINAL_NETWORKS: usize = 1_000;

pub(super) fn last(
    limits: Limits,
    recipe: &TrainRecipe,
    test: Digest,
    inputs: &Inputs,
    engines: &mut Engines<'_>,
) -> Result<Outputs, TaskFailure> {
    let retrained: Vec<Option<Measured>> = inputs.numbered("measured", MAX_FINAL_NETWORKS)?;
    let best = retrained
        .into_iter()
        .enumerate()
        .filter_map(|(index, measured)| Some((index + 1, measured?)))
        // Ties go to the network that was better in the search.
        .max_by(|(a_number, a), (b_number, b)| a.reward.value.total_cmp(&b.reward.value).then(b_number.cmp(a_number)));
    let (number, network) = best.ok_or_else(|| refused("no network was retrained".to_owned()))?;
    let built = build(&network.architecture, limits)?;
    let weights = inputs.bytes(&format!("weights-{number}"))?;
    let images = engines.images.images(test)?;
    let test_accuracy = engines.trainer.evaluate(&built, weights, recipe, test, images)?;
    let mut outputs = Outputs::default();
    outputs.put("verdict", &Verdict { number, network, test_accuracy });
    Ok(outputs)
}
