//! The first minutes: a spec to begin with that runs, what `epnas` alone says, completions and man pages.

use std::process::{Command, Stdio};

use crate::lab::{Lab, summary, text};

/// The spec that these arguments give, in `search.yaml`.
fn written(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.epnas(&[&["init"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    lab.write("search.yaml", &output.stdout);
    text(&output.stdout)
}

#[test]
fn a_written_spec_has_no_faults() {
    let lab = Lab::with_data();
    let data = lab.path("data").canonicalize().expect("it is there");
    let folder = format!("path: \"{}\"", data.display());
    for (arguments, contained) in [
        (&[][..], "name: fashion-mnist  #"),
        (&["--data", "cifar-100", "--max-macs", "5M"], "  macs: {max: 5M}\n"),
        (&["--data", "mnist", "--max-params", "30k"], "  params: {max: 30k}\n"),
        (&["--data", "cifar-100", "--max-macs", "1M"], "  macs: {max: 1M}\n"),
        (&["--data", "data"], &folder),
    ] {
        let spec = written(&lab, arguments);
        assert!(spec.contains(contained), "{spec}");
        let reading = epnas::spec::read(spec.as_bytes());
        assert!(reading.resolved.is_some() && reading.faults.is_empty(), "{:?}", reading.faults);
    }
}

#[test]
fn a_folder_named_by_a_number_or_a_word_of_yaml_gives_a_name_in_quotes() {
    let lab = Lab::with_data();
    for name in ["2024", "true", "1e5", "No"] {
        std::fs::rename(lab.path("data"), lab.path(name)).expect("our own folder");
        let spec = written(&lab, &["--data", name]);
        assert!(spec.contains(&format!("\nname: \"{name}\"  #")), "{spec}");
        assert!(epnas::spec::read(spec.as_bytes()).resolved.is_some_and(|spec| spec.name == name), "{spec}");
        std::fs::rename(lab.path(name), lab.path("data")).expect("our own folder");
    }
}

#[test]
fn a_written_spec_runs_on_the_data_it_was_written_for() {
    let lab = Lab::with_data();
    let spec = written(&lab, &["--data", "data", "--max-params", "50k"]);
    let short = spec.replace("rounds: 4", "rounds: 1").replace("rounds: 3", "rounds: 1").replace("epochs: 10", "epochs: 1");
    lab.write("search.yaml", format!("{short}budget: {{trainings: 2}}\n"));
    let events = lab.run(&[]);
    assert!(summary(&events)["best"]["test_accuracy"].is_f64(), "{}", summary(&events));
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let lab = Lab::new();
    lab.write("photos/cat.jpg", "");
    for (arguments, said) in [
        (&["--data", "nowhere"][..], "`nowhere` is neither a data set nor a folder"),
        (&["--data", "photos"], "1 image in no class folders"),
        (&["--max-params", "50K"], "did you mean `50k`?"),
        (&["--max-params", "10"], "space::no-feasible-network"),
    ] {
        let output = lab.epnas(&[&["init"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn alone_it_names_the_commands_to_begin_with() {
    let output = Lab::new().epnas(&[]);
    assert_eq!(output.status.code(), Some(2));
    let shown = text(&output.stdout);
    for command in ["epnas init", "epnas check", "epnas run", "epnas status"] {
        assert!(shown.contains(command), "{shown}");
    }
}

#[test]
fn shells_and_man_know_every_command() {
    let lab = Lab::new();
    let output = lab.epnas(&["completions", "bash"]);
    assert_eq!(output.status.code(), Some(0));
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("bash");
    std::io::Write::write_all(&mut bash.stdin.take().expect("a pipe"), &output.stdout).expect("read to its end");
    assert!(bash.wait().expect("it ends").success());
    let script = text(&output.stdout);
    assert_eq!(lab.epnas(&["man", "--out", "pages"]).status.code(), Some(0));
    for command in ["check", "run", "cache-verify", "what-if"] {
        let page = std::fs::read_to_string(lab.path(&format!("pages/epnas-{command}.1"))).expect("a page");
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
        assert!(script.contains(command.trim_start_matches("cache-")), "{command}");
    }
}
