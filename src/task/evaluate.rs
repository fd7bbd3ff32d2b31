//! The tasks that measure: train, reward, final.

use serde::{Deserialize, Serialize};

use super::{DataStore, Engines, Figure, Inputs, Outputs, Setting, SplitName, refused};
use crate::arch::{Architecture, Cost, CostKind, Costs, Network, Shape};
use crate::dataset::{Split, take_share};
use crate::digest::Digest;
use crate::engine::{Metrics, Progress, TaskFailure, TrainJob, TrainRecipe};
use crate::objective::{Constraint, Reward};
use crate::seed::Seed;
use crate::space::SearchSpace;
use crate::strategy::Measured;

pub(super) fn train(
    name: &SplitName,
    recipe: &TrainRecipe,
    keep_weights: bool,
    inputs: &Inputs,
    data: &mut dyn DataStore,
    engines: &mut Engines<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json("candidate")?;
    let images = data.images(name.digest)?;
    let network = build(&architecture, images.shape, images.classes)?;
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

fn build(architecture: &Architecture, shape: Shape, classes: usize) -> Result<Network, TaskFailure> {
    architecture.network(shape, classes).map_err(|malformed| refused(malformed.0))
}

pub(super) fn reward(
    setting: &Setting,
    constraints: &[Constraint],
    inputs: &Inputs,
    data: &mut dyn DataStore,
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json("candidate")?;
    let metrics: Metrics = inputs.json("metrics")?;
    let mut costs: Costs = match setting {
        Setting::Images { shape, classes } => Cost::of(&build(&architecture, *shape, *classes)?).costs(),
        Setting::Cells { shape, classes, last } => match &architecture {
            Architecture::Cells(network) => Cost::of(&build(&network.in_skeleton(*last).into(), *shape, *classes)?).costs(),
            other => return Err(refused(format!("`{}` is no network of cells", other.summary()))),
        },
        Setting::Table { table } => SearchSpace::Table(data.table(*table)?).costs(&architecture).ok_or_else(|| no_row(&architecture))?,
    };
    if inputs.optional("latency").is_some() {
        costs.insert(CostKind::Latency, inputs.json("latency")?);
    }
    let reward = Reward::new(metrics.validation_accuracy, &costs, constraints);
    let mut outputs = Outputs::default();
    outputs.put("measured", &Measured { architecture, costs, validation_accuracy: metrics.validation_accuracy, reward });
    Ok(outputs)
}

pub(super) fn measure(
    (shape, classes): (Shape, usize),
    rejecting: &[Constraint],
    inputs: &Inputs,
    engines: &mut Engines<'_>,
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json("candidate")?;
    let milliseconds = engines.trainer.latency(&build(&architecture, shape, classes)?)?;
    let mut outputs = Outputs::default();
    outputs.put("latency", &milliseconds);
    let costs = Costs::from([(CostKind::Latency, milliseconds)]);
    if !rejecting.iter().any(|constraint| constraint.rejects(&costs)) {
        outputs.put("candidate", &architecture);
    }
    Ok(outputs)
}

fn no_row(architecture: &Architecture) -> TaskFailure {
    refused(format!("the table has no row `{}`", architecture.summary()))
}

pub(super) fn look_up(table: Digest, figure: Figure, inputs: &Inputs, data: &mut dyn DataStore) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json("candidate")?;
    let table = data.table(table)?;
    let row = SearchSpace::Table(table).row(&architecture).ok_or_else(|| no_row(&architecture))?;
    let validation_accuracy = match figure {
        Figure::Search => table.metric(row),
        Figure::Reported => table.reported(row).validation,
    };
    let mut outputs = Outputs::default();
    outputs.put("metrics", &Metrics { validation_accuracy, validation_loss: None, train_loss: Vec::new(), diverged: None });
    Ok(outputs)
}

/// The network a run ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Which of the retrained networks, from 1.
    pub number: usize,
    pub network: Measured,
    /// Share of the test split that is classified right; `None` for a table without such a column.
    pub test_accuracy: Option<f64>,
}

/// The most networks a run may retrain.
pub const MAX_FINAL_NETWORKS: usize = 1_000;

pub(super) fn last(
    (shape, classes): (Shape, usize),
    recipe: &TrainRecipe,
    test: Digest,
    inputs: &Inputs,
    data: &mut dyn DataStore,
    engines: &mut Engines<'_>,
) -> Result<Outputs, TaskFailure> {
    let (number, network) = best(inputs)?;
    let built = build(&network.architecture, shape, classes)?;
    let weights = inputs.bytes(&format!("weights-{number}"))?;
    let images = data.images(test)?;
    let test_accuracy = Some(engines.trainer.evaluate(&built, weights, recipe, test, images)?);
    let mut outputs = Outputs::default();
    outputs.put("verdict", &Verdict { number, network, test_accuracy });
    Ok(outputs)
}

pub(super) fn last_row(table: Digest, inputs: &Inputs, data: &mut dyn DataStore) -> Result<Outputs, TaskFailure> {
    let (number, network) = best(inputs)?;
    let table = data.table(table)?;
    let row = SearchSpace::Table(table).row(&network.architecture).ok_or_else(|| no_row(&network.architecture))?;
    let mut outputs = Outputs::default();
    outputs.put("verdict", &Verdict { number, network, test_accuracy: table.reported(row).test });
    Ok(outputs)
}

/// The retrained network with the best reward, and its number.
fn best(inputs: &Inputs) -> Result<(usize, Measured), TaskFailure> {
    let retrained: Vec<Option<Measured>> = inputs.numbered("measured", MAX_FINAL_NETWORKS)?;
    let best = retrained
        .into_iter()
        .enumerate()
        .filter_map(|(index, measured)| Some((index + 1, measured?)))
        // Ties go to the network that was better in the search.
        .max_by(|(a_number, a), (b_number, b)| a.reward.value.total_cmp(&b.reward.value).then(b_number.cmp(a_number)));
    best.ok_or_else(|| refused("no network was retrained".to_owned()))
}
