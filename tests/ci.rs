//! The workflow in `examples/ci/`: readable, and asking for nothing that is not there.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

const TEXT: &str = include_str!("../examples/ci/epnas.yml");

fn workflow() -> Value {
    serde_yaml::from_str(TEXT).expect("YAML")
}

fn steps(workflow: &Value) -> Vec<(String, Value)> {
    let jobs = workflow["jobs"].as_object().expect("jobs");
    jobs.iter().flat_map(|(name, job)| job["steps"].as_array().expect("steps").iter().map(|step| (name.clone(), step.clone()))).collect()
}

#[test]
fn every_push_is_checked_and_every_pull_request_planned() {
    let workflow = workflow();
    let top: BTreeSet<&str> = workflow.as_object().expect("a workflow").keys().map(String::as_str).collect();
    assert_eq!(top, ["concurrency", "env", "jobs", "name", "on", "permissions"].into());
    let events: BTreeSet<&str> = workflow["on"].as_object().expect("events").keys().map(String::as_str).collect();
    assert_eq!(events, ["pull_request", "push"].into());
    assert_eq!(workflow["permissions"], serde_json::json!({"contents": "read"}));
    for (name, job) in workflow["jobs"].as_object().expect("jobs") {
        assert!(job["runs-on"].is_string() && job["timeout-minutes"].is_u64(), "{name}");
        let needed = job["needs"].as_str();
        assert!(needed.is_none_or(|needed| workflow["jobs"][needed].is_object()), "{name} needs {needed:?}");
    }
    let text: Vec<String> = steps(&workflow).iter().filter_map(|(_, step)| step["run"].as_str().map(str::to_owned)).collect();
    for command in ["epnas check --format github", "epnas plan --format markdown", "epnas diff --format markdown"] {
        assert!(text.iter().any(|text| text.contains(command)), "{command}");
    }
}

#[test]
fn every_step_runs_something_and_says_of_which_version() {
    let mut caches = Vec::new();
    for (job, step) in steps(&workflow()) {
        match (step["run"].as_str(), step["uses"].as_str()) {
            // What people write enters a script by its environment, where it cannot be a part of it.
            (Some(script), None) => assert!(!script.contains("${{"), "{job}: {script}"),
            (None, Some(action)) => {
                assert!(action.starts_with("actions/") && action.contains("@v"), "{job}: {action}");
                if action.contains("cache") {
                    caches.push(step["with"]["path"].as_str().expect("a path").to_owned());
                }
            }
            _ => panic!("{job}: {step}"),
        }
    }
    assert!(caches.contains(&"cache".to_owned()), "the default folder of the cache");
}

#[test]
fn its_scripts_are_shell() {
    for (_, step) in steps(&workflow()) {
        let Some(script) = step["run"].as_str() else { continue };
        let mut shell = Command::new("bash").args(["-n", "-s"]).stdin(Stdio::piped()).spawn().expect("bash");
        shell.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("read to its end");
        assert!(shell.wait().expect("it ends").success(), "{script}");
    }
}
