//! How busy slots are: `cargo bench --profile dev --bench utilisation [-- nodes | TIMELINE…]`.
//!
//! Of timelines that real runs have written (`epnas run --timeline FILE`) it tells the share; without any it simulates.
//! It simulates searches of 2,000 trainings of unequal length on 4 slots, with and without `lookahead`. Only the trainings are made
//! up: plan, scheduler, strategy and cache are the real ones. Busy is a slot from the moment it is given a training to its
//! end. With `nodes` another table tells how much sooner searches end on several nodes: there the time goes on while the coordinator
//! works, by as much as that takes here, and every training waits as long for its start as `pool` measures. Not a test: nothing is
//! judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/simulation/executor.rs"]
mod executor;
#[path = "../tests/simulation/made_up.rs"]
mod made_up;

use std::time::Duration;

use epnas::cache::Cache;
use epnas::plan::Plan;
use epnas::run;
use epnas::spec::{self, ResolvedSpec};

use serde_json::Value;

use executor::{Answer, Event, Simulated, World, luck};

const SLOTS: usize = 4;

/// Seconds from an order to the start of a training on a slot of another process; see the bench `pool`.
const ORDER: f64 = 0.005;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of a minute: start it with `cargo bench --profile dev --bench utilisation`");
        return;
    }
    let timelines: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if timelines == ["nodes"] {
        nodes();
        return;
    }
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

fn nodes() {
    println!("| strategy, slots a node | 1 node | 4 nodes | faster | slots at work |\n|--|--|--|--|--|");
    for strategy in ["regularized-evolution", "epnas"] {
        for slots in [2, 12] {
            let [(one, _), (four, share)] = [1, 4].map(|nodes| on_nodes(strategy, nodes * slots, slots));
            let share = 100.0 * share;
            println!("| `{strategy}`, {slots} | {one:.1} s | {four:.1} s | {:.2} × | {share:.1} % |", one / four);
        }
    }
}

/// A made-up search with an empty cache.
struct Lab {
    spec: ResolvedSpec,
    plan: Plan,
    cache: Cache,
    _folder: tempfile::TempDir,
}

impl Lab {
    fn of(text: &str) -> Self {
        let spec = spec::read(text.as_bytes()).resolved.expect("a spec");
        let plan = Plan::new(&spec, made_up::data(), "a processor");
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        Self { spec, plan, cache, _folder: folder }
    }
}

/// Seconds of a search of 960 trainings of 1 to 10 seconds on so many slots, and their busy share.
fn on_nodes(strategy: &str, slots: usize, of_a_node: usize) -> (f64, f64) {
    let text = format!(
        "name: simulated\ndataset: {{name: mnist}}\nreferences: none\nstrategy: {strategy}\nlookahead: 1\nstages: [{{rounds: 10, trainings: 96}}]\nfinal: {{networks: 1}}\n"
    );
    let Lab { spec, plan, cache, .. } = &Lab::of(&text);
    let length = |request: &run::Request, _: usize| Answer::Done(ORDER + 1.0 + 9.0 * luck(request, "seconds"));
    let appear = (0..slots).map(|slot| (Duration::ZERO, slot, Event::Appears));
    let mut slots = Simulated::coming_and_going(cache, World::with_overheads(), appear, Box::new(length)).on_nodes_of(of_a_node);
    let mut pools = executor::pools([&mut slots]);
    let ended = made_up::search(spec, plan, cache, &mut pools, false, &mut |_| {}).expect("the machine works");
    drop(pools);
    assert!(ended.stopped.is_none() && !ended.interrupted);
    (slots.now(), slots.busy_share())
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
    let Lab { spec, plan, cache, .. } = &Lab::of(&text);
    let length = move |request: &run::Request, _: usize| Answer::Done(1.0 + spread * luck(request, "seconds"));
    let mut slots = Simulated::new(cache, SLOTS, Box::new(length));
    let mut pools = executor::pools([&mut slots]);
    let ended = made_up::search(spec, plan, cache, &mut pools, false, &mut |_| {}).expect("the machine works");
    drop(pools);
    assert!(ended.stopped.is_none() && !ended.interrupted);
    assert!(slots.trainings >= rounds * trainings, "{} trainings", slots.trainings);
    slots.busy_share()
}
