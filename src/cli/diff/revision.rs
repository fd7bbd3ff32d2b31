//! A spec from a file, or from a revision of the git repository that one works in.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::{Exit, fail, load, load_bytes};
use crate::spec::ResolvedSpec;

/// The resolved spec of a file or of `REVISION:PATH`.
pub fn load_at(place: &Path) -> Result<ResolvedSpec, Exit> {
    let text = place.to_string_lossy();
    match text.split_once(':') {
        Some((revision, path)) if !place.exists() => {
            if revision.is_empty() || revision.starts_with('-') || path.is_empty() {
                return Err(fail(Exit::BadSpec, &format!("`{text}` is neither a file nor `REVISION:PATH`")));
            }
            let bytes = git(&["show", &format!("{revision}:{path}")], &text)?;
            let top = git(&["rev-parse", "--show-toplevel"], &text)?;
            // As git does: from the top of the repository, unless it says that it is from here.
            let from_here = path.starts_with("./") || path.starts_with("../");
            let top = if from_here { PathBuf::new() } else { PathBuf::from(String::from_utf8_lossy(&top).trim_end()) };
            load_bytes(&text, &bytes, top.join(path).parent().unwrap_or(Path::new("")))
        }
        _ => load(place),
    }
}

fn git(arguments: &[&str], place: &str) -> Result<Vec<u8>, Exit> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| fail(Exit::BadSpec, &format!("`{place}` is no file, and git cannot be asked for it: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ").lines().next().unwrap_or("it gave no reason").to_owned();
    let help = "name a file, or a revision and a path from the top of the repository, such as `main:specs/search.yaml`";
    Err(fail(Exit::BadSpec, &format!("`{place}` is no file, and git does not have it: {said}\nhelp: {help}")))
}
