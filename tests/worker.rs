//! Workers that do not work: missing, unable to start, dying.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::lab::{Lab, events, summary, text};

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
    let output = std::process::Command::new(program)
        .args(["run", "search.yaml", "--device", "cpu"])
        .current_dir(lab.path(""))
        .output()
        .expect("the program starts");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("libtorch_cpu.so: cannot open"), "{said}");
    assert!(said.contains("make setup"), "{said}");
}

#[test]
fn a_worker_that_dies_costs_its_task_a_retry_and_not_the_run() {
    let lab = Lab::with_data();
    lab.spec("strategy: random");
    // The first worker dies with its first task.
    let real = env!("CARGO_BIN_EXE_epnas-worker");
    let worker = format!(
        "#!/bin/sh\nmarker=$(dirname \"$0\")/died\nif [ ! -e \"$marker\" ]; then\n  echo '\"ready\"'\n  read -r line\n  touch \"$marker\"\n  kill -SEGV $$\nfi\nexec {real} \"$@\"\n"
    );
    let program = program_with_worker(&lab, &worker);
    let output = std::process::Command::new(program)
        .args(["run", "search.yaml", "--device", "cpu", "--workers", "1", "--format", "json"])
        .current_dir(lab.path(""))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let events = events(&output);
    let retried = events.iter().filter(|event| event["event"] == "task-retried").count();
    assert_eq!(retried, 1);
    assert_eq!(summary(&events)["tasks"]["train"]["failed"], 0);
}

#[test]
fn a_task_whose_worker_dies_twice_fails_and_the_run_goes_on() {
    let lab = Lab::with_data();
    lab.spec("strategy: random");
    let real = env!("CARGO_BIN_EXE_epnas-worker");
    // The first two workers die with their first task.
    let worker = format!(
        "#!/bin/sh\nmarker=$(dirname \"$0\")/died\nif [ \"$(wc -l < \"$marker\" 2>/dev/null || echo 0)\" -lt 2 ]; then\n  echo '\"ready\"'\n  read -r line\n  echo once >> \"$marker\"\n  kill -SEGV $$\nfi\nexec {real} \"$@\"\n"
    );
    let program = program_with_worker(&lab, &worker);
    let output = std::process::Command::new(program)
        .args(["run", "search.yaml", "--device", "cpu", "--workers", "1", "--format", "json"])
        .current_dir(lab.path(""))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let events = events(&output);
    let tasks = &summary(&events)["tasks"];
    assert_eq!(tasks["train"]["failed"], 1);
    assert_eq!(tasks["reward"]["skipped"], 1);
    assert!(summary(&events)["best"]["test_accuracy"].as_f64().expect("still a result") > 0.0);
}
