//! The command line: formats and usage.

use serde_json::Value;

use crate::lab::{Lab, text};

#[test]
fn a_plan_is_shown_for_people_for_programs_and_as_a_picture() {
    let lab = Lab::with_data();
    lab.spec("");
    let table = text(&lab.epnas(&["plan", "search.yaml"]).stdout);
    assert!(table.starts_with("plan of `tiny`: strategy epnas, 35 tasks"), "{table}");
    assert!(table.contains("runs now: grow/round-00/train-01, grow/round-00/sample (never run)"), "{table}");
    let json: Value = serde_json::from_slice(&lab.epnas(&["plan", "search.yaml", "--format", "json"]).stdout).expect("JSON");
    let tasks = json["tasks"].as_array().expect("tasks");
    assert_eq!(tasks.len(), 35);
    let ids: Vec<&Value> = tasks.iter().map(|task| &task["id"]).collect();
    for edge in json["edges"].as_array().expect("edges") {
        let place = |end: &str| ids.iter().position(|id| **id == edge[end]).expect("edges join tasks");
        assert!(place("from") < place("to"), "{edge}");
    }
    // The test split is named by the final task alone.
    let test = tasks.last().expect("a task")["parameters"]["final"]["test"].as_str().expect("a digest").to_owned();
    assert_eq!(tasks.iter().filter(|task| task["parameters"].to_string().contains(&test)).count(), 1);
    let dot = text(&lab.epnas(&["plan", "search.yaml", "--format", "dot"]).stdout);
    assert!(dot.starts_with("digraph plan {") && dot.ends_with("}\n"), "{dot}");
    assert!(!lab.path("cache").exists(), "a plan writes nothing");
}

#[test]
fn a_plan_lists_the_references_and_names_the_families_without_one() {
    let lab = Lab::new();
    let start = "[{operation: convolution, kernel: 3, channels: 16, stride: 1}]";
    let plan = |limit: &str| {
        let space = format!("space: {{layers: {{start: {start}}}}}\nconstraints: {{params: {{max: {limit}}}}}\n");
        lab.write("search.yaml", format!("name: a\ndataset: {{name: mnist}}\n{space}"));
        text(&lab.epnas(&["plan", "search.yaml"]).stdout)
    };
    let all = plan("100k");
    assert!(all.contains("resnet ") && !all.contains("keeps the limits"), "{all}");
    let without = plan("3k");
    assert!(without.contains("mobilenet-v2  outside the space") && !without.contains("resnet "), "{without}");
    assert!(without.contains("references: no network of `resnet` keeps the limits"), "{without}");
}

#[test]
fn a_plan_without_data_says_what_it_cannot_know() {
    let lab = Lab::new();
    lab.spec("");
    let output = lab.epnas(&["plan", "search.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("without the data no training counts as cached"), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_and_bad_specs_exit_with_two() {
    let lab = Lab::new();
    lab.write("bad.yaml", "name: x\ndataset: {name: fashion-mnist}\nstagse: []\n");
    for arguments in
        [&["frobnicate"][..], &["run"], &["run", "missing.yaml"], &["run", "bad.yaml"], &["plan", "bad.yaml"], &["check", "bad.yaml"]]
    {
        assert_eq!(lab.epnas(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let said = text(&lab.epnas(&["run", "bad.yaml"]).stderr);
    assert!(said.contains("did you mean `stages`"), "{said}");
    assert!(said.contains("bad.yaml:3:1"), "{said}");
}

#[test]
fn epnas_does_not_load_libtorch() {
    let output = std::process::Command::new("ldd").arg(env!("CARGO_BIN_EXE_epnas")).output().expect("ldd is part of the C library");
    assert!(!text(&output.stdout).contains("torch"), "{}", text(&output.stdout));
}

#[test]
fn a_spec_of_nearly_that_name_and_a_folder_of_results_are_recognised() {
    let lab = Lab::new();
    lab.write("base.yaml", "name: a\n");
    lab.write("results/a/run.json", "{}");
    for (given, expected) in [
        ("base.yml", "did you mean `base.yaml`?"),
        ("base", "did you mean `base.yaml`?"),
        ("other.yaml", "`epnas init > other.yaml` writes a spec"),
        ("results/a", "this folder holds results: name the spec"),
    ] {
        let output = lab.epnas(&["plan", given]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(expected), "{given}: {}", text(&output.stderr));
    }
}
