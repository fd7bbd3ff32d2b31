//! `epnas cache`: a transcript of each subcommand, on the committed table and on tiny images.

use std::fs::File;
use std::process::Output;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::lab::{Lab, events, files_below, text, total};

/// A folder with the committed table, searched once by `search.yaml`.
fn searched() -> Lab {
    let lab = Lab::new();
    lab.write("search.yaml", include_str!("../specs/table-tiny.yaml"));
    lab.write("tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    assert_eq!(says(&lab, &["run", "search.yaml"]).0, Some(0));
    lab
}

/// Exit code, what was asked for, and talk.
fn says(lab: &Lab, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = lab.epnas(arguments);
    (status.code(), text(&stdout), text(&stderr))
}

/// How many tasks a run executes.
fn executed(lab: &Lab, cache: &str) -> u64 {
    total(&events(&lab.epnas(&["run", "search.yaml", "--format", "json", "--cache", cache])), "executed")
}

/// As if all of the cache had been written in 1970.
fn age(lab: &Lab) {
    for file in files_below(&lab.path("cache")) {
        let file = File::options().append(true).open(file).expect("our own file");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1)).expect("our own file");
    }
}

#[test]
fn records_are_listed_and_shown() {
    let lab = searched();
    let (code, list, talk) = says(&lab, &["cache", "list", "--kind", "train,final"]);
    assert_eq!((code, talk.as_str()), (Some(0), ""));
    assert!(list.starts_with("key         kind      finished                 seconds       bytes  of\n"), "{list}");
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    let trainings: Vec<_> = rows.iter().filter(|row| row.get(1) == Some(&"train")).collect();
    assert_eq!(trainings.len(), 21);
    // Each says of which network it is.
    assert!(trainings.iter().all(|row| row.iter().any(|word| word.len() == 5 && word[..4].bytes().all(|digit| digit.is_ascii_digit()))));
    assert!(list.contains(", figure search\n") && list.contains(", figure reported\n"), "{list}");
    let totals: Vec<(&str, &str)> = rows[rows.len() - 3..].iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(totals, [("final", "1"), ("train", "21"), ("all", "22")]);

    let (_, lines, _) = says(&lab, &["cache", "list", "--format", "json"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let (totals, records) = lines.split_last().expect("totals at least");
    assert_eq!(totals["totals"]["all"]["records"].as_u64(), Some(records.len() as u64));
    let finished: Vec<u64> = records.iter().map(|record| record["finished"].as_u64().expect("seconds")).collect();
    assert!(finished.is_sorted_by(|newer, older| newer >= older), "newest first");

    let key = records.iter().find(|record| record["kind"] == "train").expect("a training")["key"].as_str().expect("digits");
    let (code, shown, _) = says(&lab, &["cache", "show", &key[..12]]);
    assert_eq!(code, Some(0));
    assert!(shown.starts_with(&format!("key: {key}\nkind: train, version ")), "{shown}");
    assert!(shown.contains("parameters:\n  look-up:\n    figure: "), "{shown}");
    assert!(shown.contains("inputs:\n  candidate: ") && shown.contains("outputs:\n  metrics: "), "{shown}");
    let shown: Value = serde_json::from_str(&says(&lab, &["cache", "show", key, "--format", "json"]).1).expect("JSON");
    assert_eq!((shown["key"].as_str(), shown["record"]["fingerprint"]["kind"].as_str()), (Some(key), Some("train")));

    let (first, rest) = key.split_at(1);
    let unknown = if first == "0" { format!("1{rest}") } else { format!("0{rest}") };
    let (code, _, talk) = says(&lab, &["cache", "show", &unknown]);
    assert!(code == Some(2) && talk.starts_with(&format!("error: no record begins with `{unknown}`\nhelp: ")), "{talk}");
    let digits: Vec<&str> = records.iter().map(|record| &record["key"].as_str().expect("digits")[..1]).collect();
    let twice = digits.iter().find(|digit| digits.iter().filter(|other| other == digit).count() > 1).expect("104 keys, 16 digits");
    let (code, _, talk) = says(&lab, &["cache", "show", twice]);
    assert!(
        code == Some(2) && talk.contains(&format!(" records begin with `{twice}`\nhelp: give more digits, of one of these:\n  {twice}")),
        "{talk}"
    );
}

#[test]
fn damage_is_found_repaired_and_computed_anew() {
    let lab = searched();
    let (code, found, _) = says(&lab, &["cache", "verify"]);
    assert!(code == Some(0) && found.starts_with("no faults; whole: 104 records, "), "{found}");
    let blobs = files_below(&lab.path("cache/blobs-v1"));
    std::fs::write(&blobs[0], "altered").expect("our own file");
    std::fs::remove_file(&blobs[1]).expect("our own file");
    lab.write("cache/records-v1/notes.txt", "mine");
    let (code, found, talk) = says(&lab, &["cache", "verify"]);
    assert_eq!(code, Some(1));
    for wanted in ["damaged: `cache/blobs-v1/", "missing: `", "; it is `", "stray: `cache/records-v1/notes.txt`", "\n3 faults; whole: "] {
        assert!(found.contains(wanted), "{found}");
    }
    assert!(talk.contains("`--repair`"), "{talk}");
    assert_eq!(says(&lab, &["cache", "verify"]).1, found, "nothing was changed");
    let (code, _, talk) = says(&lab, &["cache", "verify", "--repair"]);
    assert!(code == Some(1) && talk.contains("put aside: 1 damaged file"), "{talk}");
    assert!(executed(&lab, "cache") > 0);
    let (code, found, talk) = says(&lab, &["cache", "verify"]);
    assert!(code == Some(1) && found.contains("\n1 fault; whole: 104 records, ") && talk.contains("`epnas cache gc`"), "{found}{talk}");
}

#[test]
fn what_specs_read_is_kept_and_the_rest_is_taken_away() {
    let lab = searched();
    lab.write("other.yaml", include_str!("../specs/table-tiny.yaml").replace("strategy: local-search", "strategy: random"));
    assert_eq!(says(&lab, &["run", "other.yaml"]).0, Some(0));
    let gc = |more: &[&str]| says(&lab, &[&["cache", "gc"], more].concat());
    let (_, _, talk) = gc(&["--keep", "search.yaml", "--dry-run"]);
    assert!(talk.contains("`search.yaml` reads 104 of its 104 tasks") && talk.contains("stays for now: "), "{talk}");
    age(&lab);
    let before = files_below(&lab.path("cache"));
    let (_, listing, _) = gc(&["--keep", "search.yaml", "--dry-run"]);
    assert!(listing.contains(": it is not among what is kept\n") && listing.contains("\nwould free "), "{listing}");
    assert_eq!(files_below(&lab.path("cache")), before);
    let (code, freed, talk) = gc(&["--keep", "search.yaml"]);
    let counts = listing.lines().last().and_then(|line| line.strip_prefix("would free ")).expect("a last line");
    assert_eq!(freed, format!("freed {counts}\n"), "what was said comes true");
    assert!(code == Some(0) && talk.contains("stays: 104 records, "), "{talk}");
    assert_eq!((executed(&lab, "cache"), says(&lab, &["cache", "verify"]).0), (0, Some(0)));

    let (code, _, talk) = gc(&["--keep", "search.yaml", "other.yaml"]);
    assert!(code == Some(3) && talk.contains("no result of `other.yaml`, so keeping it would keep nothing\nhelp: "), "{talk}");
    let (_, _, talk) = gc(&["--older-than", "30d", "--max-size", "1k", "--keep", "search.yaml"]);
    assert!(talk.contains("warning: what stays is larger than `--max-size`"), "{talk}");
    assert_eq!(gc(&["--older-than", "30d"]).1, "freed 0 B: 0 records, 0 blobs, 0 leftovers\n");
    std::fs::rename(lab.path("tables"), lab.path("elsewhere")).expect("our own folder");
    assert_eq!(gc(&["--keep", "search.yaml"]).0, Some(3), "without the data it is not known what to keep");
    std::fs::rename(lab.path("elsewhere"), lab.path("tables")).expect("our own folder");

    let in_use = epnas::cache::Cache::open(&lab.path("cache")).expect("a cache");
    let (code, _, talk) = gc(&["--max-size", "0"]);
    assert!(code == Some(3) && talk.contains("is in use by another program\nhelp: "), "{talk}");
    drop(in_use);
    gc(&["--max-size", "0"]);
    assert_eq!(says(&lab, &["cache", "list"]).1, "no records\n");
}

/// A budget leaves tasks undone, and the final trainings come behind them all the same.
#[test]
fn what_a_search_left_that_a_budget_ended_is_kept_and_reported() {
    let lab = Lab::new();
    let spec = include_str!("../specs/table-tiny.yaml");
    lab.write("search.yaml", format!("{spec}budget: {{trainings: 10}}\n"));
    lab.write("tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    let (code, said, _) = says(&lab, &["run", "search.yaml"]);
    let found = said.lines().find_map(|line| line.trim().strip_prefix("test ")).expect("the test accuracy").trim().to_owned();
    assert_eq!(code, Some(0), "{said}");
    age(&lab);
    let (_, freed, talk) = says(&lab, &["cache", "gc", "--keep", "search.yaml"]);
    assert_eq!(freed, "freed 0 B: 0 records, 0 blobs, 0 leftovers\n", "{talk}");
    let page = lab.path("results/table-tiny/report.html");
    std::fs::remove_file(&page).expect("the page of the run");
    assert_eq!(says(&lab, &["report", "search.yaml"]).0, Some(0));
    let page = text(&std::fs::read(page).expect("written anew"));
    assert!(page.contains(&format!("has {found} test accuracy")), "{found}");
}

#[test]
fn an_exported_search_runs_elsewhere_without_computing() {
    let lab = searched();
    let (code, out, talk) = says(&lab, &["cache", "export", "search.yaml", "-o", "search.bundle"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{talk}");
    assert!(talk.contains("wrote `search.bundle`: 104 records, "), "{talk}");
    let whole = std::fs::read(lab.path("search.bundle")).expect("written");
    lab.write("cut.bundle", &whole[..whole.len() / 2]);
    let (code, _, talk) = says(&lab, &["cache", "import", "cut.bundle", "--cache", "other"]);
    assert!(code == Some(3) && talk.contains("`cut.bundle` cannot be taken in: it is cut off"), "{talk}");
    assert!(!lab.path("other").exists(), "nothing was written");
    let import = || says(&lab, &["cache", "import", "search.bundle", "--cache", "other"]);
    let (code, _, talk) = import();
    assert!(code == Some(0) && talk.starts_with("added 104 records and "), "{talk}");
    assert!(import().2.ends_with("; 104 records were there already\n"));
    assert_eq!((executed(&lab, "other"), says(&lab, &["cache", "verify", "--cache", "other"]).0), (0, Some(0)));
    assert_eq!(says(&lab, &["cache", "export", "search.yaml", "-o", "again.bundle", "--cache", "other"]).0, Some(0));
    assert_eq!(std::fs::read(lab.path("again.bundle")).expect("written"), whole, "the same bytes from another cache");
    lab.write("new.yaml", include_str!("../specs/table-tiny.yaml").replace("initial: 5", "initial: 6"));
    let (code, _, talk) = says(&lab, &["cache", "export", "new.yaml", "-o", "new.bundle", "--cache", "other"]);
    assert!(code == Some(3) && talk.contains("the cache has no result of `new.yaml`\nhelp: "), "{talk}");
    for command in [&["cache", "list"][..], &["cache", "verify"], &["cache", "gc"], &["cache", "export", "new.yaml", "-o", "new.bundle"]] {
        let (code, _, talk) = says(&lab, &[command, &["--cache", "none"]].concat());
        assert!(code == Some(3) && talk.starts_with("error: there is no cache in `none`\nhelp: "), "{talk}");
    }
    assert!(!lab.path("new.bundle").exists() && !lab.path("none").exists());
}

#[test]
fn trainings_are_done_again_and_the_cache_stays_as_it_is() {
    let lab = Lab::with_data();
    lab.spec("strategy: random");
    lab.run(&["--workers", "2"]);
    let contents =
        || files_below(&lab.path("cache")).into_iter().map(|file| (std::fs::read(&file).expect("readable"), file)).collect::<Vec<_>>();
    let before = contents();
    let retrain =
        |seed| says(&lab, &["cache", "verify", "--retrain", "2", "search.yaml", "--seed", seed, "--device", "cpu", "--workers", "2"]);
    let (code, table, talk) = retrain("0");
    assert_eq!(code, Some(0), "{talk}");
    assert!(talk.starts_with("doing 2 trainings again, of 10 that `search.yaml` reads from the cache\n"), "{talk}");
    assert!(table.ends_with("\ndrift of the validation accuracy: at most 0.0000, 0.0000 on average, over 2 trainings\n"), "{table}");
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(contents() == before);
    assert_eq!(retrain("0").1, table);
    assert_eq!(says(&lab, &["cache", "verify", "--retrain", "2"]).0, Some(2));
}

#[test]
fn images_are_decoded_once_and_damage_to_them_is_told_and_mended() {
    let lab = Lab::with_data();
    lab.spec("strategy: random");
    lab.run(&["--workers", "2"]);
    let images = files_below(&lab.path("cache/data-v1"));
    assert_eq!(images.len(), 2, "training and test images");
    let (code, found, _) = says(&lab, &["cache", "verify"]);
    assert!(code == Some(0) && found.ends_with(", 2 files of decoded images\n"), "{found}");
    std::fs::write(&images[0], "altered").expect("our own file");
    let (code, found, talk) = says(&lab, &["cache", "verify"]);
    assert!(code == Some(1) && found.starts_with("damaged images: `cache/data-v1/") && talk.contains("`--repair`"), "{found}{talk}");
    let (code, _, talk) = says(&lab, &["run", "search.yaml", "--device", "cpu", "--workers", "1"]);
    assert!(code == Some(0) && talk.contains("is damaged: it has 7 bytes, too few for a header; it is put aside"), "{talk}");
    let (code, found, talk) = says(&lab, &["cache", "verify"]);
    assert!(code == Some(0) && found.ends_with(", 2 files of decoded images\n"), "{found}");
    assert!(talk.contains("also there: 1 damaged file put aside"), "{talk}");
}
