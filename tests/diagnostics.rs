//! Wrong specs and what is said about them: exact text, and every code of the crate at least once.

mod cases;
mod strategy_cases;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use epnas::cli::diagnostics::{Style, render};
use epnas::seed::{Seed, below};
use epnas::spec;

use cases::cases;

const GOOD: &str = "name: a\ndataset:\n  name: mnist\n";

/// What is said about a text.
fn said(text: &str) -> String {
    let reading = spec::read(text.as_bytes());
    render("x.yaml", &reading.source, &reading.faults, Style::Plain)
}

fn codes(text: &[u8]) -> Vec<&'static str> {
    spec::read(text).faults.iter().map(|fault| fault.code).collect()
}

#[test]
fn a_good_spec_has_no_faults() {
    assert_eq!(said(GOOD), "");
}

#[test]
fn every_case_gives_its_codes() {
    let mut wrong = Vec::new();
    for (text, expected) in cases() {
        let start = String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned();
        let found = codes(&text);
        if found != expected {
            wrong.push(format!("{start}\nexpected {expected:?}\nfound {found:?}\n{}", said(&start)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every code in the sources of these folders.
pub fn codes_below(folders: &[&str]) -> BTreeSet<String> {
    fn sources(folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                sources(&entry, texts);
            } else {
                texts.push(fs::read_to_string(entry).unwrap());
            }
        }
    }
    let mut texts = Vec::new();
    for folder in folders {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
    }
    let is_code = |word: &&str| {
        word.split_once("::").is_some_and(|(area, name)| {
            [area, name].iter().all(|part| part.len() > 1 && part.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        })
    };
    texts.iter().flat_map(|text| text.split('"').filter(is_code).map(str::to_owned)).collect()
}

/// Those of pools files, tested where they are read.
const POOLS: [&str; 11] = [
    "measures::command",
    "measures::count",
    "measures::name",
    "pools::count",
    "pools::device",
    "pools::kind",
    "pools::launch",
    "pools::name",
    "pools::none",
    "pools::password",
    "pools::path",
];

#[test]
fn every_code_has_a_case() {
    let used = codes_below(&["src/spec"]);
    let of_specs: Vec<&str> = cases().iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
    let covered: BTreeSet<String> =
        of_specs.into_iter().chain(crate::data::CODES).chain(crate::photos::CODES).chain(POOLS).map(str::to_owned).collect();
    assert_eq!(used, covered);
    assert!(used.len() > 30);
}

#[test]
fn broken_texts_are_refused_without_a_panic() {
    let pieces = [
        "", " ", "\n", "\t", ":", ": ", "- ", "[", "]", "{", "}", "\"", "'", "#", "&a", "*a", "|", "> ", "é", "\u{feff}", "\r\n", "?", "!",
        "%", "---", "...", "\0",
    ];
    let originals: Vec<String> = crate::specs::files().iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for index in 0..1_500 {
        let mut stream = Seed::root(2).nth(index).stream();
        let mut letters: Vec<char> = originals[index % originals.len()].chars().collect();
        for _ in 0..=below(&mut stream, 3) {
            let at = below(&mut stream, letters.len());
            let removed = below(&mut stream, 3).min(letters.len() - at);
            letters.splice(at..at + removed, pieces[below(&mut stream, pieces.len())].chars());
        }
        let text: String = letters.into_iter().collect();
        let reading = spec::read(text.as_bytes());
        let rendered = render("x.yaml", &reading.source, &reading.faults, Style::Colour);
        assert_eq!(reading.faults.is_empty(), rendered.is_empty());
        assert!(reading.resolved.is_some() || !reading.faults.is_empty());
    }
}

#[test]
fn a_word_in_place_of_the_data_is_taken_for_their_name_or_path() {
    for (data, help) in [("./photos", "did you mean `{path: ./photos}`?"), ("mnist", "did you mean `{name: mnist}`?")] {
        let faults = epnas::spec::read(format!("name: a\ndataset: {data}\n").as_bytes()).faults;
        assert_eq!(faults.first().and_then(|fault| fault.help.as_deref()), Some(help));
    }
}

#[test]
fn a_tab_is_shown_where_it_stands() {
    for text in ["name: a\n\tdataset: {name: mnist}\n", "name: a\ndataset:\n\tname: mnist\n"] {
        let faults = epnas::spec::read(text.as_bytes()).faults;
        let of_tabs: Vec<_> = faults.iter().filter(|fault| fault.message.contains("tab")).collect();
        assert!(!of_tabs.is_empty(), "{text:?}: {faults:?}");
        for fault in of_tabs {
            let epnas::diagnostic::Place::Byte(byte) = fault.place else { panic!("{:?}", fault.place) };
            assert_eq!(text.as_bytes()[byte], b'\t', "{text:?}");
        }
    }
    assert!(said("name: a\n\tdataset: {name: mnist}\n").contains("2:1"));
}

#[test]
fn what_is_meant_by_bytes_and_by_a_decimal_comma_is_said() {
    for (more, help) in [
        ("constraints: {params: {max: 1MB}}\n", "it is a count, not bytes; did you mean `1M`? expected: "),
        ("constraints: {macs: {max: 4MiB}}\n", "it is a count, not bytes; did you mean `4M`? expected: "),
        ("constraints: {activations: {max: 64kB}}\n", "did you mean `64k`? expected: "),
        ("budget: {disk: 10GB}\n", "did you mean `10G`? expected: "),
        ("budget: {disk: 10 GB}\n", "did you mean `10G`? expected: "),
        ("train: {lr: 0.1}\n", "did you mean `learning-rate`? allowed here: "),
        ("constraints: {macs: 5M}\n", "did you mean `{max: 5M}`?"),
        ("predict: {gate: 0.2}\n", "did you mean `{spearman: 0.2}`?"),
        ("final: 3\n", "`final` takes a group of settings"),
        ("stages: [{rounds: 1, trainings: 1, examples: 10%}]\n", "did you mean `0.1`? `examples` takes a number"),
        ("stages: [{rounds: 1, trainings: 1, epochs: 2k}]\n", "did you mean `2000`? `epochs` takes a whole number, 0 or more"),
        ("strategy: evolution\n", "did you mean `regularized-evolution`? allowed: "),
        ("budget: {device-hours: 90m}\n", "did you mean `1.5`? `device-hours` takes a number"),
        ("space: {layers: {operations: [sep_conv_3x3]}}\n", "did you mean `separable-convolution`? allowed: "),
        ("train: {learning-rate: 0,001}\n", "a comma begins the next setting: write a decimal point, as in `0.001`; allowed here: "),
    ] {
        let faults = epnas::spec::read(format!("name: a\ndataset: {{name: mnist}}\n{more}").as_bytes()).faults;
        let said = faults.first().and_then(|fault| fault.help.clone()).unwrap_or_default();
        assert!(said.starts_with(help), "{more}: {said}");
    }
}
