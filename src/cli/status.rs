//! `epnas status`: how far runs are, from what they keep in their folders of results. Nothing is asked of the runs.

mod text;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::results::ResultsArgument;
use super::{Exit, Talk, fail, print, process, say};
use crate::files::{self, Entry};
use crate::report::status::{RunState, RunStatus, STATUS_FILE, StatusError};
use crate::text::suggestion;

/// Seconds without a word after which a run whose process cannot be looked at counts as killed.
const SILENCE: u64 = 60;

/// Raised when a field of the JSON goes or changes its meaning.
const FORMAT: u32 = 1;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 shown; 2 there is no such run; 3 what a run left cannot be read.")]
pub(super) struct Arguments {
    /// Name of a run, or its spec. Default: all runs.
    #[arg(value_name = "NAME or SPEC")]
    run: Option<String>,
    /// Format of the output. JSON is one object.
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    results: ResultsArgument,
}

pub(super) fn status(arguments: &Arguments) -> Exit {
    let told = match &arguments.run {
        Some(run) => one(arguments, run),
        None => all(arguments),
    };
    match told {
        Ok(exit) | Err(exit) => exit,
    }
}

/// What `--format json` says, of one run or of all.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    /// The latest first.
    runs: &'a [RunStatus],
    unreadable: Vec<Unreadable>,
}

#[derive(Serialize)]
struct Unreadable {
    name: String,
    error: String,
}

fn one(arguments: &Arguments, run: &str) -> Result<Exit, Exit> {
    let name = name_of(arguments, run)?;
    match RunStatus::read(&arguments.results.of(&name)) {
        Ok(Some(found)) => {
            let now = super::clock::unix_seconds();
            let found = judged(found, now);
            match arguments.format {
                Talk::Human => print(&text::one(&found, now)),
                Talk::Json => print_json(&Shown { format: FORMAT, runs: &[found], unreadable: Vec::new() }),
            }
            Ok(Exit::Done)
        }
        Ok(None) => Err(unknown(arguments, &name)),
        Err(error) => Err(fail(Exit::Trouble, &error.to_string())),
    }
}

/// A spec says its name; else it is the name itself, or the path of its folder of results.
fn name_of(arguments: &Arguments, run: &str) -> Result<String, Exit> {
    let path = Path::new(run);
    match files::entry(path) {
        Ok(Entry::File(_) | Entry::Link) => return super::load(path).map(|spec| spec.name),
        Ok(Entry::Folder) if is_same_folder(path.parent(), &arguments.results.folder) => {
            return Ok(path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
        }
        Ok(_) | Err(_) => {}
    }
    match crate::spec::check::name_fault(run) {
        None => Ok(run.to_owned()),
        Some(_) => Err(fail(Exit::BadSpec, &format!("`{run}` is neither the name of a run nor a spec"))),
    }
}

/// However they are written: `results`, `./results`, or from the root.
fn is_same_folder(one: Option<&Path>, other: &Path) -> bool {
    let whole = |path: &Path| if path.as_os_str().is_empty() { Path::new(".") } else { path }.canonicalize().ok();
    one.is_some_and(|one| whole(one).is_some_and(|one| whole(other) == Some(one)))
}

fn unknown(arguments: &Arguments, name: &str) -> Exit {
    let known: Vec<String> = folders(&arguments.results.folder).unwrap_or_default().into_iter().map(|(name, _)| name).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = match suggestion(name, &known) {
        Some(meant) => format!("did you mean `{meant}`"),
        None => "`epnas status` lists the runs there; `--results DIR` looks elsewhere".to_owned(),
    };
    fail(Exit::BadSpec, &format!("there is no run `{name}` in `{}`\nhelp: {help}", arguments.results.folder.display()))
}

/// Names and folders of all runs.
fn folders(results: &Path) -> Result<Vec<(String, PathBuf)>, files::FileError> {
    let entries = match files::list(results) {
        Err(error) if error.is_missing() => Vec::new(),
        listed => listed?,
    };
    // What cannot be looked at is told, not left out.
    let runs = entries.into_iter().filter(|folder| !matches!(files::entry(&folder.join(STATUS_FILE)), Ok(Entry::Nothing)));
    Ok(runs.filter_map(|folder| Some((folder.file_name()?.to_string_lossy().into_owned(), folder))).collect())
}

fn all(arguments: &Arguments) -> Result<Exit, Exit> {
    let now = super::clock::unix_seconds();
    let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
    for (name, folder) in folders(&arguments.results.folder).map_err(|error| fail(Exit::Trouble, &error.to_string()))? {
        match RunStatus::read(&folder) {
            // By its folder: results that were put aside are of the same spec.
            Ok(Some(found)) => runs.push(RunStatus { name, ..judged(found, now) }),
            Ok(None) => {}
            Err(error) => {
                say(&format!("warning: {}", super::diagnostics::visible_lines(&error.to_string())));
                unreadable.push(unreadable_run(name, &error));
            }
        }
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.updated));
    let exit = if unreadable.is_empty() { Exit::Done } else { Exit::Trouble };
    match arguments.format {
        Talk::Human if runs.is_empty() => say(&format!("no runs in `{}`", arguments.results.folder.display())),
        Talk::Human => print(&text::all(&runs, now)),
        Talk::Json => print_json(&Shown { format: FORMAT, runs: &runs, unreadable }),
    }
    Ok(exit)
}

fn unreadable_run(name: String, error: &StatusError) -> Unreadable {
    Unreadable { name, error: error.to_string() }
}

fn print_json(shown: &Shown<'_>) {
    print(&format!("{}\n", serde_json::to_string(shown).expect("plain data always serialises")));
}

/// The same run, called killed where its coordinator is gone without a word.
fn judged(run: RunStatus, now: u64) -> RunStatus {
    let lives = process::lives(&run.process);
    let gone = run.state.goes_on() && !lives.unwrap_or(now.saturating_sub(run.updated) <= SILENCE);
    RunStatus { state: if gone { RunState::Killed } else { run.state }, ..run }
}
