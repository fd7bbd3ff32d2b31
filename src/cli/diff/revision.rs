//! A spec from a file, or from a revision of the git repository that one works in.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::{Exit, fail, load_with_source, read_spec};
use crate::spec::{ResolvedSpec, Source};

/// A place where a spec was looked for.
pub(super) struct Loaded {
    pub spec: Result<(ResolvedSpec, Source), NoSpec>,
    /// Where it lies, or would lie.
    pub file: PathBuf,
}

/// Why there is no spec at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoSpec {
    /// It has faults, which were told.
    Faulty,
    /// The revision is there and has no such file; with what to tell where one is needed.
    Absent(String),
}

impl NoSpec {
    pub(super) const fn text(&self) -> &'static str {
        match self {
            Self::Faulty => "the old spec has faults",
            Self::Absent(_) => "the spec is new",
        }
    }
}

/// The resolved spec of a file or of `REVISION:PATH`.
pub(super) fn load_at(place: &Path) -> Result<Loaded, Exit> {
    let text = place.to_string_lossy();
    match text.split_once(':') {
        Some((revision, path)) if !place.exists() => {
            if revision.is_empty() || revision.starts_with('-') || path.is_empty() {
                return Err(fail(Exit::BadSpec, &format!("`{text}` is neither a file nor `REVISION:PATH`")));
            }
            let shown = git(&["show", &format!("{revision}:{path}")], &text);
            let top = git(&["rev-parse", "--show-toplevel"], &text).map_err(|refused| fail(Exit::BadSpec, refused.message()))?;
            // As git does: from the top of the repository, unless it says that it is from here.
            let from_here = path.starts_with("./") || path.starts_with("../");
            let top = if from_here { PathBuf::new() } else { PathBuf::from(String::from_utf8_lossy(&top).trim_end()) };
            let file = top.join(path);
            let spec = match shown {
                Ok(bytes) => read_spec(&text, &bytes, file.parent().unwrap_or(Path::new("")), &|_| {}).map_err(|_| NoSpec::Faulty),
                Err(Refused::NoSuchFile(message)) => Err(NoSpec::Absent(message)),
                Err(Refused::Otherwise(message)) => return Err(fail(Exit::BadSpec, &message)),
            };
            Ok(Loaded { spec, file })
        }
        // One that cannot be read at all is no spec with faults.
        _ if !place.is_file() => load_with_source(place, &|_| {}).map(|spec| Loaded { spec: Ok(spec), file: place.to_owned() }),
        _ => Ok(Loaded { spec: load_with_source(place, &|_| {}).map_err(|_| NoSpec::Faulty), file: place.to_owned() }),
    }
}

/// What git said, with what to do about it.
enum Refused {
    NoSuchFile(String),
    Otherwise(String),
}

impl Refused {
    fn message(&self) -> &str {
        let (Self::NoSuchFile(message) | Self::Otherwise(message)) = self;
        message
    }
}

fn git(arguments: &[&str], place: &str) -> Result<Vec<u8>, Refused> {
    let output =
        ask_git(arguments).map_err(|error| Refused::Otherwise(format!("`{place}` is no file, and git cannot be asked for it: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ").lines().next().unwrap_or("it gave no reason").to_owned();
    // A clone of the latest commit alone knows neither earlier ones nor other branches.
    let is_shallow = ask_git(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|output| output.stdout.starts_with(b"true"));
    let lacks_revision = said.contains("invalid object name") || said.contains("bad revision") || said.contains("unknown revision");
    let help = if is_shallow && lacks_revision {
        "this clone has no history: fetch it with `git fetch --unshallow`; in GitHub Actions say `fetch-depth: 0` of `actions/checkout`"
    } else {
        "name a file, or a revision and a path from the top of the repository, such as `main:specs/search.yaml`"
    };
    let message = format!("`{place}` is no file, and git does not have it: {said}\nhelp: {help}");
    // In git's words: "path 'a' does not exist in 'main'", "path 'a' exists on disk, but not in 'main'".
    let lacks_file =
        said.starts_with("path '") && (said.contains("' does not exist in '") || said.contains("' exists on disk, but not in '"));
    Err(if lacks_file { Refused::NoSuchFile(message) } else { Refused::Otherwise(message) })
}

fn ask_git(arguments: &[&str]) -> std::io::Result<std::process::Output> {
    // Its words are read, so they are to be those that are expected.
    Command::new("git").args(arguments).env("LC_ALL", "C").output()
}
