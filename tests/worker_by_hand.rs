//! What a worker does when it is spoken to by hand.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use epnas::cache::Cache;
use epnas::dataset::{DatasetKind, Files, Part};
use epnas::engine::{TaskFailure, Trial};
use epnas::run::{CachePlace, DataPlace, Order, Reply, Request, fingerprint};
use epnas::task::Task;
use serde_json::json;

use crate::lab::{Lab, text};

/// A worker that is spoken to by hand; it ends with its input.
struct ByHand {
    process: Child,
    said: std::io::Lines<BufReader<ChildStdout>>,
}

impl ByHand {
    fn started() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_epnas-worker"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut worker = Self { process, said };
        worker.tell(&Order::Hello);
        let Reply::Hello(about) = worker.hear() else { panic!("it says what it is") };
        assert_eq!((about.refusal(), about.process, about.device.as_str()), (None, worker.process.id(), "cpu"));
        worker
    }

    fn tell(&mut self, order: &Order) {
        let line = serde_json::to_string(order).expect("plain data");
        writeln!(self.process.stdin.as_mut().expect("piped"), "{line}").expect("it reads");
    }

    fn hear(&mut self) -> Reply {
        let line = self.said.next().expect("it goes on").expect("text");
        serde_json::from_str(&line).expect("a reply")
    }

    /// The first reply that is no sign of life, and not that a task begins.
    fn hear_news(&mut self) -> Reply {
        loop {
            match self.hear() {
                Reply::Alive | Reply::Begun => {}
                news => return news,
            }
        }
    }

    /// What it says on its standard error when its input ends here.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.process.stdin.take());
        let output = self.process.wait_with_output().expect("it ends");
        (output.status.code(), text(&output.stderr))
    }
}

/// A training that would take for ever.
fn endless(lab: &Lab) -> Request {
    let cache = Cache::open(&lab.path("cache")).expect("a cache");
    let [train, test] = [Part::Train, Part::Test].map(|part| {
        let files = Files::find(&DatasetKind::Mnist.described(), Some(&lab.path("data"))).expect("written");
        files.load(part).expect("well-formed").digest()
    });
    let task = json!({ "train": {
        "dataset": { "digest": train, "validation": 40, "seed": 0 },
        "recipe": {
            "epochs": 100_000_000, "examples": 1.0, "batch_size": 16, "optimizer": "sgd", "learning_rate": 0.001, "momentum": 0.9,
            "weight_decay": 0.0, "schedule": "constant", "warmup": 0.0, "augment": { "flip": false, "crop": 0, "cutout": 0 },
            "label_smoothing": 0.0, "ema": 0.0, "precision": "fp32", "seed": 0,
        },
        "keep_weights": false,
    } });
    let task: Task = serde_json::from_value(task).expect("a task");
    let candidate = r#"{"layers":{"layers":[{"operation":{"convolution":{"kernel":3,"channels":4,"stride":2}},"sources":[]}]}}"#;
    let inputs = BTreeMap::from([("candidate".to_owned(), cache.put(candidate.as_bytes()).expect("put"))]);
    let key = fingerprint(&task, inputs.clone()).key();
    let data = DataPlace::Images { described: DatasetKind::Mnist.described(), folder: Some(lab.path("data")), train, test };
    Request { task, key, checkpoint: None, inputs, cache: CachePlace::Folder(lab.path("cache")), data }
}

#[test]
fn a_training_is_paused_by_one_worker_and_goes_on_in_another() {
    let lab = Lab::with_data();
    let request = endless(&lab);
    let mut steps = 0;
    for _ in 0..2 {
        let mut worker = ByHand::started();
        worker.tell(&Order::Do(Box::new(request.clone())));
        let Reply::Progress(progress) = worker.hear_news() else { panic!("it trains") };
        assert!(progress.done_steps > steps, "no step is done twice");
        steps = progress.done_steps;
        worker.tell(&Order::Pause);
        let failure = loop {
            match worker.hear_news() {
                Reply::Progress(progress) => steps = progress.done_steps,
                Reply::Failed { failure } => break failure,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(failure, TaskFailure::Paused);
        assert_eq!(worker.end(), (Some(0), String::new()));
    }
    let saved = Cache::open_for_reading(&lab.path("cache")).and_then(|cache| cache.contents()).expect("a cache");
    assert_eq!(saved.checkpoints, [request.key]);
}

#[test]
fn a_worker_that_computes_says_that_it_is_alive_and_may_be_ended_first() {
    let lab = Lab::with_data();
    let mut worker = ByHand::started();
    worker.tell(&Order::Do(Box::new(endless(&lab))));
    while worker.hear() != Reply::Alive {}
    let readiness = std::fs::read_to_string(format!("/proc/{}/oom_score_adj", worker.process.id())).expect("a number");
    assert_eq!(readiness.trim(), "500");
    assert_eq!(worker.end().0, Some(0), "its input has ended");
}

#[test]
fn a_worker_times_a_network_when_it_is_asked_to() {
    let recipe = endless(&Lab::with_data()).task;
    let recipe = serde_json::to_value(recipe).expect("plain data")["train"]["recipe"].clone();
    let convolution = json!({ "operation": { "convolution": { "kernel": 3, "channels": 4, "stride": 2 } }, "sources": [] });
    let trial = json!({
        "architecture": { "layers": { "layers": [convolution] } }, "image": { "channels": 1, "height": 28, "width": 28 },
        "classes": 10, "recipe": recipe, "warm_up": 3, "steps": 20,
    });
    let trial: Trial = serde_json::from_value(trial).expect("a trial");
    let mut worker = ByHand::started();
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").expect("readable");
    let has_bf16 = epnas::engine::Ability::of_processor(&cpuinfo).has_bf16;
    for precision in ["fp32", "bf16", "tf32"] {
        let mut recipe = recipe.clone();
        recipe["precision"] = precision.into();
        let recipe = serde_json::from_value(recipe).expect("a recipe");
        worker.tell(&Order::Measure(Box::new(Trial { recipe, ..trial.clone() })));
        let speed = match worker.hear_news() {
            Reply::Measured(speed) => speed,
            Reply::Failed { failure: TaskFailure::Refused { message } } => {
                assert!(precision == "tf32" || precision == "bf16" && !has_bf16, "{message}");
                assert!(message.starts_with(&format!("`precision: {precision}` is asked for, but ")), "{message}");
                continue;
            }
            other => panic!("{other:?}"),
        };
        assert!(speed.step > 0.0 && (speed.images_per_second * speed.step - 16.0).abs() < 1e-6, "{speed:?}");
        assert_eq!(speed.environment["precision"], precision);
    }
    let endless = Trial { steps: usize::MAX, ..trial.clone() };
    worker.tell(&Order::Measure(Box::new(endless)));
    assert!(matches!(worker.hear_news(), Reply::Failed { failure: TaskFailure::Refused { .. } }));
    let mut huge = trial;
    huge.recipe.batch_size = usize::MAX;
    worker.tell(&Order::Measure(Box::new(huge)));
    assert!(matches!(worker.hear_news(), Reply::Failed { failure: TaskFailure::Refused { .. } }));
    assert_eq!(worker.end(), (Some(0), String::new()));
}

#[test]
fn workers_share_the_images_of_a_data_set() {
    let lab = Lab::with_data();
    let request = endless(&lab);
    let mut workers = [ByHand::started(), ByHand::started()];
    for worker in &mut workers {
        worker.tell(&Order::Do(Box::new(request.clone())));
    }
    let maps = workers.each_mut().map(|worker| {
        let Reply::Progress(_) = worker.hear_news() else { panic!("it trains") };
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", worker.process.id())).expect("it is there");
        // The name of the file comes last, and what it may be used for second.
        let mapped: Vec<Vec<String>> = maps
            .lines()
            .filter(|line| line.contains("/data-v1/"))
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect();
        let [map] = &mapped[..] else { panic!("one file is mapped: {mapped:?}") };
        assert!(map[1].starts_with("r--"), "nobody writes to it: {map:?}");
        map.last().cloned().expect("a name")
    });
    assert_eq!(epnas::files::list(&lab.path("cache/data-v1")).expect("a folder").len(), 1, "the part that was asked for, once");
    assert!(maps.iter().all(|file| std::path::Path::new(file).starts_with(lab.path("cache/data-v1"))), "{maps:?}");
}

#[test]
fn a_worker_ends_when_it_does_not_understand() {
    let mut worker = ByHand::started();
    worker.process.stdin.as_mut().expect("piped").write_all(b"sing\n").expect("it reads");
    let (code, said) = worker.end();
    assert_eq!(code, Some(3));
    assert!(said.starts_with("an order is not understood: "), "{said}");
}
