//! What a plan promises is what the run does: held against each other over random edits of a spec on one cache.

use std::collections::BTreeMap;

use epnas::seed::{Seed, below};
use serde_json::Value;

use crate::lab::{Lab, events, text};

const TABLE: &str = include_str!("../specs/tables/tiny.csv");

/// One value of each is chosen for every spec.
const CHOICES: [(&str, &[&str]); 8] = [
    ("SEED", &["0", "1"]),
    ("STRATEGY", &["random", "regularized-evolution", "local-search", "epnas"]),
    ("LIMIT", &["100k", "150k", "200k", "10"]),
    ("ENFORCEMENT", &["reject", "penalty", "filter"]),
    ("ROUNDS", &["2", "5"]),
    ("TRAININGS", &["1", "3"]),
    ("CARRY", &["1", "2"]),
    // More than the table has rows: the search runs dry.
    ("SECOND", &["1", "40"]),
];

fn spec(chosen: &[usize]) -> String {
    let whole = include_str!("../specs/table-tiny.yaml");
    let space = &whole[whole.find("space:").expect("a space")..whole.find("constraints:").expect("constraints")];
    let mut spec = format!(
        "name: edited
seed: SEED
{space}
constraints: {{params: {{max: LIMIT, enforcement: ENFORCEMENT}}}}
strategy: STRATEGY
stages:
  - {{rounds: ROUNDS, proposals: 8, trainings: TRAININGS, carry: CARRY}}
  - {{rounds: 2, proposals: 40, trainings: SECOND}}
"
    );
    for ((name, values), &choice) in CHOICES.iter().zip(chosen) {
        spec = spec.replace(name, values[choice]);
    }
    spec
}

#[test]
fn what_a_plan_promises_is_what_the_run_does() {
    let lab = Lab::new();
    lab.write("tables/tiny.csv", TABLE);
    let mut stream = Seed::root(7).child("edits").stream();
    let mut chosen = vec![0; CHOICES.len()];
    for step in 0..30 {
        let edited = below(&mut stream, CHOICES.len());
        chosen[edited] = below(&mut stream, CHOICES[edited].1.len());
        lab.write("edited.yaml", spec(&chosen));
        let planned = lab.epnas(&["plan", "edited.yaml", "--format", "json", "--out", "kept.plan"]);
        assert_eq!(planned.status.code(), Some(0), "{}\n{}", spec(&chosen), text(&planned.stderr));
        let plan: Value = serde_json::from_slice(&planned.stdout).expect("JSON");
        let ran = lab.epnas(&["run", "edited.yaml", "--format", "json", "--plan", "kept.plan"]);
        assert!(matches!(ran.status.code(), Some(0 | 1)), "{}", text(&ran.stderr));
        let ended = events(&ran);
        let outcomes: BTreeMap<&str, &Value> = ended
            .iter()
            .filter(|event| event["event"] == "task-finished")
            .map(|event| (event["task"].as_str().expect("a task"), &event["outcome"]))
            .collect();
        let mut executed: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
        for task in plan["tasks"].as_array().expect("tasks") {
            let (id, status) = (task["id"].as_str().expect("an id"), &task["status"]);
            let outcome = outcomes[id];
            match status.as_object().and_then(|status| status.keys().next()).map(String::as_str) {
                Some("cached") => assert_eq!(outcome, "cached", "step {step}: {id}"),
                Some("runs") => assert!(outcome == "executed" || outcome == "cached", "step {step}: {id} {outcome}"),
                Some("skipped") => assert!(outcome["skipped"].is_object(), "step {step}: {id} {outcome}"),
                _ => assert_eq!(status, "open"),
            }
            let counts = executed.entry(task["kind"].as_str().expect("a kind")).or_default();
            counts[0] += f64::from(u8::from(outcome == "executed"));
            counts[1] += f64::from(u8::from(outcome["skipped"].is_object() && status == "open"));
        }
        for (kind, [executed, dry]) in executed {
            let run = &plan["forecast"]["tasks"][kind]["run"];
            let bound = |name: &str| run[name].as_f64().expect("a number");
            let said = format!("step {step}: {kind}, {executed} executed, {dry} never came to be, {run}");
            assert!(bound("at_least") - dry <= executed && executed <= bound("at_most"), "{said}");
        }
        let again = lab.epnas(&["plan", "edited.yaml", "--detailed-exitcode"]);
        assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
    }
}

#[test]
fn a_kept_plan_runs_only_where_nothing_has_changed() {
    let lab = Lab::new();
    lab.write("tables/tiny.csv", TABLE);
    lab.write("edited.yaml", spec(&[0; 8]));
    let refused = |wanted: &str| {
        let output = lab.epnas(&["run", "edited.yaml", "--plan", "kept.plan"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted), "{said}");
        assert!(said.contains("help: plan again"), "{said}");
    };
    lab.write("kept.plan", "{\"plan\": 1}");
    refused("it is no plan that this version of epnas reads");
    assert_eq!(lab.epnas(&["plan", "edited.yaml", "--out", "kept.plan"]).status.code(), Some(2), "what is no plan is not written over");
    std::fs::remove_file(lab.path("kept.plan")).expect("our own file");
    assert_eq!(lab.epnas(&["plan", "edited.yaml", "--detailed-exitcode", "--out", "kept.plan"]).status.code(), Some(2));
    lab.write("edited.yaml", spec(&[1; 8]));
    refused("the spec, its data or the device it is for have changed");
    lab.write("edited.yaml", spec(&[1; 8]).replace("name: edited", "name: other"));
    refused("it is of `edited`");
    lab.write("edited.yaml", format!("{}budget: {{trainings: 5}}\n", spec(&[0; 8])));
    refused("`budget` of the spec has changed");
    lab.write("edited.yaml", spec(&[0; 8]).replace("name: edited", "name: renamed  # which changes nothing"));
    assert_eq!(lab.epnas(&["run", "edited.yaml", "--plan", "kept.plan"]).status.code(), Some(0));
    // What it said to run has run meanwhile: nothing is left of it.
    assert_eq!(lab.epnas(&["run", "edited.yaml", "--plan", "kept.plan"]).status.code(), Some(0));
    assert_eq!(lab.epnas(&["plan", "edited.yaml", "--out", "kept.plan"]).status.code(), Some(0), "its own sort is replaced");
    std::fs::remove_dir_all(lab.path("cache")).expect("our own folder");
    refused("the cache has changed: `stage-1/round-01/sample` was cached, now it is to run");
    assert_eq!(lab.epnas(&["plan", "edited.yaml", "--out", "edited.yaml"]).status.code(), Some(2), "no spec is written over");
    assert!(lab.path("edited.yaml").metadata().expect("still there").len() > 100);
    assert_eq!(lab.epnas(&["plan", "edited.yaml", "--detailed-exitcode", "--formt", "json"]).status.code(), Some(1));
    assert_eq!(lab.epnas(&["plan", "missing.yaml", "--detailed-exitcode"]).status.code(), Some(1));
}

#[test]
fn budgets_hold_or_fail() {
    let lab = Lab::new();
    lab.write("tables/tiny.csv", TABLE);
    lab.write("edited.yaml", spec(&[0; 8]));
    let code = |condition: &str| lab.epnas(&["plan", "edited.yaml", "--fail-if", condition]).status.code();
    assert_eq!(code("trainings > 6"), Some(0));
    assert_eq!(code("trainings >= 6"), Some(1));
    assert_eq!(code("trainings < 6"), Some(2));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
    let output = lab.command(&["plan", "edited.yaml"]).stdout(full).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("cannot write to standard output"), "{}", text(&output.stderr));
    let lab = Lab::with_data();
    lab.spec("");
    let output = lab.epnas(&["plan", "search.yaml", "--fail-if", "hours > 2"]);
    assert_eq!(output.status.code(), Some(1), "a budget that cannot be judged is not kept");
    assert!(text(&output.stderr).contains("`hours > 2` cannot be judged"), "{}", text(&output.stderr));
}
