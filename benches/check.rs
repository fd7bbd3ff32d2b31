//! How long `epnas check` takes: `cargo bench --profile dev --no-default-features --bench check`.
//!
//! Checks a hundred specs, variants of those in `specs/` (other seeds, limits and depths of stages, so that each is sampled
//! and counted by itself), and prints the median of some runs of the whole program. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::process::Command;
use std::time::Instant;

const PROGRAM: &str = env!("CARGO_BIN_EXE_epnas");
const SPECS: usize = 100;
const RUNS: usize = 21;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement: start it with `cargo bench --profile dev --no-default-features --bench check`");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir("specs").expect("started in the root of the repository").map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    for index in 0..SPECS {
        let text = std::fs::read_to_string(&files[index % files.len()]).unwrap();
        let round = index / files.len();
        let lines: Vec<String> = text.lines().filter(|line| !line.starts_with("seed:")).map(str::to_owned).collect();
        let varied = lines.join("\n").replace("100k", &format!("{}k", 100 + round)).replace("10M", &format!("{}k", 10_000 + 100 * round));
        std::fs::write(folder.path().join(format!("{index:03}.yaml")), format!("{varied}\nseed: {index}\n")).unwrap();
    }
    for format in ["human", "sarif"] {
        let mut times: Vec<f64> = (0..RUNS).map(|_| check(folder.path(), format)).collect();
        times.sort_by(f64::total_cmp);
        println!(
            "`epnas check --format {format}` of {SPECS} specs: median {:.0} ms, {:.0} to {:.0} ms in {RUNS} runs",
            1e3 * times[RUNS / 2],
            1e3 * times[0],
            1e3 * times[RUNS - 1]
        );
    }
}

/// Seconds of one check, from start to end of the program.
fn check(folder: &std::path::Path, format: &str) -> f64 {
    let began = Instant::now();
    let output = Command::new(PROGRAM).args(["check", "--format", format]).arg(folder).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    began.elapsed().as_secs_f64()
}
