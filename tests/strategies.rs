//! Whole runs of every strategy, of a fixed network, and of networks that are trained several times.

use serde_json::Value;

use crate::lab::{Lab, files_below, summary, text, total};
use crate::run::trials;

#[test]
fn random_search_runs_under_the_same_spec() {
    let lab = Lab::with_data();
    lab.spec("strategy: random");
    let events = lab.run(&[]);
    assert_eq!(summary(&events)["tasks"]["train"]["executed"], 10);
    assert_eq!(summary(&events)["predictor"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_fixed_network_is_trained_and_tested_without_a_search() {
    let lab = Lab::with_data();
    lab.spec("strategy: fixed");
    let events = lab.run(&[]);
    assert_eq!(summary(&events)["tasks"]["train"]["executed"], 1);
    assert!(summary(&events)["best"]["test_accuracy"].as_f64().expect("a fraction") > 0.0);
}

#[test]
fn more_replicates_train_only_what_is_new_and_fewer_nothing() {
    let lab = Lab::with_data();
    let networks = |events: &[Value], how: &str| summary(events)["tasks"]["train"][how].as_u64().expect("a count");
    let replicates = |count: usize| {
        lab.spec("strategy: fixed");
        let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
        lab.write("search.yaml", spec.replace("precision: fp32", &format!("precision: fp32, replicates: {count}")));
        lab.run(&["--workers", "2"])
    };
    let one = replicates(1);
    let weights = std::fs::read(lab.path("results/tiny/weights.safetensors")).expect("written");
    let three = replicates(3);
    assert_eq!((networks(&three, "executed"), networks(&three, "cached")), (2, 1));
    assert_eq!(std::fs::read(lab.path("results/tiny/weights.safetensors")).expect("written"), weights, "those of the first training");
    let network: Value = serde_json::from_slice(&std::fs::read(lab.path("results/tiny/network.json")).expect("written")).expect("JSON");
    for which in ["validation", "test"] {
        let single: Vec<f64> = serde_json::from_value(network[format!("{which}_accuracies")].clone()).expect("a list");
        assert_eq!(single.len(), 3, "{which}");
        assert_eq!(summary(&one)["best"][format!("{which}_accuracy")].as_f64(), Some(single[0]));
        let mean = summary(&three)["best"][format!("{which}_accuracy")].as_f64().expect("a number");
        assert!((mean - single.iter().sum::<f64>() / 3.0).abs() < 1e-12);
        assert!(summary(&three)["best"][format!("{which}_deviation")].as_f64().is_some());
    }
    let told = text(&std::fs::read(lab.path("results/tiny/summary.md")).expect("written"));
    assert!(told.matches(" ± ").count() >= 3 && told.contains("6 × 1, 3 times"), "{told}");
    assert_eq!(total(&replicates(1), "executed"), 0);
    assert_eq!(total(&replicates(3), "executed"), 0);

    // In a search too: each of the ten networks twice.
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("search.yaml", spec.replace("strategy: fixed", "").replace("replicates: 3", "replicates: 2"));
    let searched = lab.run(&["--workers", "2"]);
    assert_eq!(networks(&searched, "executed") + networks(&searched, "cached"), 20);
    assert_eq!(text(&std::fs::read(lab.path("results/tiny/trials.csv")).expect("written")).lines().count(), 1 + 10);
}

#[test]
fn every_strategy_runs_under_the_same_spec() {
    let lab = Lab::with_data();
    for strategy in ["regularized-evolution", "local-search", "reinforce", "pnas"] {
        lab.spec(&format!("strategy: {strategy}"));
        let events = lab.run(&[]);
        let trained: u64 =
            ["executed", "cached"].iter().map(|how| summary(&events)["tasks"]["train"][how].as_u64().expect("a count")).sum();
        assert_eq!(trained, 10, "{strategy}");
        assert_eq!(total(&lab.run(&[]), "executed"), 0, "{strategy}");
    }
}

/// Runs again with two workers: out of the cache nothing is executed, and with an empty cache the same is found.
fn finds_the_same_with_two_workers(lab: &Lab, found: &[Vec<u8>]) {
    assert_eq!(total(&lab.run(&["--workers", "2"]), "executed"), 0);
    lab.run(&["--workers", "2", "--cache", "other"]);
    assert_eq!(trials(lab), found);
}

#[test]
fn a_predictor_that_reads_scores_of_untrained_networks_finds_the_same_with_any_number_of_workers() {
    let lab = Lab::with_data();
    lab.spec("epnas: {initial: 2, pool: 20}\npredict: {zero-cost: [synflow, naswot]}");
    let events = lab.run(&["--workers", "1"]);
    assert_eq!(total(&events, "failed") + total(&events, "skipped"), 0);
    let one = trials(&lab);
    let states = files_below(&lab.path("cache")).into_iter().map(|file| text(&std::fs::read(file).expect("a file")));
    let kept = states.filter(|blob| blob.contains(r#""tried""#) && blob.contains(r#""scores":{"#) && blob.contains(r#""naswot":"#)).count();
    assert!(kept >= 2, "scores are kept with what was measured: {kept}");
    finds_the_same_with_two_workers(&lab, &one);
}

#[test]
fn a_predictor_that_reads_shared_weights_says_whether_they_ranked() {
    let lab = Lab::with_data();
    lab.spec("epnas: {initial: 2, pool: 20}\npredict: {shared-weights: {passes: 1, chains: 2, statistics: 64, images: 20, gate: -1}}");
    let events = lab.run(&["--workers", "1"]);
    assert_eq!(total(&events, "failed") + total(&events, "skipped"), 0);
    assert_eq!(summary(&events)["tasks"]["share"]["executed"], 2);
    let one = trials(&lab);
    for file in ["summary.md", "report.html"] {
        let told = text(&std::fs::read(lab.path(&format!("results/tiny/{file}"))).expect("written"));
        assert!(told.contains("Accuracy with shared weights, held against "), "{file}: {told}");
    }
    finds_the_same_with_two_workers(&lab, &one);
}

#[test]
fn networks_that_begin_with_the_weights_of_others_are_the_same_with_any_number_of_workers() {
    let lab = Lab::with_data();
    lab.spec("epnas: {initial: 2, pool: 20}");
    let plain = std::fs::read_to_string(lab.path("search.yaml")).expect("written");
    lab.write("search.yaml", plain.replace("train: {", "train: {inherit: parent, "));
    let events = lab.run(&["--workers", "1"]);
    assert_eq!(total(&events, "failed") + total(&events, "skipped"), 0);
    let one = trials(&lab);
    let blobs = files_below(&lab.path("cache")).into_iter().map(|file| text(&std::fs::read(file).expect("a file")));
    let aged = blobs.filter(|blob| blob.starts_with(r#"{"architecture""#) && blob.contains(r#""age":"#)).count();
    assert!(aged >= 2, "networks of later rounds begin with weights: {aged}");
    let told = text(&std::fs::read(lab.path("results/tiny/summary.md")).expect("written"));
    assert!(told.contains(" of the search began with the weights of another one, which had seen 1.00 to "), "{told}");
    finds_the_same_with_two_workers(&lab, &one);
    lab.write("search.yaml", plain);
    lab.run(&["--workers", "2"]);
    assert_ne!(trials(&lab), one);
}

#[test]
fn shared_weights_are_the_same_bits_with_any_number_of_workers() {
    let lab = Lab::with_data();
    let enas = "strategy: enas\nenas: {warm-up: 1, examples: 0.5, steps: 2, samples: 2, hidden: 8, statistics: 64, reward-images: 20}";
    lab.spec(enas);
    let alone = lab.run(&["--workers", "1"]);
    let outputs = |cache: &str| {
        let records = files_below(&lab.path(cache).join("records-v1")).into_iter();
        let read = records.map(|path| serde_json::from_slice::<Value>(&std::fs::read(path).expect("written")).expect("JSON"));
        let of = |file: Value| {
            let record = &file["record"];
            (record["fingerprint"]["kind"].as_str().unwrap_or_default().to_owned(), record["outcome"].to_string())
        };
        read.map(of).collect::<std::collections::BTreeSet<_>>()
    };
    let first = outputs("cache");
    assert!(first.iter().any(|(kind, _)| kind == "share") && first.iter().any(|(kind, _)| kind == "steer"), "{first:?}");
    std::fs::rename(lab.path("cache"), lab.path("former")).expect("put aside");
    let together = lab.run(&["--workers", "3"]);
    assert_eq!(outputs("cache"), first);
    assert_eq!(summary(&alone)["best"], summary(&together)["best"]);
    assert_eq!(total(&lab.run(&[]), "executed"), 0, "nothing runs twice");
    // The lessons are others; what was trained before them stays.
    lab.spec(&enas.replace("samples: 2", "samples: 3"));
    let events = lab.run(&[]);
    // The warm-up, what comes before the first lesson, and what comes after it: the same paths are drawn, so the same weights come.
    assert_eq!((summary(&events)["tasks"]["share"]["cached"].as_u64(), total(&events, "failed")), (Some(3), 0));
    assert_eq!(summary(&events)["tasks"]["steer"]["cached"], 0);
}

#[test]
fn searches_are_compared_with_networks_written_by_hand() {
    let lab = Lab::with_data();
    lab.spec("strategy: random\nconstraints: {params: {max: 3k}}");
    let compare = |references: &str| {
        lab.epnas(&["compare", "search.yaml", "--references", references, "--seeds", "2", "--workers", "2", "--device", "cpu"])
    };
    let output = compare("vgg,mobilenet-v2");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let of = |contestant: &str| {
        let row = said.lines().find(|line| line.starts_with(&format!("| {contestant} ")) && line.ends_with(" s |")).expect("in full");
        row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    };
    // Passes: 1 + 4 networks, 1 + 2 networks for two epochs each, and 2 networks for six epochs; and one network for six epochs.
    assert_eq!((of("random")[10].as_str(), of("vgg")[10].as_str()), ("23.0", "6.0"), "{said}");
    assert!(said.contains("| mobilenet-v2 ") && !said.contains("| resnet "), "{said}");
    // Searches that train for longer see other accuracies.
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("longer.yaml", spec.replace("name: tiny", "name: longer").replace("epochs: 2}", "epochs: 3}"));
    let both = lab.epnas(&["compare", "search.yaml", "longer.yaml", "--seeds", "1", "--workers", "2", "--device", "cpu"]);
    let told = text(&both.stdout);
    assert!(told.contains("tiny random and longer random train differently"), "{told}{}", text(&both.stderr));
    assert!(!said.contains("train differently"), "{said}");
    // Accuracies of other images, or by another metric, are not held against each other.
    for (field, edit) in [
        ("dataset.validation", ("validation: 40", "validation: 80")),
        ("metric", ("strategy: random", "strategy: random\nmetric: balanced-accuracy")),
    ] {
        let edited = spec.replace("name: tiny", "name: other").replace(edit.0, edit.1);
        assert_ne!(edited, spec.replace("name: tiny", "name: other"), "{field}");
        lab.write("other.yaml", edited);
        let refused = lab.epnas(&["compare", "search.yaml", "other.yaml", "--device", "cpu"]);
        let why = text(&refused.stderr);
        assert!(refused.status.code() == Some(2) && why.contains(&format!("have another `{field}`\nhelp: ")), "{why}");
    }
    let unknown = compare("densenet");
    let why = text(&unknown.stderr);
    assert!(unknown.status.code() == Some(2) && why.contains("`densenet` is no family") && why.contains("mobilenet-v2"), "{why}");
    lab.spec("strategy: random\nconstraints: {params: {max: 100}}");
    let none = compare("auto");
    let why = text(&none.stderr);
    assert!(none.status.code() == Some(2) && why.contains("no `vgg` keeps the limits of `tiny`"), "{why}");
}
