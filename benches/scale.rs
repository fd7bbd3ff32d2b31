//! What a large plan costs when there is nothing to do: `cargo bench --profile dev --bench scale -- [TRAININGS…]`.
//!
//! A random search of 49 rounds in a made-up table of a hundred thousand networks, with 100 trainings a round unless
//! told otherwise (that are about 10,000 tasks; 1000 are 100,000), runs once to fill a cache. Then `epnas run` and
//! `epnas plan` find everything cached, on one core, five times. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[path = "measured/process.rs"]
mod process;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_epnas");
const ROUNDS: usize = 49;
const TIMES: usize = 5;

fn main() {
    let (flags, arguments): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    if !flags.iter().any(|flag| flag == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of a minute: start it with `cargo bench --profile dev --bench scale`");
        return;
    }
    let mut counts: Vec<usize> = arguments.iter().map(|argument| argument.parse().expect("a number of trainings a round")).collect();
    if counts.is_empty() {
        counts.push(100);
    }
    println!("| tasks | command | median, one core | largest | peak memory |\n|--|--|--|--|--|");
    for count in counts {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("table.csv"), table()).unwrap();
        std::fs::write(folder.path().join("spec.yaml"), spec(count)).unwrap();
        let tasks = ROUNDS * (2 * count + 3);
        let (time, memory) = measured(folder.path(), "run");
        println!("| {tasks} | `run`, nothing cached | {} ms | | {} MB |", time.as_millis(), memory / 1024);
        for command in ["run", "plan"] {
            let mut all: Vec<(Duration, u64)> = (0..TIMES).map(|_| measured(folder.path(), command)).collect();
            all.sort();
            let memory = all.iter().map(|(_, memory)| *memory).max().unwrap() / 1024;
            let [median, largest] = [all[TIMES / 2].0, all[TIMES - 1].0].map(|time| time.as_millis());
            println!("| {tasks} | `{command}` | {median} ms | {largest} ms | {memory} MB |");
        }
    }
}

/// A hundred thousand networks of five decisions with ten options each.
fn table() -> String {
    let mut text = String::from("a,b,c,d,e,metric\n");
    for row in 0..100_000_u32 {
        let digit = |place: u32| row / 10_u32.pow(place) % 10;
        let metric = 50.0 + f64::from(row.wrapping_mul(2_654_435_761) % 4_000) / 100.0;
        writeln!(text, "{},{},{},{},{},{metric}", digit(0), digit(1), digit(2), digit(3), digit(4)).unwrap();
    }
    text
}

fn spec(trainings: usize) -> String {
    format!(
        "name: scale
space: {{table: {{path: table.csv, choices: {{columns: [a, b, c, d, e]}}, metric: metric}}}}
strategy: random
stages: [{{rounds: {ROUNDS}, proposals: {trainings}, trainings: {trainings}}}]
"
    )
}

/// Time and peak kilobytes of a command on one core.
fn measured(folder: &Path, command: &str) -> (Duration, u64) {
    let mut pinned = Command::new("taskset");
    process::measured(pinned.args(["--cpu-list", "0", PROGRAM, command, "spec.yaml"]).current_dir(folder).stderr(Stdio::null()))
}
