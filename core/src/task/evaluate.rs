//! The tasks that train and test networks, or look them up: train, look-up, final.

use serde::{Deserialize, Serialize};

use super::nursery::{inheritance, parent};
use super::{DataStore, Engines, Figure, Inputs, Outputs, Port, SplitName, refused};
use crate::arch::{Architecture, Network, Shape};
use crate::dataset::take_share;
use crate::digest::Digest;
use crate::engine::{Callback, Metric, Metrics, Parent, TaskFailure, Tested, TrainJob, TrainRecipe};
use crate::seed::Seed;
use crate::space::SearchSpace;
use crate::statistics::mean;
use crate::strategy::Measured;

/// What is asked of a training.
pub(super) struct Training<'a> {
    pub dataset: &'a SplitName,
    pub recipe: &'a TrainRecipe,
    pub keep_weights: bool,
    pub replicate: usize,
    pub metric: Metric,
}

impl Training<'_> {
    /// A stream of its own for each replicate.
    fn seed(&self) -> Seed {
        let first = Seed::root(self.recipe.seed).child("train");
        if self.replicate == 1 { first } else { first.child("replicate").nth(self.replicate) }
    }
}

pub(super) fn train(
    training: &Training<'_>,
    inputs: &Inputs,
    data: &mut dyn DataStore,
    engines: &mut Engines<'_>,
    callback: &mut dyn Callback,
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json(Port::Candidate)?;
    let Training { dataset: name, recipe, keep_weights, metric, .. } = *training;
    let images = name.images(data)?;
    let network = build(&architecture, images.shape, images.classes)?;
    let split = name.split(&images.labels)?;
    let job = TrainJob {
        network: &network,
        recipe,
        metric,
        dataset: name.name_of_images(),
        images,
        train: take_share(&split.train, recipe.examples),
        validation: &split.validation,
        seed: training.seed(),
    };
    let trained = match parent(inputs)? {
        None => engines.trainer.train(&job, callback)?,
        Some((ancestor, weights)) => {
            let inheritance = inheritance(&ancestor.architecture, &architecture, (images.shape, images.classes))?;
            engines.trainer.train_from(Parent { inheritance: &inheritance, weights }, &job, callback)?
        }
    };
    let mut outputs = Outputs { environment: trained.environment, ..Outputs::default() };
    outputs.put(Port::Metrics { replicate: 1 }, &trained.metrics);
    if keep_weights {
        outputs.put_bytes(Port::Weights, trained.weights);
    }
    Ok(outputs)
}

pub(super) fn build(architecture: &Architecture, shape: Shape, classes: usize) -> Result<Network, TaskFailure> {
    architecture.network(shape, classes).map_err(|malformed| refused(malformed.0))
}

/// Single values where they say more than their mean.
pub(super) fn several(values: Vec<f64>) -> Vec<f64> {
    if values.len() > 1 { values } else { Vec::new() }
}

pub(super) fn no_row(architecture: &Architecture) -> TaskFailure {
    refused(format!("the table has no row `{}`", architecture.summary()))
}

pub(super) fn look_up(table: Digest, figure: Figure, inputs: &Inputs, data: &mut dyn DataStore) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json(Port::Candidate)?;
    let table = data.table(table)?;
    let row = SearchSpace::Table(table).row(&architecture).ok_or_else(|| no_row(&architecture))?;
    let validation_accuracy = match figure {
        Figure::Search => table.metric(row),
        Figure::Reported => table.reported(row).validation,
    };
    let mut outputs = Outputs::default();
    outputs.put(
        Port::Metrics { replicate: 1 },
        &Metrics { validation_accuracy, validation_loss: None, train_loss: Vec::new(), diverged: None, score: None },
    );
    Ok(outputs)
}

/// The network a run ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinalResult {
    /// Which of the retrained networks, from 1.
    pub number: usize,
    pub network: Measured,
    /// Share of the test split that is classified right, the mean over its trainings; `None` for a table without such a
    /// column.
    pub test_accuracy: Option<f64>,
    /// Of each training that ended, where there are several. The first is that of the weights that are exported: taken by
    /// no figure, so that mean and spread speak for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_accuracies: Vec<f64>,
    /// Share of the test split whose class is among the five likeliest, the mean over its trainings; none with few classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_top_5: Option<f64>,
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
    let images = data.images(test)?;
    let mut test_of = |port: Port| engines.trainer.evaluate(&built, inputs.bytes(port)?, recipe, test, images);
    let tested: Vec<Tested> =
        inputs.replicates(|replicate| Port::WeightsOf { number, replicate }).map(&mut test_of).collect::<Result<_, _>>()?;
    let accuracies: Vec<f64> = tested.iter().map(|tested| tested.confusion.accuracy()).collect();
    let test_top_5 = mean(&tested.iter().filter_map(|tested| tested.top_5).collect::<Vec<_>>());
    let test_accuracy = Some(mean(&accuracies).ok_or_else(|| refused(format!("its input `weights-{number}` is missing")))?);
    let mut outputs = Outputs::default();
    outputs.put(Port::FinalResult, &FinalResult { number, network, test_accuracy, test_accuracies: several(accuracies), test_top_5 });
    // Of the training whose weights are exported.
    if let Some(first) = tested.first() {
        outputs.put(Port::Confusion, &first.confusion);
    }
    Ok(outputs)
}

pub(super) fn last_row(table: Digest, inputs: &Inputs, data: &mut dyn DataStore) -> Result<Outputs, TaskFailure> {
    let (number, network) = best(inputs)?;
    let table = data.table(table)?;
    let row = SearchSpace::Table(table).row(&network.architecture).ok_or_else(|| no_row(&network.architecture))?;
    let mut outputs = Outputs::default();
    let test_accuracy = table.reported(row).test;
    let of_row = FinalResult { number, network, test_accuracy, test_accuracies: Vec::new(), test_top_5: None };
    outputs.put(Port::FinalResult, &of_row);
    Ok(outputs)
}

/// The retrained network with the best reward, and its number: of those within all limits, where one is. What a device
/// measures may differ from what it measured in the search.
fn best(inputs: &Inputs) -> Result<(usize, Measured), TaskFailure> {
    let retrained: Vec<Option<Measured>> = inputs.measured(MAX_FINAL_NETWORKS)?;
    let best = retrained
        .into_iter()
        .enumerate()
        .filter_map(|(index, measured)| Some((index + 1, measured?)))
        // Ties go to the network that was better in the search.
        .max_by(|(a_number, a), (b_number, b)| {
            let worth = a.reward.feasible.cmp(&b.reward.feasible).then(a.reward.value.total_cmp(&b.reward.value));
            worth.then(b_number.cmp(a_number))
        });
    best.ok_or_else(|| refused("no network was retrained".to_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::dataset::Images;
    use crate::table::Table;

    /// A store without any data.
    pub struct NoData;

    impl DataStore for NoData {
        fn images(&mut self, _: Digest) -> Result<&Images, TaskFailure> {
            Err(refused("no data".to_owned()))
        }

        fn smaller(&mut self, _: Digest, _: usize) -> Result<&Images, TaskFailure> {
            Err(refused("no data".to_owned()))
        }

        fn table(&mut self, _: Digest) -> Result<&Table, TaskFailure> {
            Err(refused("no data".to_owned()))
        }
    }

    #[test]
    fn every_replicate_has_a_stream_of_its_own() {
        let recipe = serde_json::from_str(RECIPE).expect("a recipe");
        let dataset =
            SplitName { digest: Digest::of(crate::digest::Domain::Dataset, b""), validation: 10, seed: 0, last: false, size: None };
        let seed =
            |replicate| Training { dataset: &dataset, recipe: &recipe, keep_weights: false, replicate, metric: Metric::Accuracy }.seed();
        assert_eq!(seed(1), Seed::root(7).child("train"));
        assert!(seed(2) != seed(1) && seed(3) != seed(2));
    }

    #[test]
    fn of_the_networks_at_the_end_the_best_within_all_limits_is_taken() {
        let measured = |value: f64, feasible| {
            let text = format!(
                r#"{{"architecture":{{"row":["a"]}},"costs":{{}},"validation_accuracy":{value},"reward":{{"value":{value},"feasible":{feasible}}}}}"#
            );
            text.into_bytes()
        };
        let best_of = |all: &[(f64, bool)]| {
            let ports = (1..)
                .zip(all)
                .map(|(number, &(value, feasible))| (Port::MeasuredOf(number).name().into_owned(), measured(value, feasible)));
            best(&Inputs(ports.collect())).expect("one of them").0
        };
        assert_eq!(best_of(&[(0.9, false), (0.7, true), (0.8, true), (0.8, true)]), 3);
        assert_eq!(best_of(&[(0.7, false), (0.9, false)]), 2, "within no limit, the best");
    }

    const RECIPE: &str = r#"{"epochs":1,"examples":1.0,"batch_size":128,"optimizer":"sgd","learning_rate":0.1,"momentum":0.9,"weight_decay":0.0005,"schedule":"one-cycle","warmup":0.2,"augment":{"flip":true,"crop":0,"cutout":0},"label_smoothing":0.0,"ema":0.0,"precision":"auto","seed":7}"#;
}
