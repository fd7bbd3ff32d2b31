//! `epnas why`: what a task depends on; for a task that runs, the nearest earlier result and what differs, down to the
//! place in the spec; for a cached one, when it was computed and what it cost.

mod text;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::known::Known;
use super::machine::{LocalArguments, Site};
use super::{CacheArgument, Exit, diagnostics, fail, print};
use crate::cache::{self, Cache, CacheReader, Difference, Fingerprint, Record};
use crate::cli::paths::path;
use crate::diagnostic::Path;
use crate::objective::Side;
use crate::plan::Plan;
use crate::run::{Replay, Status, replay};
use crate::spec::{ResolvedSpec, Source, origin};
use crate::text::suggestion;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The spec.
    #[arg(value_parser = path())]
    spec: PathBuf,
    /// A task of its plan, such as `grow/round-01/train-03`; `epnas plan SPEC --format json` lists them.
    task: String,
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
    /// One object.
    Json,
}

pub fn why(arguments: &Arguments) -> Exit {
    match try_why(arguments) {
        Ok(text) => {
            print(&text);
            Exit::Done
        }
        Err(exit) => exit,
    }
}

fn try_why(arguments: &Arguments) -> Result<String, Exit> {
    let (spec, source) = super::load_with_source(&arguments.spec, &|_| {})?;
    let site = Site::find_and_tell(&arguments.local)?;
    let known = Known::find_and_tell(&spec, &arguments.spec, arguments.cache.look().as_ref())?;
    let plan = site.plan(&spec, known.digests);
    let node = find(&plan, &arguments.task)?;
    let trouble = |error: cache::CacheError| fail(Exit::Trouble, &error.to_string());
    let cache = Cache::open_for_reading(&arguments.cache.folder).map_err(trouble)?;
    let place = Places { spec: &spec, source: &source, file: arguments.spec.display().to_string() };
    let held = replay(&plan, &cache, &arguments.local.remembered(&site)).map_err(trouble)?;
    let told = tell(&plan, &held, node, &cache, &place).map_err(trouble)?;
    Ok(match arguments.format {
        // A record can hold any text.
        Format::Human => diagnostics::visible_lines(&text::human(&told)).into_owned(),
        Format::Json => {
            let mut value = text::json(&told);
            value["data"] = known.from.word().into();
            value["warnings"] = known.warnings.into();
            format!("{value:#}\n")
        }
    })
}

fn find(plan: &Plan, task: &str) -> Result<NodeIndex, Exit> {
    let graph = &plan.graph;
    if let Some(node) = graph.node_indices().find(|&node| graph[node].id.0 == task) {
        return Ok(node);
    }
    let ids: Vec<&str> = graph.node_weights().map(|planned| planned.id.0.as_str()).collect();
    let help = match suggestion(task, &ids) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a task is named like `{}`; `epnas plan SPEC --format json` lists all", ids.first().unwrap_or(&"final/test")),
    };
    Err(fail(Exit::BadSpec, &format!("the plan has no task `{task}`\nhelp: {help}")))
}

/// All there is to say of a task.
struct Told {
    id: String,
    status: Status,
    fingerprint: Option<Fingerprint>,
    /// Input, output, task it comes from, and whether that has a result.
    inputs: Vec<(String, String, String, bool)>,
    /// Of a cached task.
    record: Option<Record>,
    /// Of a task that runs.
    nearest: Option<Nearest>,
    /// Of a task behind others: those that have to run first, with their reason.
    roots: Vec<(String, String)>,
}

/// The record that comes closest to a task.
struct Nearest {
    record: Record,
    /// What differs, with the place that says it.
    differences: Vec<(Difference, Option<String>)>,
}

fn tell(plan: &Plan, replay: &Replay, node: NodeIndex, cache: &CacheReader, place: &Places<'_>) -> Result<Told, cache::CacheError> {
    let planned = &plan.graph[node];
    let status = replay.standings[node.index()].status.clone();
    let fingerprint = replay.fingerprint(plan, node);
    let mut inputs: Vec<(String, String, String, bool)> = plan
        .graph
        .edges_directed(node, Direction::Incoming)
        .map(|edge| {
            let known = replay.results()[edge.source().index()].is_some();
            (edge.weight().input.to_string(), edge.weight().output.to_string(), plan.graph[edge.source()].id.to_string(), known)
        })
        .collect();
    inputs.sort();
    let (mut record, mut nearest) = (None, None);
    if let Some(fingerprint) = &fingerprint {
        match status {
            Status::Cached | Status::Failed { .. } => record = cache.find(fingerprint)?.ok(),
            _ => {
                nearest = cache::nearest(fingerprint, cache.records()?).map(|(record, differences)| {
                    let said = |difference: Difference| {
                        let place = place.of(&difference, planned.stage);
                        (difference, place)
                    };
                    Nearest { record, differences: differences.into_iter().map(said).collect() }
                });
            }
        }
    }
    let roots = if status == Status::Open { roots(plan, replay, node) } else { Vec::new() };
    Ok(Told { id: planned.id.to_string(), status, fingerprint, inputs, record, nearest, roots })
}

/// The tasks above `node` that have to run first.
fn roots(plan: &Plan, replay: &Replay, node: NodeIndex) -> Vec<(String, String)> {
    let (mut seen, mut next, mut found) = (BTreeSet::from([node]), vec![node], BTreeSet::new());
    while let Some(node) = next.pop() {
        if let Status::Runs { reason } = &replay.standings[node.index()].status {
            found.insert((node, reason.to_string()));
            continue;
        }
        next.extend(plan.graph.neighbors_directed(node, Direction::Incoming).filter(|&source| seen.insert(source)));
    }
    found.into_iter().map(|(node, reason)| (plan.graph[node].id.to_string(), reason)).collect()
}

/// Where in the spec a parameter is said.
struct Places<'a> {
    spec: &'a ResolvedSpec,
    source: &'a Source,
    file: String,
}

impl Places<'_> {
    fn of(&self, difference: &Difference, stage: usize) -> Option<String> {
        let path: Vec<&str> = difference.path.iter().map(String::as_str).collect();
        let ["parameters", path @ ..] = &path[..] else { return None };
        let constraint = |index: usize| {
            let constraint = self.spec.constraints.get(index)?;
            let side = if constraint.side == Side::Max { "max" } else { "min" };
            Some((constraint.cost.word().to_owned(), side.to_owned()))
        };
        if path.last() == Some(&"seed") && !path.contains(&"recipe") && !path.contains(&"dataset") {
            let (line, column) = self.source.place(&Path::root().key("seed"));
            let place = if self.source.says(&Path::root().key("seed")) { format!("{}:{line}:{column} ", self.file) } else { String::new() };
            return Some(format!("{place}follows from `seed`, the stage and the round"));
        }
        let stage = (stage < self.spec.stages.len()).then_some(stage);
        let fields = origin::fields(path, stage, &constraint);
        let (field, said) = origin::written(self.source, &fields)?;
        Some(if said {
            let (line, column) = self.source.place(field);
            format!("{}:{line}:{column} `{field}`", self.file)
        } else {
            format!("the default of `{field}`")
        })
    }
}
