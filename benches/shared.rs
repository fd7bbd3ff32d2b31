//! Whether shared weights rank networks:
//! `cargo bench --profile dev --bench shared -- [--table FILE] [--passes N] [--networks N] [--seed N]`.
//!
//! Trains weights that the 6,561 networks of NAS-Bench-Macro share, on CIFAR-10, along uniformly drawn networks; measures some
//! of the networks with them; and compares with the accuracies of separate trainings that the table knows. What is trained and
//! measured stays in `target/bench`: the same command goes on where it was stopped. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, dead_code, reason = "a measurement for people")]

#[path = "shared/judge.rs"]
mod judge;
#[path = "shared/macro_space.rs"]
mod macro_space;
// The engine itself: the space is none that a spec can name.
#[allow(unused_imports, reason = "for its own tests")]
#[path = "../src/torch/mod.rs"]
mod torch;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use epnas::arch::PlacedNetwork;
use epnas::cache::Cache;
use epnas::dataset::{DatasetKind, Files, Images, Part, Split};
use epnas::digest::Digest;
use epnas::engine::{
    Augment, Callback, ClassWeights, Control, Metric, Optimizer, Precision, ProbeJob, Progress, Schedule, ShareJob, TaskFailure,
    TrainRecipe, Trainer,
};
use epnas::seed::{Seed, below, shuffle};

use macro_space::{CHOICES, LAYERS, placed};

const FOLDER: &str = "target/bench";
/// Training images that the statistics of a network's normalisations are taken from.
const STATISTICS: usize = 2_000;
/// Images of the validation split, and how many of them networks are measured on.
const VALIDATION: usize = 5_000;
const MEASURED: usize = 2_000;
/// Seconds between two saved states.
const SAVE: f64 = 120.0;

struct Arguments {
    table: PathBuf,
    passes: usize,
    networks: usize,
    seed: u64,
}

fn main() {
    let Some(arguments) = arguments() else { return };
    let folder = Path::new(FOLDER).join(format!("shared-{}-{}", arguments.passes, arguments.seed));
    fs::create_dir_all(&folder).unwrap();
    let setting = Setting::new(&arguments);
    let weights = setting.trained(&folder);
    let measured = setting.measured(&folder, &weights, arguments.networks);
    judge::tell(&arguments.table, &measured);
}

fn arguments() -> Option<Arguments> {
    let mut given = std::env::args().skip(1);
    let mut arguments = Arguments { table: "data/nas-bench/nas-bench-macro_cifar10.csv.gz".into(), passes: 20, networks: 500, seed: 1 };
    let mut is_asked = false;
    while let Some(argument) = given.next() {
        let mut value = || given.next().expect("a value");
        match &*argument {
            "--bench" => is_asked = true,
            "--table" => arguments.table = value().into(),
            "--passes" => arguments.passes = value().parse().expect("a number"),
            "--networks" => arguments.networks = value().parse().expect("a number"),
            "--seed" => arguments.seed = value().parse().expect("a number"),
            other => panic!("what is `{other}`?"),
        }
    }
    if !is_asked {
        // `cargo test --all-targets` comes here.
        println!("a measurement of hours: start it with `cargo bench --profile dev --bench shared`");
    }
    is_asked.then_some(arguments)
}

/// What the weights are trained and measured on.
struct Setting {
    images: Images,
    dataset: Digest,
    split: Split,
    recipe: TrainRecipe,
    passes: usize,
    seed: Seed,
}

impl Setting {
    fn new(arguments: &Arguments) -> Self {
        let files = Files::find(&DatasetKind::Cifar10.described(), None).expect("CIFAR-10, see `docs/data.md`");
        let cache = Cache::open(&Path::new(FOLDER).join("cache")).expect("a cache");
        let loaded = cache.reader().load(&files, Part::Train).expect("well-formed");
        let split = Split::new(&loaded.images.labels, VALIDATION, 0).expect("as many images as CIFAR-10 has");
        let recipe = TrainRecipe {
            epochs: 1,
            examples: 1.0,
            batch_size: 64,
            optimizer: Optimizer::Sgd,
            learning_rate: 0.05,
            momentum: 0.9,
            weight_decay: 1e-4,
            schedule: Schedule::Cosine,
            warmup: 0.0,
            augment: Augment { flip: true, crop: 4, ..Augment::NONE },
            label_smoothing: 0.0,
            ema: 0.0,
            precision: Precision::Auto,
            auxiliary: 0.0,
            path_dropout: 0.0,
            deterministic: false,
            class_weights: ClassWeights::None,
            seed: arguments.seed,
        };
        let (passes, seed) = (arguments.passes, Seed::root(arguments.seed));
        Self { images: loaded.images, dataset: loaded.digest, split, recipe, passes, seed }
    }

    /// The shared weights, after one learning rate schedule over all passes.
    fn trained(&self, folder: &Path) -> Vec<u8> {
        let file = folder.join("weights.safetensors");
        if let Ok(weights) = fs::read(&file) {
            return weights;
        }
        let batch = self.recipe.batch_size;
        let mut train = Vec::new();
        for pass in 0..self.passes {
            let mut order = self.split.train.clone();
            shuffle(&mut self.seed.child("order").nth(pass).stream(), &mut order);
            order.truncate(order.len() / batch * batch);
            train.extend(order);
        }
        let mut stream = self.seed.child("paths").stream();
        let paths: Vec<PlacedNetwork> = (0..train.len() / batch).map(|_| placed(&drawn(&mut stream))).collect();
        let job = ShareJob {
            paths: &paths,
            recipe: &self.recipe,
            dataset: self.dataset,
            images: &self.images,
            split: &self.split.train,
            train: &train,
            seed: self.seed.child("share"),
            before: None,
        };
        let mut saving = Saving { file: folder.join("state"), began: Instant::now(), latest: Instant::now(), first: None };
        let shared = trainer(cores()).share(&job, &mut saving).expect("trains");
        println!("{} passes: mean loss {:.3}", self.passes, shared.train_loss);
        fs::write(&file, &shared.weights).unwrap();
        shared.weights
    }

    /// The accuracy of some networks with shared weights.
    fn measured(&self, folder: &Path, weights: &[u8], count: usize) -> Vec<(String, f64)> {
        let file = folder.join("networks.csv");
        let known = fs::read_to_string(&file).unwrap_or_default();
        let known = read(&known);
        let mut stream = Seed::root(0).child("networks").stream();
        let mut networks: Vec<String> = Vec::new();
        while networks.len() < count {
            let name = drawn(&mut stream).iter().map(ToString::to_string).collect();
            if !networks.contains(&name) {
                networks.push(name);
            }
        }
        let log = Mutex::new(fs::OpenOptions::new().create(true).append(true).open(&file).unwrap());
        let job = ProbeJob {
            weights,
            recipe: &self.recipe,
            metric: Metric::Accuracy,
            dataset: self.dataset,
            images: &self.images,
            split: &self.split.train,
            statistics: &self.split.train[..STATISTICS],
            validation: &self.split.validation[..MEASURED],
        };
        let unknown: Vec<&String> = networks.iter().filter(|name| !known.contains_key(&***name)).collect();
        let next = Mutex::new(unknown.chunks(10));
        // A core for each stretch of networks: small ones gain little from more.
        let measure = || {
            let mut trainer = trainer(1);
            while let Some(some) = { next.lock().unwrap().next() } {
                let paths: Vec<PlacedNetwork> = some.iter().map(|name| placed(&choices(name))).collect();
                let accuracies = trainer.probe(&job, &paths).expect("measures");
                let mut log = log.lock().unwrap();
                some.iter().zip(accuracies).for_each(|(name, accuracy)| writeln!(log, "{name},{accuracy}").unwrap());
            }
        };
        std::thread::scope(|scope| (0..cores()).for_each(|_| drop(scope.spawn(measure))));
        let known = fs::read_to_string(&file).unwrap();
        let known = read(&known);
        networks.iter().map(|name| (name.clone(), known[&**name])).collect()
    }
}

fn choices(name: &str) -> Vec<usize> {
    name.bytes().map(|digit| usize::from(digit - b'0')).collect()
}

fn drawn(stream: &mut epnas::seed::Stream) -> Vec<usize> {
    (0..LAYERS).map(|_| below(stream, CHOICES)).collect()
}

/// What the lines of a file say that networks reach.
fn read(lines: &str) -> BTreeMap<&str, f64> {
    lines.lines().filter_map(|line| line.split_once(',')).filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn trainer(threads: usize) -> torch::TorchTrainer {
    torch::TorchTrainer::new("cpu", threads).expect("a processor")
}

/// Saves a training now and then, and says how far it is.
struct Saving {
    file: PathBuf,
    began: Instant,
    latest: Instant,
    first: Option<usize>,
}

impl Callback for Saving {
    fn saved(&mut self) -> Option<Vec<u8>> {
        fs::read(&self.file).ok()
    }

    fn on_step(&mut self, Progress { done_steps, total_steps }: Progress) -> Control {
        let first = *self.first.get_or_insert(done_steps);
        if done_steps.is_multiple_of(20) {
            let speed = (done_steps - first) as f64 / self.began.elapsed().as_secs_f64();
            println!("{done_steps} of {total_steps} steps, {speed:.2} a second");
        }
        if self.latest.elapsed().as_secs_f64() < SAVE {
            return Control::Continue;
        }
        self.latest = Instant::now();
        Control::Checkpoint
    }

    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure> {
        let new = self.file.with_extension("new");
        fs::write(&new, state).and_then(|()| fs::rename(&new, &self.file)).expect("room for the state");
        Ok(())
    }
}
