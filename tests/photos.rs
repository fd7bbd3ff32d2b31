//! Photographs of one's own, from a folder to a tested network.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;

use crate::lab::{Lab, text};

/// What a check may say of photographs.
pub const CODES: [&str; 3] = ["data::own-part", "data::photos", "data::skipped"];

const SPEC: &str = "name: own
dataset: {path: photos, size: 16, validation: 10%}
space: {layers: {stem: {channels: 4}, channels: [4, 8], depth: {max: 2}}}
stages: [{rounds: 1, proposals: 3, trainings: 2}]
train: {batch-size: 16, precision: fp32}
final: {networks: 1, epochs: 6}
";

/// Thirty images of each of two classes: bright on the left or on the right.
fn lab() -> Lab {
    let lab = Lab::new();
    for number in 0..30_u32 {
        for (class, left) in [("left", true), ("right", false)] {
            let pixel = |x: u32, y: u32| {
                let shade = if (x < 12) == left { 200 } else { 30 };
                Rgb([shade + (x * y + number) as u8 % 40, shade, (number * 7) as u8])
            };
            let mut bytes = Cursor::new(Vec::new());
            RgbImage::from_fn(24, 20, pixel).write_to(&mut bytes, ImageFormat::Jpeg).expect("encodes");
            lab.write(&format!("photos/{class}/{number:02}.jpg"), bytes.into_inner());
        }
    }
    lab.write("search.yaml", SPEC);
    lab
}

#[test]
fn a_search_runs_on_a_folder_and_what_is_found_is_remembered() {
    let lab = lab();
    let checked = lab.epnas(&["check", "search.yaml", "--with-data"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stdout));
    let holds = "training: 54 images of 2 classes, 27 each";
    assert!(text(&checked.stdout).contains(holds), "{}", text(&checked.stdout));
    assert!(!lab.path("cache").exists(), "a check makes no cache");
    std::fs::create_dir(lab.path("cache")).expect("ours");
    assert_eq!(lab.epnas(&["check", "search.yaml", "--with-data"]).status.code(), Some(0));
    let prepared = std::fs::read_dir(lab.path("cache/photos-v1")).map_or(0, Iterator::count);
    assert!(prepared > 0, "it fills one that is there");
    let run = lab.epnas(&["run", "search.yaml"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let plan = lab.epnas(&["plan", "search.yaml", "--format", "json"]);
    let plan: Value = serde_json::from_slice(&plan.stdout).expect("JSON");
    let tasks = plan["tasks"].as_array().expect("a list");
    assert!(tasks.iter().all(|task| task["status"]["cached"].is_object()), "{plan:#}");
    let photos = &plan["holds"]["images"]["photos"];
    assert_eq!((&photos["classes"][1], &photos["validation"], &photos["channels"]), (&"right".into(), &6.into(), &3.into()));
    // Another place of the same images is the same data.
    std::fs::rename(lab.path("photos"), lab.path("moved")).expect("our own folder");
    lab.write("search.yaml", SPEC.replace("path: photos", "path: moved"));
    let moved = lab.epnas(&["plan", "search.yaml", "--format", "json"]);
    let moved: Value = serde_json::from_slice(&moved.stdout).expect("JSON");
    assert_eq!(moved["tasks"], plan["tasks"]);
}

#[test]
fn a_stage_trains_on_smaller_images_and_costs_stay_those_of_the_full_size() {
    let lab = lab();
    let stages = "stages: [{rounds: 1, proposals: 3, trainings: 2, size: 8}, {rounds: 1, proposals: 3, trainings: 2}]";
    let (start, end) = SPEC.split_once("stages: [{rounds: 1, proposals: 3, trainings: 2}]").expect("the stages");
    lab.write("search.yaml", format!("{start}{stages}{end}"));
    let plan = lab.epnas(&["plan", "search.yaml"]);
    let plan = text(&plan.stdout);
    assert!(plan.contains("1 × 1 at 8 px") && plan.contains("costs: of all networks at 16 px"), "{plan}");
    let run = lab.epnas(&["run", "search.yaml"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&std::fs::read(lab.path("results/own/summary.md")).expect("written")).contains("1 × 1 at 8 px"));
    // A network of both stages costs the same in both.
    let mut reader = csv::Reader::from_path(lab.path("results/own/trials.csv")).expect("written");
    let headers = reader.headers().expect("a header").clone();
    let column = |name: &str| headers.iter().position(|other| other == name).expect("a column");
    let [stage, macs, digest] = ["stage", "macs", "digest"].map(column);
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let of = |name: &str| -> Vec<(String, String)> {
        rows.iter().filter(|row| &row[stage] == name).map(|row| (row[digest].to_owned(), row[macs].to_owned())).collect()
    };
    let first: std::collections::BTreeMap<String, String> = of("stage-1").into_iter().collect();
    let shared: Vec<_> = of("stage-2").into_iter().filter(|(network, _)| first.contains_key(network)).collect();
    assert!(!shared.is_empty() && shared.iter().all(|(network, macs)| first[network] == *macs), "{shared:?}");
    let again = lab.epnas(&["plan", "search.yaml", "--detailed-exitcode"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
}

#[test]
fn check_plan_and_run_say_the_same_of_files_that_cannot_be_read() {
    let lab = lab();
    lab.write("photos/left/cut.jpg", &std::fs::read(lab.path("photos/left/00.jpg")).expect("ours")[..300]);
    lab.write("photos/right/phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0");
    for command in [&["check", "search.yaml", "--with-data"][..], &["plan", "search.yaml"], &["run", "search.yaml"]] {
        let output = lab.epnas(command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let said = text(&output.stdout) + &text(&output.stderr);
        for expected in ["2 of 62 images cannot be read", "`left/cut.jpg`: it is cut off", "`right/phone.heic`: it is of the format HEIC"] {
            assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected), "{command:?}: {said}");
        }
    }
    let shown = lab.epnas(&["data", "search.yaml", "--format", "json", "--contact-sheet", "sheet.png"]);
    assert_eq!(shown.status.code(), Some(1));
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!((&shown["unreadable"]["left/cut.jpg"], &shown["images"]), (&"it is cut off".into(), &60.into()));
    let sheet = image::open(lab.path("sheet.png")).expect("a picture");
    assert_eq!((sheet.width(), sheet.height()), (10 * 18 + 2, 2 * 18 + 2));
    let nowhere = lab.epnas(&["data", "photos", "--contact-sheet", "nowhere/sheet.png"]);
    assert!(nowhere.status.code() == Some(2) && !lab.path("nowhere").exists(), "{}", text(&nowhere.stderr));
    // As other commands end on the same: images that are not right are the user's, a place that is not there may come yet.
    std::fs::create_dir(lab.path("empty")).expect("a folder");
    let published = text(&lab.epnas(&["data", "cifar-10"]).stderr);
    assert!(published.contains("`epnas init --data cifar-10` writes one"), "{published}");
    assert_eq!(["empty", "absent"].map(|place| lab.epnas(&["data", place]).status.code()), [Some(2), Some(3)]);
    // With few left out it goes on, and says so.
    lab.write("search.yaml", SPEC.replace("validation: 10%", "validation: 10%, corrupt: skip, corrupt-limit: 4%"));
    let checked = lab.epnas(&["check", "search.yaml", "--with-data"]);
    let said = text(&checked.stdout);
    assert!(checked.status.success() && said.contains("2 images left out, for they cannot be read, such as left/cut.jpg"), "{said}");
    assert!(said.contains("data::skipped"), "{said}");
    let run = lab.epnas(&["run", "search.yaml"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let summary = text(&std::fs::read(lab.path("results/own/summary.md")).expect("written"));
    assert!(summary.contains("2 files left out, for they cannot be read: left/cut.jpg: it is cut off, right/phone.heic"), "{summary}");
    lab.write("photos/.hidden/a.jpg", b"passed over");
    let said = text(&lab.epnas(&["check", "search.yaml", "--with-data"]).stdout);
    assert!(said.contains("data::photos") && said.contains("hidden"), "{said}");
}

#[test]
fn images_are_kept_as_jpegs_where_the_spec_says_so() {
    let lab = lab();
    lab.write("packed.yaml", SPEC.replace("photos, size: 16", "photos, size: 20, storage: jpeg"));
    lab.write("raw.yaml", SPEC.replace("photos, size: 16", "photos, size: 20"));
    let [packed, raw] = ["packed", "raw"].map(|name| lab.epnas(&["plan", &format!("{name}.yaml"), "--cache", name]));
    assert!(packed.status.success() && raw.status.success(), "{}{}", text(&packed.stderr), text(&raw.stderr));
    // What a plan has prepared is a cache, to be looked through and to be emptied.
    let verified = lab.epnas(&["cache", "verify", "--cache", "packed"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    let size = |cache: &str| -> u64 {
        let files = crate::lab::files_below(&lab.path(cache).join("data-v1"));
        files.iter().map(|path| path.metadata().expect("there").len()).sum()
    };
    assert!(size("packed") < size("raw"), "{} and {} bytes", size("packed"), size("raw"));
    let run = lab.epnas(&["run", "packed.yaml", "--cache", "packed"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("proven"), "{}", text(&run.stdout));
    let told = text(&lab.epnas(&["diff", "raw.yaml", "packed.yaml"]).stdout);
    assert!(told.contains("dataset.storage") && told.contains("jpeg"), "{told}");
}

#[test]
fn a_part_that_the_data_bring_themselves_is_not_set_apart_once_more() {
    let lab = lab();
    std::fs::rename(lab.path("photos"), lab.path("train")).expect("our own folder");
    for number in 0..10 {
        let jpeg = std::fs::read(lab.path(&format!("train/left/{number:02}.jpg"))).expect("ours");
        lab.write(&format!("photos/val/{}/{number}.jpg", ["left", "right"][number % 2]), jpeg);
    }
    std::fs::rename(lab.path("train"), lab.path("photos/train")).expect("our own folder");
    let said = text(&lab.epnas(&["check", "search.yaml", "--with-data"]).stdout);
    assert!(said.contains("`validation` sets no images apart: the data bring a validation part of their own"), "{said}");
    lab.write("search.yaml", SPEC.replace(", validation: 10%", ", test: 10%"));
    let said = text(&lab.epnas(&["check", "search.yaml", "--with-data"]).stdout);
    assert!(!said.contains("data::own-part"), "{said}");
}

#[test]
fn a_spec_for_a_folder_is_written_and_passes() {
    let lab = lab();
    let written = lab.epnas(&["init", "--data", "photos"]);
    assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
    lab.write("written.yaml", &written.stdout);
    let checked = lab.epnas(&["check", "written.yaml", "--with-data"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stdout));
    // A lock holds what the images are; without looking at them nothing is known of that.
    assert_eq!(lab.epnas(&["lock", "written.yaml"]).status.code(), Some(0));
    for arguments in [&[][..], &["--with-data"]] {
        let checked = text(&lab.epnas(&[&["check", "written.yaml"], arguments].concat()).stdout);
        assert!(!checked.contains("lock::stale"), "{checked}");
    }
    lab.write("written.yaml", text(&written.stdout).replace("seed: 0", "seed: 1"));
    assert!(text(&lab.epnas(&["check", "written.yaml", "--with-data"]).stdout).contains("lock::stale"));
    lab.write("none/notes.txt", "no image");
    let refused = lab.epnas(&["init", "--data", "none"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("there are no images\nhelp: put the images of each class"), "{}", text(&refused.stderr));
}
