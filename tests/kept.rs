//! What somebody may still want is not written over, and nothing is moved for a command that is refused.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;

use crate::lab::{Lab, text};

const SPEC: &str = include_str!("../specs/table-tiny.yaml");

/// A search of the committed table, and one with another limit.
fn with_table() -> Lab {
    let lab = Lab::new();
    lab.write("search.yaml", SPEC);
    lab.write("edited.yaml", SPEC.replace("150k", "60k"));
    lab.write("tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    lab
}

fn says(lab: &Lab, arguments: &[&str]) -> (Option<i32>, String) {
    let output = lab.epnas(arguments);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn read(lab: &Lab, file: &str) -> Vec<u8> {
    std::fs::read(lab.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_page_of_another_search_is_not_replaced_by_a_report() {
    let lab = with_table();
    assert_eq!(says(&lab, &["run", "search.yaml"]).0, Some(0));
    lab.write("search.yaml", SPEC.replace("150k", "60k"));
    let page = read(&lab, "results/table-tiny/report.html");
    let (code, said) = says(&lab, &["report", "results/table-tiny"]);
    assert!(code == Some(1) && said.contains("the cache has no result of `search.yaml`"), "{said}");
    assert_eq!(says(&lab, &["run", "search.yaml"]).0, Some(0));
    let (code, said) = says(&lab, &["report", "results/table-tiny.1"]);
    assert!(code == Some(2) && said.contains("has changed since the run whose results are in") && said.contains("help: `--out"), "{said}");
    assert_eq!(read(&lab, "results/table-tiny.1/report.html"), page);
    assert_eq!(says(&lab, &["report", "results/table-tiny.1", "--out", "new.html"]).0, Some(0));
}

#[test]
fn comparisons_of_other_searches_or_seeds_are_put_aside() {
    let lab = with_table();
    let compare = |spec: &str, seeds: &str| {
        let (code, said) = says(&lab, &["compare", spec, "--strategies", "local-search,random", "--seeds", seeds]);
        assert_eq!(code, Some(0), "{said}");
        said.contains("it is now in")
    };
    assert!(!compare("search.yaml", "3"), "nothing was there");
    let curves = read(&lab, "results/comparison/curves.csv");
    assert!(!compare("search.yaml", "4"), "more seeds of the same hold the former ones");
    assert!(compare("search.yaml", "2"), "fewer seeds");
    assert!(compare("edited.yaml", "2"), "another search");
    assert!(read(&lab, "results/comparison.1/curves.csv").starts_with(&curves[..40]));
    assert!(lab.path("results/comparison.2").is_dir());
}

#[test]
fn results_of_a_search_that_nobody_knows_are_put_aside() {
    let lab = with_table();
    assert_eq!(says(&lab, &["run", "search.yaml"]).0, Some(0));
    std::fs::remove_file(lab.path("results/table-tiny/run.json")).expect("written");
    let trials = read(&lab, "results/table-tiny/trials.csv");
    let (code, said) = says(&lab, &["run", "edited.yaml"]);
    assert!(code == Some(0) && said.contains("held the results of a search that is not known; it is now in"), "{said}");
    assert_eq!(read(&lab, "results/table-tiny.1/trials.csv"), trials);
}

#[test]
fn a_refused_timeline_moves_nothing() {
    let lab = with_table();
    assert_eq!(says(&lab, &["run", "search.yaml"]).0, Some(0));
    lab.write("mine.txt", "not a timeline");
    for timeline in ["mine.txt", "nowhere/line.json"] {
        let (code, said) = says(&lab, &["run", "edited.yaml", "--timeline", timeline]);
        assert!(code.is_some_and(|code| code > 1), "{said}");
        assert!(lab.path("results/table-tiny/summary.md").is_file() && !lab.path("results/table-tiny.1").exists());
    }
}

#[test]
fn an_exported_cache_replaces_an_exported_cache_alone() {
    let lab = with_table();
    assert_eq!(says(&lab, &["run", "search.yaml"]).0, Some(0));
    let mut table = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    table.write_all(include_bytes!("../specs/tables/tiny.csv")).expect("memory");
    let table = table.finish().expect("memory");
    lab.write("tables/tiny.csv.gz", &table);
    let export = |out: &str| says(&lab, &["cache", "export", "search.yaml", "-o", out]);
    let (code, said) = export("tables/tiny.csv.gz");
    assert!(code == Some(2) && said.contains("is not written over"), "{said}");
    assert_eq!(read(&lab, "tables/tiny.csv.gz"), table);
    assert_eq!((export("cache.tar.gz").0, export("cache.tar.gz").0), (Some(0), Some(0)), "its own kind");
}

#[test]
fn a_path_that_is_no_text_is_refused_before_anything_runs() {
    let lab = with_table();
    let odd = OsStr::from_bytes(b"results-\xff");
    let mut command = lab.command(&["run", "search.yaml", "--results"]);
    let output = command.arg(odd).output().expect("it starts");
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("the path is not UTF-8"), "{said}");
    assert!(!lab.path("cache").exists());
}

/// `epnas check | head -1` in a pipeline that heeds every exit code.
#[test]
fn a_check_whose_reader_stops_early_still_finds_the_fault() {
    let lab = Lab::new();
    for number in 0..200 {
        lab.write(&format!("specs/{number:03}.yaml"), "nmae: a\n");
    }
    let mut child = lab.command(&["check", "specs"]).stdout(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
}

#[test]
fn what_nobody_measured_cannot_be_bounded() {
    let lab = with_table();
    let (code, said) = says(&lab, &["plan", "search.yaml", "--fail-if", "disk > 1"]);
    assert!(code == Some(1) && said.contains("`disk > 1` cannot be judged"), "{said}");
}
