//! Whole runs of the real programs on tiny data: results, cache, damage, interruption, failing workers.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::lab::{Lab, events, files_below, summary, text, total};

#[test]
fn a_search_ends_with_a_tested_network_and_a_second_run_executes_nothing() {
    let lab = Lab::with_data();
    lab.spec("constraints: {params: {max: 5k}}");
    let events = lab.run(&["--workers", "2"]);
    let best = &summary(&events)["best"];
    assert!(best["test_accuracy"].as_f64().expect("a fraction") > 0.5, "{best}");
    assert!(best["costs"]["params"].as_f64().expect("a count") <= 5_000.0, "{best}");
    // 1 start + 2 × 2 + 1 carried + 2, and 2 at the end.
    assert_eq!(summary(&events)["tasks"]["train"]["executed"], 10);
    assert_eq!(total(&events, "failed") + total(&events, "skipped"), 0);

    let results = lab.path("results/tiny");
    let network: Value = serde_json::from_slice(&std::fs::read(results.join("network.json")).expect("written")).expect("JSON");
    assert_eq!(network["test_accuracy"], best["test_accuracy"]);
    let weights = std::fs::read(results.join("weights.safetensors")).expect("written");
    let weights = safetensors::SafeTensors::deserialize(&weights).expect("safetensors");
    // A classifier's bias for each class; all trainable scalars are there.
    assert!(weights.iter().any(|(_, tensor)| tensor.shape() == [10]));
    let trainable = |name: &str| name.rsplit('.').next().is_some_and(|parameter| ["weight", "bias"].contains(&parameter));
    let scalars: usize =
        weights.iter().filter(|(name, _)| trainable(name)).map(|(_, tensor)| tensor.shape().iter().product::<usize>()).sum();
    assert_eq!(best["costs"]["params"].as_f64(), Some(scalars as f64));
    let trials = text(&std::fs::read(results.join("trials.csv")).expect("written"));
    assert_eq!(trials.lines().count(), 1 + 10, "{trials}");
    assert!(text(&std::fs::read(results.join("summary.md")).expect("written")).contains("test accuracy"));

    let again = lab.run(&["--workers", "2"]);
    assert_eq!(total(&again, "executed"), 0);
    assert_eq!(summary(&again)["best"], *best);
    let plan = text(&lab.epnas(&["plan", "search.yaml"]).stdout);
    assert!(plan.contains("nothing to do: every task is cached"), "{plan}");
}

#[test]
fn an_edited_constraint_trains_only_what_was_never_trained() {
    let lab = Lab::with_data();
    lab.spec("constraints: {macs: {max: 100M}}");
    lab.run(&[]);
    let trained = |events: &[Value]| {
        let train = &summary(events)["tasks"]["train"];
        (train["executed"].as_u64().expect("a count"), train["cached"].as_u64().expect("a count"))
    };
    lab.spec("constraints: {macs: {max: 90M}}");
    assert_eq!(trained(&lab.run(&[])), (0, 10), "it is as satisfied as before");

    // Tightened: what was trained by the same recipe is not trained again.
    let networks = |lab: &Lab| -> Vec<String> {
        let mut reader = csv::Reader::from_path(lab.path("results/tiny/trials.csv")).expect("written");
        let headers = reader.headers().expect("a header").clone();
        let column = |name: &str| headers.iter().position(|other| other == name).expect("a column");
        let [stage, network] = [column("stage"), column("digest")];
        reader.records().map(|row| row.map(|row| format!("{} {}", &row[stage], &row[network])).expect("a row")).collect()
    };
    let before = networks(&lab);
    lab.spec("constraints: {macs: {max: 90M}, params: {max: 800}}");
    let (executed, cached) = trained(&lab.run(&[]));
    let new = networks(&lab).into_iter().filter(|network| !before.contains(network)).count();
    assert_eq!(executed, new as u64);
    assert!(cached > 0, "the start network at least");
    let said = text(&std::fs::read(lab.path("results/tiny/summary.md")).expect("written"));
    assert!(said.contains(&format!("The cache saved {cached} of {} trainings", executed + cached)), "{said}");
}

/// Every file of the results that is the same whoever found them: line by line, and the weights.
pub fn trials(lab: &Lab) -> Vec<Vec<u8>> {
    let read = |name: &str| std::fs::read(lab.path(&format!("results/tiny/{name}"))).expect("written");
    let lines = read("trials.csv").split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    lines.into_iter().chain(["predictor.csv", "network.json", "weights.safetensors"].map(read)).collect()
}

#[test]
fn one_and_three_workers_find_the_same_and_a_killed_run_goes_on_to_the_same_end() {
    let lab = Lab::with_data();
    lab.spec("");
    lab.run(&["--workers", "1", "--cache", "one"]);
    let one = trials(&lab);
    lab.run(&["--workers", "3", "--cache", "three"]);
    assert_eq!(trials(&lab), one);

    let mut killed = lab
        .command(&["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "2", "--cache", "killed"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(killed.stdout.take().expect("piped")).lines();
    let mut measured = 0;
    for line in lines {
        measured += usize::from(line.expect("a line").contains("network-measured"));
        if measured == 3 {
            killed.kill().expect("it runs still");
            break;
        }
    }
    killed.wait().expect("it ended");
    let events = lab.run(&["--workers", "2", "--cache", "killed"]);
    assert!(summary(&events)["tasks"]["train"]["cached"].as_u64().expect("a count") >= 3);
    assert_eq!(trials(&lab), one);
}

#[test]
fn ctrl_c_keeps_what_is_finished() {
    let lab = Lab::with_data();
    lab.spec("");
    let mut run =
        lab.command(&["run", "search.yaml", "--format", "json", "--device", "cpu"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut finished = Vec::new();
    let mut interrupted = false;
    for line in BufReader::new(run.stdout.take().expect("piped")).lines() {
        let event: Value = serde_json::from_str(&line.expect("a line")).expect("an event a line");
        if event["event"] == "task-finished" {
            finished.push(event["task"].as_str().expect("a task").to_owned());
        }
        if event["event"] == "network-measured" && !interrupted {
            std::process::Command::new("kill").args(["-TERM", &run.id().to_string()]).status().expect("kill is there");
            interrupted = true;
        }
    }
    assert_eq!(run.wait().expect("it ended").code(), Some(130));
    assert!(finished.iter().any(|task| task.contains("train")), "{finished:?}");
    let plan = lab.epnas(&["plan", "search.yaml", "--format", "json"]).stdout;
    let plan: Value = serde_json::from_slice(&plan).expect("JSON");
    let cached =
        |id: &str| plan["tasks"].as_array().expect("a list").iter().any(|task| task["id"] == id && task["status"]["cached"].is_object());
    for task in finished {
        assert!(cached(&task), "{task} had finished: {plan}");
    }
    // What was in nobody's hands yet is not there.
    assert!(!cached("final/test"));
}

#[test]
fn damage_in_the_cache_is_noticed_said_and_mended() {
    let lab = Lab::with_data();
    lab.spec("");
    let whole = lab.run(&[]);
    let files = files_below(&lab.path("cache"));
    // Every third file is cut short, every other third altered.
    for (index, file) in
        files.iter().filter(|file| file.components().any(|part| part.as_os_str().to_string_lossy().contains("-v1"))).enumerate()
    {
        let mut bytes = std::fs::read(file).expect("readable");
        match index % 3 {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes[0] ^= 1,
            _ => continue,
        }
        std::fs::write(file, bytes).expect("writable");
    }
    let mended = lab.run(&[]);
    assert!(total(&mended, "executed") > 0);
    assert_eq!(summary(&mended)["best"], summary(&whole)["best"]);
    let warnings = mended.iter().filter(|event| event["event"] == "warning").count();
    assert!(warnings > 0, "damage is said");
    assert_eq!(total(&lab.run(&[]), "executed"), 0);
}

#[test]
fn a_constraint_edit_that_changes_no_reward_runs_rewards_only() {
    let lab = Lab::with_data();
    lab.spec("constraints: {macs: {max: 50M, enforcement: penalty}}");
    lab.run(&[]);
    lab.spec("constraints: {macs: {max: 40M, enforcement: penalty}}");
    let events = lab.run(&[]);
    let tasks = &summary(&events)["tasks"];
    assert!(tasks["reward"]["executed"].as_u64().expect("a count") > 0);
    for kind in ["sample", "predict", "train", "update", "final"] {
        assert_eq!(tasks[kind]["executed"], 0, "{kind}");
    }
}

#[test]
fn when_nothing_is_feasible_the_run_says_so() {
    let lab = Lab::with_data();
    // Three layers of the largest kind reach it; so few trainings do not.
    lab.spec("constraints: {macs: {min: 780k, enforcement: penalty}}");
    let output = lab.epnas(&["run", "search.yaml", "--device", "cpu"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("No feasible network was found"), "{said}");
    assert!(said.contains("where `macs ≥ 780000` is asked for"), "{said}");
    assert!(!lab.path("results/tiny/network.json").exists());
}

#[test]
fn trainings_that_diverge_count_for_nothing_and_are_not_done_again() {
    let lab = Lab::with_data();
    lab.spec("failures: {limit: 1.0}");
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"))
        .replace("precision: fp32", "precision: fp32, learning-rate: 100, weight-decay: 1");
    lab.write("search.yaml", spec);
    let run = || {
        let output = lab.epnas(&["run", "search.yaml", "--format", "json", "--device", "cpu"]);
        assert_eq!(output.status.code(), Some(4), "nothing was found that could be tested: {}", text(&output.stderr));
        events(&output)
    };
    let first = run();
    let tasks = &summary(&first)["tasks"];
    assert_eq!((&tasks["train"]["failed"], &summary(&first)["best"]), (&10.into(), &Value::Null));
    let started = |events: &[Value]| events.iter().filter(|event| event["event"] == "task-started" && event["kind"] == "train").count();
    assert!(started(&first) > 0);
    assert_eq!(first.iter().filter(|event| event["outcome"]["failed"]["remembered"] == true).count(), 0);
    let again = run();
    assert_eq!(started(&again), 0, "they are remembered");
    assert_eq!((&summary(&again)["ending"], &summary(&again)["remembered_failures"]), (&"failed".into(), &10.into()));
    let said = text(&std::fs::read(lab.path("results/tiny/summary.md")).expect("written"));
    assert!(said.contains("**No network was found: the trainings failed.**"), "{said}");
    assert!(
        said.contains("10 of 10 trainings failed: 10 diverged (10 remembered from an earlier run; `--retry-failed` tries again)."),
        "{said}"
    );

    // A plan counts them as the run does, with and without the wish to try again.
    let plan = |more: &[&str]| {
        let output = lab.epnas(&[&["plan", "search.yaml", "--device", "cpu", "--detailed-exitcode"], more].concat());
        (output.status.code(), text(&output.stdout))
    };
    let (code, told) = plan(&[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("failed before: `") && told.contains("and 9 more; remembered from an earlier run"), "{told}");
    assert!(told.contains("nothing to do: every task is cached, or failed in an earlier run"), "{told}");
    let (code, told) = plan(&["--retry-failed"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("it failed in an earlier run and is tried again: `--retry-failed` was asked for"), "{told}");
    let why = text(&lab.epnas(&["why", "search.yaml", "grow/round-01/train-01", "--device", "cpu"]).stdout);
    assert!(why.contains("failed in an earlier run: diverged") && why.contains("--retry-failed"), "{why}");

    // What a garbage collection keeps for a spec, failures among it, is still remembered.
    let collected = lab.epnas(&["cache", "gc", "--keep", "search.yaml", "--force"]);
    assert_eq!(collected.status.code(), Some(0), "{}", text(&collected.stderr));
    assert_eq!(plan(&[]).0, Some(0));
}

#[test]
fn bad_data_and_bad_caches_are_named() {
    let lab = Lab::with_data();
    lab.spec("");
    let data = lab.path("data/train-images-idx3-ubyte");
    let whole = std::fs::read(&data).expect("readable");
    let fails = |code: i32, wanted: &str, more: &[&str]| {
        let output = lab.epnas(&[&["run", "search.yaml", "--device", "cpu"], more].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(wanted), "{said}");
    };
    std::fs::write(&data, &whole[..1_000]).expect("writable");
    fails(3, "train-images-idx3-ubyte", &[]);
    std::fs::remove_file(&data).expect("removable");
    fails(3, "train-images", &[]);
    std::fs::write(&data, &whole).expect("writable");
    fails(3, "--cache DIR", &["--cache", "search.yaml"]);
    fails(3, "--results DIR", &["--results", "search.yaml"]);
}

#[test]
fn two_runs_at_once_on_one_cache_train_nothing_twice() {
    let lab = Lab::with_data();
    lab.spec("");
    let start = |results| {
        let arguments = ["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "1", "--results", results];
        lab.command(&arguments).stdout(Stdio::piped()).spawn().expect("it starts")
    };
    let both = [start("a"), start("b")].map(|run| events(&run.wait_with_output().expect("it ends")));
    let count = |events: &[Value], outcome| summary(events)["tasks"]["train"][outcome].as_u64().expect("a count");
    assert_eq!(count(&both[0], "executed") + count(&both[1], "executed"), 10);
    assert_eq!(summary(&both[0])["best"], summary(&both[1])["best"]);
}
