//! Why tasks run, from the command line: before a run and after it, the chain to the edited line.

use serde_json::Value;

use crate::lab::{Lab, events, text};

const SEARCH: &str = "specs/search.yaml";

fn says(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.epnas(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn an_edited_limit_is_named_before_the_run_and_after_it() {
    let lab = Lab::new();
    lab.write("specs/tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    let old = include_str!("../specs/table-tiny.yaml").replace("max: 150k", "max: 80k, enforcement: penalty");
    let new = old.replace("80k", "40k");
    lab.write("specs/old.yaml", &old);
    lab.write(SEARCH, &old);
    let first = says(&lab, &["plan", SEARCH]);
    assert!(!first.contains("why: "), "nothing was changed: {first}");
    says(&lab, &["run", SEARCH]);
    lab.write(SEARCH, &new);

    let place = new.lines().position(|line| line.contains("params: {max: 40k")).expect("it is there") + 1;
    let said = format!("{SEARCH}:{place}:12 `constraints.params.max` was 80000, now 40000");
    let reward = says(&lab, &["why", SEARCH, "stage-1/round-01/reward-01"]);
    assert!(reward.contains(&format!("it runs because: `stage-1/round-01/reward-01` ← {said}\n")), "{reward}");
    let before = says(&lab, &["why", SEARCH, "final/train-01"]);
    let chain = before.lines().find_map(|line| line.strip_prefix("  it runs because: ")).unwrap_or_else(|| panic!("{before}")).to_owned();
    assert!(chain.starts_with("`final/train-01` ← `final/sample` ← ") && chain.ends_with(&format!("` ← {said}")), "{chain}");
    for arguments in
        [&["plan", SEARCH][..], &["plan", SEARCH, "--format", "markdown"], &["diff", "specs/old.yaml", SEARCH, "--format", "markdown"]]
    {
        let shown = says(&lab, arguments);
        assert!(shown.contains(&format!("why: {said} (")), "{arguments:?}: {shown}");
    }
    let plan: Value = serde_json::from_str(&says(&lab, &["plan", SEARCH, "--format", "json"])).expect("JSON");
    let place_of = |task: &str| plan["why"][task]["reason"]["changed"]["changes"][0]["place"].as_str().map(str::to_owned);
    assert_eq!(place_of("final/train-01"), place_of("stage-1/round-01/reward-01"));
    assert_eq!(plan["why"]["stage-1/round-01/train-01"], Value::Null, "it is cached");

    let run = events(&lab.epnas(&["run", SEARCH, "--format", "json"]));
    let ran = |task: &str| run.iter().any(|event| event["event"] == "task-started" && event["task"] == task);
    assert!(ran("final/train-01"), "another network is the best within the new limit");
    let after = says(&lab, &["why", SEARCH, "final/train-01"]);
    assert!(after.starts_with("`final/train-01` is cached\n"), "{after}");
    let kept = after.lines().find_map(|line| line.strip_prefix("  it ran because: ")).unwrap_or_else(|| panic!("{after}"));
    assert!(kept.ends_with(&said), "{kept}");
    let summary = std::fs::read_to_string(lab.path("results/table-tiny/summary.md")).expect("written");
    assert!(summary.contains(&format!("why: {said} (")), "{summary}");

    // A spec of another name is no edit of this one, though both use one cache.
    lab.write("specs/other.yaml", new.replace("name: table-tiny", "name: other").replace("40k", "60k"));
    let other = says(&lab, &["plan", "specs/other.yaml"]);
    assert!(other.contains("runs now: ") && !other.contains("why: "), "{other}");
    let other = says(&lab, &["why", "specs/other.yaml"]);
    assert!(!other.contains("nearest earlier result"), "{other}");

    // Of a result that another spec asked for nothing is kept.
    lab.write(SEARCH, &old);
    let again = says(&lab, &["why", SEARCH, "final/train-01"]);
    assert!(again.contains("is cached") && !again.contains("it ran because"), "{again}");
}
