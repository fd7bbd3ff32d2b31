//! What a plan tells and what the run takes: `cargo bench --profile dev --bench forecast [-- --edits N --seed N]`.
//!
//! A tiny search on Fashion-MNIST is edited at random, planned and run, on one cache that begins empty. The table holds
//! what was told against what was taken; the last lines count how often `at most` held and how often the run took what was
//! expected, within a factor of two. It wants the data set and a machine with nothing else to do; a few minutes. Not a
//! test: nothing is judged. The rule itself is tested with simulated time, see `tests/simulation/forecast.rs`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use epnas::seed::{Seed, below};
use serde_json::Value;

/// One value of each is chosen for every spec.
const CHOICES: [(&str, &[&str]); 9] = [
    ("SEED", &["0", "1", "2"]),
    ("STRATEGY", &["random", "regularized-evolution", "epnas"]),
    ("PARAMS", &["20k", "10k", "40k"]),
    ("MACS", &["1M", "600k"]),
    ("ROUNDS", &["1", "2"]),
    ("TRAININGS", &["2", "3"]),
    ("EPOCHS", &["1", "2"]),
    ("SHARE", &["0.02", "0.04"]),
    ("NETWORKS", &["1", "2"]),
];

const SPEC: &str = "name: edited
seed: SEED
dataset: {name: fashion-mnist, validation: 50k}
space: {layers: {stem: {channels: 8, stride: 2}, channels: [8, 16, 24], depth: {max: 4}}}
constraints: {params: {max: PARAMS}, macs: {max: MACS}}
strategy: STRATEGY
stages:
  - {rounds: ROUNDS, proposals: 12, trainings: TRAININGS, examples: SHARE, carry: 1}
  - {rounds: 1, proposals: 12, trainings: 2, examples: SHARE, epochs: EPOCHS}
train: {batch-size: 64}
final: {networks: NETWORKS, epochs: 1}
";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of minutes: start it with `cargo bench --profile dev --bench forecast`");
        return;
    }
    let number = |name: &str, default: usize| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let (edits, seed) = (number("--edits", 12), number("--seed", 1));
    let folder = tempfile::tempdir().unwrap();
    let mut stream = Seed::root(seed as u64).child("forecast").stream();
    let mut chosen = [0; CHOICES.len()];
    println!("| edit | trainings | at least | expected | at most | took | at most held | within 2 |\n|--|--|--|--|--|--|--|--|");
    assert!(epnas(folder.path(), &["doctor", "--keep", "--device", "cpu"]).status.code().is_some());
    let (mut told, mut held, mut near) = (0, 0, 0);
    for edit in 0..=edits {
        if edit > 0 {
            let place = below(&mut stream, CHOICES.len());
            chosen[place] = below(&mut stream, CHOICES[place].1.len());
        }
        let spec = CHOICES.iter().zip(chosen).fold(SPEC.to_owned(), |spec, ((name, values), choice)| spec.replace(name, values[choice]));
        std::fs::write(folder.path().join("edited.yaml"), spec).unwrap();
        let plan = epnas(folder.path(), &["plan", "edited.yaml", "--device", "cpu", "--format", "json"]);
        let plan: Value = serde_json::from_slice(&plan.stdout).expect("a plan");
        let began = Instant::now();
        let ran = epnas(folder.path(), &["run", "edited.yaml", "--device", "cpu"]);
        let took = began.elapsed().as_secs_f64();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let forecast = &plan["forecast"];
        let trainings = forecast["tasks"]["train"]["run"]["expected"].as_f64().unwrap();
        if trainings == 0.0 {
            continue;
        }
        let [least, expected, most] = ["at_least", "expected", "at_most"].map(|name| forecast["seconds"][name].as_f64().unwrap());
        let (holds, is_near) = (took <= most, expected < 2.0 * took && took < 2.0 * expected);
        told += 1;
        held += usize::from(holds);
        near += usize::from(is_near);
        let word = |yes: bool| if yes { "yes" } else { "no" };
        println!(
            "| {edit} | {trainings:.0} | {least:.1} s | {expected:.1} s | {most:.1} s | {took:.1} s | {} | {} |",
            word(holds),
            word(is_near)
        );
    }
    println!("\nof {told} runs {held} ended within at most, {near} took what was expected within a factor of two");
}

fn epnas(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_epnas")).args(arguments).current_dir(folder).env_remove("EPNAS_CACHE").output().unwrap()
}
