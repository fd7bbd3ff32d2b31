//! Costs that a command of the user's measures: a constraint like any other, on devices that the pools file names.

use std::collections::BTreeMap;

use crate::lab::{Lab, events, summary, text};

/// A device on which a network costs as many bytes as its file has; every run of the command is noted.
const BYTES: &str = "echo run >> runs; wc -c < {onnx}";

/// One that asks `bytes` for a bound on its cost.
fn lab(bound: &str) -> Lab {
    let lab = Lab::with_data();
    pools(&lab, BYTES, "");
    bounded(&lab, bound);
    lab
}

fn bounded(lab: &Lab, bound: &str) {
    lab.spec(&format!("constraints: {{measured: {{pi4: {{{bound}}}}}}}\n"));
}

fn pools(lab: &Lab, command: &str, more: &str) {
    let measure = format!("measures: {{pi4: {{command: '{command}', unit: bytes, repeat: 1{more}}}}}");
    lab.write("pools.yaml", format!("pools: [{{name: here, workers: 2}}]\n{measure}\n"));
}

fn run(lab: &Lab) -> Vec<serde_json::Value> {
    let arguments = ["run", "search.yaml", "--format", "json", "--pools", "pools.yaml", "--no-export"];
    let output = lab.epnas(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    events(&output)
}

/// How often the command was run so far.
fn runs(lab: &Lab) -> usize {
    std::fs::read_to_string(lab.path("runs")).map_or(0, |text| text.lines().count())
}

fn said(lab: &Lab, arguments: &[&str]) -> (Option<i32>, String) {
    let output = lab.epnas(arguments);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// What was measured: of every row of the results the stage, the cost and the reward.
fn rows(lab: &Lab) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(lab.path("results/tiny/trials.csv")).expect("written");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn costs(lab: &Lab) -> Vec<f64> {
    rows(lab).iter().map(|row| row["measured.pi4"].parse().expect("it was measured")).collect()
}

#[test]
fn a_measured_cost_is_a_cost_like_any_other() {
    let lab = lab("max: 1M");
    let events = run(&lab);
    let mut all = costs(&lab);
    all.sort_by(f64::total_cmp);
    let (least, most, measured) = (all[0], all[all.len() - 1], runs(&lab));
    assert!(least < most, "{all:?}");
    // It is told wherever costs are: the summary, the page, the pools of the run.
    let told = std::fs::read_to_string(lab.path("results/tiny/summary.md")).expect("written");
    assert!(told.contains("| measured.pi4 | ") && told.contains("(≤ 1.00M; "), "{told}");
    let page = std::fs::read_to_string(lab.path("results/tiny/report.html")).expect("written");
    assert!(page.contains("Accuracy against measured.pi4"));
    assert!(summary(&events)["pools"]["pi4"]["at_work"].as_f64().is_some_and(|seconds| seconds > 0.0), "{}", summary(&events));
    // Nothing is measured twice, and the command is not what decides: its version is.
    pools(&lab, "wc -c {onnx} | cut -d\" \" -f1", "");
    let plan = ["plan", "search.yaml", "--pools", "pools.yaml", "--detailed-exitcode"];
    let (code, told) = said(&lab, &plan);
    assert_eq!(code, Some(0), "{told}");
    pools(&lab, BYTES, ", version: 2");
    let (code, told) = said(&lab, &plan);
    assert_eq!(code, Some(2), "{told}");
    let why = ["why", "search.yaml", "grow/round-00/measure-01-pi4", "--pools", "pools.yaml"];
    assert!(said(&lab, &why).1.contains("version"), "{}", said(&lab, &why).1);
    pools(&lab, BYTES, "");
    // Another bound measures no network again, and rejects before the training.
    let limit = (all[all.len() / 2]) as u64;
    let set = format!("constraints.measured.pi4.max={limit}");
    let (code, told) = said(&lab, &["what-if", "search.yaml", "--set", &set]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("measured.pi4"), "{told}");
    bounded(&lab, &format!("max: {limit}"));
    let plan = lab.epnas(&["plan", "search.yaml", "--pools", "pools.yaml", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).expect("JSON");
    let tasks = plan["tasks"].as_array().expect("a list");
    let first = tasks.iter().find(|task| task["id"] == "grow/round-00/measure-01-pi4").expect("it is planned");
    assert!(first["status"]["cached"].is_object(), "{first}");
    run(&lab);
    assert!(costs(&lab).iter().all(|cost| *cost <= limit as f64), "{:?}", costs(&lab));
    assert!(rows(&lab).iter().all(|row| row["feasible"] == "true"));
    let again = runs(&lab);
    run(&lab);
    assert_eq!(runs(&lab), again, "all is known");
    assert!(again < 2 * measured + 8, "networks that were known are not measured again: {measured}, then {again}");
    // The page and what the cache keeps are had without the pools file.
    assert_eq!(said(&lab, &["report", "search.yaml"]).0, Some(0));
    assert_eq!(said(&lab, &["cache", "gc", "--keep", "search.yaml", "--dry-run"]).0, Some(0));
}

#[test]
fn without_a_pools_file_it_is_said_what_to_add_where() {
    let lab = lab("max: 1M");
    assert_eq!(said(&lab, &["check", "search.yaml"]).0, Some(0), "a spec runs no command, and its check needs none");
    let (code, told) = said(&lab, &["check", "pools.yaml"]);
    assert!(code == Some(0) && told.contains("1 pool: `here`; 1 measure: `pi4`"), "{told}");
    let lacks = "`tiny` bounds `measured.pi4`, and no pools file says how that is measured";
    for command in ["run", "plan", "diff"] {
        let specs = if command == "diff" { &["search.yaml", "search.yaml"][..] } else { &["search.yaml"] };
        let (code, told) = said(&lab, &[&[command][..], specs].concat());
        assert!(code == Some(2) && told.contains(lacks) && told.contains("measures: {pi4: {command: "), "{command}: {told}");
    }
    lab.write("others.yaml", "measures: {phone: {command: 'bench {onnx}'}}\n");
    let (code, told) = said(&lab, &["plan", "search.yaml", "--pools", "others.yaml"]);
    assert!(code == Some(2) && told.contains(lacks) && told.contains("it has `phone`"), "{told}");
    // Measures alone leave the workers of this machine as they are.
    lab.write("measures.yaml", "measures: {pi4: {command: 'wc -c < {onnx}'}}\n");
    assert_eq!(said(&lab, &["plan", "search.yaml", "--pools", "measures.yaml"]).0, Some(0));
    // What nobody measured is not known under other bounds.
    lab.spec("");
    lab.run(&[]);
    let (code, told) = said(&lab, &["what-if", "search.yaml", "--set", "constraints.measured.pi4.max=10"]);
    assert!(code == Some(2) && told.contains("`measured.pi4` was not measured") && told.contains("--pools FILE"), "{told}");
}

#[test]
fn a_device_that_fails_is_told_in_its_own_words() {
    let lab = lab("max: 1M");
    pools(&lab, "echo no route to pi4 >&2; exit 255 # {onnx}", "");
    let arguments = ["run", "search.yaml", "--pools", "pools.yaml", "--no-export"];
    let (code, told) = said(&lab, &arguments);
    assert_eq!(code, Some(4), "{told}");
    let words = "the command of the measure `pi4` ended with exit code 255: no route to pi4";
    assert!(told.contains(&format!("`grow/round-00/measure-01-pi4` failed: {words}")), "{told}");
    assert!(!told.contains("the constraints rejected all"), "{told}");
    // Not remembered: the device may be there now. One network that it cannot measure is left out.
    pools(&lab, "test $(wc -c < {onnx}) -lt 3500 && echo 1", "");
    let (_, told) = said(&lab, &arguments);
    assert!(told.contains("ended with exit code 1; it said nothing"), "{told}");
    assert!(rows(&lab).iter().any(|row| row["measured.pi4"] == "1"), "{told}");
}
