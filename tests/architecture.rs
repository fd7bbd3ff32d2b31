//! The layers of the house: which module may name which, where `tch` may be named, how long a file may be. What the modules
//! of one room name of each other is tested in `circles`.

use std::path::Path;

use crate::circles::code;
use crate::lab::files_below;

/// Modules in reading order: each may name those before it only. `torch` is part of the worker, not of the library.
const ORDER: [&str; 33] = [
    "digest",
    "seed",
    "statistics",
    "text",
    "files",
    "host",
    "arch",
    "table",
    "space",
    "dataset",
    "engine",
    "objective",
    "strategy",
    "task",
    "cache",
    "diagnostic",
    "export",
    "spec",
    "plan",
    "lock",
    "event",
    "cause",
    "run",
    "forecast",
    "report",
    "what_if",
    "study",
    "comparison",
    "page",
    "tensorboard",
    "cli",
    "torch",
    "worker",
];

/// So many of them, from the first on, are in the crate of `core/`.
const IN_CORE: usize = 15;

/// So many, the next ones, are in the library around it.
const AROUND: usize = 16;

/// Modules that may not name these although they stand below them.
const FORBIDDEN: [(&str, &[&str]); 12] = [
    ("statistics", &["digest"]),
    ("plan", &["cache", "run"]),
    ("cache", &["plan", "task", "spec", "strategy"]),
    ("report", &["run", "forecast"]),
    ("comparison", &["strategy", "task", "spec", "plan", "cache", "event", "run", "forecast", "report"]),
    ("page", &["run", "forecast", "cache"]),
    ("tensorboard", &["run", "forecast", "cache", "page", "comparison"]),
    ("study", &["task", "plan", "cache", "event", "run", "forecast", "report"]),
    ("strategy", &["task", "dataset"]),
    ("spec", &["task"]),
    ("torch", &["strategy", "task", "spec", "plan", "cache", "event", "run", "forecast", "report", "comparison", "cli"]),
    ("worker", &["cli", "forecast", "report", "comparison", "plan"]),
];

const LONGEST: usize = 300;

/// Source files with the module they belong to.
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["core/src", "src"].into_iter().flat_map(|folder| files_below(&root.join(folder)));
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix(root).expect("below the root").display().to_string();
            let (_, within) = name.split_once("src/").expect("sources");
            let module = within.split('/').next().expect("a first part").trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).expect("readable");
            (name, module, text)
        })
        .collect()
}

/// Modules of the library that `code` names by path: from inside by `crate`, from the worker by `epnas`.
fn named(module: &str, code: &str) -> Vec<String> {
    let root = if ["torch", "worker"].contains(&module) { "epnas::" } else { "crate::" };
    let name = |(start, _)| code[start + root.len()..].chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
    code.match_indices(root).map(name).collect()
}

#[test]
fn a_module_names_only_what_stands_above_it() {
    let place = |module: &str| ORDER.iter().position(|other| *other == module);
    let mut faults = Vec::new();
    for (file, module, text) in sources() {
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let here = place(&module).unwrap_or_else(|| panic!("{file}: the module `{module}` has no place in the order"));
        let forbidden = FORBIDDEN.iter().find(|(of, _)| *of == module).map_or(&[][..], |(_, names)| names);
        for name in named(&module, &code(&text)) {
            let above = place(&name).is_some_and(|there| there <= here);
            if !above || forbidden.contains(&name.as_str()) {
                faults.push(format!("{file} names `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_torch_names_tch() {
    for (file, module, text) in sources() {
        if module != "torch" {
            let code = code(&text);
            let names_tch = code.match_indices("tch::").any(|(start, _)| !code[..start].ends_with(char::is_alphanumeric));
            assert!(!names_tch, "{file} names tch");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (file, _, text) in sources() {
        assert!(text.starts_with("//!"), "{file} does not say what it is");
        let lines = text.lines().count();
        assert!(lines <= LONGEST || text.contains("#[cfg(test)]") && code(&text).lines().count() <= LONGEST, "{file} has {lines} lines");
    }
}

#[test]
fn tests_and_the_shim_are_short_too() {
    for folder in ["tests", "shim"] {
        for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            if path.extension().is_some_and(|extension| ["rs", "cpp", "h"].iter().any(|known| extension == *known)) {
                let lines = std::fs::read_to_string(&path).expect("readable").lines().count();
                assert!(lines <= LONGEST, "{} has {lines} lines", path.display());
            }
        }
    }
}

#[test]
fn the_crates_list_their_modules_in_order() {
    let listed = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("readable");
        text.lines().filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
    };
    assert_eq!(listed("core/src/lib.rs"), ORDER[..IN_CORE]);
    assert_eq!(listed("src/lib.rs"), ORDER[IN_CORE..][..AROUND]);
}
