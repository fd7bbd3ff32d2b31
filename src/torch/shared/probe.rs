//! What networks reach with shared weights.

use tch::{Kind, Tensor};

use super::super::augment;
use super::super::blob::refused;
use super::super::data::{Normalizer, Statistics};
use super::super::evaluation::tested;
use super::super::loader::{Loader, indices};
use super::super::model::{Model, Pass};
use super::store::Store;
use epnas::arch::{Group, PlacedNetwork};
use epnas::engine::{EVALUATION_BATCH, ProbeJob, TaskFailure};

/// The metric of each network. Its normalisations take mean and variance from the training images of the job, one batch after
/// another, or from each batch of validation images.
pub fn probe(job: &ProbeJob<'_>, networks: &[PlacedNetwork], images: &Loader, kind: Kind) -> Result<Vec<f64>, TaskFailure> {
    let device = images.device();
    let normalizer = Statistics::of(job.images, job.split).on(device);
    let mut store = Store::new(job.recipe.seed, device);
    store.load_weights(job.weights)?;
    let validation = indices(job.validation, device);
    let measure = |network: &PlacedNetwork| {
        let mut model = store.model(network, kind)?;
        let mut pass = Pass::Training { paths: None };
        if !job.statistics.is_empty() {
            renew(&mut model, images, &indices(job.statistics, device), &normalizer);
            pass = Pass::Inference;
        }
        let tested = tested(&model, images, &validation, &normalizer, pass);
        let few = || refused(format!("there are too few classes for `{}`", job.metric.word()));
        // Weights that another network blew up are worth nothing here.
        if tested.loss.is_finite() { tested.figure(job.metric).ok_or_else(few) } else { Ok(0.0) }
    };
    networks.iter().map(measure).collect()
}

/// Sets the running statistics to their mean over batches of these images; of several batches, whole ones alone.
pub fn renew(model: &mut Model<'_>, images: &Loader, index: &Tensor, normalizer: &Normalizer) {
    /// The share of a batch in running statistics.
    const MOMENTUM: f64 = 0.1;
    let _guard = tch::no_grad_guard();
    let batch = EVALUATION_BATCH.min(index.numel()) as i64;
    let batches = index.numel() as i64 / batch;
    let running = |model: &mut Model<'_>| model.groups[Group::Statistic as usize].tensor.shallow_clone();
    let mut statistics = running(model);
    let mut sum = statistics.zeros_like();
    for number in 0..batches {
        // From zero, they become the share of the batch.
        let _ = statistics.zero_();
        let shown = augment::plain(&images.at(&index.narrow(0, number * batch, batch)), normalizer);
        let _ = model.forward(&shown, Pass::Training { paths: None });
        sum += &running(model);
    }
    let mean = sum.to_kind(Kind::Double) / (MOMENTUM * batches as f64);
    model.groups[Group::Statistic as usize].set(&mean.to_kind(Kind::Float));
}
