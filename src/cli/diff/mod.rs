//! `epnas diff`: what changed between two specs, what it invalidates, and how much new work it means.

mod changes;
mod revision;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};

use self::changes::Change;
use self::revision::{Loaded, NoSpec};
use super::known::Known;
use super::machine::{LocalArguments, Site};
use super::plan::{Foreseen, foresee};
use super::{CacheArgument, Exit, fail, print, print_json, say};
use crate::cause::{EarlierTasks, Places, asked_by};
use crate::cli::paths::path;
use crate::digest::{Digest, Domain};
use crate::plan::Plan;
use crate::spec::ResolvedSpec;
use crate::task::TaskKind;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The old spec: a file, or `REVISION:PATH` of the current git repository.
    #[arg(value_parser = path())]
    old: PathBuf,
    /// The new spec: a file or a revision likewise.
    #[arg(value_parser = path())]
    new: PathBuf,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For a comment on a pull request.
    Markdown,
    /// One object.
    Json,
}

/// Two specs, compared.
struct Compared {
    /// Or why there is none.
    old: Result<ResolvedSpec, NoSpec>,
    new: ResolvedSpec,
    changes: Vec<Change>,
    kinds: BTreeMap<TaskKind, TaskCounts>,
    foreseen: Foreseen,
}

/// Tasks of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
struct TaskCounts {
    old: usize,
    new: usize,
    /// Of the new ones those that no old task has the parameters of.
    anew: usize,
}

pub(super) fn diff(arguments: &Arguments) -> Exit {
    match compare(arguments) {
        Ok(compared) => {
            match arguments.format {
                Format::Human => print(&text::human(&compared)),
                Format::Markdown => print(&text::markdown(&compared)),
                Format::Json => print_json(json(&compared)),
            }
            Exit::Done
        }
        Err(exit) => exit,
    }
}

fn compare(arguments: &Arguments) -> Result<Compared, Exit> {
    let old = revision::load_at(&arguments.old)?;
    let Loaded { spec: new, file } = revision::load_at(&arguments.new)?;
    let (mut new, source) = new.map_err(|why| match why {
        NoSpec::Faulty => Exit::BadSpec,
        NoSpec::Absent(message) => fail(Exit::BadSpec, &message),
    })?;
    let (old, old_file) = (old.spec.map(|(spec, _)| spec), old.file);
    let faulty = (old == Err(NoSpec::Faulty)).then(|| faulty(&arguments.old));
    if let Some(told) = &faulty {
        say(&format!("warning: {told}"));
    }
    let site = Site::find_and_tell(&arguments.local)?;
    let cache = arguments.cache.look();
    // Compared as they were written.
    let written = new.subject.clone();
    let known = Known::find_and_tell(&mut new, &file, cache.as_ref())?;
    let mut old = old;
    let before = match &mut old {
        // What was said of the same data is not said again.
        Ok(spec) if spec.subject == written => {
            spec.subject.clone_from(&new.subject);
            Some(site.plan(spec, known.digests)?)
        }
        Ok(spec) => {
            let digests = Known::find_and_tell(spec, &old_file, cache.as_ref())?.digests;
            Some(site.plan(spec, digests)?)
        }
        Err(_) => None,
    };
    let counted = known.count_in(new.clone());
    let places = Places { spec: &counted, source: &source, file: arguments.new.display().to_string() };
    let earlier = EarlierTasks::of(before.as_ref().map(asked_by).unwrap_or_default());
    let mut foreseen = foresee(&places, &known, &site, &arguments.local, &arguments.cache, earlier)?;
    foreseen.warnings.extend(faulty);
    let kinds = asked(before.as_ref(), &foreseen.plan);
    let changes = old.as_ref().map_or_else(|_| Vec::new(), |old| changes::between(old, &new));
    Ok(Compared { old, new, changes, kinds, foreseen })
}

fn faulty(place: &Path) -> String {
    format!("`{}` has faults, so that nothing is compared with it; all of the new spec counts as not in the old plan", place.display())
}

/// What of the new plan is asked for the first time.
fn asked(old: Option<&Plan>, new: &Plan) -> BTreeMap<TaskKind, TaskCounts> {
    let digests = |plan: &Plan| -> Vec<(TaskKind, Digest)> {
        plan.tasks().map(|planned| (planned.task.kind(), Digest::of_json(Domain::Task, &planned.task))).collect()
    };
    let (old, new) = (old.map(digests).unwrap_or_default(), digests(new));
    let known: BTreeSet<Digest> = old.iter().map(|(_, digest)| *digest).collect();
    let mut kinds: BTreeMap<TaskKind, TaskCounts> = BTreeMap::new();
    for (kind, _) in old {
        kinds.entry(kind).or_default().old += 1;
    }
    for (kind, digest) in new {
        let asked = kinds.entry(kind).or_default();
        asked.new += 1;
        asked.anew += usize::from(!known.contains(&digest));
    }
    kinds
}

fn json(compared: &Compared) -> Value {
    let changes: Vec<_> =
        compared.changes.iter().map(|change| json!({ "field": change.field, "was": change.was, "now": change.now })).collect();
    let Compared { old, new, kinds, foreseen, .. } = compared;
    json!({
        "old": old.as_ref().ok().map(|old| &old.name),
        "new": new.name,
        "changes": changes,
        "tasks": kinds,
        "forecast": foreseen.forecast,
        "why": foreseen.causes.lines(),
        "data": foreseen.from.word(),
        "warnings": foreseen.warnings,
    })
}
