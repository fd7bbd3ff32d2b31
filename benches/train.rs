//! How fast the worker trains, beside PyTorch: `make bench-train`, or
//! `cargo bench --profile dev --bench train -- [--rounds N] [--compile] [NAME…]` once `.bench` is there.
//!
//! Each network is trained by the worker of `epnas` and by `benches/train/peer.py`, which builds the same one from its
//! list of primitive layers: same batches, same augmentation, same optimiser. Both take turns, so that what else runs
//! on the machine meets both alike; a ratio is the median of the ratios of the rounds. PyTorch computes in 32 bits and in
//! bf16, and the faster one counts. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[path = "train/peer.rs"]
mod peer;

use std::path::Path;
use std::time::Duration;

use epnas::arch::{Architecture, Cost, Network, Shape};
use epnas::engine::{Precision, Speed, TrainRecipe, Trial};
use epnas::run::{Device, LocalExecutor, Notifier, SlotSettings, worker_program};
use epnas::spec;

use peer::{Peer, Setting};

/// Small and large; layers and cells; dense and depthwise.
const NETWORKS: [&str; 8] = [
    "specs/fashion-mnist.yaml",
    "specs/fixed-resnet.yaml",
    "specs/fixed-mobilenet-v2.yaml",
    "benches/train/cells-dense.yaml",
    "benches/train/cells-depthwise.yaml",
    "benches/train/cells-cifar.yaml",
    "benches/train/mobilenet-cifar.yaml",
    "benches/train/resnet-cifar.yaml",
];

/// A measurement takes about so long.
const SECONDS: f64 = 0.7;
const PATIENCE: Duration = Duration::from_secs(120);

struct Arguments {
    rounds: usize,
    compile: bool,
    names: Vec<String>,
}

/// A network to be trained, from the start of a spec.
struct Subject {
    name: String,
    architecture: Architecture,
    network: Network,
    image: Shape,
    classes: usize,
    recipe: TrainRecipe,
}

fn main() {
    let Some(arguments) = arguments() else { return };
    println!("| network | params | macs | threads | epnas | PyTorch | ratio | compiled | ratio | memory: epnas | PyTorch |");
    println!("|--|--|--|--|--|--|--|--|--|--|--|");
    let (mut ratios, mut compiled, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for path in NETWORKS {
        let subject = Subject::of(Path::new(path));
        if !arguments.names.is_empty() && !arguments.names.contains(&subject.name) {
            continue;
        }
        for threads in [1, 2] {
            let (ratio, of_compiled) = beside(&subject, threads, &arguments);
            ratios.push(ratio);
            compiled.extend(of_compiled);
        }
        pairs.push((subject.name.clone(), two_workers(&subject, arguments.rounds)));
    }
    println!("\nepnas by PyTorch: {}", spread(&ratios));
    if !compiled.is_empty() {
        println!("epnas by compiled PyTorch: {}", spread(&compiled));
    }
    println!("\n| network | two workers of one thread, by one of two threads |\n|--|--|");
    for (name, ratio) in &pairs {
        println!("| {name} | {ratio:.2} |");
    }
    println!("\ntwo workers by one: {}", spread(&pairs.iter().map(|(_, ratio)| *ratio).collect::<Vec<_>>()));
}

fn arguments() -> Option<Arguments> {
    let mut arguments = Arguments { rounds: 5, compile: false, names: Vec::new() };
    let mut is_bench = false;
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--bench" => is_bench = true,
            "--compile" => arguments.compile = true,
            "--rounds" => arguments.rounds = given.next().expect("a number").parse().expect("a number"),
            _ => arguments.names.push(argument),
        }
    }
    if !is_bench {
        // `cargo test --all-targets` comes here.
        println!("a measurement of a quarter of an hour: start it with `make bench-train`");
        return None;
    }
    Some(arguments)
}

impl Subject {
    fn of(path: &Path) -> Self {
        let spec = spec::read(&std::fs::read(path).expect("the spec is readable")).resolved.expect("the spec has no faults");
        let spec::Subject::Images { dataset, start, .. } = spec.subject else { panic!("networks are trained on images") };
        let architecture = start.into_iter().next().expect("a start network");
        let (image, classes) = (dataset.described.shape, dataset.described.classes);
        let network = architecture.network(image, classes).expect("the start is a network");
        let recipe = TrainRecipe { precision: Precision::Auto, ..spec.last.recipe };
        Self { name: spec.name, architecture, network, image, classes, recipe }
    }

    fn trial(&self, steps: usize) -> Trial {
        let Self { architecture, image, classes, recipe, .. } = self;
        Trial { architecture: architecture.clone(), image: *image, classes: *classes, recipe: *recipe, warm_up: 3, steps }
    }
}

/// Steps that take about as long as a measurement should.
fn steps(speed: &Speed) -> usize {
    ((SECONDS / speed.step) as usize).clamp(3, 500)
}

/// The worker and PyTorch by turns; gives how much faster the worker is, than PyTorch and than compiled PyTorch.
fn beside(subject: &Subject, threads: usize, arguments: &Arguments) -> (f64, Option<f64>) {
    let batch = subject.recipe.batch_size;
    let mut worker = Worker::started(threads);
    let first = worker.measure(&subject.trial(5));
    let steps = steps(&first);
    let setting = |precision: &'static str, compile: bool| Setting { threads, precision, compile, batch };
    let mut eager = ["fp32", "bf16"].map(|precision| Peer::started(&subject.network, setting(precision, false)));
    let mut best_compiled: Option<Peer> = None;
    let (mut rounds, mut rounds_compiled, mut own) = (Vec::new(), Vec::new(), Vec::new());
    let mut theirs = [Vec::new(), Vec::new()];
    let mut of_compiled = Vec::new();
    for round in 0..arguments.rounds {
        let speed = worker.measure(&subject.trial(steps)).images_per_second;
        own.push(speed);
        let of = [0, 1].map(|which| eager[which].images_per_second(steps));
        theirs.iter_mut().zip(of).for_each(|(all, speed)| all.push(speed));
        rounds.push(speed / of[0].max(of[1]));
        if arguments.compile {
            if round == 0 {
                let precision = if of[1] > of[0] { "bf16" } else { "fp32" };
                best_compiled = Some(Peer::started(&subject.network, setting(precision, true)));
            }
            if let Some(peer) = &mut best_compiled {
                of_compiled.push(peer.images_per_second(steps));
                rounds_compiled.push(speed / of_compiled[round]);
            }
        }
    }
    let ratio = median(&rounds);
    let compiled = (!rounds_compiled.is_empty()).then(|| median(&rounds_compiled));
    let cost = Cost::of(&subject.network);
    let their_medians = [median(&theirs[0]), median(&theirs[1])];
    let best = usize::from(their_medians[1] > their_medians[0]);
    println!(
        "| {} | {} | {:.1}M | {threads} | {:.0} {} | {:.0} {} | **{ratio:.2}** | {} | {} | {} MB | {} MB |",
        subject.name,
        epnas::text::quantity(cost.params as f64),
        cost.macs as f64 / 1e6,
        median(&own),
        first.environment["precision"],
        their_medians[best],
        ["fp32", "bf16"][best],
        compiled.map_or("–".to_owned(), |_| format!("{:.0}", median(&of_compiled))),
        compiled.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
        first.peak_memory.map_or("?".to_owned(), |bytes| (bytes >> 20).to_string()),
        eager[best].memory() >> 20,
    );
    (ratio, compiled)
}

/// How much more two workers of one thread train together than one of two threads.
fn two_workers(subject: &Subject, rounds: usize) -> f64 {
    let mut wide = Worker::started(2);
    let steps = steps(&wide.measure(&subject.trial(5)));
    let mut narrow = [Worker::started(1), Worker::started(1)];
    let ratios: Vec<f64> = (0..rounds)
        .map(|_| {
            let together: f64 = std::thread::scope(|scope| {
                let halves = narrow.each_mut().map(|worker| scope.spawn(|| worker.measure(&subject.trial(steps)).images_per_second));
                halves.map(|half| half.join().unwrap()).iter().sum()
            });
            together / wide.measure(&subject.trial(steps)).images_per_second
        })
        .collect();
    median(&ratios)
}

/// A worker of the program that is measured.
struct Worker(LocalExecutor);

impl Worker {
    fn started(threads: usize) -> Self {
        let program = worker_program(Path::new(env!("CARGO_BIN_EXE_epnas")));
        let device = Device { name: "cpu".to_owned(), kind: String::new(), memory: None, capacity: epnas::run::Capacity::default() };
        let mut executor =
            LocalExecutor::new(program, std::env::vars_os().collect(), vec![SlotSettings { device, threads }], Notifier::default());
        executor.make_ready(0, PATIENCE).expect("the worker starts");
        Self(executor)
    }

    fn measure(&mut self, trial: &Trial) -> Speed {
        self.0.measure(0, trial, PATIENCE).expect("the worker trains")
    }
}

fn spread(ratios: &[f64]) -> String {
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    format!("geometric mean {mean:.2}, least {least:.2}")
}

fn median(values: &[f64]) -> f64 {
    epnas::statistics::median(values).expect("rounds were measured")
}
