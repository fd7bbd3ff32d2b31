//! Files of one's own in the format of MNIST: planned, checked against what they hold, trained on.

use serde_json::Value;

use crate::lab::{Lab, events, summary, text};

/// Rows and columns of an image.
const SIDES: (usize, usize) = (12, 10);

/// Writes a part under the names of EMNIST: three classes, labelled 1 to 3, told apart by the place of a bright bar.
fn part(lab: &Lab, name: &str, images: usize, seed: usize) {
    let header = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
    let (height, width) = SIDES;
    let label = |image: usize| image % 3 + 1;
    let pixel = |image: usize, place: usize| {
        let bar = if place / width / 3 == label(image) { 150 } else { 0 };
        bar + ((image * 31 + place * 17 + seed * 7) % 50) as u8 + u8::from(place == (image + seed) % 120) * 40
    };
    let pixels = (0..images).flat_map(|image| (0..height * width).map(move |place| pixel(image, place)));
    let of_images = [header(&[0x803, images as u32, height as u32, width as u32]), pixels.collect()].concat();
    lab.write(&format!("letters/own-{name}-images-idx3-ubyte"), of_images);
    let labels = (0..images).map(|image| label(image) as u8).collect();
    lab.write(&format!("letters/own-{name}-labels-idx1-ubyte"), [header(&[0x801, images as u32]), labels].concat());
}

const SPEC: &str = "name: own
dataset: {format: idx, path: letters, height: 12, width: 10, class-names: [none, a, b, c], validation: 30}
references: none
space: {layers: {stem: {channels: 4}, channels: [4, 8], depth: {max: 2}}}
stages: [{rounds: 1, proposals: 3, trainings: 2, epochs: 2}]
train: {batch-size: 16, precision: fp32}
final: {networks: 1, epochs: 6}
";

fn lab(spec: &str) -> Lab {
    let lab = Lab::new();
    part(&lab, "train", 150, 1);
    part(&lab, "test", 60, 2);
    lab.write("search.yaml", spec);
    lab
}

/// Code and message of every fault, and whether the spec passed.
fn checked(lab: &Lab) -> (bool, Vec<(String, String)>) {
    let said: Value =
        serde_json::from_slice(&lab.epnas(&["check", "search.yaml", "--with-data", "--format", "json"]).stdout).expect("JSON");
    let word = |fault: &Value, key: &str| fault[key].as_str().expect("text").to_owned();
    let faults = said["faults"].as_array().expect("a list").iter().map(|fault| (word(fault, "code"), word(fault, "message")));
    (said["specs"][0]["ok"] == true, faults.collect())
}

#[test]
fn files_of_ones_own_are_planned_and_held_against_what_they_say() {
    let no_class_0 = |word: &str| ("data::classes".to_owned(), format!("1 of 4 classes have no {word} image: 0"));
    let lab_of = |from: &str, to: &str| {
        assert!(SPEC.contains(from), "{from}");
        lab(&SPEC.replace(from, to))
    };
    let lab = lab(SPEC);
    let few = "30 images for validation: an accuracy of 90 % has a standard error of 5.5 points";
    assert_eq!(checked(&lab), (true, vec![no_class_0("training"), no_class_0("test"), ("data::few".to_owned(), few.to_owned())]));
    let plan = lab.epnas(&["plan", "search.yaml"]);
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan.stderr));
    assert!(text(&plan.stdout).contains("training: 150 images of 3 classes, 50 each"), "{}", text(&plan.stdout));
    for (from, to, code, message) in [
        ("width: 10", "width: 11", "data::damaged", "expected images of 12×11, found 12×10"),
        ("class-names: [none, a, b, c]", "classes: 3", "data::damaged", "expected labels from 0 to 2, found 3 at example 2"),
        ("validation: 30", "validation: 150", "dataset::validation", "150 images for validation, and there are 150 training images"),
        ("validation: 30", "validation: 148", "dataset::validation", "148 of 150 training images for validation leave 2 for 3 classes"),
        ("path: letters", "path: nowhere", "data::missing", "the files of `nowhere` are not found"),
    ] {
        let (ok, faults) = checked(&lab_of(from, to));
        assert!(!ok && faults.iter().any(|fault| fault.0 == code && fault.1.contains(message)), "{to}: {faults:?}");
    }
    for (share, size, message) in [
        ("0.1", "16", "stage `stage-1` uses 12 of 120 training images, and a batch takes 16"),
        ("0.001", "1", "stage `stage-1` uses 1 of 120 training images, and there are 3 classes"),
    ] {
        let (ok, faults) = checked(&{
            let lab = lab_of("epochs: 2}", &format!("examples: {share}}}"));
            let spec = std::fs::read_to_string(lab.path("search.yaml")).expect("written");
            lab.write("search.yaml", spec.replace("batch-size: 16", &format!("batch-size: {size}")));
            lab
        });
        assert!(ok && faults.contains(&("stages::examples".to_owned(), message.to_owned())), "{faults:?}");
    }
}

#[test]
fn a_search_runs_on_images_of_another_size() {
    let lab = lab(SPEC);
    let output = lab.epnas(&["run", "search.yaml", "--format", "json", "--device", "cpu"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let best = &summary(&events(&output))["best"].clone();
    assert!(best["test_accuracy"].as_f64().expect("a fraction") > 0.5, "{best}");
    let network: Value = serde_json::from_slice(&std::fs::read(lab.path("results/own/network.json")).expect("written")).expect("JSON");
    assert_eq!((&network["dataset"], &network["classes"]), (&"letters".into(), &4.into()));
    assert_eq!(network["class_names"], serde_json::json!(["none", "a", "b", "c"]));
    assert_eq!(network["input"], serde_json::json!({ "channels": 1, "height": 12, "width": 10 }));
    let again = events(&lab.epnas(&["run", "search.yaml", "--format", "json", "--device", "cpu"]));
    assert_eq!(summary(&again)["tasks"]["train"]["executed"], 0);
    // Names are in no key.
    lab.write("search.yaml", SPEC.replace("class-names: [none, a, b, c]", "classes: 4"));
    let plan = text(&lab.epnas(&["plan", "search.yaml"]).stdout);
    assert!(plan.contains("nothing to do: every task is cached"), "{plan}");
}
