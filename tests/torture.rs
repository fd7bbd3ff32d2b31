//! The tiny search under random kills and faults, and its results held against those of a run that nobody disturbed.
//! A short form is run with the other tests; `make torture` runs the long one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use epnas::cache::{Cache, RecordedOutcome};
use epnas::seed::{Seed, Stream, below};

use crate::lab::{Lab, files_below, hello, text};

/// Takes a fault from the file beside it, then is the real worker. The name of the fault is its reply or its fate.
const WORKER: &str = r#"#!/bin/sh
fault=$(dirname "$0")/fault
if mv "$fault" "$fault.$$" 2>/dev/null; then
  what=$(cat "$fault.$$"); rm -f "$fault.$$"
  read -r hello; echo 'HELLO'
  read -r order; echo '"begun"'
  case "$what" in
    hang) kill -STOP $$ ;;
    crash) kill -SEGV $$ ;;
    garbage) echo 'no reply at all'; head -c 100000 /dev/zero | tr '\0' 'x'; exit 1 ;;
    *) printf '{"failed":{"failure":%s}}\n' "$what" ;;
  esac
fi
exec REAL "$@"
"#;

const OUT_OF_MEMORY: &str = r#"{"out-of-memory":{"memory":"host","message":"made up"}}"#;
const DISK_FULL: &str = r#"{"disk-full":{"message":"made up"}}"#;

/// Some trainings diverge by themselves; the last ones are long enough to be saved on their way.
pub const SPEC: &str = "name: tiny
dataset: {name: mnist, path: DATA, validation: 40}
references: none
space: {layers: {stem: {channels: 4, stride: 2}, channels: [4, 8], depth: {max: 3}}}
stages:
  - {name: grow, rounds: 3, proposals: 6, trainings: 3, carry: 1, train: {learning-rate: 12}}
  - {name: refine, rounds: 2, proposals: 6, trainings: 2, epochs: 2}
train: {batch-size: 16, precision: fp32}
final: {networks: 2, epochs: 25}
lookahead: 1
checkpoint: 1s
failures: {retries: 50, silence: 5s, limit: 1.0}
";

/// What was done to runs so far.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    fn add(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn kills(&self) -> usize {
        ["coordinator killed", "worker killed", "both killed"].iter().filter_map(|what| self.0.get(what)).sum()
    }
}

struct Torture {
    lab: Lab,
    stream: Stream,
    tally: Tally,
}

impl Torture {
    fn new(seed: u64) -> Self {
        let lab = Lab::with_data();
        lab.write("search.yaml", SPEC.replace("DATA", &lab.path("data").display().to_string()));
        lab.write("bin/epnas", std::fs::read(env!("CARGO_BIN_EXE_epnas")).expect("readable"));
        lab.write("bin/epnas-worker", WORKER.replace("REAL", env!("CARGO_BIN_EXE_epnas-worker")).replace("HELLO", &hello()));
        for name in ["bin/epnas", "bin/epnas-worker"] {
            std::fs::set_permissions(lab.path(name), std::fs::Permissions::from_mode(0o755)).expect("our own file");
        }
        Self { lab, stream: Seed::root(seed).child("torture").stream(), tally: Tally::default() }
    }

    fn start(&self, cache: &str, results: &str) -> Child {
        let mut command = std::process::Command::new(self.lab.path("bin/epnas"));
        let run = ["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "2"];
        command.args(run).args(["--cache", cache, "--results", results]).current_dir(self.lab.path("")).env("NO_COLOR", "1");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// Runs to the end; gives the exit code and what was said.
    fn finish(&self, cache: &str) -> (Option<i32>, String) {
        let output = self.start(cache, "results").wait_with_output().expect("it ends");
        (output.status.code(), text(&output.stderr))
    }

    fn chance(&mut self, one_in: usize) -> bool {
        below(&mut self.stream, one_in) == 0
    }

    /// A run that is disturbed at a random moment, or ends before.
    fn disturbed_run(&mut self) {
        if self.chance(3) {
            let faults = [OUT_OF_MEMORY, DISK_FULL, "crash", "garbage", "hang"];
            let names = ["out of memory", "disk full", "worker crashed", "worker talked nonsense", "worker hung"];
            let which = below(&mut self.stream, faults.len());
            self.lab.write("bin/fault", faults[which]);
            self.tally.add(names[which]);
        }
        if self.chance(3) {
            self.damage();
        }
        let mut run = self.start("cache", "results");
        // Two at once now and then.
        let other = self.chance(6).then(|| self.start("cache", "others"));
        let lines = BufReader::new(run.stdout.take().expect("piped")).lines();
        let patience = 1 + below(&mut self.stream, 60);
        let seen = lines.map_while(Result::ok).take(patience).count();
        std::thread::sleep(Duration::from_millis(below(&mut self.stream, 300) as u64));
        let workers = children(run.id());
        if seen == patience {
            let worker = workers.get(below(&mut self.stream, workers.len().max(1))).copied();
            match (below(&mut self.stream, 4), worker) {
                (0, Some(worker)) => {
                    kill(worker, "KILL");
                    self.tally.add("worker killed");
                }
                (1, Some(worker)) => {
                    kill(worker, "KILL");
                    kill(run.id(), "KILL");
                    self.tally.add("both killed");
                }
                (2, _) => {
                    kill(run.id(), "TERM");
                    self.tally.add("interrupted");
                }
                _ => {
                    kill(run.id(), "KILL");
                    self.tally.add("coordinator killed");
                }
            }
        }
        run.wait().expect("it ended");
        if let Some(mut other) = other {
            kill(other.id(), "KILL");
            other.wait().expect("it ended");
            self.tally.add("coordinator killed");
        }
    }

    /// Cuts or alters a random file of the cache.
    fn damage(&mut self) {
        let of_cache =
            |path: &PathBuf| ["blobs-v1", "records-v1", "checkpoints-v1"].iter().any(|part| path.iter().any(|name| name == *part));
        let files: Vec<PathBuf> = if self.lab.path("cache").is_dir() {
            files_below(&self.lab.path("cache")).into_iter().filter(of_cache).collect()
        } else {
            Vec::new()
        };
        if files.is_empty() {
            return;
        }
        let file = &files[below(&mut self.stream, files.len())];
        let Ok(mut bytes) = std::fs::read(file) else { return };
        if bytes.is_empty() {
            return;
        }
        if self.chance(2) {
            bytes.truncate(bytes.len() / 2);
        } else {
            let at = below(&mut self.stream, bytes.len());
            bytes[at] ^= 1;
        }
        std::fs::write(file, bytes).expect("writable");
        self.tally.add("file damaged");
    }
}

/// Processes that a process has started.
fn children(process: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

pub fn kill(process: u32, signal: &str) {
    // It may be gone already.
    let _ = std::process::Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).stderr(Stdio::null()).status();
}

/// What a search found, file by file.
pub fn results(lab: &Lab) -> BTreeMap<&'static str, Vec<u8>> {
    let names = ["trials.csv", "predictor.csv", "network.json", "weights.safetensors"];
    names.into_iter().map(|name| (name, std::fs::read(lab.path(&format!("results/tiny/{name}"))).expect("written"))).collect()
}

/// What a cache remembers: outputs by key.
pub fn records(cache: &Path) -> BTreeMap<String, RecordedOutcome> {
    let cache = Cache::open_for_reading(cache).expect("a cache");
    let records = cache.records().expect("readable");
    records.map(|record| (record.fingerprint.key().to_string(), record.outcome)).collect()
}

/// Disturbs searches until so many kills have happened.
fn torture(kills: usize, seed: u64) {
    let mut torture = Torture::new(seed);
    let (code, said) = torture.finish("undisturbed");
    let (expected, remembered) = (results(&torture.lab), records(&torture.lab.path("undisturbed")));
    let diverged = remembered.values().filter(|outcome| matches!(outcome, RecordedOutcome::Failed { .. })).count();
    assert!(diverged > 0 && diverged < remembered.len() / 8, "{diverged} diverged: {said}");
    let mut searches = 0;
    while torture.tally.kills() < kills {
        for _ in 0..12 {
            if torture.tally.kills() < kills {
                torture.disturbed_run();
            }
        }
        let _ = std::fs::remove_file(torture.lab.path("bin/fault"));
        let (ended, said) = torture.finish("cache");
        assert_eq!(ended, code, "{said}\n{:?}", torture.tally);
        for (name, bytes) in &results(&torture.lab) {
            assert!(expected[name] == *bytes, "`{name}` is another one after {:?}\n{said}", torture.tally);
        }
        let found = records(&torture.lab.path("cache"));
        for (key, outcome) in &remembered {
            assert_eq!(found.get(key), Some(outcome), "the record {key} is lost or wrong after {:?}", torture.tally);
        }
        let unknown: Vec<&String> = found.keys().filter(|key| !remembered.contains_key(*key)).collect();
        assert!(unknown.is_empty(), "records of nothing that was asked: {unknown:?} after {:?}", torture.tally);
        let verified = torture.lab.epnas(&["cache", "verify"]);
        assert_eq!(verified.status.code(), Some(0), "{}{}", text(&verified.stdout), text(&verified.stderr));
        std::fs::remove_dir_all(torture.lab.path("cache")).expect("removable");
        searches += 1;
    }
    let _ = writeln!(
        std::io::stderr(),
        "{} kills in {searches} searches, all with the results of the undisturbed one: {:?}",
        torture.tally.kills(),
        torture.tally.0
    );
}

#[test]
fn kills_and_faults_change_nothing() {
    torture(8, 1);
}

#[test]
#[ignore = "many minutes: `make torture`"]
fn hundreds_of_kills_and_faults_change_nothing() {
    torture(200, 2);
}
