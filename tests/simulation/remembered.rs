//! Failures of earlier runs: counted as long as nothing has changed for the better, and by one rule for all who ask.

use std::collections::BTreeMap;

use epnas::engine::{Memory, TaskFailure};
use epnas::event::{Event, Outcome};
use epnas::run::{Remembered, Status, Store, replay};
use epnas::task::TaskKind;
use epnas::what_if::{Fork, Variant, WhatIf};

use super::executor::{Answer, Simulated, luck};
use super::{Request, Told, Workshop, one_in_three, out_of_memory, spec, uneven};

const GIB: u64 = 1 << 30;

fn failed(told: &Told, in_an_earlier_run: bool) -> usize {
    let outcomes = told.ended.results.iter().flatten().map(|result| &result.outcome);
    outcomes.filter(|outcome| matches!(outcome, Outcome::Failed { remembered, .. } if *remembered == in_an_earlier_run)).count()
}

/// A cache in which one network in three ran out of memory.
fn after_failures() -> (Workshop, usize) {
    let workshop = Workshop::new();
    let told = workshop.run(&spec(""), &mut workshop.slots(4, one_in_three(out_of_memory())));
    assert_eq!(failed(&told, true), 0);
    let failed = failed(&told, false);
    assert!(failed > 3);
    (workshop, failed)
}

#[test]
fn what_ran_out_of_memory_is_tried_again_where_there_is_more_and_only_there() {
    let (workshop, count) = after_failures();
    for bytes in [GIB, GIB / 2] {
        let told = workshop.run(&spec(""), &mut workshop.slots(4, |_, _| panic!("nothing is left to do")).with_host_memory(bytes));
        assert_eq!((failed(&told, true), failed(&told, false)), (count, 0));
        let said = told.events.iter().filter(|event| serde_json::to_string(event).expect("plain data").contains("\"remembered\":true"));
        assert_eq!(said.count(), count);
    }
    let mut larger = workshop.slots(4, uneven).with_host_memory(8 * GIB);
    let told = workshop.run(&spec(""), &mut larger);
    assert_eq!((failed(&told, true), failed(&told, false)), (0, 0));
    let reason = "it failed in an earlier run and is tried again: there were 1.0 GiB of memory then, there are 8.0 GiB now";
    let warned = |event: &Event| matches!(event, Event::Warning { message } if message.ends_with(reason));
    assert!(told.events.iter().any(warned), "it is said");
    // What was found with more memory is found with less.
    let told = workshop.run(&spec(""), &mut workshop.slots(4, |_, _| panic!("nothing is left to do")));
    assert_eq!(failed(&told, true), 0);
}

#[test]
fn what_ran_out_of_memory_beside_others_is_tried_again_without_them() {
    for memory in [Memory::Host, Memory::Device] {
        let no_room = || TaskFailure::OutOfMemory { memory, message: "no room".to_owned() };
        let workshop = Workshop::new();
        let skips = spec("failures: {out-of-memory: skip}\n");
        let first = workshop.run(&skips, &mut workshop.slots(4, one_in_three(no_room())));
        let count = failed(&first, false);
        assert!(count > 3);
        let mut again = workshop.slots(4, |request: &Request, attempt| match one_in_three(no_room())(request, attempt) {
            Answer::Fails(..) => uneven(request, attempt),
            other => other,
        });
        let told = workshop.run(&skips, &mut again);
        assert_eq!(failed(&told, true) + failed(&told, false), 0, "they had company");
        // In a run of one slot nothing is beside another.
        let alone = Workshop::new();
        let first = alone.run(&skips, &mut alone.slots(1, one_in_three(no_room())));
        let told = alone.run(&skips, &mut alone.slots(1, |_, _| panic!("nothing is left to do")));
        assert_eq!(failed(&told, true), failed(&first, false));
    }
}

#[test]
fn a_plan_counts_failures_as_the_run_does() {
    type Machine = fn(Simulated<'_>) -> Simulated<'_>;
    let cases: [(&str, bool, Machine); 4] = [
        ("the same", false, |slots| slots),
        ("asked for", true, |slots| slots),
        ("more memory", false, |slots| slots.with_host_memory(8 * GIB)),
        ("another device", false, |slots| slots.on("another processor", 1 << 40)),
    ];
    for (case, retry, machine) in cases {
        let (workshop, count) = after_failures();
        let mut slots = machine(workshop.slots(2, |request: &Request, attempt| Answer::Done(1.0 + luck(request, "time") + attempt as f64)));
        let remembered = Remembered::new(slots.devices(), retry);
        let plan = Workshop::plan(&spec(""));
        let standings = replay(&plan, workshop.cache.reader(), &remembered).expect("readable").standings;
        let promise = workshop.forecast(&spec(""), 2, &remembered).trainings();
        let told = workshop.run_if(&spec(""), &mut slots, retry);
        let trained = slots.trainings as f64;
        assert!(promise.at_least <= trained && trained <= promise.at_most, "{case}: {trained} trained, {promise:?} promised");
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for ((planned, standing), result) in plan.tasks().zip(&standings).zip(&told.ended.results) {
            let outcome = &result.as_ref().expect("it ended").outcome;
            let as_said = match standing.status {
                Status::Cached => *outcome == Outcome::Cached,
                Status::Failed { .. } => matches!(outcome, Outcome::Failed { remembered: true, .. }),
                Status::Runs { .. } => matches!(outcome, Outcome::Executed | Outcome::Cached),
                Status::Open | Status::Skipped { .. } => true,
            };
            assert!(as_said, "{case}: {} {:?} {outcome:?}", planned.id, standing.status);
            if planned.task.kind() == TaskKind::Train {
                let word = match standing.status {
                    Status::Failed { .. } => "failed",
                    Status::Runs { .. } => "runs",
                    _ => "other",
                };
                *counted.entry(word).or_default() += 1;
            }
        }
        let count_of = |word| counted.get(word).copied().unwrap_or(0);
        if case == "the same" {
            assert_eq!((count_of("failed"), count_of("runs")), (count, 0));
        } else {
            assert!(count_of("failed") == 0 && count_of("runs") > 0, "{case}: {counted:?}");
            assert!(slots.trainings > 0);
        }
    }
}

#[test]
fn the_same_bounds_change_nothing_where_failures_are_remembered() {
    let (workshop, _) = after_failures();
    let (spec, slots) = (spec(""), workshop.slots(1, uneven));
    let plan = Workshop::plan(&spec);
    let same = || Variant { plan: &plan, constraints: &spec.constraints };
    let ask = |retry: bool| {
        let (place, remembered) = (Workshop::place(&spec), Remembered::new(slots.devices(), retry));
        WhatIf::new(same(), same(), spec.stages.len(), workshop.cache.reader(), &remembered, &mut Store::new(place, None))
            .expect("measured")
    };
    let trajectory = ask(false).trajectory;
    assert_eq!((trajectory.fork, trajectory.again, trajectory.trainings), (Fork::Never, BTreeMap::new(), Vec::new()));
    assert_eq!(ask(true).trajectory.trainings, Vec::<String>::new(), "what was to run before is not due to the bounds");
}
