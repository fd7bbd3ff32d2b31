//! `epnas diff`: what changed between two specs, what it invalidates, and how much new work it means.

mod changes;
mod revision;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use self::changes::Change;
use super::machine::{LocalArguments, Site};
use super::plan::{Foreseen, foresee, planned};
use super::{CacheArgument, Exit, print};
use crate::cli::paths::path;
use crate::digest::{Digest, Domain};
use crate::plan::Plan;
use crate::spec::ResolvedSpec;
use crate::task::TaskKind;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The spec as it was: a file, or `REVISION:PATH` of the git repository here.
    #[arg(value_parser = path())]
    old: PathBuf,
    /// The spec as it is: the same.
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

/// Two specs, held against each other.
struct Compared {
    old: ResolvedSpec,
    new: ResolvedSpec,
    changes: Vec<Change>,
    kinds: BTreeMap<TaskKind, Asked>,
    foreseen: Foreseen,
}

/// Tasks of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Asked {
    old: usize,
    new: usize,
    /// Of the new ones those that no old task has the parameters of.
    anew: usize,
}

pub fn diff(arguments: &Arguments) -> Exit {
    match compare(arguments) {
        Ok(compared) => {
            print(&match arguments.format {
                Format::Human => text::human(&compared),
                Format::Markdown => text::markdown(&compared),
                Format::Json => json(&compared),
            });
            Exit::Done
        }
        Err(exit) => exit,
    }
}

fn compare(arguments: &Arguments) -> Result<Compared, Exit> {
    let [old, new] = [revision::load_at(&arguments.old)?, revision::load_at(&arguments.new)?];
    let site = Site::find_and_tell(&arguments.local)?;
    let (before, _) = planned(&old, &site, &arguments.cache)?;
    let foreseen = foresee(&new, &site, &arguments.local, &arguments.cache)?;
    let kinds = asked(&before, &foreseen.plan);
    let changes = changes::between(&old, &new);
    Ok(Compared { old, new, changes, kinds, foreseen })
}

/// What of the new plan is asked for the first time.
fn asked(old: &Plan, new: &Plan) -> BTreeMap<TaskKind, Asked> {
    let digests = |plan: &Plan| -> Vec<(TaskKind, Digest)> {
        plan.tasks().map(|planned| (planned.task.kind(), Digest::of_json(Domain::Task, &planned.task))).collect()
    };
    let (old, new) = (digests(old), digests(new));
    let known: BTreeSet<Digest> = old.iter().map(|(_, digest)| *digest).collect();
    let mut kinds: BTreeMap<TaskKind, Asked> = BTreeMap::new();
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

fn json(compared: &Compared) -> String {
    let changes: Vec<_> =
        compared.changes.iter().map(|change| json!({ "field": change.field, "was": change.was, "now": change.now })).collect();
    let Compared { old, new, kinds, foreseen, .. } = compared;
    let value = json!({ "old": old.name, "new": new.name, "changes": changes, "tasks": kinds, "forecast": foreseen.forecast });
    format!("{value:#}\n")
}
