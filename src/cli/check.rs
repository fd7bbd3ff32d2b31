//! `epnas check`: reads specs and says everything that is wrong with them. Trains nothing, opens no data.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::diagnostics::{Style, Tally, render};
use crate::files;
use crate::spec::{self, ResolvedSpec};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Every spec can run.
    Good,
    /// At least one cannot, or there was none.
    Bad,
}

/// Checks files, and all specs in folders and below them. Everything goes to `out`: it is what was asked for.
pub fn check(paths: &[PathBuf], style: Style, out: &mut dyn Write) -> io::Result<Checked> {
    let mut tally = Tally::default();
    if paths.is_empty() {
        tally.errors += 1;
        writeln!(out, "error: nothing to check\n  help: name files or folders, such as `specs`")?;
    }
    for path in paths {
        match spec_files(path) {
            Ok(found) if found.is_empty() => {
                tally.errors += 1;
                tally.files += 1;
                writeln!(out, "error: no spec in `{}`\n  help: a spec is a file that ends in `.yaml` or `.yml`\n", path.display())?;
            }
            Ok(found) => {
                for file in found {
                    check_file(&file, style, &mut tally, out)?;
                }
            }
            Err(error) => unreadable(&error, &mut tally, out)?,
        }
    }
    if tally.files > 0 {
        writeln!(out, "{tally}")?;
    }
    Ok(if tally.errors == 0 { Checked::Good } else { Checked::Bad })
}

fn check_file(file: &Path, style: Style, tally: &mut Tally, out: &mut dyn Write) -> io::Result<()> {
    let bytes = match files::read(file, spec::load::MAX_BYTES as u64) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(&error, tally, out),
    };
    let reading = spec::read(&bytes);
    tally.add(&reading.faults);
    write!(out, "{}", render(&file.display().to_string(), &reading.source, &reading.faults, style))?;
    if let Some(resolved) = reading.resolved {
        writeln!(out, "ok {}: {}", file.display(), summary(&resolved))?;
    }
    Ok(())
}

fn unreadable(error: &files::FileError, tally: &mut Tally, out: &mut dyn Write) -> io::Result<()> {
    tally.errors += 1;
    tally.files += 1;
    if error.is_missing() {
        return writeln!(out, "error: there is no file or folder `{}`\n", error.path.display());
    }
    writeln!(out, "error: {error}\n")
}

/// A file itself; of a folder every `.yaml` and `.yml` below, sorted. Hidden files and folders are left out.
fn spec_files(path: &Path) -> Result<Vec<PathBuf>, files::FileError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in files::list(path)? {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // A link to a folder may lead back up.
        let folder = entry.is_dir() && !entry.is_symlink();
        let spec = entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if folder && !hidden {
            found.extend(spec_files(&entry)?);
        } else if spec && !hidden && !entry.is_dir() {
            found.push(entry);
        }
    }
    Ok(found)
}

/// One line about a spec, such as `3 stages, 58 trainings out of 290 proposals, then 2 at length`.
pub fn summary(spec: &ResolvedSpec) -> String {
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let trainings: usize = spec.stages.iter().map(|stage| stage.rounds * stage.trainings).sum();
    let proposals: usize = spec.stages.iter().map(|stage| stage.rounds * stage.proposals).sum();
    format!(
        "{}, {} out of {}, then {} at length",
        count(spec.stages.len(), "stage"),
        count(trainings, "training"),
        count(proposals, "proposal"),
        count(spec.last.networks, "network"),
    )
}
