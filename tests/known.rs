//! Without the data: what a lock, a bundle or the cache says of them, and where a search stops all the same.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::lab::{Lab, text};

const TABLE: &str = include_str!("../specs/tables/tiny.csv");

/// With a search on a table that has run to its end, and is locked.
fn done() -> Lab {
    let lab = Lab::new();
    lab.write("tables/tiny.csv", TABLE);
    lab.write("search.yaml", include_str!("../specs/table-tiny.yaml"));
    assert_eq!(lab.epnas(&["run", "search.yaml"]).status.code(), Some(0));
    assert_eq!(lab.epnas(&["lock", "search.yaml"]).status.code(), Some(0));
    lab
}

fn plan(lab: &Lab, more: &[&str]) -> Value {
    let output = lab.epnas(&[&["plan", "search.yaml", "--format", "json"], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn to_do(plan: &Value) -> f64 {
    plan["forecast"]["tasks"].as_object().expect("kinds").values().map(|tasks| tasks["run"]["at_most"].as_f64().expect("a number")).sum()
}

#[test]
fn results_are_found_by_the_digests_of_the_lock_then_of_the_cache() {
    let lab = done();
    let whole = plan(&lab, &[]);
    assert_eq!((whole["data"].as_str(), to_do(&whole), whole["warnings"].as_array().map(Vec::len)), (Some("files"), 0.0, Some(0)));
    std::fs::remove_file(lab.path("tables/tiny.csv")).expect("our own file");
    let locked = plan(&lab, &["--locked"]);
    assert_eq!((locked["data"].as_str(), to_do(&locked)), (Some("lock"), 0.0));
    assert!(locked["warnings"][1].as_str().is_some_and(|told| told.contains("those in `search.yaml.lock`")), "{}", locked["warnings"]);

    std::fs::remove_file(lab.path("search.yaml.lock")).expect("our own file");
    let noted = plan(&lab, &[]);
    assert_eq!((noted["data"].as_str(), to_do(&noted)), (Some("cache"), 0.0));
    let why = lab.epnas(&["why", "search.yaml", "final/test", "--format", "json"]);
    let why: Value = serde_json::from_slice(&why.stdout).expect("JSON");
    assert_eq!((&why["data"], why["warnings"].as_array().map(Vec::len)), (&"cache".into(), Some(2)));

    // The run reports, and touches no data.
    let trials = std::fs::read(lab.path("results/table-tiny/trials.csv")).expect("of the run before");
    std::fs::remove_dir_all(lab.path("results")).expect("our own folder");
    let ran = lab.epnas(&["run", "search.yaml"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert!(lab.path("results/table-tiny/summary.md").exists());
    assert_eq!(std::fs::read(lab.path("results/table-tiny/trials.csv")).expect("told anew"), trials);

    // What has to be computed needs the data.
    lab.write("search.yaml", include_str!("../specs/table-tiny.yaml").replace("name: table-tiny", "name: table-tiny\nseed: 9"));
    let ran = lab.epnas(&["run", "search.yaml"]);
    assert_eq!(ran.status.code(), Some(3), "{}", text(&ran.stdout));
    assert!(text(&ran.stderr).contains(" has to run, and the data are not there: "), "{}", text(&ran.stderr));

    std::fs::remove_dir_all(lab.path("cache")).expect("our own folder");
    let nothing = plan(&lab, &[]);
    assert_eq!((nothing["data"].as_str(), to_do(&nothing) > 0.0), (Some("unknown"), true));
    let markdown = lab.epnas(&["plan", "search.yaml", "--format", "markdown"]);
    assert!(text(&markdown.stdout).contains("\n> warning: without the data no training counts as cached\n"), "{}", text(&markdown.stdout));
}

#[test]
fn a_lock_of_other_data_says_nothing() {
    let lab = done();
    std::fs::remove_dir_all(lab.path("cache")).expect("our own folder");
    std::fs::remove_file(lab.path("tables/tiny.csv")).expect("our own file");
    let other = "name: other\ndataset: {name: mnist, path: nowhere}\n";
    lab.write("search.yaml", other);
    assert_eq!(plan(&lab, &[])["data"], "unknown");
    let locked = lab.epnas(&["plan", "search.yaml", "--locked"]);
    assert_eq!(locked.status.code(), Some(3), "{}", text(&locked.stderr));
}

#[test]
fn who_imports_results_sees_them_without_the_data() {
    let lab = done();
    assert_eq!(lab.epnas(&["cache", "export", "search.yaml", "-o", "all.epnas"]).status.code(), Some(0));
    let colleague = Lab::new();
    colleague.write("search.yaml", include_str!("../specs/table-tiny.yaml"));
    std::fs::copy(lab.path("all.epnas"), colleague.path("all.epnas")).expect("our own files");
    assert_eq!(colleague.epnas(&["cache", "import", "all.epnas"]).status.code(), Some(0));
    let plan = plan(&colleague, &[]);
    assert_eq!((plan["data"].as_str(), to_do(&plan)), (Some("cache"), 0.0));
}

#[test]
fn an_old_spec_with_faults_is_told_and_fails_nothing() {
    let lab = done();
    lab.write("old.yaml", "name: 1\nstrategy: nothing\n");
    let output = lab.epnas(&["diff", "old.yaml", "search.yaml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("warning: `old.yaml` has faults, so that nothing is compared with it"),
        "{}",
        text(&output.stderr)
    );
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(told["old"].is_null() && told["warnings"][0].as_str().is_some_and(|told| told.contains("has faults")), "{told}");
    assert_eq!(told["tasks"]["train"]["anew"], told["tasks"]["train"]["new"]);
    let markdown = lab.epnas(&["diff", "old.yaml", "search.yaml", "--format", "markdown"]);
    assert!(text(&markdown.stdout).contains("There is nothing to compare with: the old spec has faults."));
    assert_eq!(lab.epnas(&["diff", "search.yaml", "old.yaml"]).status.code(), Some(2), "the new one is to run");
    assert_eq!(lab.epnas(&["diff", "missing.yaml", "search.yaml"]).status.code(), Some(2), "no file is no spec");
}

/// Whether git did it: in a repository of this folder, whatever the settings of the user and of a hook that runs the tests.
fn git(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(variable);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    command.args(identity).args(arguments).current_dir(folder).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_clone_without_history_is_told_from_a_wrong_name() {
    let lab = done();
    let git = |folder: &str, arguments: &[&str]| assert!(git(&lab.path(folder), arguments), "{arguments:?}");
    std::fs::create_dir(lab.path("full")).expect("our own folder");
    git("full", &["init", "-q", "-b", "main"]);
    for seed in [1, 2] {
        lab.write("full/s.yaml", format!("name: a\nseed: {seed}\ndataset: {{name: mnist}}\n"));
        git("full", &["add", "."]);
        git("full", &["commit", "-qm", "a spec"]);
    }
    let address = format!("file://{}", lab.path("full").display());
    git(".", &["clone", "-q", "--depth", "1", &address, "shallow"]);
    let said = |folder: &str| {
        let output = lab.command(&["diff", "HEAD~1:s.yaml", "s.yaml"]).current_dir(lab.path(folder)).output().expect("it starts");
        (output.status.code(), text(&output.stderr))
    };
    let (code, told) = said("shallow");
    assert!(code == Some(2) && told.contains("fetch-depth: 0"), "{told}");
    assert_eq!(said("full").0, Some(0));
}

#[test]
fn a_spec_that_is_new_in_a_revision_is_compared_with_nothing() {
    let lab = done();
    let git = |arguments: &[&str]| git(&lab.path("."), arguments);
    assert!(git(&["init", "-q"]) && git(&["commit", "-q", "--allow-empty", "-m", "nothing"]), "git is there");
    let output = lab.epnas(&["diff", "HEAD:search.yaml", "search.yaml", "--format", "markdown"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("There is nothing to compare with: the spec is new."), "{}", text(&output.stdout));
    for (old, new) in [("search.yaml", "HEAD:search.yaml"), ("gone:search.yaml", "search.yaml")] {
        let refused = lab.epnas(&["diff", old, new]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains("git does not have it"), "{}", text(&refused.stderr));
    }
}
