//! What `epnas what-if` promises is what a real run of the changed spec gives.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::lab::{Lab, events, files_below, summary, text};

/// A search in the committed table under a penalty, and the edits of its text that settings stand for.
fn lab(strategy: &str) -> (Lab, String) {
    let lab = Lab::new();
    lab.write("specs/tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    let spec = include_str!("../specs/table-tiny.yaml").replace("strategy: local-search", &format!("strategy: {strategy}"));
    (lab, spec.replace("max: 150k", "max: 80k, enforcement: penalty"))
}

fn run(lab: &Lab, spec: &str) -> Vec<Value> {
    lab.write("specs/search.yaml", spec);
    events(&lab.epnas(&["run", "specs/search.yaml", "--format", "json"]))
}

fn what_if(lab: &Lab, settings: &[&str]) -> Value {
    let set = settings.iter().flat_map(|setting| ["--set", setting]);
    let arguments: Vec<&str> = ["what-if", "specs/search.yaml", "--format", "json"].into_iter().chain(set).collect();
    let output = lab.epnas(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Digests of the networks trained in each round of a stage.
type Rounds = BTreeMap<(String, u64), Vec<String>>;

/// What was trained, and which of it is feasible.
fn trials(lab: &Lab, name: &str) -> (Rounds, BTreeSet<String>) {
    let mut reader = csv::Reader::from_path(lab.path(&format!("results/{name}/trials.csv"))).expect("written");
    let (mut rounds, mut feasible) = (Rounds::new(), BTreeSet::new());
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row.expect("a row");
        rounds.entry((row["stage"].clone(), row["round"].parse().expect("a number"))).or_default().push(row["digest"].clone());
        if row["feasible"] == "true" {
            feasible.insert(row["digest"].clone());
        }
    }
    (rounds, feasible)
}

/// Counts of executed tasks, without kinds of which none was.
fn executed(events: &[Value]) -> BTreeMap<String, u64> {
    let tasks: BTreeMap<String, Value> = serde_json::from_value(summary(events)["tasks"].clone()).expect("counts by kind");
    let counts = tasks.into_iter().map(|(kind, counts)| (kind, counts["executed"].as_u64().expect("a count")));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// Holds the promise against a run of the changed spec; gives what was said of the path.
fn kept(strategy: &str, settings: &[&str], edits: &[(&str, &str)]) -> String {
    let case = format!("{strategy} {settings:?}");
    let (lab, spec) = lab(strategy);
    run(&lab, &spec);
    let (rounds_before, feasible_before) = trials(&lab, "table-tiny");
    let before = files_below(&lab.path("cache"));
    let promise = what_if(&lab, settings);
    assert_eq!(files_below(&lab.path("cache")), before, "nothing is written");

    let changed = edits.iter().fold(spec, |spec, (from, to)| {
        assert!(spec.contains(from), "{from}");
        spec.replacen(from, to, 1)
    });
    let run = run(&lab, &changed);
    let (rounds, feasible) = trials(&lab, "table-tiny");
    let path = promise["path"]["is"].as_str().expect("a word").to_owned();
    let first = run.iter().find(|event| event["event"] == "task-started" && event["kind"] == "train");
    assert_eq!(first.map(|event| &event["task"]), promise["path"]["trainings"].as_array().expect("a list").first(), "{case}");
    if path == "same" {
        assert_eq!(rounds, rounds_before, "{case}");
        assert_eq!(json!(executed(&run)), promise["path"]["again"], "{case}");
        // Exactly these became feasible and infeasible.
        let digests = |name: &str| {
            let networks = promise[name].as_array().expect("a list");
            networks.iter().map(|network| network["digest"].as_str().expect("a digest").to_owned()).collect::<BTreeSet<_>>()
        };
        let added: BTreeSet<String> = feasible.difference(&feasible_before).cloned().collect();
        let removed: BTreeSet<String> = feasible_before.difference(&feasible).cloned().collect();
        assert_eq!((added, removed), (digests("newly_feasible"), digests("newly_infeasible")), "{case}");
        let last = promise["stages"].as_array().expect("a list").last().expect("the final trainings");
        assert_eq!(last["best"]["after"]["architecture"], summary(&run)["best"]["architecture"], "{case}");
        assert_eq!(last["best"]["after"]["validation_accuracy"], summary(&run)["best"]["validation_accuracy"], "{case}");
    } else {
        // The same up to the round that is named, and not there; `final` stands behind the rounds of the stage.
        let place = |(stage, round): &(String, u64)| (stage == "final", *round);
        let from = &promise["path"]["from"];
        let from = (from["stage"] == "final", from["round"].as_u64().expect("a number"));
        let places: BTreeSet<&(String, u64)> = rounds.keys().chain(rounds_before.keys()).collect();
        let other = places.into_iter().filter(|at| rounds.get(*at) != rounds_before.get(*at)).map(place).min();
        assert_eq!(other, Some(from), "{case}");
    }
    path
}

#[test]
fn what_is_promised_is_what_a_run_of_the_changed_spec_gives() {
    let mut paths = BTreeSet::new();
    for strategy in ["local-search", "epnas", "regularized-evolution", "random"] {
        for (settings, edits) in [
            (&["constraints.params.max=79k"][..], &[("max: 80k", "max: 79k")][..]),
            (&["constraints.params.max=75k"], &[("max: 80k", "max: 75k")]),
            (&["constraints.params.max=90k"], &[("max: 80k", "max: 90k")]),
            (&["constraints.params.penalty-base=0.3"], &[("penalty", "penalty, penalty-base: 0.3")]),
            (&["constraints.params.enforcement=reject"], &[(", enforcement: penalty", "")]),
            (&["constraints.params=null"], &[("constraints:\n  params: {max: 80k, enforcement: penalty}\n", "")]),
            (
                &["constraints.macs.max=6M", "constraints.params.max=70k"],
                &[("max: 80k", "max: 70k"), ("penalty}", "penalty}\n  macs: {max: 6M}")],
            ),
            (&["constraints.params.max=80000"], &[("80k", "80000")]),
        ] {
            paths.insert(kept(strategy, settings, edits));
        }
    }
    assert_eq!(paths, ["differs".to_owned(), "same".to_owned()].into(), "both are tried");
}

#[test]
fn what_changes_is_told_to_people() {
    let (lab, spec) = lab("local-search");
    lab.write("specs/search.yaml", &spec);
    let says = |settings: &[&str], code: i32| {
        let set = settings.iter().flat_map(|setting| ["--set", setting]);
        let output = lab.epnas(&["what-if", "specs/search.yaml"].into_iter().chain(set).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        if code == 0 { text(&output.stdout) } else { text(&output.stderr) }
    };
    let said = says(&["constraints.params.max=79k"], 1);
    assert_eq!(
        said,
        "error: nothing of `table-tiny`, as it is now, has been measured yet\nhelp: `epnas run specs/search.yaml` measures; \
         if you edited the spec after a run, undo the edit and ask with `--set`\n"
    );
    assert!(!lab.path("cache").exists(), "nothing is written");

    lab.epnas(&["run", "specs/search.yaml"]);
    let said = says(&["constraints.params.max=80k"], 0);
    assert!(said.contains("search path: stays the same; nothing would run again"), "{said}");
    let said = says(&["constraints.params.max=90k"], 0);
    for wanted in [
        "what if `constraints.params.max=90k` in `table-tiny`",
        "newly feasible: ",
        "best of `stage-1`",
        "Pareto front of `final`",
        "search path: differs from round 13 of `stage-1` on",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }

    let said = says(&["constraints.parms.max=60k"], 2);
    assert!(said.contains("[--set:1:13]") && said.contains("did you mean `params`?"), "{said}");
    assert!(said.ends_with("these are faults of `specs/search.yaml` with `--set constraints.parms.max=60k`\n"), "{said}");
    let said = says(&["constraints.params.max=60k", "stages.0.rounds=3"], 2);
    assert!(said.contains("`--set stages.0.rounds=3` changes more than constraints") && said.contains("help: "), "{said}");
    says(&["constraints.params.max"], 2);
    // Which bound of two contradicts the other is shown in the file.
    let said = says(&["constraints.params.min=90k"], 2);
    assert!(said.contains("`params` must be at least 90000 and at most 80000"), "{said}");
    assert_eq!(lab.epnas(&["what-if", "specs/search.yaml"]).status.code(), Some(2), "without `--set`");
}

#[test]
fn a_search_on_images_is_followed_as_far_as_no_worker_is_needed() {
    let lab = Lab::with_data();
    let ask = |setting: &str| {
        let output = lab.epnas(&["what-if", "search.yaml", "--format", "json", "--set", setting]);
        (output.status.code(), text(&output.stderr), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default())
    };
    lab.spec("constraints: {macs: {max: 50M, enforcement: penalty}}");
    lab.run(&[]);
    let (_, _, promise) = ask("constraints.macs.max=40M");
    assert_eq!((&promise["path"]["is"], &promise["path"]["again"]), (&json!("same"), &json!({ "reward": 10 })));
    let (_, _, promise) = ask("constraints.macs.max=15k");
    assert_ne!(promise["path"]["other_rewards_from"], Value::Null, "{promise:#}");
    assert_eq!(promise["networks"], promise["feasible"]["before"]);
    assert!(promise["feasible"]["after"].as_u64() < promise["feasible"]["before"].as_u64());
    let (code, said, _) = ask("constraints.latency.max=5");
    assert_eq!(code, Some(2));
    assert!(said.contains("`latency` was not measured in this search"), "{said}");

    // References that another limit would scale anew are held against it as they are.
    let spec = std::fs::read_to_string(lab.path("search.yaml")).expect("it was written");
    lab.write("search.yaml", spec.replace("references: none", "references: [vgg]"));
    lab.run(&[]);
    let (code, said, promise) = ask("constraints.macs.max=15k");
    assert_eq!(code, Some(0), "{said}");
    assert!(promise["feasible"]["after"].as_u64() < promise["feasible"]["before"].as_u64());

    // A policy of tensors learns in a worker.
    lab.spec("constraints: {macs: {max: 50M, enforcement: penalty}}\nepnas: {variant: paper}");
    lab.run(&[]);
    let (_, _, promise) = ask("constraints.macs.max=15k");
    assert_eq!(promise["path"]["is"], "unknown");
    assert_eq!(promise["path"]["from"], json!({ "stage": "grow", "round": 1 }));

    // A latency is taken as it was measured.
    lab.spec("constraints: {latency: {max: 1000}}\nstrategy: random");
    lab.run(&[]);
    let (_, _, promise) = ask("constraints.latency.max=999");
    assert_eq!((&promise["path"]["is"], &promise["path"]["trainings"]), (&json!("same"), &json!([])));
    let (_, _, promise) = ask("constraints.latency=null");
    assert_eq!((&promise["path"]["is"], &promise["path"]["trainings"]), (&json!("same"), &json!([])));
}
