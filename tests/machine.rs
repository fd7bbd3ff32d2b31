//! What the surroundings of a run may do to it: signals, variables, names in folders, other searches of its name.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use epnas::cache::Cache;
use serde_json::Value;

use crate::lab::{Lab, events, text};

/// A run with images that is told by a signal after its first network, begun by a shell that says `before`. It ends with
/// trainings of so many epochs.
fn told(before: &str, signal: &str, epochs: u32) -> (Option<i32>, bool) {
    let lab = Lab::with_data();
    lab.spec("");
    let spec = std::fs::read_to_string(lab.path("search.yaml")).expect("it was written");
    lab.write("search.yaml", spec.replace("epochs: 6", &format!("epochs: {epochs}")));
    let program = lab.command(&[]).get_program().to_owned();
    let mut run = Command::new("sh")
        .args(["-c", &format!("{before} exec \"$@\""), "sh"])
        .arg(program)
        .args(["run", "search.yaml", "--format", "json", "--device", "cpu"])
        .current_dir(lab.path(""))
        .env_remove("EPNAS_CACHE")
        .env_remove("EPNAS_RESULTS")
        .env_remove("EPNAS_LOG")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(run.stdout.take().expect("piped")).lines().map(|line| line.expect("a line"));
    assert!(lines.any(|line| line.contains("network-measured")));
    Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status().expect("kill is there");
    let interrupted = lines.any(|line| line.contains("\"interrupted\""));
    (run.wait().expect("it ended").code(), interrupted)
}

/// A run that trains without end is told by a signal while it does, and by more of them where it goes on; gives exit code,
/// the steps of the first progress that it told, and of the last.
fn interrupted(lab: &Lab, signals: usize) -> (Option<i32>, [u64; 2]) {
    let mut command = lab.command(&["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "1"]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let lines = BufReader::new(run.stdout.take().expect("piped")).lines().map(|line| line.expect("a line"));
    let told = lines.map(|line| serde_json::from_str::<Value>(&line).expect("an event"));
    let mut steps = told.filter(|event| event["event"] == "task-progress" && event["task"] == "final/train-01");
    let of = |event: Value| event["progress"]["done_steps"].as_u64().expect("a count");
    let first = of(steps.next().expect("it trains"));
    for _ in 0..signals {
        // Not an interrupt, which is ignored where these tests run in the background of a shell.
        Command::new("kill").args(["-TERM", &run.id().to_string()]).status().expect("kill is there");
        std::thread::sleep(Duration::from_millis(50));
    }
    let last = steps.last().map_or(first, of);
    (run.wait().expect("it ended").code(), [first, last])
}

#[test]
fn an_interrupted_training_is_saved_and_goes_on_and_a_second_signal_ends_the_run_at_once() {
    let lab = Lab::with_data();
    lab.spec("");
    let spec = std::fs::read_to_string(lab.path("search.yaml")).expect("it was written");
    lab.write("search.yaml", spec.replace("epochs: 6", "epochs: 100000"));
    let saved = || Cache::open_for_reading(&lab.path("cache")).and_then(|cache| cache.contents()).expect("a cache").checkpoints.len();
    let (code, [_, last]) = interrupted(&lab, 1);
    assert_eq!((code, saved()), (Some(130), 1));
    let (code, [first, _]) = interrupted(&lab, 2);
    assert!(code == Some(130) && first > last, "{code:?}: after {last} steps it goes on at {first}");
}

#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    assert_eq!(told("trap '' HUP;", "HUP", 6), (Some(0), false), "as under nohup");
}

#[test]
fn signals_of_batch_systems_pause_and_save() {
    // Under `nohup` the hang-up is ignored here already, and nothing that is started here can hear it.
    let status = std::fs::read_to_string("/proc/self/status").expect("readable");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("listed");
    let hears_hang_up = u64::from_str_radix(ignored.trim(), 16).expect("a mask") & 1 == 0;
    for signal in ["USR1", "HUP"].into_iter().filter(|signal| hears_hang_up || *signal != "HUP") {
        assert_eq!(told("", signal, 1_000), (Some(130), true), "{signal}");
    }
}

#[test]
fn variables_that_change_numbers_do_not_reach_workers_and_are_told() {
    let lab = Lab::with_data();
    lab.spec("");
    lab.write("bin/epnas", std::fs::read(env!("CARGO_BIN_EXE_epnas")).expect("readable"));
    lab.write("bin/epnas-worker", format!("#!/bin/sh\nenv > '{}'\nexit 3\n", lab.path("seen").display()));
    for name in ["bin/epnas", "bin/epnas-worker"] {
        std::fs::set_permissions(lab.path(name), std::fs::Permissions::from_mode(0o755)).expect("our own file");
    }
    let output = Command::new(lab.path("bin/epnas"))
        .args(["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "1"])
        .current_dir(lab.path(""))
        .env_remove("EPNAS_CACHE")
        .env_remove("EPNAS_RESULTS")
        .env_remove("EPNAS_LOG")
        .envs([("ONEDNN_DEFAULT_FPMATH_MODE", "BF16"), ("OMP_NUM_THREADS", "7"), ("LC_CTYPE", "C"), ("CUBLAS_WORKSPACE_CONFIG", ":16:8")])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(3), "there is no worker: {}", text(&output.stderr));
    let seen = text(&std::fs::read(lab.path("seen")).expect("the worker was started"));
    for (line, is_there) in [
        ("ONEDNN_DEFAULT_FPMATH_MODE=BF16", false),
        ("OMP_NUM_THREADS=7", false),
        ("LC_CTYPE=C", true),
        ("CUBLAS_WORKSPACE_CONFIG=:4096:8", true),
        ("CUBLAS_WORKSPACE_CONFIG=:16:8", false),
    ] {
        assert_eq!(seen.lines().any(|found| found == line), is_there, "{line} in {seen}");
    }
    let warned = text(&output.stdout);
    assert!(warned.contains("`ONEDNN_DEFAULT_FPMATH_MODE`") && warned.contains("not handed on to workers"), "{warned}");
}

/// A search in a table, below `specs`.
fn with_table() -> Lab {
    let lab = Lab::new();
    lab.write("specs/search.yaml", include_str!("../specs/table-tiny.yaml"));
    lab.write("specs/tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    lab
}

#[test]
fn what_is_no_file_is_named_and_nothing_waits_for_it() {
    let lab = with_table();
    lab.write("specs/UPPER.YAML", include_str!("../specs/table-tiny.yaml").replace("name: ", "nmae: "));
    assert!(Command::new("mkfifo").arg(lab.path("specs/pipe.yaml")).status().expect("mkfifo is there").success());
    let output = lab.epnas(&["check", "specs"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot read `specs/pipe.yaml`: it is a pipe, a file is expected"), "{said}");
    assert!(said.contains("specs/UPPER.YAML"), "{said}");
    let run = lab.epnas(&["run", "specs/pipe.yaml"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("it is a pipe"), "{}", text(&run.stderr));
}

#[test]
fn variables_may_be_empty_name_the_home_folder_and_are_refused_when_odd() {
    let lab = with_table();
    let run = |variable: &str, value: &str| -> Output {
        let mut command = lab.command(&["run", "specs/search.yaml", "--format", "json"]);
        command.env("HOME", lab.path("home")).env(variable, value).output().expect("it starts")
    };
    for (variable, value, cache, results) in [
        ("EPNAS_CACHE", "", "cache", "results"),
        ("EPNAS_LOG", "", "cache", "results"),
        ("EPNAS_RESULTS", "", "cache", "results"),
        ("EPNAS_CACHE", "~/c", "home/c", "results"),
        ("EPNAS_RESULTS", "~/r", "cache", "home/r"),
    ] {
        let output = run(variable, value);
        assert_eq!(output.status.code(), Some(0), "{variable}={value}: {}", text(&output.stderr));
        assert!(lab.path(cache).join("records-v1").is_dir(), "{variable}={value}");
        assert!(lab.path(results).join("table-tiny/report.html").is_file(), "{variable}={value}");
        for folder in [cache, results] {
            std::fs::remove_dir_all(lab.path(folder)).expect("our own folder");
        }
    }
    assert!(!lab.path("~").exists());
    let output = run("EPNAS_LOG", "verbose");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`verbose` is neither a level (`off`, `error`, "), "{}", text(&output.stderr));
    let output = lab.epnas(&["run", "specs/search.yaml", "--cache", ""]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let output = lab.epnas(&["run", "specs/search.yaml", "--results", ""]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn results_of_another_search_of_the_same_name_are_put_aside() {
    let lab = with_table();
    let warnings = |spec: &str| -> Vec<String> {
        let output = lab.epnas(&["run", spec, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let warnings = events(&output).into_iter().filter(|event| event["event"] == "warning");
        warnings.map(|event| event["message"].as_str().expect("text").to_owned()).filter(|message| message.contains("results")).collect()
    };
    let trials = |name: &str| std::fs::read(lab.path("results").join(name).join("trials.csv")).expect("written");
    assert!(warnings("specs/search.yaml").is_empty());
    let first = trials("table-tiny");
    assert!(warnings("specs/search.yaml").is_empty(), "the same search");
    lab.write("specs/other.yaml", format!("{}\nseed: 77\n", include_str!("../specs/table-tiny.yaml")));
    let told = warnings("specs/other.yaml");
    let expected = "`results/table-tiny` held results of another search, of `specs/search.yaml`; they are now in `results/table-tiny.1`";
    assert_eq!(told, [expected]);
    assert_eq!(trials("table-tiny.1"), first);
    lab.write("specs/other.yaml", format!("{}\nseed: 78\n", include_str!("../specs/table-tiny.yaml")));
    let second = trials("table-tiny");
    let told = warnings("specs/other.yaml");
    let expected = "`results/table-tiny` held results of an earlier version of `specs/other.yaml`; they are now in `results/table-tiny.2`";
    assert_eq!(told, [expected], "an edited spec is another search");
    assert_eq!((trials("table-tiny.1"), trials("table-tiny.2")), (first, second));
    let listed = text(&lab.epnas(&["status"]).stdout);
    assert!(["table-tiny ", "table-tiny.1", "table-tiny.2"].iter().all(|run| listed.lines().any(|line| line.starts_with(run))), "{listed}");
}

#[test]
fn images_and_tables_are_seen_from_the_spec() {
    let lab = Lab::with_data();
    std::fs::create_dir(lab.path("below")).expect("our own folder");
    std::fs::rename(lab.path("data"), lab.path("below/images")).expect("our own folder");
    lab.write("below/search.yaml", "name: a\ndataset: {name: mnist, path: images, validation: 40}\n");
    let check =
        |home: &str| lab.command(&["check", "--with-data", "below/search.yaml"]).env("HOME", lab.path(home)).output().expect("it starts");
    assert_eq!(check(".").status.code(), Some(0), "{}", text(&check(".").stdout));
    lab.write("below/search.yaml", "name: a\ndataset: {name: mnist, path: ~/images, validation: 40}\n");
    assert_eq!(check("below").status.code(), Some(0), "{}", text(&check("below").stdout));
    lab.write("below/search.yaml", "name: a\ndataset: {name: mnist, path: below/images, validation: 40}\n");
    let said = text(&check(".").stdout);
    assert!(said.contains("`below/below/images`: no such folder"), "{said}");
}
