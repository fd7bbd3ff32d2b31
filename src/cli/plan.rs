//! `epnas plan`: what a run will do, and how much of it is cached already.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::data::{Data, DataError};
use super::machine::{LocalArguments, device_name};
use super::{CacheArgument, Exit, fail, print, say};
use crate::cache::Cache;
use crate::plan::{self, DataDigests, Plan};
use crate::run::{Status, replay};
use crate::spec::ResolvedSpec;
use crate::task::{Task, TaskKind};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The spec.
    spec: PathBuf,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    cache: CacheArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// Every task with its parameters and status, and every edge.
    Json,
    /// Graphviz.
    Dot,
}

pub fn plan(arguments: &Arguments) -> Exit {
    let spec = match super::load(&arguments.spec) {
        Ok(spec) => spec,
        Err(exit) => return exit,
    };
    let data = match Data::open(&spec) {
        Ok(data) => data.digests,
        Err(error @ DataError::Table(_)) if !error.is_missing() => return error.tell(),
        Err(error) => {
            say(&format!("warning: {error}\nwarning: without the data no training counts as cached"));
            DataDigests::unknown(&spec.subject)
        }
    };
    let plan = Plan::new(&spec, data, &device_name(&LocalArguments::default()));
    let statuses = Cache::open_for_reading(&arguments.cache.folder).and_then(|cache| replay(&plan, &cache));
    let statuses = match statuses {
        Ok(statuses) => statuses,
        Err(error) => return fail(Exit::Trouble, &error.to_string()),
    };
    match arguments.format {
        Format::Table => print(&table(&spec, &plan, &statuses)),
        Format::Json => print(&format!("{:#}\n", plan::json(&plan, &|index| json!(statuses[index])))),
        Format::Dot => print(&plan::dot(&plan)),
    }
    Exit::Done
}

fn table(spec: &ResolvedSpec, plan: &Plan, statuses: &[Status]) -> String {
    let mut text = format!("plan of `{}`: strategy {}, {} tasks\n\n", spec.name, spec.strategy.word(), statuses.len());
    let _ = writeln!(
        text,
        "{:<24} {:>7} {:>9} {:>9} {:>6} {:>15} {:>7}",
        "stage", "rounds", "proposals", "trainings", "depth", "epochs × share", "carry"
    );
    for stage in &spec.stages {
        let recipe = stage.recipe;
        let fidelity = format!("{} × {}", recipe.epochs, recipe.examples);
        let _ = writeln!(
            text,
            "{:<24} {:>7} {:>9} {:>9} {:>6} {fidelity:>15} {:>7}",
            stage.name, stage.rounds, stage.proposals, stage.trainings, stage.depth, stage.carry
        );
    }
    let recipe = spec.last.recipe;
    let fidelity = format!("{} × {}", recipe.epochs, recipe.examples);
    let _ = writeln!(text, "{:<24} {:>7} {:>9} {:>9} {:>6} {fidelity:>15} {:>7}\n", "final", "", "", spec.last.networks, "", "");

    let mut counts: BTreeMap<TaskKind, [usize; 4]> = BTreeMap::new();
    for (planned, status) in plan.tasks().zip(statuses) {
        let column = match status {
            Status::Cached => 0,
            Status::Runs { .. } => 1,
            Status::Open => 2,
            Status::Skipped => 3,
        };
        counts.entry(planned.task.kind()).or_default()[column] += 1;
    }
    let _ = writeln!(text, "{:<9} {:>7} {:>9} {:>6} {:>9}", "task", "cached", "runs now", "then", "skipped");
    for (kind, [cached, runs, open, skipped]) in &counts {
        let _ = writeln!(text, "{:<9} {cached:>7} {runs:>9} {open:>6} {skipped:>9}", kind.word());
    }
    let total: [usize; 4] = counts.values().fold([0; 4], |sum, row| std::array::from_fn(|column| sum[column] + row[column]));
    let _ = writeln!(text, "{:<9} {:>7} {:>9} {:>6} {:>9}\n", "all", total[0], total[1], total[2], total[3]);
    if total[1] + total[2] == 0 {
        text.push_str("nothing to do: every task is cached\n");
    } else {
        for (planned, status) in plan.tasks().zip(statuses) {
            if let Status::Runs { reason } = status {
                let _ = writeln!(text, "runs now: {} ({reason})", planned.id);
            }
        }
        let units: f64 = plan
            .tasks()
            .zip(statuses)
            .filter(|(_, status)| matches!(status, Status::Runs { .. } | Status::Open))
            .filter_map(|(planned, _)| match &planned.task {
                Task::Train { recipe, .. } => Some(recipe.epochs as f64 * recipe.examples),
                _ => None,
            })
            .sum();
        if units > 0.0 {
            let _ = writeln!(text, "at most {units:.1} passes over the training split; fewer where a network was trained before");
        }
    }
    text
}
