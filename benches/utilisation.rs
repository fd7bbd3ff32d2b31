//! How busy slots are: `cargo bench --profile dev --bench utilisation`.
//!
//! Simulates searches of 2,000 trainings of unequal length on 4 slots, with and without `lookahead`. Only the trainings are made
//! up: plan, scheduler, strategy and cache are the real ones. Busy is a slot from the moment it is given a training to its
//! end. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/simulation/executor.rs"]
mod executor;

use epnas::cache::Cache;
use epnas::digest::{Digest, Domain};
use epnas::plan::{DataDigests, Plan};
use epnas::run::{self, Context, DataPlace, Store};
use epnas::spec;

use executor::{Answer, Simulated, luck};

const SLOTS: usize = 4;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of a minute: start it with `cargo bench --profile dev --bench utilisation`");
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

/// Busy share of all slots over a whole search.
fn busy(rounds: usize, trainings: usize, spread: f64, lookahead: usize) -> f64 {
    let text = format!(
        "name: simulated\ndataset: {{name: mnist}}\nstrategy: regularized-evolution\nlookahead: {lookahead}\nstages: [{{rounds: {rounds}, trainings: {trainings}}}]\nfinal: {{networks: 1}}\n"
    );
    let spec = spec::read(text.as_bytes()).resolved.expect("a spec");
    let [train, test] = [&b"train"[..], b"test"].map(|bytes| Digest::of(Domain::Dataset, bytes));
    let data = DataDigests::Images { train, test };
    let (plan, place) = (Plan::new(&spec, data, "a processor"), DataPlace::new(&spec.subject, data));
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let length = move |request: &run::Request, _: usize| Answer::Done(1.0 + spread * luck(request, "seconds"));
    let mut slots = Simulated::new(&cache, SLOTS, Box::new(length));
    let context = Context {
        cache: &cache,
        place: place.clone(),
        store: &mut Store::new(place, None),
        executor: &mut slots,
        conduct: &spec.conduct,
        wall_before: 0,
        retry_failed: false,
        now: &|| 0,
        listen: &mut |_| {},
    };
    let ended = run::run(&plan, context).expect("the machine works");
    assert!(ended.stopped.is_none() && !ended.interrupted);
    assert!(slots.trainings >= rounds * trainings, "{} trainings", slots.trainings);
    slots.busy_share()
}
