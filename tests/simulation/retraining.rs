//! Trainings that are done again.

use super::*;
use epnas::engine::Metrics;
use epnas::event::TaskResult;
use epnas::run::{Retrained, Retraining, Store, retrain};
use epnas::task::Port;

const METRICS: Port = Port::Metrics { replicate: 1 };

/// Does the first `count` trainings of a search again, the last one first; the n-th is remembered as n hundredths worse than
/// it is.
fn again(count: usize, interrupt_at: Option<usize>, script: impl FnMut(&Request, usize) -> Answer) -> Option<Vec<Retrained>> {
    let (workshop, spec) = (Workshop::new(), spec(""));
    let Told { ended, plan, .. } = workshop.run(&spec, &mut workshop.slots(2, uneven));
    let mut results = ended.results;
    let trainings: Vec<usize> = (0..results.len()).filter(|&node| is_training(&plan, node)).take(count).collect();
    for (number, &node) in trainings.iter().enumerate() {
        worsen(&workshop.cache, results[node].as_mut().expect("it ended"), (number + 1) as f64 / 100.0);
    }
    let scratch = Workshop::new();
    let before = workshop.cache.reader().contents().expect("list");
    let place = Workshop::place(&spec);
    let mut slots = scratch.slots(2, script);
    slots.interrupt_at = interrupt_at;
    let mut told = 0;
    let mut borrowed = pools([&mut slots]);
    let retraining = Retraining {
        cache: workshop.cache.reader(),
        scratch: &scratch.cache,
        place: place.clone(),
        store: &mut Store::new(place, None),
        pools: &mut borrowed,
        execution: &spec.execution,
        now: &|| 0,
        listen: &mut |_| told += 1,
    };
    let nodes: Vec<usize> = trainings.into_iter().rev().collect();
    let retrained = retrain(&plan, &results, &nodes, retraining).expect("the machine works");
    drop(borrowed);
    assert_eq!(workshop.cache.reader().contents().expect("list"), before, "what is remembered stays");
    if interrupt_at.is_none() {
        assert_eq!((slots.trainings, told), (count, count), "these and no other task, once");
    }
    retrained
}

fn is_training(plan: &Plan, node: usize) -> bool {
    plan.tasks().nth(node).is_some_and(|planned| planned.task.kind() == TaskKind::Train && !planned.is_last)
}

fn worsen(cache: &Cache, result: &mut TaskResult, by: f64) {
    let metrics: Metrics = cache.get_json(&result.output(METRICS).expect("it succeeded")).expect("stored");
    let worse = Metrics { validation_accuracy: metrics.validation_accuracy - by, ..metrics };
    result.outputs.insert(METRICS.name().into_owned(), cache.put_json(&worse).expect("stored"));
}

fn drifts(retrained: &[Retrained]) -> Vec<Option<f64>> {
    retrained.iter().map(|training| Some((training.drift()? * 100.0).round())).collect()
}

#[test]
fn drifts_come_in_the_order_asked_for() {
    let retrained = again(4, None, uneven).expect("not interrupted");
    assert_eq!(drifts(&retrained), [Some(4.0), Some(3.0), Some(2.0), Some(1.0)]);
}

#[test]
fn a_dead_worker_and_a_silent_one_are_told_and_not_tried_again() {
    let mut begun = 0;
    let retrained = again(4, None, |request, attempt| {
        begun += 1;
        match begun {
            1 => Answer::Dies(1.0, TaskFailure::Crashed { how: "killed by signal 9".to_owned() }),
            2 => Answer::Hangs,
            _ => uneven(request, attempt),
        }
    });
    let retrained = retrained.expect("not interrupted");
    assert_eq!(drifts(&retrained), [Some(4.0), Some(3.0), None, None]);
    assert!(matches!(retrained[2].again, Err(TaskFailure::Hung { .. })), "{:?}", retrained[2].again);
    assert!(matches!(retrained[3].again, Err(TaskFailure::Crashed { .. })), "{:?}", retrained[3].again);
}

#[test]
fn all_may_fail_and_an_interruption_ends_it() {
    let retrained = again(12, None, |_, _| Answer::Fails(1.0, TaskFailure::Diverged { epoch: 1 })).expect("not interrupted");
    assert!(retrained.len() == 12 && drifts(&retrained).iter().all(Option::is_none));
    assert!(again(4, Some(1), uneven).is_none());
    assert_eq!(again(0, None, uneven).map(|retrained| retrained.len()), Some(0));
}
