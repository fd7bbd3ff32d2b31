//! One training from fresh weights to metrics, and the accuracy of weights: loops over batches, nothing about devices.

use tch::{Kind, Reduction, Tensor};

use super::augment;
use super::blob::refused;
use super::checkpoint::{Position, TrainingState, belonging, write};
use super::data::{Normalizer, Statistics};
use super::evaluation::tested;
use super::feed::Feed;
use super::inherit;
use super::loader::{Loader, indices};
use super::model::{Model, Pass};
use super::optimizer::Updater;
use super::paths::Paths;
use super::weights::Group;
use epnas::arch::Network;
use epnas::dataset::Images;
use epnas::digest::Digest;
use epnas::engine::{Callback, Control, Metrics, Parent, Progress, TaskFailure, TrainJob, TrainRecipe};
use epnas::seed::shuffle;

/// Steps between two looks at whether the loss is still a number.
pub const LOOK: usize = 50;
/// What the numbers are called that were drawn to drop paths and are not yet used.
const DRAWS: &str = "paths";

/// A training in progress.
struct Training<'a> {
    job: &'a TrainJob<'a>,
    images: &'a Loader,
    normalizer: Normalizer,
    /// One a class; `None` where all images count alike.
    class_weights: Option<Tensor>,
    learner: Learner<'a>,
    /// A second classifier and the node it reads.
    auxiliary: Option<(usize, Learner<'a>)>,
    paths: Option<Paths>,
    /// The moving average of every group; empty without one.
    average: Vec<Tensor>,
    batch: usize,
    /// Batches of an epoch.
    batches: usize,
    steps: usize,
    total_steps: usize,
    /// Of the epochs that are over.
    losses: Vec<f64>,
    /// Of the present epoch, on the device.
    sum: Tensor,
    /// What its saved states belong to.
    of: Digest,
}

/// A model with what moves its weights.
struct Learner<'a> {
    model: Model<'a>,
    updaters: Vec<(Group, Updater)>,
}

/// Trains and measures on the validation examples; gives the metrics and the weights as bytes.
///
/// Goes on from what the callback has saved of it. When the callback wishes it to pause, it fails as paused.
pub fn train(
    (job, parent): (&TrainJob<'_>, Option<Parent<'_>>),
    images: &Loader,
    kind: Kind,
    callback: &mut dyn Callback,
) -> Result<(Metrics, Vec<u8>), TaskFailure> {
    let device = images.device();
    let statistics = Statistics::of(job.images, job.train);
    let head = job.network.auxiliary_head().filter(|_| job.recipe.auxiliary > 0.0);
    let mut training = Training::new((job, parent), images, head.as_ref(), &statistics, kind)?;
    if let Some(saved) = callback.saved() {
        // One that is damaged or of another training is as good as none.
        let _ = training.go_on(&saved);
    }
    while training.losses.len() < job.recipe.epochs {
        training.epoch(callback)?;
    }
    training.adopt_average();
    let validation = indices(job.validation, device);
    let tested = tested(&training.learner.model, images, &validation, &training.normalizer, Pass::Inference);
    if !tested.loss.is_finite() {
        return Err(TaskFailure::Diverged { epoch: job.recipe.epochs.saturating_sub(1) });
    }
    let score = tested.figure(job.metric).ok_or_else(|| refused(format!("there are too few classes for `{}`", job.metric.word())))?;
    let metrics = Metrics {
        validation_accuracy: tested.confusion.accuracy(),
        validation_loss: Some(tested.loss),
        train_loss: training.losses,
        diverged: None,
        score: (!job.metric.is_accuracy()).then_some(score),
    };
    Ok((metrics, training.learner.model.save(&statistics)))
}

/// By how many images of each class are learned from.
pub fn class_weights(images: &Images, train: &[u32], recipe: &TrainRecipe) -> Option<Vec<f32>> {
    let mut counts = vec![0; images.classes];
    for &example in train {
        counts[usize::from(images.labels[example as usize])] += 1;
    }
    let weights = recipe.class_weights.of(&counts)?;
    Some(weights.into_iter().map(|weight| weight as f32).collect())
}

impl<'a> Training<'a> {
    fn new(
        (job, parent): (&'a TrainJob<'a>, Option<Parent<'_>>),
        images: &'a Loader,
        head: Option<&'a Network>,
        statistics: &Statistics,
        kind: Kind,
    ) -> Result<Self, TaskFailure> {
        let recipe = job.recipe;
        let device = images.device();
        let seed = job.seed.child("weights");
        let model = match parent {
            None => Model::new(job.network, seed, device, kind),
            Some(parent) => inherit::model(job.network, parent, &seed, device, kind)?,
        };
        let learner = Learner::new(model, recipe);
        let second = |head| Learner::new(Model::new(head, job.seed.child("auxiliary"), device, kind), recipe);
        let auxiliary = job.network.auxiliary.zip(head.map(second));
        let paths = (recipe.path_dropout > 0.0).then(|| Paths::new(job.network, job.seed.child("paths"))).flatten();
        let average =
            if recipe.ema > 0.0 { learner.model.groups.iter().map(|group| group.tensor.detach().copy()).collect() } else { Vec::new() };
        // The last incomplete batch of an epoch is dropped, unless it is the only one.
        let batch = recipe.batch_size.clamp(1, job.train.len());
        let batches = job.train.len() / batch;
        let total_steps = recipe.epochs * batches;
        let normalizer = statistics.on(device);
        let sum = Tensor::zeros([1], (Kind::Float, device));
        let of = belonging(job, parent, &format!("{kind:?} on {}", if device.is_cuda() { "a GPU" } else { "a processor" }));
        let class_weights = class_weights(job.images, job.train, recipe).map(|weights| Tensor::from_slice(&weights).to_device(device));
        let (steps, losses) = (0, Vec::new());
        Ok(Self {
            job,
            images,
            normalizer,
            class_weights,
            learner,
            auxiliary,
            paths,
            average,
            batch,
            batches,
            steps,
            total_steps,
            losses,
            sum,
            of,
        })
    }

    /// The rest of a pass over the examples; fails as soon as the loss of one batch is found to be no number.
    fn epoch(&mut self, callback: &mut dyn Callback) -> Result<(), TaskFailure> {
        let job = self.job;
        let epoch = self.losses.len();
        let diverged = Err(TaskFailure::Diverged { epoch });
        let mut order = job.train.to_vec();
        shuffle(&mut job.seed.child("order").nth(epoch).stream(), &mut order);
        let feed = Feed::new(self.images, &order, self.batch, self.steps - epoch * self.batches);
        let augmented = augment::Epoch::new(job.recipe.augment, self.images, (job.train.len(), self.batches), &job.seed, epoch);
        for number in self.steps - epoch * self.batches..self.batches {
            let batch = feed.batch(number);
            let images = augmented.batch(number, &batch, &self.normalizer);
            let loss = self.step(&images, &batch.labels, augmented.share(number));
            self.sum += loss;
            if self.steps.is_multiple_of(LOOK) && !self.sum.double_value(&[0]).is_finite() {
                return diverged;
            }
            let wish = callback.on_step(Progress { done_steps: self.steps, total_steps: self.total_steps });
            if wish != Control::Continue {
                callback.save(&self.state())?;
            }
            if wish == Control::Pause {
                return Err(TaskFailure::Paused);
            }
        }
        let loss = self.sum.double_value(&[0]) / self.batches as f64;
        if !loss.is_finite() {
            return diverged;
        }
        self.losses.push(loss);
        let _ = self.sum.zero_();
        Ok(())
    }

    /// All that the rest of the training depends on.
    fn state(&mut self) -> Vec<u8> {
        let paths = self.paths.as_ref().map(Paths::place);
        let position = Position { of: self.of, steps: self.steps, losses: self.losses.clone(), paths };
        let mut draws = self.paths.as_ref().map(|paths| paths.draws().shallow_clone());
        let mut tensors = self.tensors();
        tensors.extend(draws.as_mut().map(|draws| (DRAWS.to_owned(), draws)));
        write(&position, &tensors)
    }

    /// Goes on from a saved state; `None` where that is none of this training, which stays as it is then.
    fn go_on(&mut self, saved: &[u8]) -> Option<()> {
        let mut state = TrainingState::read(saved, self.of)?;
        let Position { steps, ref losses, paths: place, .. } = state.position;
        let (losses, epochs) = (losses.clone(), self.job.recipe.epochs);
        let begun = losses.len().checked_mul(self.batches)?;
        let fits = losses.len() < epochs && (begun..=begun + self.batches).contains(&steps);
        let draws = match (&self.paths, place) {
            (Some(paths), Some(place)) => Some((place, state.take_rows(DRAWS, paths.branches())?.to_device(self.sum.device()))),
            (None, None) => None,
            _ => return None,
        };
        fits.then_some(())?;
        state.fill(self.tensors())?;
        if let (Some(paths), Some((place, draws))) = (&mut self.paths, draws) {
            paths.go_on(place, draws);
        }
        (self.steps, self.losses) = (steps, losses);
        for learner in std::iter::once(&mut self.learner).chain(self.auxiliary.as_mut().map(|(_, head)| head)) {
            learner.updaters.iter_mut().for_each(|(_, updater)| updater.steps = steps as i32);
        }
        Some(())
    }

    /// Every tensor that a step changes, by name.
    fn tensors(&mut self) -> Vec<(String, &mut Tensor)> {
        let mut tensors = self.learner.tensors("network");
        tensors.extend(self.auxiliary.iter_mut().flat_map(|(_, head)| head.tensors("auxiliary")));
        tensors.extend(self.average.iter_mut().enumerate().map(|(group, average)| (format!("average.{group}"), average)));
        tensors.push(("loss".to_owned(), &mut self.sum));
        tensors
    }

    /// One batch forth and back; gives its loss, still on the device, without that of the second classifier. With a `share`
    /// each image is mixed with another, and so is the loss.
    fn step(&mut self, images: &Tensor, labels: &Tensor, share: Option<f64>) -> Tensor {
        let recipe = self.job.recipe;
        // The middle of the step: neither the first nor the last one is wasted on a rate of zero.
        let time = (self.steps as f64 + 0.5) / self.total_steps as f64;
        let paths = self.paths.as_mut().map(|paths| paths.next(images.size()[0], recipe.path_dropout * time, images.device()));
        let pass = Pass::Training { paths: paths.as_ref() };
        let (smoothing, weights) = (recipe.label_smoothing, self.class_weights.as_ref());
        let entropy = |logits: &Tensor| {
            augment::mixed_loss(labels, share, |labels| logits.cross_entropy_loss(labels, weights, Reduction::Mean, -100, smoothing))
        };
        let (loss, total) = match &self.auxiliary {
            None => {
                let loss = entropy(&self.learner.model.forward(images, pass));
                (loss.detach(), loss)
            }
            Some((node, head)) => {
                let (logits, middle) = self.learner.model.forward_past(images, pass, *node);
                let loss = entropy(&logits);
                (loss.detach(), loss + entropy(&head.model.forward(&middle, Pass::Training { paths: None })) * recipe.auxiliary)
            }
        };
        let mut learners = vec![&mut self.learner];
        learners.extend(self.auxiliary.as_mut().map(|(_, head)| head));
        let leaves: Vec<&Tensor> = learners.iter().flat_map(|learner| learner.leaves()).collect();
        let mut gradients = Tensor::run_backward(&[&total], &leaves, false, false).into_iter();
        let rate = recipe.learning_rate * recipe.schedule.factor(time, recipe.warmup);
        for learner in learners {
            learner.step(&mut gradients, rate);
        }
        self.steps += 1;
        self.move_average();
        loss
    }

    /// The average follows fast at first, so that the initial weights are soon forgotten.
    fn move_average(&mut self) {
        let _guard = tch::no_grad_guard();
        let steps = self.steps as f64;
        let keep = self.job.recipe.ema.min((1.0 + steps) / (10.0 + steps));
        for (average, group) in self.average.iter_mut().zip(&self.learner.model.groups) {
            let _ = average.lerp_(&group.tensor, 1.0 - keep);
        }
    }

    fn adopt_average(&mut self) {
        for (average, group) in self.average.iter().zip(&mut self.learner.model.groups) {
            group.set(average);
        }
    }
}

impl<'a> Learner<'a> {
    fn new(model: Model<'a>, recipe: &TrainRecipe) -> Self {
        let updater = |group: Group| {
            let weights = &model.groups[group as usize];
            let decay = if group == Group::Scale { 0.0 } else { recipe.weight_decay };
            let updater = || (group, Updater::new(recipe.optimizer, recipe.momentum, decay, &weights.tensor));
            (group.is_trainable() && !weights.is_empty()).then(updater)
        };
        let updaters = Group::ALL.into_iter().filter_map(updater).collect();
        Self { model, updaters }
    }

    fn tensors(&mut self, name: &str) -> Vec<(String, &mut Tensor)> {
        let weights = Group::ALL.into_iter().zip(&mut self.model.groups);
        let weights = weights.map(|(group, flat)| (format!("{name}.{group:?}"), &mut flat.tensor));
        let moments = self.updaters.iter_mut().flat_map(|(group, updater)| {
            // An optimiser without second moments has no such tensor.
            let second = updater.second.defined().then_some(&mut updater.second);
            let first = (format!("{name}.{group:?}.first"), &mut updater.first);
            std::iter::once(first).chain(second.map(|second| (format!("{name}.{group:?}.second"), second)))
        });
        weights.chain(moments).collect()
    }

    /// What is trained.
    fn leaves(&self) -> impl Iterator<Item = &Tensor> {
        self.updaters.iter().map(|(group, _)| &self.model.groups[*group as usize].tensor)
    }

    /// Moves the weights by as many gradients as there are leaves.
    fn step(&mut self, gradients: &mut impl Iterator<Item = Tensor>, rate: f64) {
        for ((group, updater), gradient) in self.updaters.iter_mut().zip(gradients) {
            updater.step(&mut self.model.groups[*group as usize].tensor, &gradient, rate);
        }
    }
}

#[cfg(test)]
#[path = "train_tests.rs"]
pub mod tests;
