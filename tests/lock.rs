//! Locks: what they hold, what they do not, and what is said where they do not fit.

use epnas::cache::Record;
use epnas::digest::{Digest, Domain};
use epnas::engine::{LIBTORCH, Precision};
use epnas::lock::{Lock, LockFault};
use epnas::plan::{DataDigests, NamedData};
use epnas::spec::ResolvedSpec;
use epnas::task::TaskKind;

use crate::keys::{BASE, SAME};
use crate::lab::{Lab, text};

fn digest(content: &str) -> Digest {
    Digest::of(Domain::Dataset, content.as_bytes())
}

fn lock(spec: &str) -> Lock {
    let spec = ResolvedSpec::new(&serde_yaml::from_str(spec).expect("a valid spec"));
    Lock::new(&spec, DataDigests { search: digest("train"), last: digest("test") }, Precision::Fp32)
}

#[test]
fn what_changes_no_key_changes_no_lock() {
    let base = lock(BASE);
    // The last stage hands nothing on.
    let carry = ("trainings: 4, depth: 4", "trainings: 4, depth: 4, carry: 1");
    for (from, to) in SAME.iter().chain(&[carry, ("name: base", "requires-epnas: \"0.1\"\nname: base")]) {
        assert!(BASE.contains(from), "{from}");
        assert_eq!(lock(&BASE.replacen(from, to, 1)), base, "`{from}` → `{to}`");
    }
}

#[test]
fn what_changes_a_key_is_told_by_its_section() {
    let base = lock(BASE);
    for (from, to, expected) in [
        ("seed: 1", "seed: 2", "the spec: another `seed`"),
        ("validation: 5000", "validation: 6000", "the spec: another `dataset`"),
        ("kernels: [3, 5]", "kernels: [3]", "the spec: another `space`"),
        ("max: 10M", "max: 9M", "the spec: another `constraints`"),
        ("edits: 3", "edits: 2", "the spec: another `strategy`"),
        ("examples: 0.5", "examples: 0.6", "the spec: another `stages`"),
        ("carry: 2", "carry: 3", "the spec: another `stages`"),
        ("epochs: 4", "epochs: 5", "the spec: another `final`"),
        ("batch-size: 64", "batch-size: 32", "the spec: another `final`, `stages`"),
    ] {
        assert!(BASE.contains(from), "{from}");
        assert_eq!(base.differences(&lock(&BASE.replacen(from, to, 1))), [expected], "`{from}` → `{to}`");
    }
    let mut other = base.clone();
    (other.epnas, other.libtorch) = ("0.0.9".to_owned(), "1.0".to_owned());
    other.keys.insert("train".to_owned(), 1);
    other.keys.remove("record");
    other.data = NamedData::Images { train: digest("train"), test: digest("others") };
    let expected = [
        format!("the test images: locked `{}`, now `{}`", digest("others").short(), digest("test").short()),
        format!("the version of `train` in keys: locked `1`, now `{}`", TaskKind::Train.version()),
        format!("the version of `record` in keys: locked `none`, now `{}`", Record::FORMAT),
        format!("epnas: locked `0.0.9`, now `{}`", env!("CARGO_PKG_VERSION")),
        format!("libtorch: locked `1.0`, now `{LIBTORCH}`"),
    ];
    assert_eq!(other.differences(&base), expected);
}

#[test]
fn what_auto_meant_is_held_where_a_spec_says_auto() {
    let spec = |precision: &str| {
        let text = BASE.replacen("batch-size: 64", &format!("batch-size: 64, precision: {precision}"), 1);
        assert_ne!(text, BASE);
        ResolvedSpec::new(&serde_yaml::from_str(&text).expect("a valid spec"))
    };
    let data = DataDigests { search: digest("train"), last: digest("test") };
    let lock = |precision: &str, auto: Precision| Lock::new(&spec(precision), data, auto);
    let (locked, here) = (lock("auto", Precision::Bf16), lock("auto", Precision::Fp32));
    assert_eq!(Lock::read(locked.write().as_bytes()), Ok(locked.clone()));
    let expected = "what `precision: auto` means: locked `bf16`, on this machine `fp32`; a spec that names one means the same everywhere";
    assert_eq!(locked.differences(&here), [expected]);
    assert_eq!(locked.differences(&locked), Vec::<String>::new());
    // Locks of before it was held do not say.
    assert_eq!(Lock { auto: None, ..locked }.differences(&here), Vec::<String>::new());
    assert_eq!(lock("fp32", Precision::Bf16), lock("fp32", Precision::Fp32));
}

#[test]
fn the_same_lock_is_the_same_text_and_edits_are_noticed() {
    let lock = lock(BASE);
    let written = lock.write();
    assert_eq!(Lock::read(written.as_bytes()), Ok(lock));
    assert!(written.starts_with("# What `epnas run --locked` holds a search to."), "{written}");
    // A checkout may change line ends.
    assert!(Lock::read(written.replace('\n', "\r\n").as_bytes()).is_ok());
    for (from, to) in [("train: 4", "train: 1"), ("# What", "# how"), ("checksum: \"", "checksum: \"0"), ("  images:", "  images: ")] {
        assert!(written.contains(from), "{from}");
        assert_eq!(Lock::read(written.replacen(from, to, 1).as_bytes()), Err(LockFault::Edited(String::new())), "`{from}` → `{to}`");
    }
    // What no longer fits its field is told with it.
    let fault = Lock::read(written.replacen("train: 4", "train: three", 1).as_bytes()).unwrap_err().to_string();
    assert!(fault.contains("does not fit: `keys.train`: invalid type: string \"three\""), "{fault}");
    assert_eq!(Lock::read(written.replacen("format: 1", "format: 2", 1).as_bytes()), Err(LockFault::Newer(2)));
    for text in ["", "format: 1\n", "name: a\n", "[1, 2]", "{", "\u{0}", "format: -1\nchecksum: 1\n"] {
        assert!(matches!(Lock::read(text.as_bytes()), Err(LockFault::NoLock(_))), "{text}");
    }
    assert!(matches!(Lock::read(b"\xff"), Err(LockFault::NoLock(_))));
}

#[test]
fn the_locked_libtorch_is_the_one_that_is_brought() {
    let brought = include_str!("../.make/libtorch.txt");
    assert!(brought.contains(&format!("\ntorch=={LIBTORCH} ")), "{brought}");
}

#[test]
fn check_tells_of_a_lock_that_no_longer_holds() {
    let lab = Lab::with_data();
    lab.spec("");
    assert_eq!(lab.epnas(&["lock", "search.yaml"]).status.code(), Some(0));
    let check = |arguments: &[&str]| {
        let output = lab.epnas(&[&["check", "search.yaml"], arguments].concat());
        (output.status.code(), text(&output.stdout))
    };
    let (code, told) = check(&["--deny", "warnings"]);
    assert_eq!(code, Some(0), "{told}");
    lab.spec("seed: 5");
    let (code, told) = check(&[]);
    assert_eq!(code, Some(0));
    assert!(told.contains("lock::stale") && told.contains("another `seed`") && told.contains("epnas lock search.yaml"), "{told}");
    assert_eq!(check(&["--deny", "warnings"]).0, Some(2));
    lab.write("search.yaml.lock", "format: 9\n");
    let (code, told) = check(&["--format", "json"]);
    assert!(code == Some(0) && told.contains("lock::unusable") && told.contains("install a newer epnas"), "{told}");
}

#[test]
fn a_locked_search_is_refused_where_something_differs_and_nothing_is_written() {
    let lab = Lab::with_data();
    lab.spec("");
    let refused = |command: &str| {
        let output = lab.epnas(&[command, "search.yaml", "--locked"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(!lab.path("cache").exists() && !lab.path("results").exists());
        text(&output.stderr)
    };
    let missing = "error: there is no lock `search.yaml.lock`\nhelp: run `epnas lock search.yaml` to hold this search fast\n";
    assert_eq!(refused("run"), missing);
    assert_eq!(refused("plan"), missing);
    assert!(!lab.path("search.yaml.lock").exists());

    let locks = || {
        let output = lab.epnas(&["lock", "search.yaml"]);
        assert_eq!(output.status.code(), Some(0));
        text(&output.stderr)
    };
    assert_eq!(locks(), "wrote `search.yaml.lock`\n");
    let written = std::fs::read(lab.path("search.yaml.lock")).unwrap();
    assert_eq!(locks(), "`search.yaml.lock` holds already\n");
    assert_eq!(std::fs::read(lab.path("search.yaml.lock")).unwrap(), written);
    assert_eq!(lab.epnas(&["plan", "search.yaml", "--locked"]).status.code(), Some(0));

    lab.write("search.yaml.lock", text(&written).replace("reward: ", "reward: 1"));
    let edited = "error: `search.yaml.lock` cannot be used: it was edited after it was written: its checksum does not fit\n\
                  help: restore the lock, or run `epnas lock search.yaml` to write it anew\n";
    assert_eq!(refused("run"), edited);
    lab.write("search.yaml.lock", "format: 9\n");
    assert!(refused("plan").contains("it is a lock of format 9, and this epnas knows formats up to 1\nhelp: install a newer epnas"));
    lab.write("search.yaml.lock", "name: a spec\n");
    assert!(refused("plan").contains("it is no lock: it has no `format`\n"));

    lab.write("search.yaml.lock", &written);
    lab.spec("seed: 5\nstrategy: random");
    // Another strategy takes other proposals: five for each training become one.
    let differs = "error: `search.yaml` is not what `search.yaml.lock` holds:\n  the spec: another `seed`, `stages`, `strategy`\n\
                   help: restore what differs, or run `epnas lock search.yaml` again\n";
    assert_eq!(refused("run"), differs);
    assert_eq!(refused("plan"), differs);
    lab.spec("");
    lab.write("data/t10k-labels-idx1-ubyte", "no labels");
    assert_eq!(lab.epnas(&["plan", "search.yaml", "--locked"]).status.code(), Some(3));
}
