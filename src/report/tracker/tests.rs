//! What a tracker makes of events, and events made up for the tests of those that read it.

use super::*;
use crate::plan::DataDigests;

/// Two rounds of two trainings, and a final one.
pub fn small() -> (ResolvedSpec, Plan) {
    let text =
        "name: small\ndataset: {name: mnist}\nreferences: none\nstages: [{name: grow, rounds: 2, trainings: 2}]\nfinal: {networks: 1}\n";
    let spec = crate::spec::read(text.as_bytes()).resolved.expect("a good spec");
    let plan = Plan::new(&spec, DataDigests::unknown(), "a processor");
    (spec, plan)
}

pub fn at(seconds: u64) -> Moment {
    Moment { elapsed: Duration::from_secs(seconds), unix: 1_000 + seconds }
}

pub fn trainings(plan: &Plan) -> Vec<TaskId> {
    plan.tasks().filter(|planned| planned.task.kind() == TaskKind::Train).map(|planned| planned.id.clone()).collect()
}

pub fn appeared(slot: usize, device: &str) -> Event {
    Event::SlotAppeared { slot, device: device.to_owned(), pool: "this machine".to_owned() }
}

pub fn started(task: &TaskId, slot: usize) -> Event {
    Event::TaskStarted { task: task.clone(), kind: TaskKind::Train, slot: Some(slot) }
}

pub fn progress(task: &TaskId, done_steps: usize) -> Event {
    Event::TaskProgress { task: task.clone(), progress: Progress { done_steps, total_steps: 100 } }
}

pub fn finished(task: &TaskId, stage: usize, round: usize, seconds: f64) -> Event {
    Event::TaskFinished { task: task.clone(), kind: TaskKind::Train, stage, round, outcome: Outcome::Executed, seconds }
}

#[test]
fn trainings_beyond_the_budget_are_not_counted() {
    let (mut spec, plan) = small();
    assert_eq!(Tracker::new(&spec, &plan).trainings(), 6);
    spec.execution.budget.trainings = Some(2);
    let tracker = Tracker::new(&spec, &plan);
    let last = plan.tasks().filter(|planned| planned.is_last && planned.task.kind() == TaskKind::Train).count();
    assert_eq!((tracker.trainings(), tracker.trainings_done()), (2 + last, 0));
}

#[test]
fn the_time_left_moves_with_the_progress_of_running_trainings_and_not_with_what_they_had_saved() {
    let (spec, plan) = small();
    let mut tracker = Tracker::new(&spec, &plan);
    let first = &trainings(&plan)[0];
    let work = tracker.open[first].work;
    let others = (tracker.open_work - work) / work;
    assert_eq!(tracker.remaining(), None);
    tracker.hear(&started(first, 0), at(0));
    tracker.hear(&progress(first, 50), at(10));
    assert_eq!(tracker.remaining(), None, "how fast it goes is not known from one time alone");
    tracker.hear(&progress(first, 75), at(20));
    // A quarter of it in ten seconds.
    assert_eq!(tracker.remaining(), Some(Duration::from_secs_f64(10.0 + 40.0 * others)));
    tracker.hear(&finished(first, 0, 0, 80.0), at(30));
    assert_eq!(tracker.remaining(), Some(Duration::from_secs_f64(80.0 * others)));
}

#[test]
fn the_stage_is_that_of_the_latest_task_that_began() {
    let (spec, plan) = small();
    let mut tracker = Tracker::new(&spec, &plan);
    let trainings = trainings(&plan);
    assert_eq!(tracker.place(), "grow round 0");
    tracker.hear(&started(&trainings[1], 0), at(0));
    assert_eq!(tracker.place(), "grow round 1");
    tracker.hear(&started(&trainings[trainings.len() - 1], 1), at(0));
    assert_eq!(tracker.place(), "final");
    tracker.hear(&finished(&trainings[0], 0, 0, 1.0), at(1));
    assert_eq!(tracker.place(), "final", "never back");
}
