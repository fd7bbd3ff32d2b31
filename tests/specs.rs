//! Every file in `specs/` checks and resolves, and quickly.

use std::fs;
use std::path::{Path, PathBuf};

use epnas::cli::check::{Arguments, Checked, check};
use epnas::cli::diagnostics::Style;
use epnas::plan::{DataDigests, Plan};
use epnas::spec;
use epnas::task::TaskKind;

/// The committed specs.
pub fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Locks lie beside their specs.
    let mut found: Vec<PathBuf> = entries.filter(|entry| !entry.is_dir() && entry.extension().is_none_or(|it| it != "lock")).collect();
    found.sort();
    assert!(found.iter().all(|file| file.extension().unwrap() == "yaml") && !found.is_empty(), "{found:?}");
    found
}

#[test]
fn every_spec_checks_without_a_warning_and_resolves() {
    for file in files() {
        let reading = spec::read(&fs::read(&file).unwrap());
        assert_eq!(reading.faults, [], "{}", file.display());
        let resolved = reading.resolved.expect("no faults");
        assert_eq!(resolved.name, file.file_stem().unwrap().to_str().unwrap(), "a spec is called like its file");
        let json = serde_json::to_string(&resolved).unwrap();
        assert_eq!(serde_json::from_str::<spec::ResolvedSpec>(&json).unwrap(), resolved);
    }
}

#[test]
fn every_spec_names_its_schema_on_the_first_line() {
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=../schemas/spec.schema.json\n"), "{}", file.display());
    }
}

#[test]
fn checking_says_what_is_good_and_counts_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    };
    write("b.yaml", "name: b\ndataset:\n  name: mnist\n");
    write("a/c.yml", "name: c\ndataset:\n  name: mnist\npredict:\n  random-share: 1\n");
    write("notes.txt", "no spec");
    write(".hidden.yaml", "no spec");
    let run = |paths: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|path| folder.path().join(path)).collect();
        let mut out = Vec::new();
        let checked = check(&Arguments { paths, ..Arguments::default() }, Style::Plain, &mut out).unwrap();
        (checked, String::from_utf8(out).unwrap().replace(&format!("{}/", folder.path().display()), ""))
    };
    let (checked, text) = run(&["b.yaml", "a"]);
    assert_eq!(checked, Checked::Good);
    let expected = "\
ok b.yaml: 3 stages, 76 trainings: 58 in rounds + 1 of the start network + 8 of references + 6 carried over + 2 final + 1 final of the best reference; 290 proposals
strategy::no-prediction

  ! every training is chosen at random: predictions decide nothing
   ,-[a/c.yml:5:17]
 5 |   random-share: 1
   :                 ^
   `----
  help: a share below 1 lets the predictor choose some

ok a/c.yml: 3 stages, 76 trainings: 58 in rounds + 1 of the start network + 8 of references + 6 carried over + 2 final + 1 final of the best reference; 290 proposals
1 warning in 1 file
";
    assert_eq!(text, expected);

    write("a/d.yaml", "");
    fs::create_dir(folder.path().join("empty")).unwrap();
    let (checked, text) = run(&["none.yaml", "empty", "a/d.yaml"]);
    assert_eq!(checked, Checked::Bad);
    let expected = "\
error: there is no file or folder `none.yaml`
  help: `epnas init > none.yaml` writes a spec to begin with

error: no spec in `empty`
  help: a spec is a file that ends in `.yaml` or `.yml`

spec::empty

  x a/d.yaml: the file says nothing
  help: a spec has at least `name` and `dataset`

3 errors in 3 files
";
    assert_eq!(text, expected);
    assert_eq!(run(&["."]).0, Checked::Bad);
    assert_eq!(run(&[]).0, Checked::Bad);
}

#[test]
fn every_spec_plans_as_many_trainings_as_it_says() {
    let mut plans = 0;
    for path in files() {
        let plain = fs::read_to_string(&path).expect("readable");
        for text in [plain.clone(), format!("{plain}\ntrain: {{replicates: 3}}\n"), format!("{plain}\nstrategy: fixed\n")] {
            // What a spec says already, or cannot have, is no case.
            let Some(spec) = epnas::spec::read(text.as_bytes()).resolved else { continue };
            let plan = Plan::new(&spec, DataDigests::unknown(), "a processor");
            let planned = plan.tasks().filter(|planned| planned.task.kind() == TaskKind::Train).count();
            assert_eq!(planned, spec.trainings().all(), "{}", path.display());
            plans += 1;
        }
    }
    assert!(plans > 3, "{plans}");
}
