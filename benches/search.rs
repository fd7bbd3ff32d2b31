//! Searches of images against networks written by hand and against random search, for `docs/benchmarks.md`: `make bench`, or
//! `cargo bench --profile dev --bench search -- [SETTING|SPEC…] [--seeds 1,2,3]`.
//!
//! A line for each seed says what the search ends with, what random search ends with under the same budget, and what the
//! best of the references ends with; that is the one with the best validation accuracy after the final training, which
//! each of them gets here for the comparison alone. Then come means of the paired differences with intervals. What was
//! trained stays in `target/bench`: the same command goes on where it was stopped. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use epnas::arch::{Architecture, Layer, LayerNetwork, Parameter};
use epnas::spec::{ResolvedSpec, read};
use epnas::statistics::{PairedDifference, mean, standard_deviation};
use epnas::text::{duration, percent};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_epnas");
/// Where caches, results and specs lie.
const FOLDER: &str = "target/bench";

/// A search and what it is held against.
#[derive(Clone, Copy)]
struct Setting<'a> {
    name: &'a str,
    spec: &'a str,
    seeds: &'a [u64],
    /// Whether random search is run, too.
    random: bool,
    /// A spec of one network written by hand, in place of the references.
    rival: Option<&'a str>,
}

/// What was tuned was tuned on seed 0 and on seeds from 100. For Fashion-MNIST, also under tight limits and in cells, seed 1 was looked
/// at before the last change.
const SETTINGS: [Setting<'static>; 4] = [
    Setting {
        name: "fashion-mnist",
        spec: "specs/fashion-mnist.yaml",
        seeds: &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        random: true,
        rival: None,
    },
    Setting { name: "tight", spec: "specs/fashion-mnist-tight.yaml", seeds: &[2, 3, 4, 5, 6], random: false, rival: None },
    Setting { name: "cifar-10", spec: "specs/cifar-10-cpu.yaml", seeds: &[1, 2, 3], random: false, rival: None },
    Setting {
        name: "cells",
        spec: "specs/fashion-mnist-cells.yaml",
        seeds: &[2, 3, 4, 5, 6],
        random: false,
        rival: Some("specs/fixed-resnet.yaml"),
    },
];

/// What a run ended with.
#[derive(Clone, Debug)]
struct Ending {
    network: String,
    validation: f64,
    test: f64,
    /// Of all workers.
    seconds: f64,
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of hours: start it with `cargo bench`");
        return;
    }
    arguments.retain(|argument| argument != "--bench");
    let seeds = arguments.iter().position(|argument| argument == "--seeds").map(|at| {
        let list = arguments.drain(at..=at + 1).next_back().unwrap();
        list.split(',').map(|seed| seed.parse().expect("seeds are numbers")).collect::<Vec<u64>>()
    });
    println!("a quarter of an hour to an hour for each seed of a setting on two cores;");
    println!("what is trained stays in `{FOLDER}`, and the same command goes on\n");
    for setting in asked(&arguments) {
        compare(&setting, seeds.as_deref().unwrap_or(setting.seeds));
    }
}

/// The settings named, or all; a spec is a setting of its own.
fn asked(arguments: &[String]) -> Vec<Setting<'_>> {
    if arguments.is_empty() {
        return SETTINGS.to_vec();
    }
    let mut asked = Vec::new();
    for name in arguments {
        let own = Setting { name: Path::new(name).file_stem().unwrap().to_str().unwrap(), spec: name, ..SETTINGS[0] };
        asked.push(SETTINGS.into_iter().find(|setting| setting.name == name).unwrap_or(own));
    }
    asked
}

fn compare(setting: &Setting<'_>, seeds: &[u64]) {
    let text = std::fs::read_to_string(setting.spec).expect("the spec is readable");
    println!("## {}: `{}`, {}\n", setting.name, setting.spec, passes(setting.spec));
    println!("| seed | search: test, validation, worker time | random: test | by hand: test, validation, worker time | found | by hand |");
    println!("|--|--|--|--|--|--|");
    let (mut over_hand, mut over_random) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for &seed in seeds {
        let name = |who: &str| format!("{}-{who}-{seed}", setting.name);
        let Some(search) = run(&name("epnas"), &searching(&text, "epnas", seed)) else { continue };
        let hand = match setting.rival {
            Some(rival) => run(&name("hand"), &searching(&std::fs::read_to_string(rival).unwrap(), "fixed", seed)),
            None => best_by_hand(setting.name, &text, seed),
        };
        let random = if setting.random { run(&name("random"), &searching(&text, "random", seed)) } else { None };
        let of = |ending: &Option<Ending>, show: fn(&Ending) -> String| ending.as_ref().map_or_else(|| "–".to_owned(), show);
        let all = |ending: &Ending| format!("{}, {}, {}", percent(ending.test), percent(ending.validation), duration(ending.seconds));
        println!(
            "| {seed} | {} | {} | {} | `{}` | `{}` |",
            all(&search),
            of(&random, |ending| percent(ending.test)),
            of(&hand, all),
            search.network,
            of(&hand, |ending| ending.network.clone())
        );
        over_hand.extend(hand.map(|hand| (search.test, hand.test)));
        over_random.extend(random.map(|random| (search.test, random.test)));
        found.push(search.test);
    }
    println!();
    for (who, pairs) in [("the best by hand", &over_hand), ("random search", &over_random)] {
        if let Some(difference) = PairedDifference::of(pairs) {
            let points = |share: f64| format!("{:+.2}", 100.0 * share);
            let interval = difference.interval().map_or_else(
                || "too few seeds for an interval".to_owned(),
                |(low, high)| format!("95 % interval {} to {}", points(low), points(high)),
            );
            println!("against {who}: {} points of test accuracy over {} seeds, {interval}", points(difference.mean.value), pairs.len());
        }
    }
    if let Some((mean, deviation)) = mean(&found).zip(standard_deviation(&found)) {
        println!("test accuracy {} ± {:.2} (mean ± standard deviation over seeds)", percent(mean), 100.0 * deviation);
    }
    println!();
}

/// The best of the references of a search, each trained by its final recipe.
fn best_by_hand(setting: &str, text: &str, seed: u64) -> Option<Ending> {
    let resolved: ResolvedSpec = read(text.as_bytes()).resolved.expect("a valid spec");
    let trained = resolved.references.iter().filter_map(|reference| {
        let Architecture::Layers(network) = &reference.network else { return None };
        let name = format!("{setting}-{}-{seed}", reference.family.word());
        run(&name, &fixed(text, network, seed)).map(|ending| Ending { network: reference.family.word().to_owned(), ..ending })
    });
    let trained: Vec<Ending> = trained.collect();
    let seconds = trained.iter().map(|ending| ending.seconds).sum();
    trained.into_iter().max_by(|a, b| a.validation.total_cmp(&b.validation)).map(|best| Ending { seconds, ..best })
}

/// A spec as data, with another strategy and seed.
fn searching(text: &str, strategy: &str, seed: u64) -> Value {
    let mut spec: Value = serde_yaml::from_str(text).unwrap();
    spec["strategy"] = json!(strategy);
    spec["seed"] = json!(seed);
    // Else every seed trained a network the same way, and the references were one draw of luck.
    spec["train"]["seed"] = json!(seed);
    spec
}

/// The same that trains one network by the final recipe.
fn fixed(text: &str, network: &LayerNetwork, seed: u64) -> Value {
    let mut spec = searching(text, "fixed", seed);
    let layer = |(place, layer): (usize, &Layer)| {
        let mut fields = json!({ "operation": layer.operation.kind().word() });
        let parameters = [
            ("kernel", Parameter::Kernel),
            ("channels", Parameter::Channels),
            ("stride", Parameter::Stride),
            ("expansion", Parameter::Expansion),
        ];
        for (field, value) in parameters.into_iter().filter_map(|(field, parameter)| Some((field, layer.operation.get(parameter)?))) {
            fields[field] = json!(value);
        }
        if let Some(skip) = layer.sources.iter().find(|source| **source + 1 != place) {
            fields["skip"] = json!(skip);
        }
        fields
    };
    let start: Vec<Value> = network.layers.iter().enumerate().skip(1).map(layer).collect();
    let options = |field: &str| {
        let mut options: Vec<u64> = start.iter().filter_map(|layer| layer[field].as_u64()).collect();
        options.sort_unstable();
        options.dedup();
        options
    };
    let mut layers = json!({
        "stem": spec["space"]["layers"]["stem"],
        "operations": [start[0]["operation"]],
        "kernels": options("kernel"),
        "channels": options("channels"),
        "skips": true,
        "depth": {"max": start.len()},
        "min-resolution": 1,
    });
    if !options("expansion").is_empty() {
        layers["expansions"] = json!(options("expansion"));
    }
    layers["start"] = json!(start);
    spec["space"] = json!({ "layers": layers });
    let fields = spec.as_object_mut().unwrap();
    for field in ["stages", "extrapolate", "references", "epnas", "predict"] {
        fields.remove(field);
    }
    if let Some(last) = fields.get_mut("final").and_then(Value::as_object_mut) {
        last.remove("networks");
    }
    spec
}

/// Runs a spec, or takes what it ended with before; `None` where it found nothing, which is said.
fn run(name: &str, spec: &Value) -> Option<Ending> {
    let mut spec = spec.clone();
    spec["name"] = json!(name);
    let path = Path::new(FOLDER).join("specs").join(format!("{name}.yaml"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, serde_json::to_string_pretty(&spec).unwrap()).unwrap();
    let of = |folder: &str| PathBuf::from(FOLDER).join(folder);
    let mut command = Command::new(PROGRAM);
    command.arg("run").arg(&path).args(["--format", "json", "--no-export", "--cache"]).arg(of("cache")).arg("--results").arg(of("results"));
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let summary: Value = serde_json::from_str(text.lines().last().unwrap_or("null")).unwrap_or(Value::Null);
    let best = &summary["best"];
    let number = |value: &Value| value.as_f64();
    let ending = number(&best["test_accuracy"]).zip(number(&best["validation_accuracy"])).map(|(test, validation)| Ending {
        network: best["architecture"].as_str().unwrap_or_default().to_owned(),
        validation,
        test,
        seconds: number(&summary["search_seconds"]).unwrap_or(0.0) + number(&summary["final_seconds"]).unwrap_or(0.0),
    });
    if ending.is_none() {
        println!("`{name}` ended with nothing: {}", output.status);
    }
    ending
}

/// What a plan says of the passes of a search.
fn passes(spec: &str) -> String {
    let output = Command::new(PROGRAM).args(["plan", spec]).stderr(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find(|line| line.contains("passes over")).map_or_else(|| "passes not known".to_owned(), str::to_owned)
}
