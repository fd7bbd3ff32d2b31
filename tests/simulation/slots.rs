//! Several pools in one run, with slots that appear late, come and go.

use std::collections::BTreeSet;
use std::time::Duration;

use epnas::event::Event as Told;
use epnas::run::{ExecutorError, RunError};
use epnas::seed::{Seed, below};
use epnas::task::TaskKind;

use super::executor::{Answer, Event, Simulated, World};
use super::{Request, Workshop, pools, spec, uneven};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Three slots that appear, some of them again; half of them say that they leave before they are gone.
fn restless(seed: u64) -> Vec<(Duration, usize, Event)> {
    let mut stream = Seed::root(seed).child("slots").stream();
    let mut events = Vec::new();
    for slot in 0..3 {
        let mut now = 1 + below(&mut stream, 30) as u64;
        for _ in 0..3 {
            events.push((seconds(now), slot, Event::Appears));
            now += 3 + below(&mut stream, 20) as u64;
            if below(&mut stream, 2) == 0 {
                events.push((seconds(now), slot, Event::Leaves));
                now += 2;
            }
            events.push((seconds(now), slot, Event::Vanishes));
            now += 1 + below(&mut stream, 20) as u64;
        }
    }
    events
}

#[test]
fn slots_that_come_and_go_change_nothing_of_what_a_search_tells_and_finds() {
    let (mut requeued, mut helped) = (0, 0);
    for seed in 0..12 {
        let spec = spec(&format!("seed: {seed}\nlookahead: {}\n", seed % 2));
        let fixed = Workshop::new();
        let fixed = fixed.run(&spec, &mut fixed.slots(2, uneven));
        let (workshop, world) = (Workshop::new(), World::new());
        let mut local = Simulated::coming_and_going(&workshop.cache, world.clone(), [(seconds(0), 0, Event::Appears)], Box::new(uneven));
        let mut other = Simulated::coming_and_going(&workshop.cache, world, restless(seed), Box::new(uneven));
        let told = workshop.run_on(&spec, pools([&mut local, &mut other]), false);
        assert_eq!(told.trajectory(), fixed.trajectory(), "seed {seed}");
        assert_eq!(told.news(), fixed.news(), "seed {seed}");
        assert_eq!(told.counts(TaskKind::Train), fixed.counts(TaskKind::Train), "seed {seed}");
        let mut trained = local.trained.clone();
        for (key, count) in &other.trained {
            *trained.entry(key.clone()).or_default() += count;
        }
        assert!(trained.values().all(|count| *count == 1), "seed {seed}: a training was done twice");
        assert_eq!(trained.len(), told.counts(TaskKind::Train)["executed"], "seed {seed}");
        let appeared: Vec<usize> = told
            .events
            .iter()
            .filter_map(|event| match event {
                Told::SlotAppeared { slot, .. } => Some(*slot),
                _ => None,
            })
            .collect();
        assert_eq!(appeared, (0..appeared.len()).collect::<Vec<_>>(), "no number is given twice");
        let mut there = BTreeSet::new();
        for event in &told.events {
            match event {
                Told::SlotAppeared { slot, .. } => drop(there.insert(*slot)),
                Told::SlotGone { slot } => assert!(there.remove(slot), "seed {seed}"),
                Told::TaskStarted { slot: Some(slot), .. } => assert!(there.contains(slot), "seed {seed}: slot {slot} is not there"),
                Told::TaskRetried { .. } => panic!("seed {seed}: a slot that goes is no failure"),
                Told::TaskRequeued { .. } => requeued += 1,
                _ => {}
            }
        }
        helped += other.trained.len();
    }
    assert!(requeued > 24 && helped > 48, "{requeued} requeued, {helped} trained on slots that come and go");
}

#[test]
fn a_slot_may_be_pending_for_hours() {
    let spec = spec("failures: {silence: 5s, time-limit: 20s}\n");
    let brief = |_: &Request, _: usize| Answer::Done(3.0);
    let fixed = Workshop::new();
    let fixed = fixed.run(&spec, &mut fixed.slots(1, brief));
    let workshop = Workshop::new();
    let late = [(seconds(10 * 3_600), 0, Event::Appears)];
    let mut slots = Simulated::coming_and_going(&workshop.cache, World::new(), late, Box::new(brief));
    let told = workshop.run(&spec, &mut slots);
    assert_eq!((told.trajectory(), told.news()), (fixed.trajectory(), fixed.news()));
    assert!(slots.now() > 36_000.0);
    let warnings: Vec<&Told> = told.events.iter().filter(|event| matches!(event, Told::Warning { .. })).collect();
    assert_eq!(warnings, [&Told::Warning { message: "no slot is there to train on; waiting for one".to_owned() }]);
}

#[test]
fn latencies_wait_for_a_slot_of_their_model_and_say_so() {
    let spec = spec("constraints: {latency: {max: 1000}}\n");
    let brief = |_: &Request, _: usize| Answer::Done(3.0);
    let (workshop, world) = (Workshop::new(), World::new());
    let there = |at| [(seconds(at), 0, Event::Appears)];
    let mut other = Simulated::coming_and_going(&workshop.cache, world.clone(), there(0), Box::new(brief)).on("another", 1 << 40);
    let mut right = Simulated::coming_and_going(&workshop.cache, world, there(600), Box::new(brief)).on("a processor", 1 << 40);
    let told = workshop.run_on(&spec, pools([&mut other, &mut right]), false);
    let warned = |event: &Told| matches!(event, Told::Warning { message } if message.contains("are those of `a processor`, and no slot is there with one"));
    assert_eq!(told.events.iter().filter(|event| warned(event)).count(), 1);
    assert!(told.counts(TaskKind::Train)["executed"] > 2);
}

#[test]
fn a_pool_that_breaks_ends_the_run_only_where_no_other_can_give_a_slot() {
    let spec = spec("");
    let fixed = Workshop::new();
    let fixed = fixed.run(&spec, &mut fixed.slots(2, uneven));
    let breaks = |at| [(seconds(0), 0, Event::Appears), (seconds(at), 0, Event::Breaks)];
    let (workshop, world) = (Workshop::new(), World::new());
    let mut steady = Simulated::coming_and_going(&workshop.cache, world.clone(), [(seconds(60), 0, Event::Appears)], Box::new(uneven));
    let mut broken = Simulated::coming_and_going(&workshop.cache, world, breaks(20), Box::new(uneven));
    let told = workshop.run_on(&spec, pools([&mut steady, &mut broken]), false);
    assert_eq!((told.trajectory(), told.news()), (fixed.trajectory(), fixed.news()));
    let said = "a simulated pool gives no more slots: the worker was not ready after 7 s";
    assert!(told.events.iter().any(|event| matches!(event, Told::Warning { message } if message.starts_with(said))));

    let (workshop, world) = (Workshop::new(), World::new());
    let mut both = [20, 40].map(|at| Simulated::coming_and_going(&workshop.cache, world.clone(), breaks(at), Box::new(uneven)));
    let [first, second] = &mut both;
    let ended = workshop.try_run(&spec, &mut pools([first, second]), false, &mut Vec::new());
    assert!(matches!(ended, Err(RunError::Executor(ExecutorError::Silent { seconds: 7 }))), "{ended:?}");
    assert!((both[0].now() - 40.0).abs() < 1e-9, "the first that breaks ends nothing");
    let resumed = workshop.run(&spec, &mut workshop.slots(2, uneven));
    assert_eq!(resumed.trajectory(), fixed.trajectory(), "what was finished is kept");
    assert!(resumed.counts(TaskKind::Train)["cached"] > 2);
}

#[test]
fn slots_lost_are_no_retries_of_a_task_until_they_are_always_lost_with_it() {
    let spec = spec("failures: {retries: 0, crashed: skip}\n");
    let told = |losses: u64| {
        let workshop = Workshop::new();
        // Each time just before the first training, which takes three seconds, is done.
        let lost = (0..losses).flat_map(|turn| [(seconds(3 * turn), 0, Event::Appears), (seconds(3 * turn + 2), 0, Event::Vanishes)]);
        let events: Vec<_> = lost.chain([(seconds(3 * losses), 0, Event::Appears)]).collect();
        let mut slots = Simulated::coming_and_going(&workshop.cache, World::new(), events, Box::new(|_, _| Answer::Done(3.0)));
        workshop.run(&spec, &mut slots)
    };
    let requeued = |told: &super::Told| told.events.iter().filter(|event| matches!(event, Told::TaskRequeued { .. })).count();
    let failed = |told: &super::Told| told.counts(TaskKind::Train).get("failed").copied().unwrap_or(0);
    let (ten, eleven) = (told(10), told(11));
    assert_eq!((requeued(&ten), failed(&ten)), (10, 0));
    assert_eq!((requeued(&eleven), failed(&eleven)), (10, 1));
}

#[test]
fn a_run_without_pools_says_so() {
    let workshop = Workshop::new();
    let mut none = epnas::run::Pools::new(epnas::run::Notifier::default(), Vec::new());
    let ended = workshop.try_run(&spec(""), &mut none, false, &mut Vec::new());
    assert!(matches!(ended, Err(RunError::Executor(ExecutorError::NoPool))), "{ended:?}");
}
