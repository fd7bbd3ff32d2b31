//! A search on a thousand slots that come and go: `cargo bench --profile dev --bench slots [-- TRAININGS]`.
//!
//! A hundred nodes of ten slots each wait in a queue, work, are lost at random or are told to leave, and come again. The
//! trainings (100,000 unless told otherwise, 6 to 60 seconds each) and the time are made up; plan, scheduler, strategy
//! and cache are the real ones. The table holds what the coordinator's processor did for each task, the tasks of its own
//! (sample, reward, update) and the bookkeeping of the simulation included. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/simulation/executor.rs"]
mod executor;
#[path = "../tests/simulation/made_up.rs"]
mod made_up;

use std::collections::BTreeMap;
use std::time::Duration;

use epnas::cache::Cache;
use epnas::event::Event as Told;
use epnas::plan::Plan;
use epnas::run;
use epnas::seed::{Seed, below};
use epnas::spec;

use executor::{Answer, Event, Simulated, World, luck};

const NODES: usize = 100;
const SLOTS: usize = 10;
const A_ROUND: usize = 1_000;
/// Seconds: the longest wait in the queue, the shortest and the longest stay, and the notice of those that are told to leave.
const QUEUE: usize = 180;
const STAY: [usize; 2] = [180, 1_440];
const NOTICE: u64 = 12;
/// Nothing happens to nodes later than this.
const HORIZON: u64 = 4 * 3_600;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of minutes: start it with `cargo bench --profile dev --bench slots`");
        return;
    }
    let trainings = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let text = format!(
        "name: many\ndataset: {{name: mnist}}\nstrategy: random\nlookahead: 1\nreferences: none\n\
         stages: [{{rounds: {}, proposals: {A_ROUND}, trainings: {A_ROUND}}}]\nfinal: {{networks: 1}}\n",
        trainings / A_ROUND
    );
    let spec = spec::read(text.as_bytes()).resolved.expect("a spec");
    let planning = processor_seconds();
    let plan = Plan::new(&spec, made_up::data(), "a processor");
    let planning = processor_seconds() - planning;
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let length = |request: &run::Request, _: usize| Answer::Done(6.0 + 54.0 * luck(request, "seconds"));
    let (there, events) = nodes();
    let mut slots = Simulated::coming_and_going(&cache, World::new(), events, Box::new(length)).on_nodes_of(SLOTS);
    let mut pools = executor::pools([&mut slots]);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut listen = |event: &Told| {
        let word = match event {
            Told::TaskFinished { .. } => "tasks",
            Told::TaskRequeued { .. } => "requeued",
            Told::SlotGone { .. } => "slots lost",
            Told::TaskRetried { .. } => "retried",
            _ => return,
        };
        *counts.entry(word).or_default() += 1;
    };
    let began = processor_seconds();
    let ended = made_up::search(&spec, &plan, &cache, &mut pools, false, &mut listen).expect("the machine works");
    let took = processor_seconds() - began;
    drop(pools);
    assert!(ended.stopped.is_none() && !ended.interrupted);
    let twice = slots.trained.values().filter(|count| **count > 1).count();
    let hours = slots.now() / 3_600.0;
    let tasks = counts["tasks"];
    println!("| what | figure |\n|--|--|");
    println!("| trainings to their end, and those done twice | {}, {twice} |", slots.trained.len());
    println!(
        "| slots lost, trainings begun anew for it, retries counted | {} |",
        ["slots lost", "requeued", "retried"].map(|word| counts.get(word).copied().unwrap_or(0).to_string()).join(", ")
    );
    println!("| hours of the made-up clock | {hours:.1} |");
    println!("| slots at work while they were there | {:.1} % |", 100.0 * slots.busy_seconds() / there(slots.now()));
    println!("| plan of {} tasks | {planning:.2} processor-seconds |", plan.tasks().count());
    println!("| run of {tasks} tasks | {took:.1} processor-seconds, {:.3} ms a task |", 1e3 * took / tasks as f64);
}

/// When slots come and go, and the seconds that all of them together were there until a moment.
fn nodes() -> (impl Fn(f64) -> f64, Vec<(Duration, usize, Event)>) {
    let mut events = Vec::new();
    let mut stays: Vec<[f64; 2]> = Vec::new();
    for node in 0..NODES {
        let mut stream = Seed::root(0).child("nodes").nth(node).stream();
        let mut now = below(&mut stream, QUEUE) as u64;
        while now < HORIZON {
            let end = now + (STAY[0] + below(&mut stream, STAY[1] - STAY[0])) as u64;
            let is_told = below(&mut stream, 2) == 0;
            for slot in node * SLOTS..(node + 1) * SLOTS {
                events.push((Duration::from_secs(now), slot, Event::Appears));
                if is_told {
                    events.push((Duration::from_secs(end - NOTICE), slot, Event::Leaves));
                }
                events.push((Duration::from_secs(end), slot, Event::Vanishes));
                stays.push([now as f64, end as f64]);
            }
            now = end + 1 + below(&mut stream, QUEUE) as u64;
        }
    }
    (move |until| stays.iter().map(|[from, to]| (to.min(until) - from).max(0.0)).sum(), events)
}

/// Seconds that the processor was at work for this thread.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap() / 1e9
}
