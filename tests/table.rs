//! Searches in a table with the real program: no workers, the file found from the spec, faults of the file told in full.

use crate::lab::{Lab, events, summary, text, total};

/// The committed example, in a folder of its own, and its table.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("specs/search.yaml", include_str!("../specs/table-tiny.yaml"));
    lab.write("specs/tables/tiny.csv", include_str!("../specs/tables/tiny.csv"));
    lab
}

const RUN: [&str; 4] = ["run", "specs/search.yaml", "--format", "json"];

#[test]
fn a_search_in_a_table_needs_no_workers_and_a_second_run_executes_nothing() {
    let lab = lab();
    let output = lab.epnas(&RUN);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let first = events(&output);
    assert_eq!(summary(&first)["tasks"]["train"]["executed"], 21, "twenty, and the last one by its reported figure");
    assert_eq!(total(&first, "failed") + total(&first, "skipped"), 0);
    let best = &summary(&first)["best"];
    assert!(best["costs"]["params"].as_f64().expect("a number") <= 150_000.0, "{best}");
    assert!(best["test_accuracy"].as_f64().expect("a fraction") > 0.8, "{best}");
    assert!(!lab.path("results/table-tiny/weights.safetensors").exists());
    let again = events(&lab.epnas(&RUN));
    assert_eq!(total(&again, "executed"), 0);
    assert_eq!(summary(&again)["best"], *best);

    // Found from the spec, not from the folder the program is started in; packed or moved it is the same table.
    lab.write("specs/search.yaml", include_str!("../specs/table-tiny.yaml").replace("tables/tiny.csv", "../elsewhere.csv"));
    std::fs::rename(lab.path("specs/tables/tiny.csv"), lab.path("elsewhere.csv")).expect("our own files");
    assert_eq!(total(&events(&lab.epnas(&RUN)), "executed"), 0);
}

#[test]
fn the_test_column_costs_the_last_tasks_alone() {
    let lab = lab();
    lab.epnas(&RUN);
    let table = include_str!("../specs/tables/tiny.csv").replace("validation,test,", "test,validation,");
    lab.write("specs/tables/tiny.csv", table);
    let tasks = summary(&events(&lab.epnas(&RUN)))["tasks"].clone();
    for (kind, executed) in [("sample", 0), ("predict", 0), ("train", 1), ("reward", 1), ("update", 0), ("final", 1)] {
        assert_eq!(tasks[kind]["executed"], executed, "{kind}");
    }
}

#[test]
fn a_faulty_table_is_bad_input_and_a_missing_one_is_trouble() {
    let lab = lab();
    let says = |command: &str, code: i32, wanted: &str| {
        let output = lab.epnas(&[command, "specs/search.yaml"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(wanted), "{said}");
    };
    lab.write("specs/tables/tiny.csv", include_str!("../specs/tables/tiny.csv").replace("0001,", "0001,high"));
    let fault = "\
table::number

  x specs/tables/tiny.csv:3: column `early`: ";
    says("run", 2, fault);
    says("plan", 2, fault);
    says("run", 2, "\n  help: ");
    std::fs::remove_file(lab.path("specs/tables/tiny.csv")).expect("our own file");
    says("run", 3, "specs/tables/tiny.csv");
    says("plan", 0, "warning: cannot read `specs/tables/tiny.csv`");
    std::fs::create_dir(lab.path("specs/tables/tiny.csv")).expect("our own folder");
    says("run", 3, "it is a folder");
    says("plan", 3, "it is a folder");
    assert_eq!(lab.epnas(&["check", "specs"]).status.code(), Some(0), "a check opens no table");
}

#[test]
fn where_constraints_reject_everything_the_nearest_is_told_and_nothing_fails() {
    let lab = lab();
    lab.write("specs/search.yaml", include_str!("../specs/table-tiny.yaml").replace("max: 150k", "max: 10"));
    let output = lab.epnas(&["run", "specs/search.yaml"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("where `params ≤ 10` is asked for"), "{said}");
    let kept = std::fs::read_to_string(lab.path("results/table-tiny/summary.md")).expect("written");
    assert!(kept.contains("| final | 0 | 0 | 0 | 1 |"), "{kept}");
}

#[test]
fn strategies_are_compared_on_one_cache_and_the_same_comparison_says_the_same() {
    let lab = lab();
    lab.write("specs/search.yaml", format!("{}epnas: {{policy: logits}}\n", include_str!("../specs/table-tiny.yaml")));
    let compare = || {
        let wanted =
            ["--strategies", "epnas,random", "--ablate", "predictor,policy,constraints", "--seeds", "4", "--at", "5,20", "--unseen", "10"];
        let output = lab.epnas(&[&["compare", "specs/search.yaml", "--name", "rivals"][..], &wanted].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let said = compare();
    for name in ["epnas", "random", "epnas without predictor", "epnas without policy", "epnas without constraints"] {
        assert!(said.contains(&format!("| {name} ")), "{name}: {said}");
    }
    assert!(said.contains("rank correlation over the rows not seen after 10 trainings, epnas: 0."), "{said}");
    let curves = std::fs::read_to_string(lab.path("results/rivals/curves.csv")).expect("written");
    assert_eq!(curves.lines().count(), 1 + 5 * 4 * 20, "contestants × seeds × trainings");
    for file in ["comparison.md", "summary.csv", "curves.svg"] {
        assert!(lab.path("results/rivals").join(file).exists(), "{file}");
    }
    assert_eq!(compare(), said);
    let meant = text(&lab.epnas(&["compare", "specs/search.yaml", "--strategies", "evolution"]).stderr);
    assert!(meant.contains("did you mean `regularized-evolution`?"), "{meant}");
    let output = lab.epnas(&["compare", "specs/search.yaml", "--strategies", "luck"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`luck`"), "{}", text(&output.stderr));
}

#[test]
fn a_comparison_of_which_a_search_breaks_off_is_not_written() {
    let lab = lab();
    let compare = || lab.epnas(&["compare", "specs/search.yaml", "--strategies", "random,local-search", "--seeds", "2"]);
    let output = compare();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("2 seeds are too few to tell"), "{}", text(&output.stdout));
    let written = std::fs::read_to_string(lab.path("results/comparison/summary.csv")).expect("written");
    let blobs = lab.path("cache/blobs-v1");
    std::fs::rename(&blobs, lab.path("away")).expect("our own folder");
    for shard in 0..=255 {
        lab.write(&format!("cache/blobs-v1/{shard:02x}"), "no folder");
    }
    let output = compare();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("with seed 0 broke off: `") && said.contains("take it away, and what was in it is computed anew"), "{said}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(std::fs::read_to_string(lab.path("results/comparison/summary.csv")).expect("kept"), written);
    std::fs::remove_dir_all(&blobs).expect("our own folder");
    assert_eq!(compare().status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(lab.path("results/comparison/summary.csv")).expect("written"), written);
}

#[test]
fn another_comparison_of_the_same_name_puts_the_former_aside() {
    let lab = lab();
    let compare = |strategies: &str, seeds: &str| {
        let output = lab.epnas(&["compare", "specs/search.yaml", "--strategies", strategies, "--seeds", seeds]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(!compare("random", "1").contains("it is now in"));
    // The same with more seeds or more contestants replaces it.
    assert!(!compare("random", "2").contains("it is now in") && !compare("local-search,random", "2").contains("it is now in"));
    let said = compare("reinforce", "1");
    assert!(said.contains("`results/comparison` held a comparison of others; it is now in `results/comparison.1`"), "{said}");
    let curves = |folder: &str| std::fs::read_to_string(lab.path(folder).join("curves.csv")).expect("written");
    assert!(curves("results/comparison.1").contains("\nlocal-search,") && !curves("results/comparison").contains("\nlocal-search,"));
    assert_eq!(lab.epnas(&["run", "specs/search.yaml"]).status.code(), Some(0));
    let output = lab.epnas(&["compare", "specs/search.yaml", "--strategies", "random", "--seeds", "1", "--name", "table-tiny"]);
    assert!(text(&output.stderr).contains("held the results of a search; it is now in"), "{}", text(&output.stderr));
    assert!(lab.path("results/table-tiny.1/summary.md").exists());
}

#[test]
fn a_comparison_says_what_it_cannot_tell() {
    let lab = lab();
    let says = |arguments: &[&str], code: i32, wanted: &str| {
        let output = lab.epnas(&[&["compare", "specs/search.yaml", "--strategies", "random"], arguments].concat());
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(wanted) && !said.contains("NaN"), "{said}");
    };
    says(&["--first-seed", &u64::MAX.to_string(), "--seeds", "2"], 2, "leaves no room for 2 seeds");
    says(&["--ablate", "predictor"], 2, "`random` has no predictor to take out");
    says(&["--strategies", "random"], 2, "two contestants are called `random`");
    lab.write(
        "specs/other.yaml",
        include_str!("../specs/table-tiny.yaml").replace("metric: early", "metric: validation").replace("name: table-tiny", "name: other"),
    );
    says(&["specs/other.yaml"], 2, "do not search the same data");
    lab.write(
        "specs/other.yaml",
        include_str!("../specs/table-tiny.yaml").replace("macs: macs", "").replace("name: table-tiny", "name: other"),
    );
    says(&["specs/other.yaml"], 0, "| other random ");
    says(&["--at", "5,50"], 0, "nothing is told of `--at 50`: the searches made up to 20 trainings");
    lab.write("specs/search.yaml", include_str!("../specs/table-tiny.yaml").replace("max: 150k", "max: 10"));
    says(&[], 1, "none of the 81 rows keeps all constraints");
}

#[test]
fn a_stage_may_be_called_like_a_task() {
    let lab = lab();
    let spec = include_str!("../specs/table-tiny.yaml");
    let names = ["reward-a", "train-01", "train-01-r2"];
    let trials = |name: &str| {
        lab.write("specs/search.yaml", spec.replace("- {rounds", &format!("- {{name: {name}, rounds")));
        let output = lab.epnas(&RUN);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let written = text(&std::fs::read(lab.path("results/table-tiny/trials.csv")).expect("written"));
        assert!(written.contains(&format!("{name}/round-01/train-01,{name},")), "{written}");
        written.replace(&format!("{name}/round"), "stage-1/round").replace(&format!(",{name},"), ",stage-1,")
    };
    let plain = trials("grow");
    assert_eq!(plain.lines().count(), 1 + 21, "{plain}");
    for name in names {
        assert_eq!(trials(name), plain, "{name}");
    }
}

/// Runs the spec after an edit; its exit code, its summary and what the screen says.
fn ends(lab: &Lab, edit: impl Fn(&str) -> String) -> (Option<i32>, serde_json::Value, String) {
    lab.write("specs/search.yaml", edit(include_str!("../specs/table-tiny.yaml")));
    let output = lab.epnas(&RUN);
    let summary = summary(&events(&output)).clone();
    (output.status.code(), summary, text(&std::fs::read(lab.path("results/table-tiny/summary.md")).expect("written")))
}

#[test]
fn a_search_that_had_nothing_to_train_says_why() {
    let lab = lab();
    let (code, summary, said) = ends(&lab, |spec| spec.replace("{max: 150k}", "{max: 10, enforcement: reject}"));
    assert_eq!((code, &summary["ending"], &summary["best"]), (Some(1), &"all-rejected".into(), &serde_json::Value::Null));
    assert!(said.contains("**No network was trained: the constraints rejected all that were proposed.**"), "{said}");
    assert!(said.contains("where `params ≤ 10` is asked for"), "{said}");
    let (code, summary, said) = ends(&lab, |spec| spec.replace("{max: 150k}", "{max: 10, enforcement: penalty}"));
    assert_eq!((code, &summary["ending"]), (Some(1), &"none-feasible".into()));
    assert!(said.contains("**No feasible network was found.**"), "{said}");
}

#[test]
fn a_space_that_is_used_up_is_said_to_be() {
    let lab = lab();
    let (code, summary, said) = ends(&lab, |spec| spec.replace("rounds: 20, trainings: 1", "rounds: 100, trainings: 1"));
    assert_eq!((code, &summary["ending"]), (Some(0), &"found".into()));
    let left_out = summary["unproposed"].as_u64().expect("a count");
    assert_eq!(summary["networks"].as_u64(), Some(100 - left_out), "{summary}");
    assert!(left_out >= 100 - 81, "the table has 81 rows");
    assert!(said.contains(&format!("{left_out} of 100 trainings of the rounds were left out")), "{said}");
    let (_, summary, said) = ends(&lab, str::to_owned);
    assert_eq!(summary["unproposed"], 0);
    assert!(!said.contains("left out"), "{said}");
}

#[test]
fn a_small_pool_or_none_does_not_end_a_search_before_its_rows_are_used_up() {
    let lab = lab();
    // Eight rows keep the limit.
    let few = |epnas: &str| {
        ends(&lab, |spec| {
            let edited = spec.replace("strategy: local-search", &format!("strategy: epnas\nepnas: {epnas}"));
            edited.replace("local-search: {initial: 5}\n", "").replace("max: 150k", "max: 41k")
        })
    };
    let (_, summary, _) = few("{initial: 1, pool: 2}");
    assert_eq!(summary["networks"], 8, "{summary}");
    // Nothing is measured when lanes are to begin.
    let (_, summary, _) = few("{initial: 0, pool: 0, policy: logits}");
    assert!(summary["networks"].as_u64() > Some(3), "{summary}");
}
