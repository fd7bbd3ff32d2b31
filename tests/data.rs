//! What data hold and what is doubtful about it: the same from `check --with-data`, `plan` and `run`.

use serde_json::Value;

use crate::lab::{Lab, events, text};

/// Codes that only data give.
pub const CODES: [&str; 10] = [
    "data::classes",
    "data::count",
    "data::few",
    "data::exchanged",
    "data::other",
    "data::repeated",
    "data::shared",
    "data::values",
    "space::too-small",
    "table::unit",
];

/// Writes a part of four images a label, image `index` of `seed` unlike all others.
fn part(lab: &Lab, name: &str, labels: &[u8], seed: u8, value: fn(usize) -> u8) {
    let header = |magic: u32, sizes: &[u32]| std::iter::once(&magic).chain(sizes).flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let pixels = (0..labels.len())
        .flat_map(|index| (0..784).map(move |pixel| if pixel == index + usize::from(seed) * 100 { 9 } else { value(pixel) }));
    let images = [header(0x803, &[labels.len() as u32, 28, 28]), pixels.collect()].concat();
    lab.write(&format!("data/{name}-images-idx3-ubyte"), images);
    lab.write(&format!("data/{name}-labels-idx1-ubyte"), [header(0x801, &[labels.len() as u32]), labels.to_vec()].concat());
}

const SPEC: &str = "name: d
dataset: {name: mnist, path: data, validation: 20}
references: none
space: {layers: {stem: {channels: 4, stride: 2}, channels: [4], depth: {max: 2}}}
stages: [{rounds: 1, proposals: 3, trainings: 2}]
train: {batch-size: 16, precision: fp32}
";

fn bytes(pixel: usize) -> u8 {
    (pixel % 251) as u8
}

fn ten(count: usize) -> Vec<u8> {
    (0..count).map(|index| (index % 10) as u8).collect()
}

/// A search in good data; the number of images alone is not the published one.
fn lab() -> Lab {
    let lab = Lab::new();
    part(&lab, "train", &ten(60), 1, bytes);
    part(&lab, "t10k", &ten(20), 2, bytes);
    lab.write("s.yaml", SPEC);
    lab
}

/// What a check says, as code and message.
fn checked(lab: &Lab) -> (bool, Value, Vec<(String, String)>) {
    let said: Value = serde_json::from_slice(&lab.epnas(&["check", "s.yaml", "--with-data", "--format", "json"]).stdout).expect("JSON");
    let faults = said["faults"].as_array().expect("a list").iter();
    let word = |fault: &Value, key: &str| fault[key].as_str().expect("text").to_owned();
    let faults = faults
        .map(|fault| (word(fault, "code"), word(fault, "message")))
        .filter(|(code, _)| !["data::count", "data::few"].contains(&code.as_str()))
        .collect();
    (said["specs"][0]["ok"] == true, said["specs"][0]["holds"].clone(), faults)
}

#[test]
fn what_was_read_is_told_by_check_plan_and_run() {
    let lab = lab();
    let (ok, holds, faults) = checked(&lab);
    assert!(ok && faults.is_empty(), "{faults:?}");
    assert_eq!((&holds["images"]["train"]["images"], &holds["images"]["test"]["per_class"][0]), (&60.into(), &2.into()));
    let line = "training: 60 images of 10 classes, 6 each, values 0 to 250, 20 of them for validation; test: 20 images of 10 \
                classes, 2 each, values 0 to 250";
    let said = text(&lab.epnas(&["check", "s.yaml", "--with-data"]).stdout);
    let few = "20 images for validation: an accuracy of 90 % has a standard error of 6.7 points";
    assert!(said.contains(line) && said.contains("data::count") && said.contains(few), "{said}");
    let output = lab.epnas(&["plan", "s.yaml"]);
    assert!(text(&output.stdout).contains(line), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("60 training images, and `mnist` is published with 60000"), "{}", text(&output.stderr));
    let plan: Value = serde_json::from_slice(&lab.epnas(&["plan", "s.yaml", "--format", "json"]).stdout).expect("JSON");
    assert_eq!((&plan["holds"], &plan["data"]), (&holds, &"files".into()));
    assert!(plan["warnings"][0].as_str().is_some_and(|warning| warning.contains("is published with 60000")), "{plan}");
}

#[test]
fn images_that_cannot_be_right_are_refused_before_anything_trains() {
    for (make, expected) in [
        ((|lab: &Lab| part(lab, "t10k", &ten(60), 1, bytes)) as fn(&Lab), ("data::shared", "the test images are the training images")),
        (|lab: &Lab| part(lab, "t10k", &ten(20), 1, bytes), ("data::shared", "all 20 test images are training images too")),
        (|lab: &Lab| part(lab, "train", &[3; 60], 1, bytes), ("data::classes", "all training images are of class 3")),
        (|lab: &Lab| part(lab, "t10k", &ten(20), 2, |_| 9), ("data::values", "every pixel of the test images is 9")),
        (
            |lab: &Lab| lab.write("s.yaml", SPEC.replace("validation: 20", "validation: 5000")),
            ("dataset::validation", "5000 images for validation, and there are 60 training images"),
        ),
        (
            |lab: &Lab| lab.write("s.yaml", SPEC.replace("validation: 20", "validation: 59")),
            ("dataset::validation", "59 of 60 training images for validation leave 1 for 10 classes"),
        ),
    ] {
        let lab = lab();
        make(&lab);
        let (ok, _, faults) = checked(&lab);
        assert!(!ok && faults.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{faults:?}");
        for command in ["plan", "run"] {
            let output = lab.epnas(&[command, "s.yaml"]);
            assert_eq!(output.status.code(), Some(2), "{command}: {}", text(&output.stderr));
            assert!(text(&output.stderr).contains(expected.1), "{command}: {}", text(&output.stderr));
        }
        assert!(!lab.path("results").exists(), "nothing began");
    }
}

#[test]
fn images_that_look_wrong_are_doubted() {
    let doubted = |lab: &Lab, code: &str, message: &str| {
        let (ok, _, faults) = checked(lab);
        assert!(ok && faults.iter().any(|fault| fault.0 == code && fault.1.starts_with(message)), "{message}: {faults:?}");
    };
    let lab = lab();
    part(&lab, "t10k", &[0, 1, 2, 3, 0], 2, bytes);
    doubted(&lab, "data::classes", "6 of 10 classes have no test image: 4, 5, 6, 7, 8, 9");
    part(&lab, "t10k", &ten(20), 2, |pixel| (pixel % 2) as u8 * 8 + 1);
    part(&lab, "train", &ten(60), 1, |pixel| if pixel < 300 { 9 } else { 1 });
    doubted(&lab, "data::repeated", "59 of 60 training images equal an earlier one");
    part(&lab, "train", &ten(60), 1, |_| 0);
    part(&lab, "t10k", &ten(70), 1, |_| 0);
    doubted(&lab, "data::shared", "60 of 70 different test images are training images too");
    lab.write("s.yaml", SPEC.replace("batch-size: 16", "batch-size: 64"));
    part(&lab, "t10k", &ten(20), 2, bytes);
    doubted(&lab, "stages::examples", "stage `stage-1` uses 40 of 40 training images, and a batch takes 64");
}

#[test]
fn published_data_are_known_under_other_names() {
    let published = std::path::Path::new("/usr/share/datasets/fashion-mnist");
    // `make test` installs it where that is possible.
    if !published.exists() {
        return;
    }
    let lab = Lab::new();
    let faults = |name: &str, path: &str| {
        lab.write("s.yaml", SPEC.replace("name: mnist, path: data", &format!("name: {name}, path: {path}")));
        checked(&lab)
    };
    let (ok, _, other) = faults("mnist", &published.display().to_string());
    assert!(ok && other.iter().any(|fault| fault.0 == "data::other" && fault.1.contains("those of `fashion-mnist`")), "{other:?}");
    std::fs::create_dir(lab.path("data")).expect("our own folder");
    for (from, to) in [("train", "t10k"), ("t10k", "train")] {
        for kind in ["images-idx3", "labels-idx1"] {
            let link = lab.path(&format!("data/{to}-{kind}-ubyte.gz"));
            std::os::unix::fs::symlink(published.join(format!("{from}-{kind}-ubyte.gz")), link).expect("our own folder");
        }
    }
    let (ok, _, exchanged) = faults("fashion-mnist", "data");
    let told = "the training files hold the test part of `fashion-mnist`";
    assert!(!ok && exchanged.iter().any(|fault| fault.0 == "data::exchanged" && fault.1 == told), "{exchanged:?}");
}

const IN_A_TABLE: &str = "name: t
space: {table: {path: t.csv, choices: {columns: [a, b]}, metric: m, costs: {params: p}}}
strategy: random
";

#[test]
fn tables_are_doubted_where_their_units_are_others_or_the_search_outlasts_them() {
    let lab = Lab::new();
    let said = |spec: &str, rows: usize, accuracy: fn(usize) -> f64| {
        let rows: Vec<String> = (0..rows).map(|row| format!("{},{},{},{}", row / 3, row % 3, accuracy(row), row + 10)).collect();
        lab.write("t.csv", format!("a,b,m,p\n{}\n", rows.join("\n")));
        lab.write("s.yaml", format!("{IN_A_TABLE}{spec}"));
        checked(&lab)
    };
    let (few, right): (_, fn(usize) -> f64) = ("stages: [{rounds: 4, trainings: 1}]\n", |row| 60.0 + row as f64);
    let (ok, holds, faults) = said(few, 9, right);
    assert!(ok && faults.is_empty(), "{faults:?}");
    assert_eq!((&holds["table"]["rows"], &holds["table"]["costs"]["params"][1]), (&9.into(), &18.0.into()));
    let code = |faults: &[(String, String)]| faults.iter().map(|fault| fault.0.clone()).collect::<Vec<_>>();
    assert_eq!(code(&said(few, 9, |row| 0.6 + row as f64 / 100.0).2), ["table::unit"]);
    assert_eq!(code(&said(few, 9, |row| if row < 4 { 0.62 } else { 60.0 + row as f64 }).2), ["table::unit"]);
    let (ok, _, faults) = said(&format!("{few}constraints: {{params: {{max: 15M}}}}\n"), 9, right);
    assert!(ok, "{faults:?}");
    assert_eq!(code(&faults), ["table::unit"], "{faults:?}");
    assert!(faults[0].1.contains("goes from 10 to 18 in the table, where a millionth of the bound lies"), "{faults:?}");
    let many = "stages: [{rounds: 40, trainings: 1}]\n";
    let outlasts = "40 trainings are asked for, and the table has 9 rows: the search ends when all are tried";
    assert_eq!(said(many, 9, right).2, [("space::too-small".to_owned(), outlasts.to_owned())]);
    let plan = lab.epnas(&["plan", "s.yaml"]);
    assert!(text(&plan.stderr).contains(outlasts) && text(&plan.stdout).contains("9 networks, 2 choices of 3 options"));
    let run = events(&lab.epnas(&["run", "s.yaml", "--format", "json"]));
    let told = |event: &str, key: &str| run.iter().find(|one| one["event"] == event).map(|one| one[key].to_string()).expect("told");
    assert!(told("warning", "message").contains(outlasts) && told("data", "summary").contains("9 networks"));
    let summary = std::fs::read_to_string(lab.path("results/t/summary.md")).expect("written");
    assert!(summary.contains("31 of 41 trainings had no network left"), "{summary}");
    assert_eq!(said(few, 1, right).2[0].1, "the table has one row: there is nothing to search");
}
