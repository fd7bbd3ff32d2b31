//! One training from fresh weights to metrics, and the accuracy of weights: loops over batches, nothing about devices.

use tch::{Device, Kind, Reduction, Tensor};

use super::augment;
use super::data::{Normalizer, Resident, Statistics};
use super::model::{Model, Pass};
use super::optimizer::Updater;
use super::paths::Paths;
use super::weights::Group;
use epnas::arch::Network;
use epnas::engine::{Augment, Course, Metrics, Progress, TrainJob, TrainRecipe};
use epnas::seed::shuffle;

/// Steps between two looks at whether the loss is still a number.
const LOOK: usize = 50;
/// Images at a time where nothing is learnt.
const EVALUATION_BATCH: usize = 1_000;

/// A training in progress.
struct Training<'a> {
    job: &'a TrainJob<'a>,
    images: &'a Resident,
    normalizer: Normalizer,
    learner: Learner<'a>,
    /// A second classifier and the node it reads.
    auxiliary: Option<(usize, Learner<'a>)>,
    paths: Option<Paths>,
    /// The moving average of every group; empty without one.
    average: Vec<Tensor>,
    batch: usize,
    steps: usize,
    total_steps: usize,
}

/// A model with what moves its weights.
struct Learner<'a> {
    model: Model<'a>,
    updaters: Vec<(Group, Updater)>,
}

/// Trains and measures on the validation examples; gives the metrics and the weights as bytes.
pub fn train(job: &TrainJob<'_>, images: &Resident, kind: Kind, course: &mut dyn Course) -> (Metrics, Vec<u8>) {
    let device = images.pixels.device();
    let statistics = Statistics::of(job.images, job.train);
    let head = job.network.auxiliary_head().filter(|_| job.recipe.auxiliary > 0.0);
    let mut training = Training::new(job, images, head.as_ref(), &statistics, kind);
    let mut losses = Vec::with_capacity(job.recipe.epochs);
    let mut diverged = None;
    for epoch in 0..job.recipe.epochs {
        let loss = training.epoch(epoch, course);
        if !loss.is_finite() {
            diverged = Some(epoch);
            break;
        }
        losses.push(loss);
    }
    training.adopt_average();
    let (mut accuracy, mut loss) = (0.0, f64::NAN);
    if diverged.is_none() {
        let validation = indices(job.validation, device);
        (accuracy, loss) = test(&training.learner.model, images, &validation, &training.normalizer);
    }
    if !loss.is_finite() {
        // The loss of guessing stands for one that is no number, which JSON does not know.
        (accuracy, loss) = (0.0, (job.images.classes.max(1) as f64).ln());
        diverged = diverged.or(Some(job.recipe.epochs.saturating_sub(1)));
    }
    let metrics = Metrics { validation_accuracy: accuracy, validation_loss: Some(loss), train_loss: losses, diverged };
    (metrics, training.learner.model.save(&statistics))
}

/// Accuracy and mean cross-entropy of a model on the examples at `index`.
pub fn test(model: &Model<'_>, images: &Resident, index: &Tensor, normalizer: &Normalizer) -> (f64, f64) {
    let _guard = tch::no_grad_guard();
    let count = index.numel();
    if count == 0 {
        return (0.0, 0.0);
    }
    let plain = Augment { flip: false, crop: 0, cutout: 0 };
    let device = images.pixels.device();
    let mut right = Tensor::zeros([1], (Kind::Int64, device));
    let mut loss = Tensor::zeros([1], (Kind::Double, device));
    for start in (0..count).step_by(EVALUATION_BATCH) {
        let index = index.narrow(0, start as i64, EVALUATION_BATCH.min(count - start) as i64);
        let logits = model.forward(&augment::batch(images, &index, normalizer, plain, None), Pass::Inference);
        let labels = images.labels.index_select(0, &index);
        right += logits.argmax(1, false).eq_tensor(&labels).sum(Kind::Int64);
        loss += logits.cross_entropy_loss::<Tensor>(&labels, None, Reduction::Sum, -100, 0.0).to_kind(Kind::Double);
    }
    (right.int64_value(&[0]) as f64 / count as f64, loss.double_value(&[0]) / count as f64)
}

/// Indices of examples on a device.
pub fn indices(examples: &[u32], device: Device) -> Tensor {
    let wide: Vec<i64> = examples.iter().map(|&example| i64::from(example)).collect();
    Tensor::from_slice(&wide).to_device(device)
}

impl<'a> Training<'a> {
    fn new(job: &'a TrainJob<'a>, images: &'a Resident, head: Option<&'a Network>, statistics: &Statistics, kind: Kind) -> Self {
        let recipe = job.recipe;
        let device = images.pixels.device();
        let learner = Learner::new(Model::new(job.network, job.seed.child("weights"), device, kind), recipe);
        let second = |head| Learner::new(Model::new(head, job.seed.child("auxiliary"), device, kind), recipe);
        let auxiliary = job.network.auxiliary.zip(head.map(second));
        let paths = (recipe.path_dropout > 0.0).then(|| Paths::new(job.network, job.seed.child("paths"))).flatten();
        let average =
            if recipe.ema > 0.0 { learner.model.groups.iter().map(|group| group.tensor.detach().copy()).collect() } else { Vec::new() };
        // The last incomplete batch of an epoch is dropped, unless it is the only one.
        let batch = recipe.batch_size.clamp(1, job.train.len());
        let total_steps = recipe.epochs * (job.train.len() / batch);
        let normalizer = statistics.on(device);
        Self { job, images, normalizer, learner, auxiliary, paths, average, batch, steps: 0, total_steps }
    }

    const fn progress(&self) -> Progress {
        Progress { done_steps: self.steps, total_steps: self.total_steps }
    }

    /// One pass over the examples; gives the mean loss, which is no number as soon as one batch's is none.
    fn epoch(&mut self, epoch: usize, course: &mut dyn Course) -> f64 {
        let (job, device) = (self.job, self.images.pixels.device());
        let mut order = job.train.to_vec();
        shuffle(&mut job.seed.child("order").nth(epoch).stream(), &mut order);
        let order = indices(&order, device);
        let mut stream = job.seed.child("augment").nth(epoch).stream();
        let draws = augment::epoch(job.recipe.augment, self.images, job.train.len(), &mut stream);
        let batches = job.train.len() / self.batch;
        let mut sum = Tensor::zeros([1], (Kind::Float, device));
        for number in 0..batches {
            let part = |tensor: &Tensor| tensor.narrow(0, (number * self.batch) as i64, self.batch as i64);
            let index = part(&order);
            let images = augment::batch(self.images, &index, &self.normalizer, job.recipe.augment, draws.as_ref().map(part).as_ref());
            sum += self.step(&images, &self.images.labels.index_select(0, &index));
            let _ = course.passed(self.progress());
            if self.steps.is_multiple_of(LOOK) && !sum.double_value(&[0]).is_finite() {
                return f64::NAN;
            }
        }
        sum.double_value(&[0]) / batches as f64
    }

    /// One batch forth and back; gives its loss, still on the device, without that of the second classifier.
    fn step(&mut self, images: &Tensor, labels: &Tensor) -> Tensor {
        let recipe = self.job.recipe;
        // The middle of the step: neither the first nor the last one is wasted on a rate of zero.
        let time = (self.steps as f64 + 0.5) / self.total_steps as f64;
        let paths = self.paths.as_mut().map(|paths| paths.next(images.size()[0], recipe.path_dropout * time, images.device()));
        let pass = Pass::Training { paths: paths.as_ref() };
        let entropy = |logits: &Tensor| logits.cross_entropy_loss::<Tensor>(labels, None, Reduction::Mean, -100, recipe.label_smoothing);
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
mod tests;
