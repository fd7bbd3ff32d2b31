//! Where bytes that others wrote come in, one function a door: used by the fuzz targets and by `tests/found.rs`, which
//! replays what they found. A door says nothing of what comes of the bytes, only that something does, soon and in bounds.

#![allow(dead_code, unused_imports, reason = "each target uses one door")]

mod artifact;
mod seeds;

use epnas::arch::{Architecture, Cost, Shape};
use epnas::cache::{Bundle, Cache, Record, Wanted, between, seal};
use epnas::dataset::{DatasetKind, Files, Images, Part};
use epnas::digest::{Digest, Domain};
use epnas::files::Bytes;
use epnas::lock::Lock;
use epnas::plan::{DataDigests, Plan};
use epnas::run::{Order, Reply};
use epnas::spec::{self, ResolvedSpec};
use epnas::table::{Layout, Table};

pub use artifact::artifact;
pub use seeds::{seeds, words};

/// Plans are built for searches of at most so many tasks: building one of a million takes its time, rightly.
const SMALL_PLAN: usize = 10_000;

/// A spec, and a lock beside it.
pub fn spec(bytes: &[u8]) {
    let reading = spec::read(bytes);
    for fault in &reading.faults {
        let range = reading.source.range(&fault.place);
        let _ = reading.source.line_and_column(range.start);
    }
    if let Some(resolved) = &reading.resolved {
        let text = serde_json::to_vec(resolved).expect("plain data always serialises");
        let again: ResolvedSpec = serde_json::from_slice(&text).expect("it was written so");
        assert_eq!(&again, resolved);
        if size(resolved) <= SMALL_PLAN {
            let plan = Plan::new(resolved, DataDigests::unknown(), "a device");
            assert!(plan.tasks().count() > 0);
        }
    }
    let _ = Lock::read(bytes);
}

fn size(spec: &ResolvedSpec) -> usize {
    let rounds = spec.stages.iter().map(|stage| 3 * stage.rounds + (stage.rounds * stage.trainings + stage.carry) * (stage.replicates + 2));
    rounds.sum::<usize>() + spec.last.networks * (spec.last.replicates + 2)
}

/// A record's file, and the same bytes as the content of a file whose checksum is right.
pub fn record(bytes: &[u8]) {
    let _ = Record::decode(bytes);
    let Ok(record) = Record::decode(&seal(bytes)) else { return };
    let text = record.encode().expect("it was read from as much");
    assert_eq!(Record::decode(&text).as_ref(), Ok(&record));
    let key = record.fingerprint.key();
    let plain = serde_json::json!({"train": {"recipe": {"epochs": 1}}});
    let _ = between(&plain, &record.fingerprint.parameters);
    // Where it lies in a cache, with whatever it says of its outputs.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::open(folder.path()).expect("a cache");
    cache.put(b"weights").expect("room for it");
    let name = key.to_string();
    let path = folder.path().join("records-v1").join(&name[..2]).join(format!("{}.json", &name[2..]));
    epnas::files::write_unflushed(&path, &text).expect("room for it");
    let reader = cache.reader();
    assert_eq!(reader.record(&key).expect("it can be read"), Ok(record.clone()));
    let _ = reader.find(&record.fingerprint).expect("it can be looked for");
    cache.repair(&reader.verify().expect("it can be read")).expect("it can be put aside");
    for wanted in [Wanted::default(), Wanted { now: 1, older_than: Some(1), max_size: Some(1), spares_nothing: true, keep: None }] {
        let garbage = reader.garbage(&wanted).expect("it can be judged");
        let _ = garbage.bytes();
    }
}

/// Lines between coordinator and worker, either way, and a network in a line.
pub fn protocol(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(order) = serde_json::from_slice::<Order>(line) {
            let again = serde_json::to_vec(&order).expect("plain data always serialises");
            assert_eq!(serde_json::from_slice::<Order>(&again).ok(), Some(order));
        }
        if let Ok(reply) = serde_json::from_slice::<Reply>(line) {
            serde_json::to_vec(&reply).expect("plain data always serialises");
        }
        if let Ok(architecture) = serde_json::from_slice::<Architecture>(line) {
            network(&architecture);
        }
    }
}

/// What is done with a network that a file names.
fn network(architecture: &Architecture) {
    let _ = architecture.summary();
    let shape = Shape { channels: 3, height: 32, width: 32 };
    let Ok(network) = architecture.network(shape, 10) else { return };
    let cost = Cost::of(&network);
    let canonical = architecture.canonical();
    assert_eq!(canonical.canonical().digest(), canonical.digest());
    let _ = network.auxiliary_head().map(|head| Cost::of(&head));
    let again = canonical.network(shape, 10).expect("it is the same network");
    let again = Cost::of(&again);
    assert!(again.params <= cost.params && again.macs <= cost.macs, "layers that nobody reads are left out, no more");
}

/// A table: the first line is its layout, or has no meaning, the rest the file.
pub fn table(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (first, file) = bytes.split_at(end);
    let file = file.get(1..).unwrap_or_default();
    let layout: Layout = serde_json::from_slice(first).unwrap_or_else(|_| {
        let layout = r#"{"choices":{"split":{"column":"ops","separator":""}},"metric":{"name":"acc","unit":"percent"},"validation":null,"test":null,"costs":{"params":"params"}}"#;
        serde_json::from_str(layout).expect("a layout")
    });
    let table = match Table::read(file, &layout) {
        Ok(table) => table,
        Err(faults) => return assert!(!faults.to_string().is_empty()),
    };
    for row in 0..table.len().min(20) {
        assert_eq!(table.find(&table.choices(row)), Some(row));
        let _ = (table.metric(row), table.reported(row), table.costs(row), table.neighbours(row));
    }
    let _ = (table.paths().len(), table.digest(), table.search_digest());
}

/// Files of images: the first byte says of which kind, the rest is cut in two at the first blank line. And decoded images,
/// all of it.
pub fn images(bytes: &[u8]) {
    if let Ok(images) = Images::from_stored(&Bytes::from(bytes.to_vec())) {
        assert_eq!(images.digest(), Digest::of(Domain::Dataset, bytes));
    }
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let middle = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (first, second) = (&bytes[..middle], bytes.get(middle + 2..).unwrap_or_default());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("room for it");
    let end = if kind & 4 == 0 { "" } else { ".gz" };
    let kind = match kind & 3 {
        0 | 1 => DatasetKind::Mnist,
        2 => DatasetKind::Cifar10,
        _ => DatasetKind::Cifar100,
    };
    match kind {
        DatasetKind::Mnist | DatasetKind::FashionMnist => {
            for part in ["train", "t10k"] {
                write(&format!("{part}-images-idx3-ubyte{end}"), first);
                write(&format!("{part}-labels-idx1-ubyte{end}"), second);
            }
        }
        DatasetKind::Cifar10 => {
            for batch in 1..=5 {
                write(&format!("data_batch_{batch}.bin{end}"), first);
            }
            write(&format!("test_batch.bin{end}"), first);
        }
        DatasetKind::Cifar100 => {
            write(&format!("train.bin{end}"), first);
            write(&format!("test.bin{end}"), first);
        }
    }
    let files = Files::find(&kind.described(), Some(folder.path())).expect("the files are there");
    for part in [Part::Train, Part::Test] {
        if let Ok(images) = files.load(part) {
            assert!(images.pixels.raw().is_none_or(|bytes| bytes.len() == images.len() * images.shape.elements()));
            assert!(images.labels.iter().all(|label| usize::from(*label) < images.classes));
        }
    }
}

/// A bundle, taken into an empty cache.
pub fn bundle(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bundle");
    // As it is, and as what a packed file holds.
    for file in [bytes.to_vec(), packed(bytes)] {
        epnas::files::write_unflushed(&path, &file).expect("room for it");
        let Ok(bundle) = Bundle::open(&path) else { continue };
        let cache = Cache::open(&folder.path().join("cache")).expect("a cache");
        cache.import(&bundle).expect("it was read before");
        let verified = cache.reader().verify().expect("it can be read");
        assert_eq!(verified.faults, [], "what is taken in is whole");
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory does not run out")
}
