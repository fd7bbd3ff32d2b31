//! Devices that are made of shell commands.

use std::path::Path;

use super::*;
use crate::arch::Architecture;
use crate::cache::Cache;
use crate::run::serve::tests::request;
use crate::task::{CostBasis, Port, Task};

const CANDIDATE: &str = r#"{"layers":{"layers":[{"operation":{"convolution":{"kernel":3,"channels":8,"stride":2}},"sources":[]}]}}"#;

fn device(command: &str, cache: &Cache) -> MeterExecutor {
    let settings = MeasureSettings {
        name: "pi4".parse().expect("a name"),
        command: command.to_owned(),
        unit: Some("ms".to_owned()),
        repeat: 3,
        time_limit: Duration::from_secs(20),
    };
    let mut device = MeterExecutor::new(settings, cache.clone(), Notifier::default());
    assert!(matches!(device.take(), Some(Message::Appeared { slot: 0, device }) if device.name == "pi4"));
    device
}

/// A request to measure the network above, which `cache` holds.
fn asked(cache: &Cache) -> Request {
    let candidate: Architecture = serde_json::from_str(CANDIDATE).expect("an architecture");
    let digest = cache.put(&serde_json::to_vec(&candidate).expect("plain data")).expect("our own folder");
    let shape = crate::arch::Shape { channels: 1, height: 8, width: 8 };
    let setting = CostBasis::Images { shape, classes: 10 };
    let task = Task::MeasureOn { setting, name: "pi4".parse().expect("a name"), version: 1 };
    Request { task, inputs: BTreeMap::from([(Port::Candidate.name().into_owned(), digest)]), ..request() }
}

/// How a measurement ends.
fn end(device: &mut MeterExecutor) -> Reply {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        match device.take() {
            Some(Message::Reply { reply: reply @ (Reply::Done { .. } | Reply::Failed { .. }), .. }) => return reply,
            Some(Message::Reply { reply: Reply::Begun | Reply::Alive, .. }) => {}
            Some(other) => panic!("{other:?}"),
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
    panic!("nothing is heard")
}

fn measured(command: &str, change: impl FnOnce(&mut MeasureSettings)) -> (Result<f64, TaskFailure>, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::open(folder.path()).expect("a cache");
    let mut device = device(command, &cache);
    change(&mut device.settings);
    device.start(0, asked(&cache)).expect("a thread");
    match end(&mut device) {
        Reply::Done { outputs, environment, .. } => (Ok(cache.get_json(&outputs["measured.pi4"]).expect("a number")), environment),
        Reply::Failed { failure } => (Err(failure), BTreeMap::new()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_measures_the_network_as_a_model() {
    // The bytes of the file are the cost.
    let (bytes, environment) = measured("echo welcome; wc -c < {onnx}", |_| ());
    let bytes = bytes.expect("a number");
    let network = serde_json::from_str::<Architecture>(CANDIDATE).expect("an architecture");
    let network = network.network(crate::arch::Shape { channels: 1, height: 8, width: 8 }, 10).expect("well-formed");
    assert_eq!(bytes as usize, unproven_model(&network).len());
    let told = |key: &str| environment.get(key).map(String::as_str);
    assert_eq!((told("device"), told("unit")), (Some("pi4"), Some("ms")));
    assert_eq!(told("measured"), Some(format!("{bytes} {bytes} {bytes}").as_str()));
}

#[test]
fn the_median_of_all_runs_counts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("runs");
    // 1, 4, 9, 16, 25: the third counts.
    let command = format!("echo >> {0}; n=$(wc -l < {0}); echo $((n * n)) # {{onnx}}", file.display());
    assert_eq!(measured(&command, |settings| settings.repeat = 5).0, Ok(9.0));
    std::fs::remove_file(&file).expect("it is there");
    assert_eq!(measured(&command, |settings| settings.repeat = 2).0, Ok(2.5));
}

#[test]
fn what_gives_no_number_is_told_in_the_words_of_the_command() {
    let failed = |command: &str| measured(command, |settings| settings.time_limit = Duration::from_secs(1)).0.expect_err("no number");
    for (command, expected) in [
        ("echo no route to host >&2; exit 255", "ended with exit code 255: no route to host"),
        ("kill -9 $$", "ended with signal 9; it said nothing"),
        ("echo 12 ms", "printed no number that is 0 or more: 12 ms"),
        ("echo nan", "printed no number that is 0 or more: nan"),
        ("echo -1", "printed no number that is 0 or more: -1"),
        ("true", "printed no number that is 0 or more; it said nothing"),
        ("echo loading; sleep 60", "was not done after 1 s, its time limit: loading"),
        ("no-such-program", "ended with exit code 127: "),
    ] {
        let failure = failed(command);
        assert_eq!(failure.kind(), crate::engine::FailureKind::Unmeasured);
        let told = failure.to_string();
        assert!(told.starts_with(&format!("the command of the measure `pi4` {expected}")), "{told}");
    }
}

#[test]
fn a_measurement_that_is_stopped_ends_its_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::open(folder.path()).expect("a cache");
    let begun = folder.path().join("begun");
    let mut device = device(&format!("echo $$ > {}; sleep 60 & wait", begun.display()), &cache);
    let started = Instant::now();
    device.start(0, asked(&cache)).expect("a thread");
    let process = process_of(&begun);
    device.pause(0);
    assert_eq!(end(&mut device), Reply::Failed { failure: TaskFailure::Paused });
    assert!(!Path::new("/proc").join(&process).exists() && started.elapsed() < Duration::from_secs(30));
    // Of one that is ended nothing is heard, and the next one waits for it.
    std::fs::remove_file(&begun).expect("it is there");
    device.start(0, asked(&cache)).expect("a thread");
    process_of(&begun);
    device.end(0);
    device.settings.command = "echo 7".to_owned();
    device.start(0, asked(&cache)).expect("a thread");
    assert!(matches!(end(&mut device), Reply::Done { .. }));
}

/// The process that has written its number.
fn process_of(file: &Path) -> String {
    loop {
        match std::fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

#[test]
fn runs_on_one_cache_take_turns_on_a_device() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::open(folder.path()).expect("a cache");
    // It fails where another one is at work.
    let place = folder.path().join("at-work");
    let command = format!("mkdir {0} && sleep 0.05 && rmdir {0} && echo 1", place.display());
    let mut devices = [device(&command, &cache), device(&command, &cache)];
    for device in &mut devices {
        device.start(0, asked(&cache)).expect("a thread");
    }
    for device in &mut devices {
        let reply = end(device);
        assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
    }
}
