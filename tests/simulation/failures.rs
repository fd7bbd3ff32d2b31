//! Trainings that fail, workers that die, and disks that are full.

use epnas::engine::TaskFailure;
use epnas::event::Event;
use epnas::run::{Request, Stop};
use epnas::task::TaskKind;

use super::executor::{Answer, luck};
use super::{Workshop, one_in_three, out_of_memory, spec, uneven};

#[test]
fn what_ran_out_of_memory_is_tried_alone_then_remembered_on_that_kind_of_device() {
    let workshop = Workshop::new();
    let spec = spec("");
    let first = workshop.run(&spec, &mut workshop.slots(4, one_in_three(out_of_memory())));
    let failed = first.counts(TaskKind::Train)["failed"];
    let retried = first.events.iter().filter(|event| matches!(event, Event::TaskRetried { .. })).count();
    assert!(failed > 3 && retried >= failed, "{failed} failed, {retried} retried");
    assert_eq!(first.counts(TaskKind::Reward).get("skipped"), None, "they count with an accuracy of 0");
    assert!(first.news().iter().any(|news| news.contains("\"validation_accuracy\":0.0,")));

    let again = workshop.run(&spec, &mut workshop.slots(2, |_, _| panic!("nothing is left to do")));
    assert_eq!(again.trajectory(), first.trajectory());
    assert_eq!(again.counts(TaskKind::Train)["failed"], failed);
    let mut other = workshop.slots(2, one_in_three(out_of_memory())).on("another processor", 1 << 40);
    workshop.run(&spec, &mut other);
    assert!(other.trainings >= failed, "another kind of device may have room: {}", other.trainings);
    let mut asked = workshop.slots(2, uneven);
    let told = workshop.run_if(&spec, &mut asked, true);
    assert_eq!(told.counts(TaskKind::Train).get("failed"), None);
    assert!(asked.trainings > 0);
}

#[test]
fn what_fails_while_a_run_pauses_is_left_to_the_next_one() {
    let workshop = Workshop::new();
    let fails_first = |request: &Request, attempt: usize| match attempt {
        0 => Answer::Fails(1.0, out_of_memory()),
        _ => uneven(request, attempt),
    };
    let mut slots = workshop.slots(2, fails_first);
    slots.interrupt_at = Some(1);
    assert!(workshop.run(&spec(""), &mut slots).ended.interrupted);
    let told = workshop.run(&spec(""), &mut workshop.slots(2, uneven));
    assert_eq!(told.counts(TaskKind::Train).get("failed"), None, "it has not failed for good");
    let undisturbed = Workshop::new();
    assert_eq!(told.trajectory(), undisturbed.run(&spec(""), &mut undisturbed.slots(2, uneven)).trajectory());
}

#[test]
fn nothing_is_learned_of_failures_where_the_spec_says_so() {
    let workshop = Workshop::new();
    let told = workshop.run(&spec("failures: {reward: none}\n"), &mut workshop.slots(2, one_in_three(TaskFailure::Diverged { epoch: 1 })));
    let failed = told.counts(TaskKind::Train)["failed"];
    assert_eq!(told.counts(TaskKind::Reward)["skipped"], failed);
    assert!(!told.news().iter().any(|news| news.contains("\"validation_accuracy\":0.0,")));
}

#[test]
fn a_worker_that_dies_costs_a_retry_and_nothing_is_remembered_of_it() {
    let workshop = Workshop::new();
    let crashed = || TaskFailure::Crashed { how: "killed by signal 9".to_owned() };
    let dies_once = |request: &Request, attempt: usize| match attempt {
        0 if luck(request, "fate") < 0.5 => Answer::Dies(1.0, crashed()),
        _ => uneven(request, attempt),
    };
    let told = workshop.run(&spec(""), &mut workshop.slots(4, dies_once));
    assert_eq!(told.counts(TaskKind::Train).get("failed"), None);
    let undisturbed = Workshop::new();
    let undisturbed = undisturbed.run(&spec(""), &mut undisturbed.slots(4, uneven));
    assert_eq!((told.trajectory(), told.news()), (undisturbed.trajectory(), undisturbed.news()));
}

#[test]
fn too_many_failures_stop_the_run_with_the_most_frequent_cause() {
    let workshop = Workshop::new();
    let told = workshop.run(&spec(""), &mut workshop.slots(2, |_, _| Answer::Fails(1.0, TaskFailure::Diverged { epoch: 2 })));
    let Some(Stop::TooManyFailures { what: "trainings", failed: 10, remembered: 0, ended: 10, cause }) = told.ended.stopped else {
        panic!("{:?}", told.ended.stopped)
    };
    assert_eq!(cause, "diverged in epoch 3 (10 times)");
    let text = |remembered| {
        Stop::TooManyFailures { what: "trainings", failed: 10, remembered, ended: 12, cause: "it failed".to_owned() }.to_string()
    };
    assert_eq!(text(0), "10 of 12 trainings failed, most of them so: it failed");
    assert!(text(3).starts_with("10 of 12 trainings failed (3 of them in earlier runs, which is remembered), most"));
    let borne = workshop.run(&spec("failures: {limit: 1.0}\n"), &mut workshop.slots(2, |_, _| Answer::Fails(1.0, out_of_memory())));
    assert_eq!(borne.ended.stopped, None);
}

#[test]
fn a_full_disk_stops_the_run_and_the_next_one_goes_on() {
    let workshop = Workshop::new();
    let mut begun = 0;
    let full = |request: &Request, attempt: usize| {
        begun += 1;
        if begun == 5 { Answer::Fails(1.0, TaskFailure::DiskFull { message: "no space".to_owned() }) } else { uneven(request, attempt) }
    };
    let told = workshop.run(&spec(""), &mut workshop.slots(2, full));
    assert!(matches!(told.ended.stopped, Some(Stop::Failure { failure: TaskFailure::DiskFull { .. }, .. })));
    let told = workshop.run(&spec(""), &mut workshop.slots(2, uneven));
    assert!(told.ended.stopped.is_none() && told.counts(TaskKind::Train)["cached"] >= 4);
}
