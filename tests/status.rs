//! Seeing inside a run: its state from another terminal, its timeline, its log.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::lab::{Lab, text};

const RUN: [&str; 4] = ["run", "specs/search.yaml", "--format", "json"];

/// A search of three hundred tasks in the committed table.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("specs/search.yaml", include_str!("../specs/table-tiny.yaml").replace("rounds: 20", "rounds: 60"));
    lab.write("specs/tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    lab
}

/// Starts the search and reads the first events. It stands still then: what it says next is more than a pipe holds.
fn begun(lab: &Lab, more: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut run = lab.command(&[&RUN[..], more].concat()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(run.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.expect("a line").contains("network-measured")));
    (run, lines)
}

/// What `epnas status` says as JSON, with its exit code.
fn status(lab: &Lab, more: &[&str]) -> (Option<i32>, Value) {
    let output = lab.epnas(&[&["status", "--format", "json"][..], more].concat());
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// The only run that is told of.
fn only(lab: &Lab, more: &[&str]) -> Value {
    let (code, told) = status(lab, more);
    assert_eq!((code, &told["format"], told["runs"].as_array().map(Vec::len)), (Some(0), &1.into(), Some(1)), "{told}");
    told["runs"][0].clone()
}

fn log(lab: &Lab, name: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(lab.path("results").join(name).join("log.jsonl")).expect("written");
    log.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn trace(lab: &Lab, name: &str) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(lab.path(name)).expect("written")).expect("an array of JSON")
}

/// Tasks of a timeline by track, in the order of time; on one track none overlap.
fn tracks(trace: &[Value]) -> BTreeMap<u64, Vec<(u64, u64, String)>> {
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut tracks: BTreeMap<u64, Vec<(u64, u64, String)>> = BTreeMap::new();
    for line in trace.iter().filter(|line| line["ph"] == "X") {
        let (start, name) = (number(&line["ts"]), line["name"].as_str().expect("a name").to_owned());
        tracks.entry(number(&line["tid"])).or_default().push((start, start + number(&line["dur"]), name));
    }
    for tasks in tracks.values_mut() {
        tasks.sort();
        assert!(tasks.is_sorted_by(|before, after| before.1 <= after.0), "{tasks:?}");
    }
    tracks
}

#[test]
fn a_run_is_seen_while_it_goes_on_when_it_was_killed_and_when_it_is_done() {
    let lab = lab();
    let (mut run, _lines) = begun(&lab, &["--timeline", "killed.json"]);
    let running = only(&lab, &["table-tiny"]);
    assert_eq!((&running["state"], &running["process"]["pid"]), (&"running".into(), &run.id().into()));
    assert_eq!(running["tasks"]["train"]["total"], 61);
    let told = text(&lab.epnas(&["status", "specs/search.yaml"]).stdout);
    assert!(told.starts_with("table-tiny: running, stage-1 round "), "{told}");
    assert!(run.try_wait().expect("it can be asked").is_none(), "it stands still");

    run.kill().expect("it runs");
    run.wait().expect("it ended");
    let killed = only(&lab, &["results/table-tiny"]);
    assert_eq!(killed["state"], "killed");
    let told = text(&lab.epnas(&["status", "table-tiny"]).stdout);
    assert!(told.contains("killed; its process is gone") && told.contains("`epnas run specs/search.yaml` goes on"), "{told}");
    let timeline = text(&std::fs::read(lab.path("killed.json")).expect("written"));
    let lines: Vec<Value> = serde_json::from_str(&format!("{timeline}]")).expect("an array without its end");
    assert!(!tracks(&lines)[&0].is_empty());

    assert_eq!(lab.epnas(&RUN).status.code(), Some(0));
    let done = only(&lab, &[]);
    assert_eq!((&done["state"], &done["runs"]), (&"done".into(), &2.into()));
    let seconds = |run: &Value, name: &str| run[name].as_f64().expect("a time");
    assert!((seconds(&done, "wall_seconds") - seconds(&done, "seconds") - seconds(&killed, "wall_seconds")).abs() < 1e-9);
    assert_eq!(done["trainings"]["done"], done["trainings"]["total"]);
    assert!(done["found"]["test_accuracy"].as_f64().expect("a fraction") > 0.8, "{done}");
    let told = text(&lab.epnas(&["status", "table-tiny"]).stdout);
    assert!(told.contains("in all 2 runs") && told.contains("found      test 9"), "{told}");

    // Both runs are in the log; one that comes to its end is over, and the next begins at nothing.
    assert_eq!(lab.epnas(&RUN).status.code(), Some(0));
    assert_eq!(only(&lab, &[])["runs"], 1);
    let log = log(&lab, "table-tiny");
    let beginnings: Vec<&Value> = log.iter().filter(|line| line["message"] == "run").collect();
    assert_eq!(beginnings.iter().map(|line| &line["earlier_runs"]).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(log.iter().filter(|line| line["message"] == "run done").count(), 2);
    assert!(log.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()));
    assert!(log.iter().any(|line| line["message"] == "task done" && line["kind"] == "train" && line["task"].is_string()));
}

#[test]
fn the_time_of_killed_runs_counts_for_the_budget_of_those_that_go_on() {
    let lab = lab();
    let spec = text(&std::fs::read(lab.path("specs/search.yaml")).expect("written"));
    lab.write("specs/search.yaml", format!("{spec}budget: {{wall-time: 1h}}\n"));
    let (mut run, _lines) = begun(&lab, &[]);
    run.kill().expect("it runs");
    run.wait().expect("it ended");
    // As if it had gone on for longer.
    let path = "results/table-tiny/run.json";
    let mut kept: Value = serde_json::from_slice(&std::fs::read(lab.path(path)).expect("written")).expect("JSON");
    kept["wall_seconds"] = 3_601.into();
    lab.write(path, kept.to_string());
    let budget = |output: &std::process::Output| crate::lab::events(output).into_iter().find(|event| event["event"] == "budget-used");
    let used = budget(&lab.epnas(&[&RUN[..], &["--timeline", "short.json"]].concat())).expect("the budget is used up");
    assert_eq!(used["budget"], "wall-time");
    assert!(trace(&lab, "short.json").iter().any(|line| line["name"] == "budget of wall-time used"));
    let told = only(&lab, &["table-tiny"]);
    assert_eq!((&told["state"], &told["budget"], &told["runs"]), (&"budget-used".into(), &"wall-time".into(), &2.into()));
    assert!(told["wall_seconds"].as_f64().expect("a time") > 3_601.0);
    assert!(text(&lab.epnas(&["status", "table-tiny"]).stdout).contains("budget used: `wall-time`"));

    // More time: it goes on to its end. What runs as another search has all the time of its own.
    lab.write("specs/search.yaml", format!("{spec}budget: {{wall-time: 2h}}\n"));
    assert_eq!(budget(&lab.epnas(&RUN)), None);
    assert_eq!((&only(&lab, &[])["state"], &only(&lab, &[])["runs"]), (&"done".into(), &3.into()));
    lab.write(path, kept.to_string());
    lab.write("specs/search.yaml", format!("{spec}budget: {{wall-time: 1h}}\nseed: 7\n"));
    assert_eq!(budget(&lab.epnas(&RUN)), None);
    assert_eq!(only(&lab, &["table-tiny"])["runs"], 1);
}

#[test]
fn what_is_asked_for_is_found_or_named() {
    let lab = lab();
    assert_eq!(status(&lab, &[]), (Some(0), serde_json::json!({ "format": 1, "runs": [], "unreadable": [] })));
    assert_eq!(lab.epnas(&RUN).status.code(), Some(0));
    let says = |arguments: &[&str], code: i32, wanted: &str| {
        let output = lab.epnas(&[&["status"][..], arguments].concat());
        let said = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(wanted), "{said}");
    };
    says(&["table-tinny"], 2, "did you mean `table-tiny`");
    says(&["missing/search.yaml"], 2, "neither the name of a run nor a spec");
    says(&["table-tiny", "--results", "elsewhere"], 2, "there is no run `table-tiny` in `elsewhere`");
    says(&[], 0, "table-tiny  done   final");

    // One that is damaged is named, and hides no other. What stands in it does not act on a terminal.
    let whole = text(&std::fs::read(lab.path("results/table-tiny/run.json")).expect("written"));
    lab.write("results/half/run.json", &whole[..whole.len() / 2]);
    lab.write("results/later/run.json", "{\"format\": 2, \"anything\": []}");
    lab.write("results/other/run.json", whole.replace("\"name\": \"table-tiny\"", "\"name\": \"\\u001b[2J\""));
    says(&["half"], 3, "`results/half/run.json` is damaged");
    says(&["later"], 3, "has format 2, this version of epnas reads 1");
    says(&["other"], 0, "\\u{1b}[2J: done");
    says(&[], 3, "table-tiny  done");
    let (code, told) = status(&lab, &[]);
    assert_eq!((code, told["runs"].as_array().map(Vec::len)), (Some(3), Some(2)));
    assert_eq!(told["unreadable"].as_array().map(Vec::len), Some(2));

    // Results whose record was damaged are of a search that is not known.
    lab.write("results/table-tiny/run.json", &whole[..100]);
    let output = lab.epnas(&["run", "specs/search.yaml"]);
    assert!(text(&output.stderr).contains("a search that is not known; it is now in"), "{}", text(&output.stderr));
    says(&["table-tiny"], 0, "table-tiny: done");
}

#[test]
fn a_timeline_has_a_track_for_each_slot_on_which_tasks_follow_one_another() {
    let lab = Lab::with_data();
    lab.spec("");
    let events = lab.run(&["--workers", "2", "--timeline", "whole.json"]);
    let whole = trace(&lab, "whole.json");
    let tracks = tracks(&whole);
    assert!([0, 1, 2].iter().all(|track| tracks.contains_key(track)), "{:?}", tracks.keys());
    assert!(tracks[&1].iter().chain(&tracks[&2]).filter(|task| task.2.contains("/train-")).count() == 10);
    let executed = events.iter().filter(|event| event["event"] == "task-finished" && event["outcome"] == "executed").count();
    assert_eq!(tracks.values().map(Vec::len).sum::<usize>(), executed);
    let names = whole.iter().filter(|line| line["name"] == "thread_name").map(|line| line["args"]["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["coordinator", "slot 0 (cpu)", "slot 1 (cpu)"]);
    let last = whole.iter().rev().find(|line| line["name"] == "trainings done").expect("a counter");
    assert_eq!(last["args"]["trainings"], 10);

    // It is written over by the next one, and nothing else is.
    lab.run(&["--timeline", "whole.json"]);
    assert_eq!(trace(&lab, "whole.json").iter().filter(|line| line["ph"] == "X").count(), 0, "all was cached");
    let output = lab.epnas(&["run", "search.yaml", "--timeline", "search.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("it is no timeline"), "{}", text(&output.stderr));
}

#[test]
fn an_interrupted_run_leaves_a_whole_timeline_and_says_that_it_was() {
    let lab = Lab::with_data();
    lab.spec("");
    let arguments = ["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "2", "--timeline", "cut.json"];
    let mut run = lab.command(&arguments).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(run.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.expect("a line").contains("network-measured")));
    std::process::Command::new("kill").args(["-TERM", &run.id().to_string()]).status().expect("kill is there");
    lines.for_each(drop);
    assert_eq!(run.wait().expect("it ended").code(), Some(130));
    let cut = trace(&lab, "cut.json");
    assert!(!tracks(&cut).is_empty());
    assert!(cut.iter().any(|line| line["name"] == "interrupted"));
    let told = only(&lab, &["tiny"]);
    assert_eq!(told["state"], "interrupted");
    assert!(told["slots"].as_array().expect("slots").iter().all(|slot| slot["task"].is_null() && slot["device"] == "cpu"));
    assert!(log(&lab, "tiny").iter().any(|line| line["message"] == "run interrupted"));
}
