//! `epnas doctor`, and what is said where a device or a precision is asked for that is not there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use epnas::engine::Ability;
use serde_json::Value;

use crate::lab::{Lab, events, text};

fn doctor(lab: &Lab, more: &[&str]) -> (Option<i32>, Value) {
    let output = lab.epnas(&[&["doctor", "--format", "json"], more].concat());
    (output.status.code(), serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn a_machine_that_can_train_is_well_and_says_how_fast_it_is() {
    let lab = Lab::new();
    let (code, found) = doctor(&lab, &["--device", "cpu", "--workers", "3"]);
    assert_eq!((code, &found["faults"]), (Some(0), &Value::Array(Vec::new())), "{found:#}");
    assert!(found["worker"]["seconds"].as_f64().expect("it starts") > 0.0);
    assert_eq!(found["worker"]["libtorch"], epnas::engine::LIBTORCH);
    let folder = found["worker"]["libtorch_folder"].as_str().expect("a folder");
    assert!(Path::new(folder).join("libtorch_cpu.so").is_file(), "{folder}");
    assert_eq!(found["workers"], serde_json::json!(["cpu", "cpu", "cpu"]));
    let ability = Ability::of_processor(&std::fs::read_to_string("/proc/cpuinfo").expect("readable"));
    assert_eq!(found["precision"], serde_json::json!(ability));
    if !Path::new("/dev/nvidia0").exists() {
        assert_eq!(found["cuda"]["loaded"], false);
        let said = found["cuda"]["said"].as_str().expect("it says why");
        assert!(!said.starts_with("exit code") && said.contains("\nhelp: "), "{said}");
    }
    let speeds = found["speeds"].as_array().expect("a list");
    assert_eq!(speeds.len(), 1 + usize::from(ability.has_bf16));
    assert!(speeds.iter().all(|speed| speed["device"] == "cpu" && speed["images_per_second"].as_f64().expect("a number") > 0.0));
    let auto: Vec<&Value> = speeds.iter().filter(|speed| speed["is_auto"] == true).map(|speed| &speed["precision"]).collect();
    assert_eq!(auto, [ability.auto.word()]);
    let data: Vec<&Value> = found["data"].as_array().expect("a list").iter().map(|data| &data["name"]).collect();
    assert_eq!(data, ["fashion-mnist", "mnist", "cifar-10", "cifar-100"]);
    assert_eq!((&found["cache"]["is_there"], &found["cache"]["writable"]), (&false.into(), &true.into()));
    assert!(!lab.path("cache").exists(), "a look writes nothing");

    let output = lab.epnas(&["doctor", "--device", "cpu"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("\nprecision    `auto` means `") && said.ends_with("\nall that a run needs is here\n"), "{said}");
}

/// The program with a worker of our own beside it, or with none.
fn program(lab: &Lab, worker: Option<&str>) -> Command {
    lab.write("bin/epnas", std::fs::read(env!("CARGO_BIN_EXE_epnas")).expect("readable"));
    let mut names = vec!["bin/epnas"];
    if let Some(worker) = worker {
        lab.write("bin/epnas-worker", worker);
        names.push("bin/epnas-worker");
    }
    for name in names {
        std::fs::set_permissions(lab.path(name), std::fs::Permissions::from_mode(0o755)).expect("our own file");
    }
    let mut command = Command::new(lab.path("bin/epnas"));
    command.current_dir(lab.path("")).env_remove("EPNAS_CACHE").env_remove("EPNAS_RESULTS").env_remove("EPNAS_LOG");
    command
}

fn ended(mut command: Command) -> (Option<i32>, String) {
    let output: Output = command.output().expect("the program starts");
    (output.status.code(), text(&output.stdout))
}

#[test]
fn what_is_missing_is_named_with_what_mends_it() {
    let lab = Lab::new();
    let mut command = program(&lab, None);
    command.args(["doctor", "--device", "cpu"]);
    let (code, said) = ended(command);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("\nworker       none that can be used\n"), "{said}");
    assert!(said.contains("\nerror: nothing can be trained: there is no worker beside this program, where `"), "{said}");
    assert!(said.contains("\nhelp: run `make setup`, then `cargo build`; "), "{said}");

    for (said, help) in [
        (
            "epnas-worker: error while loading shared libraries: libtorch_cpu.so: cannot open shared object file",
            "libtorch was moved or removed",
        ),
        ("no such device", "`make setup` brings libtorch"),
    ] {
        let mut command = program(&lab, Some(&format!("#!/bin/sh\necho '{said}' >&2\nexit 127\n")));
        command.args(["doctor", "--device", "cpu", "--format", "json"]);
        let (code, output) = ended(command);
        let found: Value = serde_json::from_str(&output).expect("JSON");
        assert_eq!((code, &found["worker"]["seconds"], &found["cuda"]), (Some(3), &Value::Null, &Value::Null), "{output}");
        assert_eq!(found["faults"][0]["what"], "a worker on `cpu` does not train");
        let why = found["faults"][0]["why"].as_str().expect("words");
        assert!(why.contains(&format!("exit code 127: {said}")), "{why}");
        assert!(found["faults"][0]["help"].as_str().expect("help").starts_with(help), "{output}");
    }

    lab.write("in-the-way", "a file");
    let output = lab.epnas(&["doctor", "--device", "cpu", "--cache", "in-the-way"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stdout);
    assert!(said.contains("\ncache        `in-the-way`: cannot be written"), "{said}");
    assert!(said.contains("\nerror: the cache cannot be written: ") && said.contains("name another one with `--cache DIR`"), "{said}");
}

fn worker(device: &str) -> (Option<i32>, String) {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_epnas-worker"));
    worker.args(["--device", device]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut worker = worker.spawn().expect("the program starts");
    // It would end with its input.
    let input = worker.stdin.take();
    let output = worker.wait_with_output().expect("it ends");
    drop(input);
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_worker_says_why_it_has_no_cuda_and_what_a_device_is() {
    let (code, said) = worker("gpu");
    assert_eq!((code, said.as_str()), (Some(3), "`gpu` is no device: `cpu` or `cuda:N` is expected\n"));
    if Path::new("/dev/nvidia0").exists() {
        return;
    }
    // Which of the reasons it is depends on what `make setup` brought; each has its test in `torch/cuda.rs`.
    let (code, said) = worker("cuda:0");
    assert_eq!(code, Some(3));
    assert!(said.contains("libtorch_cuda.so") || said.contains("the NVIDIA driver is not there"), "{said}");
    assert!(said.contains("\nhelp: "), "{said}");
}

#[test]
fn a_device_that_is_not_there_is_refused_before_anything_is_done() {
    if Path::new("/dev/nvidia0").exists() {
        return;
    }
    let lab = Lab::with_data();
    lab.spec("");
    for (device, said) in [
        ("cuda", "error: `--device cuda` was asked for, but no NVIDIA GPU was found\nhelp: check that `nvidia-smi` lists one\n"),
        ("cuda:1", "error: `--device cuda:1` was asked for, but no NVIDIA GPU was found\nhelp: check what `nvidia-smi` lists\n"),
    ] {
        for command in ["run", "plan"] {
            let output = lab.epnas(&[command, "search.yaml", "--device", device]);
            assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(3), said));
        }
    }
    let output = lab.epnas(&["run", "search.yaml", "--device", "gpu"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`cpu`, `cuda`, `cuda:N` or `auto` is expected"));
    assert!(!lab.path("cache").exists());
}

/// `search.yaml` with this precision.
fn spec_with(lab: &Lab, precision: &str) {
    lab.spec("");
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("search.yaml", spec.replace("precision: fp32", &format!("precision: {precision}")));
}

#[test]
fn a_precision_that_the_processor_lacks_is_refused_before_anything_is_trained() {
    let lab = Lab::with_data();
    spec_with(&lab, "tf32");
    let output = lab.epnas(&["run", "search.yaml", "--device", "cpu"]);
    let auto = Ability::of_processor(&std::fs::read_to_string("/proc/cpuinfo").expect("readable")).auto.word();
    let expected = format!(
        "error: `precision: tf32` is asked for, but only GPUs of compute capability 8.0 or more compute with it\n\
         help: say `fp32`, or `auto`, which is `{auto}` here\n"
    );
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(3), expected));
    assert!(!lab.path("cache").exists());
    // A plan may be of another machine.
    assert_eq!(lab.epnas(&["plan", "search.yaml", "--device", "cpu"]).status.code(), Some(0));
    assert_eq!(lab.epnas(&["check", "search.yaml"]).status.code(), Some(0));
    let output = lab.epnas(&["compare", "search.yaml", "--device", "cpu"]);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn auto_is_decided_before_keys_are_made() {
    let lab = Lab::with_data();
    let ability = Ability::of_processor(&std::fs::read_to_string("/proc/cpuinfo").expect("readable"));
    spec_with(&lab, "auto");
    let first = |lab: &Lab| {
        let output = lab.epnas(&["plan", "search.yaml", "--format", "json", "--device", "cpu"]);
        let plan: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let tasks = plan["tasks"].as_array().expect("tasks").clone();
        tasks.into_iter().find(|task| task["kind"] == "train").expect("a training")["parameters"].clone()
    };
    let by_auto = first(&lab);
    assert_eq!(by_auto["train"]["recipe"]["precision"], ability.auto.word());
    spec_with(&lab, ability.auto.word());
    assert_eq!(first(&lab), by_auto);

    // What a run with the word computed is there for `auto`, and says what was used.
    let said = lab.run(&["--workers", "2"]);
    spec_with(&lab, "auto");
    let output = lab.epnas(&["run", "search.yaml", "--device", "cpu", "--format", "json"]);
    assert_eq!(crate::lab::total(&events(&output), "executed"), 0);
    assert!(crate::lab::total(&said, "executed") > 0);
    let trials = text(&std::fs::read(lab.path("results/tiny/trials.csv")).expect("written"));
    assert!(trials.lines().nth(1).expect("a network").contains(ability.auto.word()), "{trials}");
}

#[test]
fn a_recipe_may_ask_for_determinism_and_is_another_one_then() {
    let lab = Lab::with_data();
    lab.spec("");
    lab.run(&[]);
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("search.yaml", spec.replace("precision: fp32", "precision: fp32, deterministic: true"));
    let said = lab.run(&[]);
    assert!(crate::lab::summary(&said)["tasks"]["train"]["executed"].as_u64().expect("a count") > 0);
}
