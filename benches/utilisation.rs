//! How busy slots are: `cargo bench --profile dev --bench utilisation [-- TIMELINE…]`.
//!
//! Of timelines that real runs have written (`epnas run --timeline FILE`) it tells the share; without any it simulates.
//! It simulates searches of 2,000 trainings of unequal length on 4 slots, with and without `lookahead`. Only the trainings are made
//! up: plan, scheduler, strategy and cache are the real ones. Busy is a slot from the moment it is given a training to its
//! end. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/simulation/executor.rs"]
mod executor;
#[path = "../tests/simulation/made_up.rs"]
mod made_up;

use epnas::cache::Cache;
use epnas::plan::Plan;
use epnas::run;
use epnas::spec;

use serde_json::Value;

use executor::{Answer, Simulated, luck};

const SLOTS: usize = 4;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of a minute: start it with `cargo bench --profile dev --bench utilisation`");
        return;
    }
    let timelines: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for file in &timelines {
        println!("{file}: {:.1} %", 100.0 * of_timeline(file));
    }
    if !timelines.is_empty() {
        return;
    }
    println!("| rounds × trainings | length of a training | lookahead 0 | 1 | 2 |\n|--|--|--|--|--|");
    for (rounds, trainings) in [(500, 4), (250, 8), (125, 16)] {
        for (name, spread) in [("1 to 2", 1.0), ("1 to 10", 9.0)] {
            let shares = [0, 1, 2].map(|lookahead| format!("{:.1} %", 100.0 * busy(rounds, trainings, spread, lookahead)));
            println!("| {rounds} × {trainings} | {name} | {} |", shares.join(" | "));
        }
    }
}

/// Busy share of the slots in a timeline, from the first training to the end of the last one of the search; the final
/// trainings, of which there are fewer than slots, are no part of it. The coordinator's own track is the first.
fn of_timeline(file: &str) -> f64 {
    let events: Vec<Value> = serde_json::from_slice(&std::fs::read(file).expect("a timeline")).expect("of a run that has ended");
    let slots = events.iter().filter(|event| event["name"] == "thread_name" && event["tid"] != 0).count();
    let tasks = events.iter().filter(|event| event["ph"] == "X" && event["tid"] != 0);
    let searched = tasks.filter(|event| !event["name"].as_str().is_some_and(|name| name.starts_with("final/")));
    let spans: Vec<(f64, f64)> = searched.map(|event| (event["ts"].as_f64().unwrap(), event["dur"].as_f64().unwrap())).collect();
    let begin = spans.iter().map(|(at, _)| *at).fold(f64::MAX, f64::min);
    let end = spans.iter().map(|(at, long)| at + long).fold(0.0, f64::max);
    spans.iter().map(|(_, long)| long).sum::<f64>() / ((end - begin) * slots as f64)
}

/// Busy share of all slots over a whole search.
fn busy(rounds: usize, trainings: usize, spread: f64, lookahead: usize) -> f64 {
    let text = format!(
        "name: simulated\ndataset: {{name: mnist}}\nstrategy: regularized-evolution\nlookahead: {lookahead}\nstages: [{{rounds: {rounds}, trainings: {trainings}}}]\nfinal: {{networks: 1}}\n"
    );
    let spec = spec::read(text.as_bytes()).resolved.expect("a spec");
    let plan = Plan::new(&spec, made_up::data(), "a processor");
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let length = move |request: &run::Request, _: usize| Answer::Done(1.0 + spread * luck(request, "seconds"));
    let mut slots = Simulated::new(&cache, SLOTS, Box::new(length));
    let mut pools = executor::pools([&mut slots]);
    let ended = made_up::search(&spec, &plan, &cache, &mut pools, false, &mut |_| {}).expect("the machine works");
    drop(pools);
    assert!(ended.stopped.is_none() && !ended.interrupted);
    assert!(slots.trainings >= rounds * trainings, "{} trainings", slots.trainings);
    slots.busy_share()
}
