//! A spec file as commands take it: read, checked, resolved.

use std::path::{Path, PathBuf};

use super::diagnostics::{self, Style};
use super::shell::shell_word;
use super::{Exit, fail, paths, say};
use crate::files::{self, Entry};
use crate::report::status::STATUS_FILE;
use crate::spec::{self, ResolvedSpec};
use crate::text::suggestion;

/// The resolved spec of a file; what is wrong or doubtful about it goes to standard error.
pub(super) fn load(path: &Path) -> Result<ResolvedSpec, Exit> {
    load_changed(path, &|_| {})
}

pub(super) fn load_changed(path: &Path, change: spec::Change<'_>) -> Result<ResolvedSpec, Exit> {
    load_with_source(path, change).map(|(resolved, _)| resolved)
}

/// The same with the places of the text.
pub(super) fn load_with_source(path: &Path, change: spec::Change<'_>) -> Result<(ResolvedSpec, spec::Source), Exit> {
    let bytes = files::read(path, spec::load::MAX_BYTES as u64).map_err(|error| {
        let help = no_spec(path).map_or_else(String::new, |help| format!("\nhelp: {help}"));
        fail(Exit::BadSpec, &format!("{error}{help}"))
    })?;
    read_spec(&path.display().to_string(), &bytes, path.parent().unwrap_or(Path::new("")), change)
}

/// What to type where a spec is expected at `path` and is not there.
pub(super) fn no_spec(path: &Path) -> Option<String> {
    let place = shell_word(path);
    if path.join(STATUS_FILE).exists() {
        return Some("this folder holds results: name the spec that they are of".to_owned());
    }
    if path.is_dir() {
        return Some(format!("a spec is a YAML file; for images in this folder: `epnas init --data {place} > my.yaml`"));
    }
    let is_named_as_one = is_named_as_spec(path);
    // A link that leads nowhere, or a folder that may not be entered, is not mended by another name.
    matches!(files::entry(path), Ok(Entry::Nothing)).then(|| {
        if let Some(meant) = meant(path) {
            format!("did you mean `{}`?", meant.display())
        } else if is_named_as_one {
            format!("`epnas init > {place}` writes a spec to begin with")
        } else if spec::load::strategies().iter().any(|word| *word == place) {
            format!("`{place}` is a strategy: put commas between strategies, as in `--strategies epnas,random`")
        } else {
            format!("a spec is a YAML file: is it `{place}.yaml`? `epnas status` lists the runs in `results`")
        }
    })
}

/// Whether a path ends like that of a spec.
pub(super) fn is_named_as_spec(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["yaml", "yml"].iter().any(|known| ending == *known))
}

/// A spec beside `path` with nearly its name.
fn meant(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = files::list(folder).ok()?;
    let specs: Vec<&str> = beside.iter().filter(|path| is_named_as_spec(path)).filter_map(|path| path.file_name()?.to_str()).collect();
    suggestion(name, &specs).map(|meant| path.with_file_name(meant))
}

/// The resolved spec of a text that lay in `folder`, with the text.
pub(super) fn read_spec(name: &str, bytes: &[u8], folder: &Path, change: spec::Change<'_>) -> Result<(ResolvedSpec, spec::Source), Exit> {
    let reading = spec::read_changed(bytes, change);
    let faults = diagnostics::render(name, &reading.source, &reading.faults, Style::of(&std::io::stderr()));
    if !faults.is_empty() {
        say(faults.trim_end());
    }
    reading.resolved.map(|resolved| (resolved.in_folder(folder, paths::home().as_deref()), reading.source)).ok_or(Exit::BadSpec)
}
