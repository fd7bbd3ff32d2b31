//! A temporary folder with tiny data, specs and a cache: everything a run needs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use epnas::run::{About, Reply};
use epnas::seed::{Seed, below};
use serde_json::Value;

/// A folder that is gone when the test ends.
pub struct Lab {
    folder: tempfile::TempDir,
}

/// Examples in the training and test files of [`Lab::with_data`].
pub const EXAMPLES: (usize, usize) = (400, 100);

impl Lab {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// With four IDX files: 28×28 images of ten classes that are easy to tell apart.
    pub fn with_data() -> Self {
        let lab = Self::new();
        for (part, count) in [("train", EXAMPLES.0), ("t10k", EXAMPLES.1)] {
            let mut stream = Seed::root(1).child(part).stream();
            let mut pixels = Vec::new();
            let labels: Vec<u8> = (0..count).map(|index| (index % 10) as u8).collect();
            for &label in &labels {
                // A bright bar whose place is the class, and noise.
                pixels.extend((0..784).map(|pixel| {
                    let bar = if pixel / 28 / 2 == usize::from(label) + 1 { 180 } else { 0 };
                    bar + below(&mut stream, 60) as u8
                }));
            }
            let header =
                |magic: u32, sizes: &[u32]| std::iter::once(&magic).chain(sizes).flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
            let images = [header(0x803, &[count as u32, 28, 28]), pixels].concat();
            let labels = [header(0x801, &[count as u32]), labels].concat();
            lab.write(&format!("data/{part}-images-idx3-ubyte"), &images);
            lab.write(&format!("data/{part}-labels-idx1-ubyte"), &labels);
        }
        lab
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        epnas::files::write(&self.path(name), content.as_ref()).expect("the folder is writable");
    }

    /// Writes `search.yaml`: a search of a few seconds on the tiny data, with lines of `more` added.
    pub fn spec(&self, more: &str) {
        let text = format!(
            "name: tiny
dataset: {{name: mnist, path: {}, validation: 40}}
references: none
space: {{layers: {{stem: {{channels: 4, stride: 2}}, channels: [4, 8], depth: {{max: 3}}}}}}
stages:
  - {{name: grow, rounds: 2, proposals: 6, trainings: 2, carry: 1}}
  - {{name: refine, rounds: 1, proposals: 6, trainings: 2, epochs: 2}}
train: {{batch-size: 16, precision: fp32}}
final: {{networks: 2, epochs: 6}}
{more}",
            self.path("data").display()
        );
        self.write("search.yaml", text);
    }

    /// The program with these arguments, in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_epnas"));
        command.args(arguments).current_dir(self.folder.path()).env("NO_COLOR", "1");
        for variable in ["EPNAS_CACHE", "EPNAS_RESULTS", "EPNAS_LOG"] {
            command.env_remove(variable);
        }
        command
    }

    pub fn epnas(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs `search.yaml` to its end with two workers on the processor, without an export; gives its events.
    pub fn run(&self, more: &[&str]) -> Vec<Value> {
        let arguments = [&["run", "search.yaml", "--format", "json", "--device", "cpu", "--no-export"], more].concat();
        let output = self.epnas(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        events(&output)
    }
}

/// What a worker answers when it is greeted.
pub fn hello() -> String {
    serde_json::to_string(&Reply::Hello(Box::new(About::this("cpu")))).expect("plain data")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn events(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("an event a line")).collect()
}

/// The last event.
pub fn summary(events: &[Value]) -> &Value {
    let last = events.last().expect("a run has events");
    assert_eq!(last["event"], "summary");
    last
}

/// How many tasks ended with `outcome`, over all kinds.
pub fn total(events: &[Value], outcome: &str) -> u64 {
    let tasks: BTreeMap<String, Value> = serde_json::from_value(summary(events)["tasks"].clone()).expect("counts by kind");
    tasks.values().map(|counts| counts[outcome].as_u64().expect("a count")).sum()
}

/// Files below a folder, sorted.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in epnas::files::list(folder).expect("a folder") {
        if entry.is_dir() {
            found.extend(files_below(&entry));
        } else {
            found.push(entry);
        }
    }
    found
}
