//! Workers that do not work: missing, unable to start, dying.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::lab::{Lab, events, hello, summary, text};

/// A copy of the program with a worker of our own beside it.
fn program_with_worker(lab: &Lab, worker: &str) -> PathBuf {
    let program = lab.path("bin/epnas");
    lab.write("bin/epnas", std::fs::read(env!("CARGO_BIN_EXE_epnas")).expect("readable"));
    lab.write("bin/epnas-worker", worker);
    for name in ["bin/epnas", "bin/epnas-worker"] {
        std::fs::set_permissions(lab.path(name), std::fs::Permissions::from_mode(0o755)).expect("our own file");
    }
    program
}

#[test]
fn a_worker_that_cannot_start_stops_the_run_and_its_words_are_shown() {
    let lab = Lab::with_data();
    lab.spec("");
    let program = program_with_worker(&lab, "#!/bin/sh\necho 'libtorch_cpu.so: cannot open shared object file' >&2\nexit 127\n");
    let output = Command::new(program)
        .args(["run", "search.yaml", "--device", "cpu"])
        .current_dir(lab.path(""))
        .env_remove("EPNAS_CACHE")
        .env_remove("EPNAS_RESULTS")
        .env_remove("EPNAS_LOG")
        .output()
        .expect("the program starts");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("libtorch_cpu.so: cannot open"), "{said}");
    assert!(said.contains("make setup"), "{said}");
}

/// Runs a spec whose first workers, this many, die with their first task; gives exit code and events.
fn run_with_deaths(deaths: usize, strategy: &str, replicates: usize) -> (Option<i32>, Vec<Value>) {
    run_with_fates(deaths, "kill -SEGV $$", &format!("strategy: {strategy}"), replicates)
}

/// The same with a fate of that kind, a line of a shell, and more lines in the spec.
fn run_with_fates(count: usize, fate: &str, more: &str, replicates: usize) -> (Option<i32>, Vec<Value>) {
    let lab = Lab::with_data();
    lab.spec(more);
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("search.yaml", spec.replace("precision: fp32", &format!("precision: fp32, replicates: {replicates}")));
    let (real, hello) = (env!("CARGO_BIN_EXE_epnas-worker"), hello());
    let worker = format!(
        "#!/bin/sh
marker=$(dirname \"$0\")/marker
if [ \"$(wc -l 2>/dev/null < \"$marker\" || echo 0)\" -lt {count} ]; then
  read -r line; echo '{hello}'
  read -r line; echo '\"begun\"'
  echo once >> \"$marker\"
  {fate}
fi
exec {real} \"$@\"
"
    );
    let output = Command::new(program_with_worker(&lab, &worker))
        .args(["run", "search.yaml", "--device", "cpu", "--workers", "1", "--format", "json"])
        .current_dir(lab.path(""))
        .env_remove("EPNAS_CACHE")
        .env_remove("EPNAS_RESULTS")
        .env_remove("EPNAS_LOG")
        .output()
        .expect("the program starts");
    (output.status.code(), events(&output))
}

/// Sorts of the failures after which a task was tried again, and of those after which it was not.
fn failures(events: &[Value]) -> [Vec<String>; 2] {
    let sort = |failure: &Value| failure.as_object().and_then(|sort| sort.keys().next().cloned()).unwrap_or_default();
    let retried = events.iter().filter(|event| event["event"] == "task-retried").map(|event| sort(&event["failure"]));
    let failed = events.iter().filter_map(|event| event["outcome"].get("failed")).map(|failed| sort(&failed["failure"]));
    [retried.collect(), failed.collect()]
}

#[test]
fn a_worker_that_falls_silent_is_replaced() {
    let (code, events) = run_with_fates(1, "kill -STOP $$", "strategy: random\nfailures: {silence: 5s}", 1);
    assert_eq!((code, failures(&events)), (Some(0), [vec!["hung".to_owned()], vec![]]));
}

#[test]
fn a_task_that_takes_too_long_is_left_out() {
    let (code, events) = run_with_fates(1, "exec sleep 1000", "strategy: random\nfailures: {time-limit: 6s}", 1);
    assert_eq!((code, failures(&events)), (Some(1), [vec![], vec!["timed-out".to_owned()]]));
    assert!(summary(&events)["best"]["test_accuracy"].as_f64().expect("still a result") > 0.0);
    let (code, events) = run_with_fates(1, "exec sleep 1000", "strategy: random\nfailures: {time-limit: 6s, timed-out: stop}", 1);
    assert_eq!(code, Some(3));
    assert!(events.iter().any(|event| event["event"] == "stopping"), "{events:?}");
}

#[test]
fn a_worker_that_dies_costs_its_task_a_retry_and_not_the_run() {
    let (code, events) = run_with_deaths(1, "random", 1);
    assert_eq!(code, Some(0));
    assert_eq!(events.iter().filter(|event| event["event"] == "task-retried").count(), 1);
    assert_eq!(summary(&events)["tasks"]["train"]["failed"], 0);
}

#[test]
fn a_task_whose_worker_dies_twice_fails_and_the_run_goes_on() {
    let (code, events) = run_with_deaths(2, "random", 1);
    assert_eq!(code, Some(1));
    let tasks = &summary(&events)["tasks"];
    assert_eq!(tasks["train"]["failed"], 1);
    assert_eq!(tasks["reward"]["skipped"], 1);
    assert!(summary(&events)["best"]["test_accuracy"].as_f64().expect("still a result") > 0.0);
}

#[test]
fn a_network_counts_by_its_trainings_that_ended_and_fails_when_all_failed() {
    let (code, events) = run_with_deaths(2, "fixed", 3);
    assert_eq!(code, Some(1));
    let tasks = &summary(&events)["tasks"];
    assert_eq!((&tasks["train"]["failed"], &tasks["train"]["executed"]), (&1.into(), &2.into()));
    assert_eq!((&tasks["reward"]["executed"], &tasks["final"]["executed"]), (&1.into(), &1.into()));
    assert!(summary(&events)["best"]["test_deviation"].as_f64().is_some(), "two are left");
    let measured = events.iter().find(|event| event["event"] == "network-measured").expect("a network");
    assert_eq!(measured["network"]["accuracies"].as_array().map(Vec::len), Some(2));

    let (code, events) = run_with_deaths(4, "fixed", 2);
    assert_eq!((code, &summary(&events)["ending"]), (Some(4), &"failed".into()));
    let tasks = &summary(&events)["tasks"];
    assert_eq!((&tasks["train"]["failed"], &tasks["reward"]["skipped"]), (&2.into(), &1.into()));
    assert_eq!(summary(&events)["best"], Value::Null);
}
