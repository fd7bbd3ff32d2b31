//! What tasks give, held fast: digests of the outputs of sample, predict, reward and update for every strategy on every
//! space, in `golden.txt` below the versions of the kinds. A cache takes an old result where parameters, inputs and version
//! are the same, so a task that gives something else for them needs a higher [`TaskKind::version`]. The test fails until
//! it has one, and until the table is renewed:
//!
//! ```text
//! cargo test --lib golden::renew -- --ignored
//! ```
//!
//! Numbers count with six digits: exponentials, logarithms and cosines come from the system's libm, whose last bits differ
//! between processors. Policies that need tensors are not here; `variant: paper` is, with a made-up policy in their place.

mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::digest::Domain;
use crate::files;

const KINDS: [TaskKind; 4] = [TaskKind::Sample, TaskKind::Predict, TaskKind::Reward, TaskKind::Update];

/// A step of a search, and of each kind of task in it the digest of what it reads and of what it gives.
type Lines = BTreeMap<String, BTreeMap<TaskKind, [String; 2]>>;

/// All of every artifact, with numbers of six digits.
fn digests(artifacts: &BTreeMap<String, Vec<u8>>) -> String {
    artifacts.iter().fold(String::new(), |text, (name, bytes)| format!("{text}{name} {}\n", digest(bytes)))
}

fn digest(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => short(rounded(value).to_string().as_bytes()),
        Err(_) => short(bytes),
    }
}

fn short(bytes: &[u8]) -> String {
    Digest::of(Domain::Blob, bytes).to_string()[..10].to_owned()
}

fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().expect("it is one");
            Value::String(if number.abs() < 1e-9 { "0".to_owned() } else { format!("{number:.5e}") })
        }
        Value::Array(values) => values.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, rounded(value))).collect(),
        other => other,
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/task/golden.txt")
}

fn written(lines: &Lines) -> String {
    let mut text = String::from("# Written by `cargo test --lib golden::renew -- --ignored`; what it is, `golden.rs` says.\n");
    for kind in KINDS {
        let _ = writeln!(text, "version {kind} {}", kind.version());
    }
    for (step, kinds) in lines {
        let _ = write!(text, "{step}:");
        for (kind, [read, given]) in kinds {
            let _ = write!(text, " {kind} {read} > {given}");
        }
        text.push('\n');
    }
    text
}

/// Of a step and a kind: the digests of what was read and given.
type Cells = BTreeMap<(String, String), [String; 2]>;

/// Versions and lines of a table.
fn read(text: &str) -> (BTreeMap<String, String>, Cells) {
    let (mut versions, mut lines) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((kind, version)) = line.strip_prefix("version ").and_then(|rest| rest.split_once(' ')) {
            versions.insert(kind.to_owned(), version.to_owned());
        } else if let Some((step, kinds)) = line.split_once(": ") {
            for [kind, read, _, given] in kinds.split(' ').collect::<Vec<_>>().as_chunks::<4>().0 {
                lines.insert((step.to_owned(), (*kind).to_owned()), [(*read).to_owned(), (*given).to_owned()]);
            }
        }
    }
    (versions, lines)
}

/// Kinds that give something else than before for the same version, parameters and inputs, with the first such step of each.
fn broken(before: &str, after: &str) -> BTreeMap<String, String> {
    let ((old_versions, old), (versions, new)) = (read(before), read(after));
    let mut broken = BTreeMap::new();
    for ((step, kind), [read, given]) in &new {
        let differs = old.get(&(step.clone(), kind.clone())).is_some_and(|[old_read, old]| old_read == read && old != given);
        if differs && old_versions.get(kind) == versions.get(kind) {
            broken.entry(kind.clone()).or_insert_with(|| step.clone());
        }
    }
    broken
}

fn demand(broken: &BTreeMap<String, String>) -> String {
    let kinds = broken.iter().map(|(kind, step)| format!("`{kind}` gives something else than before, first in `{step}`\n"));
    format!("{}help: raise `TaskKind::version` of each, so that no cache serves the old results", kinds.collect::<String>())
}

#[test]
fn a_task_that_gives_something_else_has_a_higher_version() {
    let before = std::fs::read_to_string(path()).expect("the table is there");
    let after = written(&search::now());
    let broken = broken(&before, &after);
    assert!(broken.is_empty(), "{}, then run `cargo test --lib golden::renew -- --ignored`", demand(&broken));
    let known: BTreeSet<&str> = before.lines().collect();
    let first = after.lines().find(|line| !known.contains(line));
    assert!(before == after, "the table is out of date, first in {first:?}: run `cargo test --lib golden::renew -- --ignored`");
}

#[test]
#[ignore = "writes the table anew"]
fn renew() {
    let after = written(&search::now());
    let broken = std::fs::read_to_string(path()).map(|before| broken(&before, &after)).unwrap_or_default();
    assert!(broken.is_empty(), "{}", demand(&broken));
    files::write(&path(), after.as_bytes()).expect("the table can be written");
}

#[test]
fn other_outputs_are_found_unless_the_version_or_the_inputs_are_others() {
    let table = |version: u32, read: &str, given: &str| {
        format!("version sample {version}\nx / y / round 0: sample {read} > {given} predict a > b\n")
    };
    let broken_kinds = |after: &str| broken(&table(2, "in", "out"), after).into_keys().collect::<Vec<_>>();
    assert_eq!(broken_kinds(&table(2, "in", "other")), ["sample"]);
    for fine in [table(2, "in", "out"), table(3, "in", "other"), table(2, "else", "other")] {
        assert_eq!(broken_kinds(&fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn numbers_count_with_six_digits() {
    for (one, same) in [("[0.1234567,3]", "[0.12345671,3]"), ("{\"a\":1e-17}", "{\"a\":-2e-18}")] {
        assert_eq!(digest(one.as_bytes()), digest(same.as_bytes()));
    }
    for (one, other) in [("[0.12345]", "[0.12346]"), ("[3]", "[4]"), ("no JSON", "none")] {
        assert_ne!(digest(one.as_bytes()), digest(other.as_bytes()));
    }
}
