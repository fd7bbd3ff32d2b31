//! A stretch of the training of shared weights: every step puts one network together, and moves the weights that it names.

use std::collections::BTreeMap;

use tch::{Kind, Reduction, Tensor};

use super::super::augment;
use super::super::checkpoint::{Position, TrainingState, write};
use super::super::data::Statistics;
use super::super::feed::Feed;
use super::super::loader::Loader;
use super::super::model::{Model, Pass};
use super::super::shim;
use super::super::train::{LOOK, class_weights};
use super::store::{Part, Store, TRAINED};
use epnas::arch::{Group, PlacedNetwork};
use epnas::digest::{Digest, Domain};
use epnas::engine::{Callback, Control, Progress, ShareJob, Shared, TaskFailure};

/// Raised when a stretch computes something else, or a state holds something else.
const VERSION: u32 = 1;
/// Largest norm of the gradient, that of the code of ENAS: what a network finds was last moved by others.
const MAX_NORM: f64 = 5.0;
/// What the sum of the losses is called in a saved state.
const LOSS: &str = "loss";

/// Trains along all paths. Goes on from what the callback has saved of the stretch; when the callback wishes it to pause, it
/// fails as paused.
pub fn share(job: &ShareJob<'_>, images: &Loader, kind: Kind, callback: &mut dyn Callback) -> Result<Shared, TaskFailure> {
    let device = images.device();
    let normalizer = Statistics::of(job.images, job.split).on(device);
    let mut store = Store::new(job.recipe.seed, device);
    let mut sum = Tensor::zeros([1], (Kind::Float, device));
    let of = belonging(job, kind);
    let begun = callback.saved().and_then(|saved| go_on(&saved, of, &mut store, &mut sum));
    if let (None, Some(before)) = (begun, job.before) {
        store.load(before)?;
    }
    let total_steps = job.paths.len();
    let size = job.train.len() / total_steps.max(1);
    let feed = Feed::new(images, job.train, size, begun.unwrap_or(0));
    let augmented = augment::Epoch::new(job.recipe.augment, images, (job.train.len(), total_steps), &job.seed, 0);
    let weights = class_weights(job.images, job.split, job.recipe).map(|weights| Tensor::from_slice(&weights).to_device(device));
    for (number, path) in job.paths.iter().enumerate().skip(begun.unwrap_or(0)) {
        let batch = feed.batch(number);
        let model = store.model(path, kind)?;
        let logits = model.forward(&augmented.batch(number, &batch, &normalizer), Pass::Training { paths: None });
        let entropy =
            |labels: &Tensor| logits.cross_entropy_loss(labels, weights.as_ref(), Reduction::Mean, -100, job.recipe.label_smoothing);
        let loss = augment::mixed_loss(&batch.labels, augmented.share(number), entropy);
        step(&mut store, path, model, &loss, job, (number as f64 + 0.5) / total_steps as f64);
        sum += loss.detach();
        let done_steps = number + 1;
        if (done_steps.is_multiple_of(LOOK) || done_steps == total_steps) && !sum.double_value(&[0]).is_finite() {
            return Err(TaskFailure::Diverged { epoch: 0 });
        }
        let wish = callback.on_step(Progress { done_steps, total_steps });
        if wish != Control::Continue {
            let position = Position { of, steps: done_steps, losses: Vec::new(), paths: None };
            callback.save(&write(&position, &tensors(&mut store, &mut sum)))?;
        }
        if wish == Control::Pause {
            return Err(TaskFailure::Paused);
        }
    }
    let [weights, momentum] = store.save();
    Ok(Shared { weights, momentum, train_loss: sum.double_value(&[0]) / total_steps.max(1) as f64, environment: BTreeMap::new() })
}

/// Moves the weights that a network names; all others stay.
fn step(store: &mut Store, path: &PlacedNetwork, mut model: Model<'_>, loss: &Tensor, job: &ShareJob<'_>, time: f64) {
    let recipe = job.recipe;
    let rate = recipe.learning_rate * recipe.schedule.factor(time, recipe.warmup);
    let trained: Vec<Group> = TRAINED.into_iter().filter(|&group| !model.groups[group as usize].is_empty()).collect();
    let leaves: Vec<&Tensor> = trained.iter().map(|&group| &model.groups[group as usize].tensor).collect();
    let gradients = Tensor::run_backward(&[loss], &leaves, false, false);
    let squares = gradients.iter().map(|gradient| gradient.square().sum(Kind::Double));
    let norm = squares.reduce(|sum, square| sum + square).map_or(0.0, |sum| sum.double_value(&[]).sqrt());
    for (group, gradient) in trained.into_iter().zip(gradients) {
        let gradient = if norm > MAX_NORM { gradient * (MAX_NORM / norm) } else { gradient };
        let mut momentum = store.gathered(path, group, Part::Momentum).expect("the network has weights of the group");
        let decay = if group == Group::Scale { 0.0 } else { recipe.weight_decay };
        let weights = &mut model.groups[group as usize].tensor;
        shim::sgd(weights, &gradient, &mut momentum, rate, recipe.momentum, decay);
        store.scatter(path, group, Part::Weights, weights);
        store.scatter(path, group, Part::Momentum, &momentum);
    }
}

/// What a saved state belongs to: all that decides the bits of a stretch but the machine.
fn belonging(job: &ShareJob<'_>, kind: Kind) -> Digest {
    let before = job.before.map(|before| [before.weights, before.momentum].map(|bytes| Digest::of(Domain::Blob, bytes)));
    let paths: Vec<_> = job.paths.iter().map(|path| &path.network).collect();
    Digest::of_json(Domain::Checkpoint, &(VERSION, "share", paths, job.recipe, job.dataset, job.train, before, format!("{kind:?}")))
}

/// Every tensor that a step changes, by name.
fn tensors<'a>(store: &'a mut Store, sum: &'a mut Tensor) -> Vec<(String, &'a mut Tensor)> {
    let entries = store
        .entries
        .iter_mut()
        .flat_map(|(name, entry)| [(Part::Weights.stored(name), &mut entry.weights), (Part::Momentum.stored(name), &mut entry.momentum)]);
    entries.chain([(LOSS.to_owned(), sum)]).collect()
}

/// Takes in a saved state, and gives the steps that were done; `None` where it is none of this stretch.
fn go_on(saved: &[u8], of: Digest, store: &mut Store, sum: &mut Tensor) -> Option<usize> {
    let state = TrainingState::read(saved, of)?;
    let steps = state.position.steps;
    let mut blob = state.into_blob();
    let loss = blob.take(LOSS, &[1]).ok()?;
    let mut names: Vec<(String, Vec<usize>)> = Vec::new();
    for name in blob.names() {
        if let Some(name) = Part::Weights.of_stored(name) {
            names.push((name.to_owned(), blob.shape(&Part::Weights.stored(name))?.to_vec()));
        }
    }
    let mut taken = Vec::with_capacity(names.len());
    for (name, shape) in names {
        let [weights, momentum] = [Part::Weights, Part::Momentum].map(|part| blob.take(&part.stored(&name), &shape).ok());
        taken.push((name, shape, weights?, momentum?));
    }
    blob.finish().ok()?;
    for (name, shape, weights, momentum) in taken {
        store.put(name, &shape, &weights, Some(&momentum));
    }
    sum.copy_(&Tensor::from_slice(&loss));
    Some(steps)
}
