//! What a search costs besides its trainings: `cargo bench --profile dev --bench overhead -- TABLE`, with TABLE the CSV of
//! NAS-Bench-201 (columns as in `specs/nas-bench-201.yaml`).
//!
//! Runs every strategy on the table, where a training is a look-up: first each alone on one core, 20 seeds of 100
//! trainings on an empty cache, then all of them with 200 seeds on all cores. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const PROGRAM: &str = env!("CARGO_BIN_EXE_epnas");
const STRATEGIES: [&str; 5] = ["random", "regularized-evolution", "local-search", "reinforce", "epnas"];
const TRAININGS: u64 = 100;

fn main() {
    let (flags, arguments): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let Some(table) = arguments.first().filter(|_| flags.iter().any(|flag| flag == "--bench")) else {
        // `cargo test --all-targets` comes here.
        println!("a measurement of minutes on a table: start it with `cargo bench --profile dev --bench overhead -- TABLE`");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let table = std::fs::canonicalize(table).expect("the table is there");
    let spec = std::fs::read_to_string("specs/nas-bench-201.yaml").expect("started in the root of the repository");
    let lines: Vec<String> = spec
        .lines()
        .map(|line| if line.trim_start().starts_with("path:") { format!("    path: {}", table.display()) } else { line.to_owned() })
        .collect();
    std::fs::write(folder.path().join("spec.yaml"), lines.join("\n")).unwrap();

    println!("| strategy | ms per network, one core, cache writes included |\n|--|--|");
    for strategy in STRATEGIES {
        let seconds = compare(folder.path(), strategy, 20, Some("0"), strategy);
        println!("| {strategy} | {:.2} |", 1e3 * seconds / (20 * TRAININGS) as f64);
    }
    let all = STRATEGIES.join(",");
    let seconds = compare(folder.path(), &all, 200, None, "all");
    println!("\n200 seeds × {TRAININGS} trainings × {} strategies on all cores: {:.1} min", STRATEGIES.len(), seconds / 60.0);
}

/// Seconds of a comparison on an empty cache; on one core where `core` names it.
fn compare(folder: &Path, strategies: &str, seeds: u32, core: Option<&str>, name: &str) -> f64 {
    let mut command = match core {
        Some(_) => Command::new("taskset"),
        None => Command::new(PROGRAM),
    };
    if let Some(core) = core {
        command.args(["--cpu-list", core, PROGRAM]);
    }
    command.current_dir(folder).args(["compare", "spec.yaml", "--strategies", strategies, "--seeds", &seeds.to_string()]);
    command.args(["--name", name, "--cache", &format!("cache-{name}")]).stdout(Stdio::null());
    let began = Instant::now();
    assert!(command.status().expect("it starts").success());
    began.elapsed().as_secs_f64()
}
