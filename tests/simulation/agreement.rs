//! What a plan says of a run, and what-if of a search, held against runs: over random edits of a spec on one cache, with
//! trainings that fail for good, on machines that change.

use std::collections::{BTreeMap, BTreeSet};

use epnas::cache::TaskKey;
use epnas::engine::TaskFailure;
use epnas::event::Outcome;
use epnas::run::{Remembered, Request, Status, Store, replay};
use epnas::seed::{Seed, below};
use epnas::spec::{self, ResolvedSpec};
use epnas::task::Task;
use epnas::what_if::{Fork, Variant, WhatIf, WhatIfError};

use super::executor::{Answer, luck};
use super::{Workshop, out_of_memory, uneven};

const CHOICES: [(&str, &[&str]); 8] = [
    ("SEED", &["0", "1", "2"]),
    ("STRATEGY", &["random", "regularized-evolution", "local-search"]),
    ("LIMIT", &["1M", "2M", "4M"]),
    ("ENFORCEMENT", &["reject", "penalty"]),
    ("ROUNDS", &["1", "3"]),
    ("EPOCHS", &["1", "4"]),
    ("REWARD", &["none", "zero"]),
    ("NETWORKS", &["1", "3"]),
];

fn spec(chosen: &[usize]) -> ResolvedSpec {
    let mut text = "name: edited
seed: SEED
dataset: {name: fashion-mnist}
references: none
space: {layers: {stem: {channels: 4, stride: 2}, channels: [4, 8, 16, 32], depth: {max: 4}}}
constraints: {macs: {max: LIMIT, enforcement: ENFORCEMENT}}
strategy: STRATEGY
stages: [{rounds: ROUNDS, proposals: 12, trainings: 4, carry: 1}, {rounds: 1, proposals: 12, trainings: 3, epochs: EPOCHS}]
final: {networks: NETWORKS, epochs: 1}
failures: {limit: 1.0, reward: REWARD}
"
    .to_owned();
    for ((name, values), &choice) in CHOICES.iter().zip(chosen) {
        text = text.replace(name, values[choice]);
    }
    let reading = spec::read(text.as_bytes());
    reading.resolved.unwrap_or_else(|| panic!("{text}\n{:?}", reading.faults))
}

/// One training of the search in four fails, always in the same way.
fn some_fail(request: &Request, attempt: usize) -> Answer {
    match (&request.task, luck(request, "fate")) {
        (Task::Train { keep_weights: false, .. }, ..0.15) => Answer::Fails(1.0, out_of_memory()),
        (Task::Train { keep_weights: false, .. }, ..0.25) => Answer::Fails(1.0, TaskFailure::Diverged { epoch: 0 }),
        _ => uneven(request, attempt),
    }
}

impl Workshop {
    /// What-if of a spec's own constraints changes nothing; `false` where nothing was measured.
    fn changes_nothing(&self, spec: &ResolvedSpec, remembered: &Remembered, case: &str) -> bool {
        let (plan, place) = (Self::plan(spec), Self::place(spec));
        let same = || Variant { plan: &plan, constraints: &spec.constraints };
        let cache = self.cache.reader();
        match WhatIf::new(same(), same(), spec.stages.len(), cache, remembered, &mut Store::new(place, None)) {
            Ok(found) => {
                let trajectory = found.trajectory;
                assert_eq!(
                    (trajectory.fork, trajectory.rewards, trajectory.again, trajectory.trainings),
                    (Fork::Never, None, BTreeMap::new(), Vec::new()),
                    "{case}"
                );
                assert!(found.networks.iter().all(|one| one.reward == one.network.reward), "{case}");
                true
            }
            Err(WhatIfError::NothingMeasured) => false,
            Err(error) => panic!("{case}: {error}"),
        }
    }
}

#[test]
fn what_a_plan_says_is_what_a_run_does_and_the_same_bounds_change_nothing() {
    let workshop = Workshop::new();
    let mut stream = Seed::root(5).child("edits").stream();
    let mut chosen = vec![0; CHOICES.len()];
    let (mut certain, mut behind, mut remembered_failures, mut asked) = (0, 0, 0, 0);
    for step in 0..72 {
        for _ in 0..below(&mut stream, 3) {
            let edited = below(&mut stream, CHOICES.len());
            chosen[edited] = below(&mut stream, CHOICES[edited].1.len());
        }
        let (spec, slots) = (spec(&chosen), 1 + below(&mut stream, 3));
        let gibibytes = [1, 4][usize::from(below(&mut stream, 8) == 0)];
        let name = ["a processor", "another"][usize::from(below(&mut stream, 8) == 0)];
        let retry = below(&mut stream, 5) == 0;
        let case = format!("step {step}: {chosen:?} on {name} with {gibibytes} GiB, retry {retry}");
        let mut slots = workshop.slots(slots, some_fail).on(name, 1 << 40).with_host_memory(gibibytes << 30);
        let remembered = Remembered::new(slots.devices(), retry);
        let standings = replay(&Workshop::plan(&spec), workshop.cache.reader(), &remembered).expect("readable").standings;
        asked += usize::from(workshop.changes_nothing(&spec, &remembered, &case));
        let told = workshop.run_if(&spec, &mut slots, retry);
        for (node, (standing, result)) in standings.iter().zip(&told.ended.results).enumerate() {
            let outcome = &result.as_ref().expect("the run went to its end").outcome;
            let ran = told.ended.ran.get(&node);
            match &standing.status {
                Status::Cached => assert!(*outcome == Outcome::Cached && ran.is_none(), "{case}: {node} {outcome:?}"),
                Status::Failed { failure } => {
                    remembered_failures += 1;
                    let same = Outcome::Failed { failure: failure.clone(), remembered: true };
                    assert!(*outcome == same && ran.is_none(), "{case}: {node} {outcome:?}");
                }
                Status::Skipped { .. } => assert!(matches!(outcome, Outcome::Skipped { .. }), "{case}: {node} {outcome:?}"),
                Status::Open => behind += usize::from(ran.is_some()),
                Status::Runs { .. } => {
                    certain += 1;
                    assert_eq!(ran.map(|(key, _)| key), standing.key.as_ref(), "{case}: {node} {outcome:?}");
                }
            }
        }
        // Each key once, and those of the plan first among them.
        let executed = told.ended.results.iter().enumerate().filter(|(_, result)| {
            let outcome = &result.as_ref().expect("it ended").outcome;
            matches!(outcome, Outcome::Executed | Outcome::Failed { remembered: false, .. })
        });
        let executed: BTreeSet<TaskKey> = executed.map(|(node, _)| told.ended.ran[&node].0).collect();
        let promised = standings.iter().filter(|standing| matches!(standing.status, Status::Runs { .. }));
        assert!(promised.filter_map(|standing| standing.key).all(|key| executed.contains(&key)), "{case}");
        let left = replay(&Workshop::plan(&spec), workshop.cache.reader(), &Remembered::new(slots.devices(), false)).expect("readable");
        let to_do = |status: &Status| matches!(status, Status::Runs { .. } | Status::Open);
        assert!(!left.standings.iter().any(|standing| to_do(&standing.status)), "{case}: nothing is left to do");
        assert!(workshop.changes_nothing(&spec, &Remembered::new(slots.devices(), false), &case));
    }
    assert!(certain > 15 && behind > 100 && remembered_failures > 10 && asked > 20, "{certain} {behind} {remembered_failures} {asked}");
}
