//! Blocks of ```` ```console ````: each line that begins with `$ ` is run by a shell, the lines below it are what it prints
//! on both streams. The blocks of a page are one session in one folder, which has `specs/` and four files of small images.
//!
//! `…` stands for any words of a line; alone on a line, for any lines. Times, dates and counts of workers are those of the
//! machine: any will do. A block may say `exit=2`, the code with which its commands end, or `skip=REASON`.

use std::process::Command;

use super::page::{Block, Page, root};
use crate::lab::{Lab, files_below, text};

/// What differs from the page.
pub fn faults(page: &Page) -> Vec<String> {
    let blocks: Vec<Block> = page.blocks().filter(|block| block.language == "console" && !block.info.starts_with("skip=")).collect();
    if blocks.is_empty() {
        return Vec::new();
    }
    let lab = Lab::with_data();
    let specs = root().join("specs");
    for file in files_below(&specs) {
        let name = file.strip_prefix(root()).expect("below the root").display().to_string();
        lab.write(&name, std::fs::read(&file).expect("readable"));
    }
    let mut faults = Vec::new();
    for block in blocks {
        let code = block.info.strip_prefix("exit=").map_or(Ok(0), str::parse).expect("`exit=N`");
        for (command, expected) in commands(block.text) {
            let output = shell(&lab, &command);
            let printed = text(&output.stdout);
            let place = format!("{}:{}: $ {command}", page.name, block.line);
            if output.status.code() != Some(code) {
                faults.push(format!("{place}\nended with {:?} instead of {code}:\n{printed}", output.status.code()));
            } else if !matches(&words(&expected), &words(&printed)) {
                faults.push(format!("{place}\nprinted:\n{printed}\nexpected:\n{expected}"));
            }
        }
    }
    faults
}

/// The commands of a block, each with what it is said to print. A command goes on after a backslash, and on lines
/// that begin with `> `.
pub fn commands(block: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (None, Some((command, expected))) if expected.is_empty() && line.starts_with("> ") => {
                command.push_str(&line.replacen("> ", "\n", 1));
            }
            (None, Some((command, _))) if goes_on => {
                command.push(' ');
                command.push_str(line.trim().trim_end_matches('\\').trim());
            }
            (Some(command), _) => commands.push((command.trim_end_matches('\\').trim().to_owned(), String::new())),
            (None, Some((_, expected))) => {
                expected.push_str(line);
                expected.push('\n');
            }
            (None, None) => panic!("a block begins with a command, not with `{line}`"),
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

fn shell(lab: &Lab, command: &str) -> std::process::Output {
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_epnas")).parent().expect("a folder").display().to_string();
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("PATH='{programs}':$PATH; {{ {command}\n}} 2>&1")]);
    shell.current_dir(lab.path("")).env("NO_COLOR", "1");
    shell.env_remove("EPNAS_CACHE").env_remove("EPNAS_RESULTS").env_remove("EPNAS_LOG").output().expect("bash")
}

/// The words of a text, line by line, without what differs from machine to machine.
fn words(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|line| !line.is_empty());
    lines.map(|line| settled(&line)).collect()
}

/// `#` for every stretch of times, and for how many workers or cores there are.
fn settled(line: &[&str]) -> Vec<String> {
    const UNITS: [&str; 11] = ["ms", "s", "min", "h", "d", "worker", "workers", "core", "cores", "device-hours", "ago"];
    let is_number = |word: &str| word.trim_start_matches(['(', '-']).parse::<f64>().is_ok();
    let is_clock = |word: &str| word.contains(':') && word.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == ':');
    let is_date = |word: &str| word.len() == 20 && word.ends_with('Z') && word[..4].bytes().all(|byte| byte.is_ascii_digit());
    let mut settled: Vec<String> = Vec::new();
    let mut rest = line;
    while let [word, after @ ..] = rest {
        let unit = after.first().map(|unit| unit.trim_end_matches([',', ')', '.', ';']));
        let taken = match unit {
            Some(unit) if is_number(word) && UNITS.contains(&unit) => 2,
            _ if is_clock(word) || is_date(word) => 1,
            _ => 0,
        };
        rest = &rest[taken.max(1)..];
        match taken {
            0 => settled.push((*word).to_owned()),
            _ if settled.last().is_some_and(|last| last == "#") => {}
            _ => settled.push("#".to_owned()),
        }
    }
    settled
}

/// Whether lines are as expected, where a line `…` stands for any lines.
fn matches(expected: &[Vec<String>], printed: &[Vec<String>]) -> bool {
    match expected {
        [] => printed.is_empty(),
        [gap, rest @ ..] if gap.len() == 1 && gap[0] == "…" => (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..])),
        [line, rest @ ..] => printed.split_first().is_some_and(|(first, others)| alike(line, first) && matches(rest, others)),
    }
}

/// Whether words are as expected, where a word `…` stands for any words.
fn alike(expected: &[String], printed: &[String]) -> bool {
    match expected {
        [] => printed.is_empty(),
        [gap, rest @ ..] if gap == "…" => (0..=printed.len()).any(|skipped| alike(rest, &printed[skipped..])),
        [word, rest @ ..] => printed.split_first().is_some_and(|(first, others)| word == first && alike(rest, others)),
    }
}

#[test]
fn what_a_page_shows_is_compared() {
    let same = |expected: &str, printed: &str| matches(&words(expected), &words(printed));
    assert!(same("a  b\n…\nz 0.2 s\n", "a b\nc\nd\nz 1 min 4.0 s\n") && same("key …\n", "key 12 34\n") && same("…", ""));
    assert!(same("0:00 -0:01 * x\n", "1:23 * x\n") && same("with 2 workers,\n", "with 16 workers,\n"));
    assert!(!same("a\n", "b\n") && !same("a\n", "a\nb\n") && !same("5 trainings\n", "6 trainings\n") && !same("a\n…\nz\n", "a\n"));
    let block = "$ a \\\n    b\nc\n$ d\n";
    assert_eq!(commands(block), [("a b".to_owned(), "c\n".to_owned()), ("d".to_owned(), String::new())]);
    assert_eq!(commands("$ cat <<E\n> x\n> E\nx\n"), [("cat <<E\nx\nE".to_owned(), "x\n".to_owned())]);
}
