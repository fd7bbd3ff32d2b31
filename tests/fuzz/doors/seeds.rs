//! What fuzzing begins with: right inputs of every door, made by the library itself, so that they are never out of date.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use epnas::arch::Architecture;
use epnas::cache::{Cache, Lookup, RecordedOutcome, TaskKey};
use epnas::dataset::DatasetKind;
use epnas::digest::{Digest, Domain};
use epnas::engine::{Progress, Speed, TaskFailure, Trial};
use epnas::run::{About, CachePlace, DataPlace, Order, Reply, Request, fingerprint};
use serde_json::{Value, json};

use super::artifact::{TASKS, made};
use super::packed;

/// Inputs, each with the name of its door.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds: Vec<(&str, Vec<u8>)> = Vec::new();
    // One of each sort of task is enough: those of other rounds differ in numbers only.
    let mut seen = BTreeSet::new();
    for text in made() {
        let first = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        if seen.insert(text[..first].to_vec()) {
            seeds.extend(architectures(&text).into_iter().map(|line| ("protocol", line)));
            seeds.push(("artifact", text));
        }
    }
    seeds.extend(spoken().into_iter().map(|line| ("protocol", line)));
    let (records, bundle) = stored();
    seeds.extend(records.into_iter().map(|record| ("record", record)));
    seeds.push(("bundle", bundle));
    let table = include_bytes!("../../../specs/tables/tiny.csv");
    let layout = br#"{"choices":{"split":{"column":"layers","separator":""}},"metric":{"name":"early","unit":"percent"},"validation":{"name":"validation","unit":"percent"},"test":{"name":"test","unit":"percent"},"costs":{"params":"params","macs":"macs"},"graph":{"edges":[[0,1],[0,2],[1,2],[0,2]],"none":"0"}}"#;
    let columns = br#"{"choices":{"columns":["a","b"]},"metric":{"name":"c","unit":"fraction"},"validation":null,"test":null,"costs":{"latency":"d"}}"#;
    seeds.push(("table", [&layout[..], b"\n", &table[..600]].concat()));
    seeds.push(("table", [&layout[..], b"\n", &packed(&table[..600])].concat()));
    seeds.push(("table", [&columns[..], b"\na,b,\"c\",d\n1,x,0.5,3e4\n2, y ,1,0\r\n"].concat()));
    seeds.extend(pictures().into_iter().map(|files| ("images", files)));
    seeds
}

/// What stands in quotes in the seeds and in the schema of specs, for a dictionary.
pub fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    collect(epnas::spec::load::schema(), &mut words);
    for (_, seed) in seeds() {
        for line in seed.split(|byte| *byte == b'\n') {
            let start = line.iter().position(|byte| *byte == b'{').unwrap_or(0);
            if let Ok(value) = serde_json::from_slice(&line[start..]) {
                collect(&value, &mut words);
            }
        }
    }
    words.retain(|word| {
        (1..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    words
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            for (name, part) in parts {
                words.insert(name.clone());
                collect(part, words);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, words)),
        Value::String(word) => {
            words.insert(word.clone());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The networks among the inputs of a task.
fn architectures(text: &[u8]) -> Vec<Vec<u8>> {
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"candidate "));
    lines.filter(|line| serde_json::from_slice::<Architecture>(line).is_ok()).map(<[u8]>::to_vec).collect()
}

/// What coordinator and worker say to each other.
fn spoken() -> Vec<Vec<u8>> {
    let digest = Digest::of(Domain::Blob, b"weights");
    let data = DataPlace::Images { described: DatasetKind::Mnist.described(), folder: Some("data".into()), train: digest, test: digest };
    let mut said: Vec<Vec<u8>> = Vec::new();
    let mut kinds = BTreeSet::new();
    for task in TASKS.iter().filter(|task| kinds.insert(task.kind().word())) {
        let inputs = BTreeMap::from([("candidate".to_owned(), digest)]);
        let key: TaskKey = fingerprint(task, inputs.clone()).key();
        let request = Request {
            task: task.clone(),
            key,
            checkpoint: Some(60),
            inputs,
            cache: CachePlace::Folder("cache".into()),
            data: data.clone(),
        };
        said.push(serde_json::to_vec(&Order::Do(Box::new(request))).expect("plain data"));
    }
    said.push(serde_json::to_vec(&Order::Pause).expect("plain data"));
    said.push(serde_json::to_vec(&Order::Measure(Box::new(trial()))).expect("plain data"));
    let speed = Speed { step: 0.5, images_per_second: 32.0, peak_memory: Some(1 << 20), environment: BTreeMap::new() };
    let replies = [
        Reply::Measured(speed),
        Reply::Hello(Box::new(About::this("cpu"))),
        Reply::Begun,
        Reply::Alive,
        Reply::Progress(Progress { done_steps: 1, total_steps: 2 }),
        Reply::Done { outputs: BTreeMap::from([("weights".to_owned(), digest)]), environment: BTreeMap::new(), seconds: 1.5 },
        Reply::Failed { failure: TaskFailure::Diverged { epoch: 3 } },
    ];
    said.extend(replies.iter().map(|reply| serde_json::to_vec(reply).expect("plain data")));
    said
}

/// A network to be timed.
fn trial() -> Trial {
    let recipe = json!({
        "epochs": 1, "examples": 1.0, "batch_size": 16, "optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9,
        "weight_decay": 0.0, "schedule": "constant", "warmup": 0.0, "augment": { "flip": false, "crop": 0, "cutout": 0 },
        "label_smoothing": 0.0, "ema": 0.0, "precision": "fp32", "seed": 0,
    });
    let convolution = json!({ "operation": { "convolution": { "kernel": 3, "channels": 8, "stride": 2 } }, "sources": [] });
    let trial = json!({
        "architecture": { "layers": { "layers": [convolution] } }, "image": { "channels": 1, "height": 8, "width": 8 },
        "classes": 10, "recipe": recipe, "warm_up": 1, "steps": 2,
    });
    serde_json::from_value(trial).expect("a trial")
}

/// Records of finished tasks, and a bundle of them as it is before it is packed.
fn stored() -> (Vec<Vec<u8>>, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::open(&folder.path().join("cache")).expect("a cache");
    let digest = cache.put(b"weights").expect("room for it");
    let (mut records, mut keys) = (Vec::new(), BTreeSet::new());
    let mut kinds = BTreeSet::new();
    for task in TASKS.iter().filter(|task| kinds.insert(task.kind().word())) {
        let asked = fingerprint(task, BTreeMap::from([("candidate".to_owned(), digest)]));
        let Lookup::Miss { reservation, .. } = cache.lookup(&asked).expect("it can be asked") else { continue };
        let outcome = RecordedOutcome::Done { outputs: BTreeMap::from([("weights".to_owned(), digest)]) };
        let record = reservation.save(outcome, 1.5, 7, BTreeMap::from([("device".to_owned(), "cpu".to_owned())])).expect("room for it");
        keys.insert(record.fingerprint.key());
        records.push(serde_json::to_vec(&record).expect("plain data"));
        records.push(record.encode().expect("plain data"));
    }
    let path = folder.path().join("bundle");
    cache.reader().export(&keys, BTreeMap::new(), &path).expect("room for it");
    let mut bundle = Vec::new();
    flate2::read::GzDecoder::new(&std::fs::read(&path).expect("it was written")[..]).read_to_end(&mut bundle).expect("it was packed");
    (records, bundle)
}

/// Files of images, as [`super::images`] takes them.
fn pictures() -> Vec<Vec<u8>> {
    let file = |numbers: &[u32], body: &[u8]| {
        let mut file: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        file.write_all(body).expect("memory");
        file
    };
    let (images, labels) = (file(&[0x803, 1, 28, 28], &[0; 784]), file(&[0x801, 1], &[3]));
    vec![
        [b"\0", &images[..], b"\n\n", &labels].concat(),
        [b"\x04", &packed(&images)[..], b"\n\n", &packed(&labels)].concat(),
        [&b"\x02\x05"[..], &[0; 3072]].concat(),
        [&b"\x03\x05\x63"[..], &[0; 3072]].concat(),
        [b"\x06", &packed(&[&[5][..], &[0; 3072]].concat())[..]].concat(),
    ]
}
