//! How long a step of a training takes: a real training, on made-up images, that is stopped when it was timed. Nothing
//! of it is kept.

use std::collections::BTreeMap;
use std::time::Instant;

use super::blob::refused;
use super::cuda;
use super::data;
use super::device::Machine;
use super::loader::Loader;
use super::peak::Watch;
use super::train;
use epnas::arch::{Network, Shape};
use epnas::dataset::Images;
use epnas::digest::{Digest, Domain};
use epnas::engine::{Callback, Control, Metric, Precision, Progress, Speed, TaskFailure, TrainJob, TrainRecipe};
use epnas::seed::{Seed, below};

/// An epoch has no more steps than this, so that its images take little memory.
const EPOCH: usize = 16;

/// The most bytes of made-up images.
const LIMIT: usize = 1 << 32;

/// Steps timed as one on a GPU, which is told to do many before it has done the first.
const BLOCK: usize = 10;

/// Times steps after some to warm up.
pub fn measure(network: &Network, recipe: &TrainRecipe, warm_up: usize, steps: usize, machine: &Machine) -> Result<Speed, TaskFailure> {
    let batch = recipe.batch_size.max(1);
    let batches = (warm_up + steps).min(EPOCH);
    let (shape, classes) = match (network.nodes.first(), network.nodes.last()) {
        (Some(first), Some(last)) => (first.shape, last.shape.channels),
        _ => return Err(refused("the network has no layers")),
    };
    let images = made_up(shape, classes, batch.saturating_mul(batches))?;
    let train: Vec<u32> = (0..images.len() as u32).collect();
    data::check(network, &images, &train)?;
    // So small a rate that numbers that mean nothing cannot make it diverge.
    let recipe = TrainRecipe { epochs: (warm_up + steps).div_ceil(batches), examples: 1.0, learning_rate: 1e-6, ..*recipe };
    let (dataset, seed) = (Digest::of(Domain::Dataset, b"made up"), Seed::root(0).child("speed"));
    let job =
        TrainJob { network, recipe: &recipe, metric: Metric::Accuracy, dataset, images: &images, train: &train, validation: &[], seed };
    let kind = machine.kind(recipe.precision)?;
    machine.adopt(recipe.precision, recipe.deterministic);
    let loader = Loader::new(&images, machine.device);
    let watch = (!machine.device.is_cuda()).then(Watch::begun).flatten();
    let mut stopwatch = Stopwatch::new(machine, warm_up, steps);
    match train::train((&job, None), &loader, kind, &mut stopwatch) {
        Err(TaskFailure::Paused) => {}
        Err(failure) => return Err(failure),
        Ok(_) => unreachable!("it is paused before its end"),
    }
    let step = stopwatch.median();
    let images_per_second = batch as f64 / step.max(f64::MIN_POSITIVE);
    Ok(Speed { step, images_per_second, peak_memory: watch.and_then(Watch::peak), environment: environment(machine, recipe.precision) })
}

/// With the place of the library, which is no part of what a training records.
fn environment(machine: &Machine, precision: Precision) -> BTreeMap<String, String> {
    let mut environment = machine.environment(precision);
    environment.extend(cuda::folder().map(|folder| ("libtorch-folder".to_owned(), folder.display().to_string())));
    environment
}

/// Images of noise, and labels.
fn made_up(shape: Shape, classes: usize, count: usize) -> Result<Images, TaskFailure> {
    let bytes = count.saturating_mul(shape.elements());
    if bytes > LIMIT {
        return Err(refused(format!("{count} images of that size would take too much memory")));
    }
    let mut stream = Seed::root(0).child("noise").stream();
    // One number more than an image has: each one begins with another.
    let noise: Vec<u8> = (0..=shape.elements()).map(|_| below(&mut stream, 256) as u8).collect();
    let pixels: Vec<u8> = noise.iter().copied().cycle().take(bytes).collect();
    let labels = (0..count).map(|index| (index % classes.clamp(1, 1 << 16)) as u16).collect();
    Ok(Images { shape, classes, pixels: pixels.into(), labels })
}

/// Accompanies a training and notes when blocks of steps end.
struct Stopwatch<'a> {
    machine: &'a Machine,
    warm_up: usize,
    steps: usize,
    block: usize,
    /// The last end of a block, and its step.
    from: (Instant, usize),
    /// Seconds of a step in each block.
    times: Vec<f64>,
}

impl<'a> Stopwatch<'a> {
    fn new(machine: &'a Machine, warm_up: usize, steps: usize) -> Self {
        let block = if machine.device.is_cuda() { BLOCK } else { 1 };
        Self { machine, warm_up, steps, block, from: (Instant::now(), 0), times: Vec::new() }
    }

    fn median(&mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times.get(self.times.len() / 2).copied().unwrap_or(0.0)
    }
}

impl Callback for Stopwatch<'_> {
    fn saved(&mut self) -> Option<Vec<u8>> {
        // Building the network is no part of the first step.
        self.machine.wait();
        self.from = (Instant::now(), 0);
        None
    }

    fn on_step(&mut self, Progress { done_steps, .. }: Progress) -> Control {
        let is_last = done_steps >= self.warm_up + self.steps;
        let timed = done_steps.saturating_sub(self.warm_up);
        if done_steps == self.warm_up || is_last || timed > 0 && timed.is_multiple_of(self.block) {
            self.machine.wait();
            let now = Instant::now();
            let (since, first) = std::mem::replace(&mut self.from, (now, done_steps));
            if timed > 0 {
                self.times.push((now - since).as_secs_f64() / (done_steps - first) as f64);
            }
        }
        // The state that is saved then is not kept.
        if is_last { Control::Pause } else { Control::Continue }
    }

    fn save(&mut self, _: &[u8]) -> Result<(), TaskFailure> {
        Ok(())
    }
}
