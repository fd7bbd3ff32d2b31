//! What a run came to, where trainings fail.

use std::collections::BTreeMap;
use std::path::Path;

use epnas::engine::{FailureKind, TaskFailure};
use epnas::event::Ending;
use epnas::report::{self, Report};
use epnas::spec::ResolvedSpec;
use epnas::task::{Task, TaskKind};

use super::executor::Answer;
use super::{Request, Told, Workshop, one_in_three, out_of_memory, spec, uneven};

fn reported(workshop: &Workshop, spec: &ResolvedSpec, told: &Told) -> (Report, String) {
    let report = Report::new(spec, &told.plan, &told.ended.results, workshop.cache.reader(), 0.0, Path::new("")).expect("readable");
    let text = report::summary(spec, &report);
    (report, text)
}

fn is_last(request: &Request) -> bool {
    matches!(&request.task, Task::Train { keep_weights: true, .. })
}

#[test]
fn a_run_whose_trainings_all_failed_says_so_and_why() {
    let (workshop, spec) = (Workshop::new(), spec("failures: {limit: 1.0}\n"));
    let told = workshop.run(&spec, &mut workshop.slots(2, |_, _| Answer::Fails(1.0, out_of_memory())));
    let (report, text) = reported(&workshop, &spec, &told);
    assert_eq!((report.summary.ending, report.summary.remembered_failures), (Ending::Failed, 0));
    let failed = report.summary.failures[&FailureKind::OutOfMemory];
    assert!(text.contains("**No network was found: the trainings failed.**"), "{text}");
    assert!(text.contains(&format!("\n{failed} of {failed} trainings failed: {failed} out-of-memory.\n")), "{text}");
    assert!(!text.contains("feasible"), "{text}");
    // Once more: nothing runs, and that is said as well.
    let again = workshop.run(&spec, &mut workshop.slots(2, |_, _| panic!("nothing is left to do")));
    let (report, text) = reported(&workshop, &spec, &again);
    assert_eq!((report.summary.ending, report.summary.remembered_failures), (Ending::Failed, failed));
    assert!(text.contains(&format!("({failed} remembered from an earlier run; `--retry-failed` tries again)")), "{text}");
}

#[test]
fn a_run_whose_final_trainings_failed_is_told_from_a_search_that_found_nothing() {
    let (workshop, spec) = (Workshop::new(), spec(""));
    let mut slots =
        workshop.slots(
            2,
            |request: &Request, attempt| {
                if is_last(request) { Answer::Fails(1.0, TaskFailure::Diverged { epoch: 0 }) } else { uneven(request, attempt) }
            },
        );
    let told = workshop.run(&spec, &mut slots);
    let (report, text) = reported(&workshop, &spec, &told);
    assert_eq!((report.summary.ending, &report.summary.failures), (Ending::Failed, &BTreeMap::from([(FailureKind::Diverged, 2)])));
    assert!(text.contains("**No network was found: the final trainings failed.**"), "{text}");
    assert_eq!(told.counts(TaskKind::Final), BTreeMap::from([("skipped", 1)]), "there is nothing to test");
}

#[test]
fn failures_of_a_search_that_found_a_network_are_counted() {
    let (workshop, spec) = (Workshop::new(), spec(""));
    let told = workshop.run(&spec, &mut workshop.slots(2, one_in_three(TaskFailure::TimedOut { seconds: 9 })));
    let (report, text) = reported(&workshop, &spec, &told);
    assert_eq!(report.summary.ending, Ending::Found);
    let failed = report.summary.failures[&FailureKind::TimedOut];
    assert!(text.contains(&format!("trainings failed: {failed} timed-out.")), "{text}");
    assert!(text.contains("| stage-1 | 24 + 1 start |") && text.contains("| stage-2 | 12 + 2 carried |"), "{text}");
    let planned = "Planned: 41 trainings: 36 in rounds + 1 of the start network + 2 carried over + 2 final.";
    assert!(text.contains(planned), "{text}");
    assert_eq!(told.counts(TaskKind::Train).values().sum::<usize>(), spec.trainings().all());
}
