//! Studies: networks trained at every fidelity of a spec, as a file that can be searched, and with inherited weights.

use std::collections::BTreeMap;

use crate::lab::{Lab, text};

const STUDY: [&str; 10] = ["study", "search.yaml", "--networks", "5", "--at-length", "2", "--replicates", "1", "--device", "cpu"];

/// Runs the study; gives the rows of its file by name of column.
fn networks(lab: &Lab) -> Vec<BTreeMap<String, String>> {
    let output = lab.epnas(&[&STUDY[..], &["--workers", "2"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let file = text(&std::fs::read(lab.path("results/tiny-study/networks.csv")).expect("written"));
    let mut lines = file.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().expect("a header");
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

fn column(rows: &[BTreeMap<String, String>], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn a_study_trains_each_network_at_every_fidelity_and_its_file_is_a_table() {
    let lab = Lab::with_data();
    lab.spec("");
    let rows = networks(&lab);
    assert_eq!(rows.len(), 5);
    for (name, trained) in [("grow-accuracy", 5), ("refine-accuracy", 5), ("final-accuracy", 2)] {
        let accuracies = column(&rows, name).into_iter().filter_map(|cell| cell.parse::<f64>().ok()).collect::<Vec<_>>();
        assert_eq!(accuracies.len(), trained, "{name}");
        assert!(accuracies.iter().all(|accuracy| (0.0..=1.0).contains(accuracy)), "{name}: {accuracies:?}");
    }
    // What is trained is cached, for a search too.
    let said = text(&lab.epnas(&STUDY).stderr);
    assert!(said.contains("studying: 12 trainings") && said.contains("rank correlations need 5 drawn networks"), "{said}");
    assert_eq!(networks(&lab), rows);
    let table = "name: again\nspace: {table: {path: results/tiny-study/networks.csv, choices: {split: {column: choices, separator: ' '}}, \
                 metric: grow-accuracy, unit: fraction, reported: {validation: refine-accuracy}, costs: {params: params}}}\n\
                 strategy: random\nstages: [{rounds: 5, trainings: 1}]\n";
    lab.write("table.yaml", table);
    let output = lab.epnas(&["run", "table.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let summary = text(&std::fs::read(lab.path("results/again/summary.md")).expect("written"));
    let best = column(&rows, "grow-accuracy").into_iter().filter_map(|cell| cell.parse::<f64>().ok()).fold(0.0, f64::max);
    let of_best: Vec<&BTreeMap<String, String>> =
        rows.iter().filter(|row| row["grow-accuracy"].parse::<f64>().ok() == Some(best)).collect();
    let told = |row: &&BTreeMap<String, String>| {
        let accuracy = row["refine-accuracy"].parse::<f64>().expect("a number");
        summary.contains(&format!("| validation accuracy | {:.2} %", 100.0 * accuracy))
    };
    assert!(of_best.iter().any(told), "{summary}");
    // A search with the name of the folder of the study, and the study again: neither loses what the other wrote.
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("other.yaml", spec.replace("name: tiny", "name: tiny-study").replace("\nstages:", "\nstrategy: fixed\nstages:"));
    let search = lab.epnas(&["run", "other.yaml", "--device", "cpu", "--workers", "1", "--no-export"]);
    let said = text(&search.stderr);
    assert!(search.status.success() && said.contains("held a study; it is now in `results/tiny-study.1`"), "{said}");
    assert!(lab.path("results/tiny-study.1/networks.csv").exists() && !lab.path("results/tiny-study/networks.csv").exists());
    let said = text(&lab.epnas(&STUDY).stderr);
    assert!(said.contains("held the results of a search; it is now in `results/tiny-study.2`"), "{said}");
    assert!(lab.path("results/tiny-study.2/network.json").exists());
}

#[test]
fn a_study_of_inherited_weights_hands_them_down_from_round_to_round() {
    let lab = Lab::with_data();
    lab.spec("");
    let plain = networks(&lab);
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("search.yaml", spec.replace("epochs: 2}", "epochs: 2, train: {inherit: parent}}"));
    let inherited = networks(&lab);
    assert_eq!(column(&inherited, "architecture"), column(&plain, "architecture"));
    assert_eq!(column(&inherited, "final-accuracy"), column(&plain, "final-accuracy"));
    // The networks of the first round have no parents.
    let [plain, inherited] = [plain, inherited].map(|rows| column(&rows, "refine-accuracy"));
    assert_eq!(inherited[..2], plain[..2]);
    assert_ne!(inherited[2..], plain[2..]);
}

#[test]
fn what_cannot_be_studied_is_said() {
    let lab = Lab::with_data();
    let refused = |arguments: &[&str]| {
        let output = lab.epnas(&[&["study", "search.yaml"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    lab.spec("strategy: fixed");
    assert!(refused(&[]).contains("no stages whose fidelity could be studied"));
    lab.spec("");
    assert!(refused(&["--networks", "3", "--at-length", "4"]).contains("more than the 3 networks that are drawn"));
    assert!(refused(&["--budget", "0"]).contains("a number above 0 is expected"));
    lab.spec("constraints: {params: {max: 150}}");
    let few = refused(&["--networks", "5000"]);
    assert!(few.contains("different networks that keep all limits were drawn") && few.contains("`--networks`"), "{few}");
    let spec = text(&std::fs::read(lab.path("search.yaml")).expect("written"));
    lab.write("search.yaml", spec.replace("references: none", "").replace("max: 150", "max: 100"));
    assert!(refused(&[]).contains("no reference keeps all limits"));
    lab.write("search.yaml", "name: a\nspace: {table: {path: known.csv, choices: {split: {column: a}}, metric: b}}\n");
    lab.write("known.csv", "a,b\nxy,0.5\nxz,0.6\n");
    assert!(refused(&[]).contains("the rows of a table are known already"));
}
