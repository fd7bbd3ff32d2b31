//! The file that says where workers are: a machine's, not a search's, and in no key. Read like a spec, with the same care.

mod check;
mod schema;

use std::sync::LazyLock;

use serde_json::Value;

use super::source::Source;
use super::yaml::document;
use super::{events, load, structure};
use crate::diagnostic::{Diagnostic, Path, Severity};

pub use check::{ONNX, is_plain};
pub use schema::{MeasureSpec, PoolCacheSpec, PoolSpec, PoolsSpec, SlotRangeSpec, SlotsSpec};

/// All there is to know about such a file.
#[derive(Clone, Debug)]
pub struct PoolsReading {
    pub source: Source,
    /// Errors and warnings in the order of the text.
    pub faults: Vec<Diagnostic>,
    /// Where there is no error.
    pub spec: Option<PoolsSpec>,
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(PoolsSpec).to_value());

/// The schema of [`PoolsSpec`], as `epnas schema` writes it.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// Whether a text is meant to be such a file and no spec.
pub fn is_pools(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (source, _) = events::walk(text);
    let has = |key: &str| source.has_key(&Path::root().key(key));
    (has("pools") || has("measures")) && !has("name") && !has("dataset") && !has("space")
}

/// Reads and checks.
pub fn read(bytes: &[u8]) -> PoolsReading {
    let text = match load::text(bytes) {
        Ok(text) => text,
        Err(refused) => return PoolsReading { source: refused.source, faults: refused.faults, spec: None },
    };
    let (source, mut faults) = events::walk(&text);
    let mut read = None;
    if faults.is_empty() {
        match document(&text) {
            Err(error) => faults.push(load::unreadable(&error)),
            Ok(document) => {
                faults = structure::compare(&SCHEMA, &document, &source);
                if faults.is_empty() {
                    match serde_json::from_value::<PoolsSpec>(document) {
                        Ok(spec) => {
                            faults = check::check(&spec);
                            read = Some(spec);
                        }
                        // Not expected: the comparison above is as strict as serde.
                        Err(error) => faults.push(load::fault("spec::unreadable", 0, &error.to_string(), None)),
                    }
                }
            }
        }
    }
    faults.sort_by_key(|fault| source.range(&fault.place).start);
    let right = !faults.iter().any(|fault| fault.severity == Severity::Error);
    PoolsReading { source, faults, spec: read.filter(|_| right) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "pools:
  - {name: here, workers: 2}
  - name: gpus
    launch: srun --gres=gpu:1 {worker}
    slots: {min: 0, max: 16}
    device: cuda
    leaves-after: 5m
  - {name: lab, launch: 'ssh -o BatchMode=yes node7 {worker}', slots: 4, cache: shared}
";

    #[test]
    fn a_good_file_is_read() {
        let reading = read(GOOD.as_bytes());
        assert_eq!(reading.faults, []);
        let pools = reading.spec.and_then(|spec| spec.pools).expect("no error");
        assert_eq!(pools.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>(), ["here", "gpus", "lab"]);
        assert_eq!(pools[1].slots, Some(SlotsSpec::Range(SlotRangeSpec { min: Some(0), max: 16 })));
        assert_eq!((pools[2].slots, pools[2].cache), (Some(SlotsSpec::Most(4)), Some(PoolCacheSpec::Shared)));
        assert!(is_pools(GOOD.as_bytes()) && !is_pools(b"name: a\ndataset: {name: mnist}\n") && !is_pools(b"\xff"));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let codes = |text: &str| read(text.as_bytes()).faults.iter().map(|fault| fault.code).collect::<Vec<_>>();
        for (text, expected) in [
            ("pools: []\n", &["pools::none"][..]),
            ("pools: [{name: a/b, workers: 1}]\n", &["pools::name"]),
            ("pools: [{name: a, workers: 1}, {name: a, workers: 1}]\n", &["pools::name"]),
            ("pools: [{name: a}]\n", &["pools::kind"]),
            ("pools: [{name: a, workers: 1, launch: '{worker}'}]\n", &["pools::kind"]),
            ("pools: [{name: a, workers: 1, slots: 2, cache: own}]\n", &["pools::kind"; 2]),
            ("pools: [{name: a, workers: 0}]\n", &["pools::count"]),
            ("pools: [{name: a, launch: '{worker}', slots: {min: 3, max: 2}}]\n", &["pools::count"]),
            ("pools: [{name: a, launch: '{worker}', device: gpu}]\n", &["pools::device"]),
            ("pools: [{name: a, launch: '{worker}', cpus-per-slot: 0}]\n", &["pools::count"]),
            ("pools: [{name: a, launch: srun}]\n", &["pools::launch"]),
            ("pools: [{name: a, launch: '{worker} {worker}'}]\n", &["pools::launch"]),
            ("pools: [{name: a, launch: 'ssh n {worker}'}]\n", &["pools::password"]),
            ("pools: [{name: a, launch: '{worker}', worker: 'a b'}]\n", &["pools::path"]),
            ("pools: [{name: a, launch: '{worker}', slots: {most: 2}}]\n", &["spec::unknown-key", "spec::missing-key"]),
            ("pools: [{name: a, launch: '{worker}', slots: many}]\n", &["spec::wrong-type"]),
            ("pools: [{nam: a}]\n", &["spec::unknown-key", "spec::missing-key"]),
            ("pools: 3\n", &["spec::wrong-type"]),
            ("measures: {}\n", &["pools::none"]),
            ("measures: {a: {command: 'b {onnx}'}}\n", &[]),
            ("pools: []\nmeasures: {a: {command: 'b {onnx}'}}\n", &["pools::none"]),
            ("measures: {a/b: {command: 'b {onnx}'}}\n", &["measures::name"]),
            ("pools: [{name: a, workers: 1}]\nmeasures: {a: {command: 'b {onnx}'}}\n", &["measures::name"]),
            ("measures: {a: {command: bench}}\n", &["measures::command"]),
            ("measures: {a: {command: 'ssh n bench < {onnx}'}}\n", &["pools::password"]),
            ("measures: {a: {command: 'b {onnx}', repeat: 0, version: 0, time-limit: 0s}}\n", &["measures::count"; 3]),
            ("measures: {a: {command: 'b {onnx}', unit: 3}}\n", &["spec::wrong-type"]),
            ("measures: {a: {comand: 'b {onnx}'}}\n", &["spec::unknown-key", "spec::missing-key"]),
        ] {
            let mut found = codes(text);
            found.sort_unstable();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
        let reading = read(b"pools:\n  - {name: a, launch: srun -n1}\n");
        let place = reading.source.range(&reading.faults[0].place);
        assert_eq!(&reading.source.text[place], "srun -n1");
        assert_eq!(
            reading.faults[0].help.as_deref(),
            Some("put `{worker}` where the command of the worker belongs, such as `srun -n1 {worker}`")
        );
    }
}
