//! `epnas export` and `epnas predict` on the network of a small search.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::lab::{Lab, files_below, text};

/// A search that has ended, with its export.
fn searched() -> Lab {
    let lab = Lab::with_data();
    lab.spec("");
    let output = lab.epnas(&["run", "search.yaml", "--device", "cpu"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("\nexport: results/tiny/export, proven by epnas-worker with libtorch "), "{said}");
    lab
}

fn names(folder: &Path) -> BTreeSet<String> {
    files_below(folder).iter().map(|path| path.strip_prefix(folder).expect("below").display().to_string()).collect()
}

fn says(lab: &Lab, arguments: &[&str]) -> (Option<i32>, String) {
    let output = lab.epnas(arguments);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn config(lab: &Lab, folder: &str) -> Value {
    serde_json::from_slice(&std::fs::read(lab.path(folder).join("config.json")).expect("written")).expect("JSON")
}

const FILES: [&str; 10] = [
    "README.md",
    "check/image.npy",
    "check/label.npy",
    "check/logits.npy",
    "config.json",
    "model.onnx",
    "model.py",
    "model.safetensors",
    "model.uint8.onnx",
    "verify.py",
];

/// No Python, so that what is tested does not hang on the machine.
const NO_PYTHON: [&str; 2] = ["--python", "/none"];

#[test]
fn a_network_is_exported_and_what_is_wrong_is_refused_and_changes_nothing() {
    let lab = searched();
    let all: BTreeSet<String> = FILES.map(str::to_owned).into();
    assert_eq!(names(&lab.path("results/tiny/export")), all);
    let told = config(&lab, "results/tiny/export");
    let proofs = told["epnas"]["proofs"].as_array().expect("proofs");
    assert!(proofs.iter().all(|proof| proof["difference"].as_f64().expect("a number") < 1e-4 && proof["equal"] == 1.0), "{told}");
    assert_eq!(proofs[0]["images"], 42, "the validation split, black and noise");
    assert_eq!((&told["num_classes"], &told["pretrained_cfg"]["input_size"]), (&10.into(), &serde_json::json!([1, 28, 28])));

    let export = |more: &[&str]| says(&lab, &[&["export", "results/tiny"], &NO_PYTHON[..], more].concat());
    // Over an earlier export, in a form of its own.
    let (code, said) = export(&["--format", "onnx", "--int8"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("model.int8.onnx: accuracy ") && !said.contains("model.py"), "{said}");
    let files = names(&lab.path("results/tiny/export"));
    assert!(files.contains("model.int8.onnx") && !files.contains("model.py"), "{files:?}");
    let (code, said) = export(&["-o", "x"]);
    assert!(code == Some(0) && said.contains("note: model.py was not run: "), "{said}");
    assert!(text(&std::fs::read(lab.path("x/README.md")).expect("written")).contains("**`model.py` was not run**"));
    assert_eq!(names(&lab.path("x")), all);

    lab.write("full/mine.txt", "kept");
    lab.write("file", "kept");
    let weights = std::fs::read(lab.path("results/tiny/weights.safetensors")).expect("written");
    let network = text(&std::fs::read(lab.path("results/tiny/network.json")).expect("written"));
    lab.write("half/network.json", &network);
    lab.write("earlier/network.json", network.replacen("\"format\": 2", "\"format\": 1", 1));
    lab.write("foreign/network.json", &network);
    lab.write("foreign/weights.safetensors", &weights[..weights.len() - 4]);
    let spec = ["export", "search.yaml", "-o", "n", NO_PYTHON[0], NO_PYTHON[1]];
    let cases: [(&[&str], &str); 10] = [
        (&["export", "results/tiny", "-o", "full"], "`full` is not written over: it holds `mine.txt`, which no export wrote\nhelp: "),
        (&["export", "results/tiny", "-o", "file"], "`file` is not written over: it is no folder\nhelp: "),
        (&["export", "half", "-o", "n"], "`half/weights.safetensors` is not there, so there is no network with weights\nhelp: "),
        (&["export", "earlier", "-o", "n"], "`earlier/network.json` has the format 1, this epnas reads 2\nhelp: run the spec again"),
        (&["export", "foreign", "-o", "n"], "`foreign/weights.safetensors` holds other weights than `foreign/network.json` names"),
        (&["export", "results/tiny", "--network", "2", "-o", "n"], "a folder of results holds one network\nhelp: name the spec"),
        (&["export", "results/tiny", "--format", "keras"], "invalid value 'keras'"),
        (&["export", "results/tiny", "--format", "pytorch", "--int8"], "8 bits are written as ONNX\nhelp: "),
        (&["export", "results/tiny", "--cache", "other", "-o", "n"], "the images that the network was trained on are not in the cache"),
        (
            &[&spec[..], &["--network", "9"]].concat(),
            "there is no network 9 with weights\nhelp: those that were trained at the end are 1, 2",
        ),
    ];
    for (arguments, expected) in cases {
        let (code, said) = says(&lab, arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert!(!lab.path("n").exists() && names(&lab.path("full")).len() == 1);
    for number in ["1", "2"] {
        let (code, said) = says(&lab, &[&spec[..], &["--network", number]].concat());
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(names(&lab.path("n")), all);
    }
    let leftovers: Vec<_> = epnas::files::list(&lab.path(""))
        .expect("a folder")
        .into_iter()
        .filter(|path| path.display().to_string().contains(".writing-"))
        .collect();
    assert_eq!(leftovers, Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_fails_its_proof_is_not_left_behind() {
    let lab = Lab::with_data();
    lab.spec("");
    lab.run(&[]);
    assert!(!lab.path("results/tiny/export").exists());
    let line =
        r#"{"file": "model.onnx", "by": "a liar", "images": 42, "difference": 0.5, "equal": 1.0, "right": [1, 1], "milliseconds": 0.1}"#;
    lab.write("liar", format!("#!/bin/sh\necho '{line}'\nexit 1\n"));
    lab.write("broken", "#!/bin/sh\necho 'ImportError: a library is missing' >&2\nexit 1\n");
    for (python, expected) in [
        ("liar", "the export is not kept, for it failed its proof: by a liar, model.onnx: a logit is off by 5.0e-1 of 1 + its size"),
        ("broken", "`verify.py` ended with exit status: 1: ImportError: a library is missing"),
    ] {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(lab.path(python), std::fs::Permissions::from_mode(0o755)).expect("ours");
        let python = lab.path(python).display().to_string();
        let (code, said) = says(&lab, &["export", "results/tiny", "--python", &python]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!lab.path("results/tiny/export").exists());
    }
}

/// An image of the class of the tiny data, as a file.
fn picture(lab: &Lab, name: &str, class: u32) {
    let bar = |_, y: u32| image::Luma([if y / 2 == class + 1 { 210_u8 } else { 30 }]);
    let path = lab.path(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("ours");
    image::GrayImage::from_fn(28, 28, bar).save(path).expect("written");
}

#[test]
fn images_are_classified_and_those_that_cannot_be_read_are_named() {
    let lab = Lab::with_data();
    lab.spec("");
    lab.run(&[]);
    for class in 0..10 {
        picture(&lab, &format!("images/{class}/a.png"), class);
    }
    picture(&lab, "images/3/b.bmp", 3);
    let predict = |more: &[&str]| says(&lab, &[&["predict", "results/tiny"], more].concat());
    let (code, said) = predict(&["images/3", "--format", "json", "--top-k", "2"]);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["image"]), (2, &"images/3/a.png".into()));
    assert_eq!(lines[0]["classes"], lines[1]["classes"], "the same pixels");
    let classes = lines[0]["classes"].as_array().expect("two classes");
    assert_eq!((classes.len(), &classes[0]["class"]), (2, &classes[0]["label"].to_string().into()));
    assert!(classes[0]["probability"].as_f64() >= classes[1]["probability"].as_f64());

    lab.write("images/3/cut.png", &std::fs::read(lab.path("images/3/a.png")).expect("written")[..60]);
    let (code, said) = predict(&["images/3", "images/none.png"]);
    assert_eq!(code, Some(1), "{said}");
    for expected in ["warning: `images/3/cut.png` cannot be read: it is ", "warning: `images/none.png` cannot be read: ", "images/3/b.bmp"]
    {
        assert!(said.contains(expected), "{said}");
    }
    std::fs::remove_file(lab.path("images/3/cut.png")).expect("ours");

    let (code, said) = predict(&["--evaluate", "images"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("accuracy ") && said.contains(" of 11 images)"), "{said}");
    let (_, said) = predict(&["--evaluate", "images", "--format", "json"]);
    let told: Value = serde_json::from_str(&said).expect("JSON");
    let confusion = told["confusion"].as_array().expect("rows");
    let counts: Vec<u64> = confusion.iter().map(|row| row.as_array().expect("a row").iter().filter_map(Value::as_u64).sum()).collect();
    assert_eq!(counts, [1, 1, 1, 2, 1, 1, 1, 1, 1, 1]);
    let right: u64 = (0..10).filter_map(|label| confusion[label][label].as_u64()).sum();
    assert_eq!(told["accuracy"].as_f64(), Some(right as f64 / 11.0));

    // A table names the same images; those of its test part count, where it has one.
    let table = "path,label,split\nimages/3/a.png,3,train\nimages/3/b.bmp,3,test\nimages/4/a.png,4,test\n";
    lab.write("table.csv", table.as_bytes());
    let (code, said) = predict(&["--evaluate", "table.csv"]);
    assert!(code == Some(0) && said.contains("of 3 images in `table.csv`, the 2 of the test part"), "{said}");
    assert!(said.contains(" of 2 images)"), "{said}");
    lab.write("strange.csv", b"path,label\nimages/3/a.png,eleven\n");
    let (code, said) = predict(&["--evaluate", "strange.csv"]);
    assert!(code == Some(2) && said.contains("`eleven`, a class of `strange.csv`, has the name of no class\nhelp: "), "{said}");

    picture(&lab, "images/eleven/a.png", 1);
    let (code, said) = predict(&["--evaluate", "images"]);
    assert!(code == Some(2) && said.contains("`images/eleven` has the name of no class\nhelp: "), "{said}");
    let (code, said) = predict(&["data"]);
    assert!(code == Some(2) && said.contains("no image is named\nhelp: "), "{said}");
}
