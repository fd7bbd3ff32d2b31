//! How fast training gets its images: `cargo bench --profile dev --bench input [-- --python PROGRAM]`.
//!
//! The worker trains the smallest network that there is on images of 64×64 with three channels, on one thread: what a step
//! takes is choosing images, changing them at random, normalising them, and next to nothing more. With `--python` the
//! program beside this file has torchvision do the same for no network at all, by turns; it needs `taskset`. Not a test:
//! nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use epnas::arch::{Layer, LayerNetwork, Operation, Shape};
use epnas::engine::{Augment, Precision, TrainRecipe, Trial};
use epnas::run::{Capacity, Device, LocalExecutor, Notifier, SlotSettings, worker_program};
use epnas::spec;
use epnas::statistics::median;

const SIZE: usize = 64;
const BATCH: usize = 128;
const STEPS: usize = 100;
/// Of one measurement of the other.
const SECONDS: &str = "2";
const ROUNDS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of minutes: start it with `cargo bench --profile dev --bench input`");
        return;
    }
    let python = arguments.iter().position(|argument| argument == "--python").and_then(|place| arguments.get(place + 1));
    let shifted = Augment { flip: true, crop: SIZE / 8, ..Augment::NONE };
    let ways = [
        ("none", Augment::NONE),
        ("flip, shift", shifted),
        ("flip, resized crop", Augment { flip: true, resized_crop: 0.25, ..Augment::NONE }),
        ("flip, shift, TrivialAugment", Augment { trivial: true, ..shifted }),
    ];
    let mut executor = worker();
    let mut ours: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut theirs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for (name, augment) in ways {
            let speed = executor.measure(0, &trial(augment), PATIENCE).expect("the worker trains");
            ours.entry(name).or_default().push(speed.images_per_second);
        }
        for (name, speed) in python.map(|python| peer(python)).unwrap_or_default() {
            theirs.entry(name).or_default().push(speed);
        }
    }
    println!("| changes | epnas, images/s | torchvision, images/s | ratio |\n|--|--|--|--|");
    for (name, _) in ways {
        let own = median(&ours[name]).expect("a round");
        let other = theirs.get(name).and_then(|speeds| median(speeds));
        let [speed, ratio] =
            other.map_or(["–".to_owned(), "–".to_owned()], |other| [format!("{other:.0}"), format!("{:.1}", own / other)]);
        println!("| {name} | {own:.0} | {speed} | {ratio} |");
    }
}

/// A stem that reads one pixel of an image and a classifier for ten classes.
fn trial(augment: Augment) -> Trial {
    let stem = Layer { operation: Operation::convolution(1, 1, SIZE), sources: vec![] };
    let text = "name: input\ndataset: {name: cifar-10}\nstrategy: fixed\n";
    let recipe = spec::read(text.as_bytes()).resolved.expect("the spec has no faults").last.recipe;
    Trial {
        architecture: LayerNetwork { layers: vec![stem] }.into(),
        image: Shape { channels: 3, height: SIZE, width: SIZE },
        classes: 10,
        recipe: TrainRecipe { augment, batch_size: BATCH, precision: Precision::Fp32, ..recipe },
        warm_up: 3,
        steps: STEPS,
    }
}

fn worker() -> LocalExecutor {
    let program = worker_program(Path::new(env!("CARGO_BIN_EXE_epnas")));
    let device = Device { name: "cpu".to_owned(), kind: String::new(), memory: None, capacity: Capacity::default() };
    let slot = SlotSettings { device, threads: 1 };
    let mut executor = LocalExecutor::new(program, std::env::vars_os().collect(), vec![slot], Notifier::default());
    executor.make_ready(0, PATIENCE).expect("the worker starts");
    executor
}

fn peer(python: &str) -> Vec<(String, f64)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/input/peer.py");
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0", python]).arg(script).args([&SIZE.to_string(), &BATCH.to_string(), SECONDS]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.rsplit_once(": ")).map(|(name, speed)| (name.to_owned(), speed.parse().unwrap())).collect()
}
