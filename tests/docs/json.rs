//! `docs/json.md` names all keys of the objects that commands print.

use std::collections::BTreeSet;

use serde_json::Value;

use super::page::{Page, root};
use crate::lab::{Lab, text};

const SPEC: &str = "search.yaml";

/// Keys in the first column of the table under a heading.
fn documented(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find_map(|section| section.strip_prefix(heading)).expect("a section of this name");
    let cells = section.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn search() -> Lab {
    let lab = Lab::new();
    lab.write(SPEC, include_str!("../../specs/table-tiny.yaml"));
    lab.write("tables/tiny.csv", include_str!("../../specs/tables/tiny.csv"));
    lab
}

#[test]
fn the_page_names_the_keys_of_every_object() {
    let page = Page::read(&root().join("docs/json.md"));
    let lab = search();
    let run = lab.epnas(&["run", SPEC, "--format", "json"]);
    let events = text(&run.stdout).lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect::<Vec<_>>();
    let events: BTreeSet<String> = events.iter().map(|event| event["event"].as_str().expect("a word").to_owned()).collect();
    let known = documented(&page.text, "`epnas run`");
    assert!(events.len() > 5 && events.is_subset(&known), "{events:?} are not all in {known:?}");

    for (command, more) in [
        ("plan", vec![SPEC]),
        ("diff", vec![SPEC, SPEC]),
        ("why", vec![SPEC]),
        ("what-if", vec![SPEC, "--set", "constraints.params.max=100k"]),
        ("status", vec![]),
        ("doctor", vec![]),
    ] {
        let output = lab.epnas(&[&[command], &more[..], &["--format", "json"]].concat());
        let object: Value = serde_json::from_slice(&output.stdout).expect("one object");
        let mut keys: BTreeSet<String> = object.as_object().expect("an object").keys().cloned().collect();
        assert!(keys.remove("format"), "{command} says no format");
        assert_eq!(keys, documented(&page.text, &format!("`epnas {command}`")), "{command}");
    }
}
