//! The search of `make search` over several seeds, for `docs/benchmarks.md`: `make bench`, or
//! `cargo bench --profile dev --bench search -- SPEC SEED…`.
//!
//! Runs the spec with `epnas` and with `random` for every seed, each on an empty cache, one after another, and prints
//! accuracy, time and memory; then a second run of the last one, and `epnas check specs`. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use epnas::statistics::{mean, standard_deviation};
use epnas::text::{percent, percent_with};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_epnas");

fn main() {
    let (flags, arguments): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    if !flags.iter().any(|flag| flag == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of hours: start it with `cargo bench`");
        return;
    }
    let spec = arguments.first().map_or("specs/fashion-mnist.yaml", String::as_str);
    let seeds: Vec<u64> = arguments.iter().skip(1).map(|seed| seed.parse().expect("seeds are numbers")).collect();
    let seeds = if seeds.is_empty() { vec![0, 1, 2] } else { seeds };
    let text = std::fs::read_to_string(spec).expect("the spec is readable");
    let folder = tempfile::tempdir().unwrap();
    println!("{spec}, seeds {seeds:?}\n");
    println!("| strategy | seed | test | validation | params | macs | predictor ρ | time | peak memory |\n|--|--|--|--|--|--|--|--|--|");
    let mut last = None;
    let mut means = Vec::new();
    for strategy in ["epnas", "random"] {
        let mut accuracies = Vec::new();
        for seed in &seeds {
            let path = folder.path().join("search.yaml");
            std::fs::write(&path, edited(&text, strategy, *seed)).unwrap();
            let cache = folder.path().join(format!("cache-{strategy}-{seed}"));
            let (summary, seconds, memory) = run(&path, &cache);
            let best = &summary["best"];
            accuracies.extend(best["test_accuracy"].as_f64());
            let share = |name: &str| best[name].as_f64().map_or_else(|| "–".to_owned(), percent);
            println!(
                "| {strategy} | {seed} | {} | {} | {} | {} | {} | {:.0} s | {:.2} GB |",
                share("test_accuracy"),
                share("validation_accuracy"),
                best["costs"]["params"],
                best["costs"]["macs"],
                summary["predictor_mean"].as_f64().map_or_else(|| "–".to_owned(), |rho| format!("{rho:.2}")),
                seconds,
                memory
            );
            last = Some((path, cache));
        }
        let told = mean(&accuracies).map_or_else(|| "not known".to_owned(), |mean| percent_with(mean, standard_deviation(&accuracies)));
        means.push(format!(
            "{strategy}: test accuracy {told} (mean ± standard deviation over {} of {} seeds)",
            accuracies.len(),
            seeds.len()
        ));
    }
    println!("\n{}\n", means.join("\n"));
    if let Some((path, cache)) = last {
        let (summary, seconds, _) = run(&path, &cache);
        println!("second run: {seconds:.2} s, trainings executed: {}", summary["tasks"]["train"]["executed"]);
    }
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let began = Instant::now();
            Command::new(PROGRAM).args(["check", "specs"]).stdout(Stdio::null()).status().unwrap();
            began.elapsed()
        })
        .collect();
    times.sort();
    println!("epnas check specs: {:.1} ms (median of {})", times[times.len() / 2].as_secs_f64() * 1e3, times.len());
}

/// The spec with another strategy and seed.
fn edited(text: &str, strategy: &str, seed: u64) -> String {
    let other = text.lines().filter(|line| !line.starts_with("strategy:") && !line.starts_with("seed:"));
    format!("{}\nstrategy: {strategy}\nseed: {seed}\n", other.collect::<Vec<_>>().join("\n"))
}

/// The summary of a run, its seconds, and the most memory of all its processes together, in GB.
fn run(spec: &Path, cache: &Path) -> (Value, f64, f64) {
    let began = Instant::now();
    let results = cache.with_extension("results");
    let mut child = Command::new(PROGRAM)
        .arg("run")
        .arg(spec)
        .args(["--format", "json", "--cache"])
        .arg(cache)
        .arg("--results")
        .arg(results)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(output).unwrap());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(memory(child.id()));
        std::thread::sleep(Duration::from_millis(200));
    }
    let text = reader.join().unwrap();
    let summary = serde_json::from_str(text.lines().last().unwrap_or("null")).unwrap_or(Value::Null);
    (summary, began.elapsed().as_secs_f64(), peak as f64 / 1e9)
}

/// Resident bytes of a process and its children; pages they share count in each.
fn memory(process: u32) -> u64 {
    let field = |id: u32, file: &str, name: &str| {
        let text = std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let ids = children.split_whitespace().filter_map(|id| id.parse().ok()).chain([process]);
    1_000 * ids.map(|id| field(id, "status", "VmRSS:")).sum::<u64>()
}
