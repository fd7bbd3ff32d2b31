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
use super::plan::new;
use super::{CacheArgument, Exit, diagnostics, fail, print, print_json};
use crate::cache::{self, Cache, CacheReader, Difference, Fingerprint, Record};
use crate::cause::{Cause, Causes, EarlierTasks, Places, SavedCauses};
use crate::cli::paths::path;
use crate::cli::results::ResultsArgument;
use crate::plan::Plan;
use crate::run::{Replay, Status};
use crate::text::suggestion;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The spec.
    #[arg(value_parser = path())]
    spec: PathBuf,
    /// A task of the plan, such as `grow/round-01/train-03`; `epnas plan SPEC --format json` lists all tasks. Without
    /// it, the first task that would run.
    task: Option<String>,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// One object.
    Json,
}

pub(super) fn why(arguments: &Arguments) -> Exit {
    match try_why(arguments) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_why(arguments: &Arguments) -> Result<(), Exit> {
    let (mut spec, source) = super::load_with_source(&arguments.spec, &|_| {})?;
    let site = Site::find_and_tell(&arguments.local)?;
    let known = Known::find_and_tell(&mut spec, &arguments.spec, arguments.cache.look().as_ref())?;
    let plan = site.plan(&spec, known.digests)?;
    let asked = arguments.task.as_deref().map(|task| find(&plan, task)).transpose()?;
    let trouble = |error: cache::CacheError| fail(Exit::Trouble, &error.to_string());
    let cache = Cache::open_for_reading(&arguments.cache.folder).map_err(trouble)?;
    let place = Places { spec: &spec, source: &source, file: arguments.spec.display().to_string() };
    let held = known.look_ahead(&spec, &plan, &cache, &arguments.local.remembered(&site)).map_err(trouble)?;
    let node = asked.unwrap_or_else(|| first_to_run(&plan, &held));
    let mut earlier = arguments.results.earlier(&spec.name);
    let mut told = tell(&plan, &held, node, &cache, (&place, &mut earlier)).map_err(trouble)?;
    if let (Status::Cached | Status::Failed { .. }, Some(fingerprint)) = (&told.status, &told.fingerprint) {
        let kept = SavedCauses::read(&arguments.results.of(&spec.name)).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
        told.cause = kept.cause(&plan.graph[node].id, &fingerprint.key()).cloned();
    }
    match arguments.format {
        // A record can hold any text.
        Format::Human => print(&diagnostics::visible_lines(&text::human(&told))),
        Format::Json => {
            let mut value = text::json(&told);
            value["data"] = known.from.word().into();
            value["warnings"] = known.warnings.into();
            print_json(value);
        }
    }
    Ok(())
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

/// The first task of the plan that would run; the last one of all, if none would.
fn first_to_run(plan: &Plan, replay: &Replay) -> NodeIndex {
    let runs = |node: &NodeIndex| matches!(replay.standings[node.index()].status, Status::Runs { .. });
    let last = NodeIndex::new(plan.graph.node_count().saturating_sub(1));
    plan.graph.node_indices().find(runs).unwrap_or(last)
}

/// All there is to say of a task.
struct Explained {
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
    /// Why it runs, or ran.
    cause: Option<Cause>,
}

/// A record that differs in more places is of another task.
const MOST: usize = 12;

/// The record that comes closest to a task.
struct Nearest {
    record: Record,
    /// What differs, with the place that says it.
    differences: Vec<(Difference, Option<String>)>,
}

fn tell(
    plan: &Plan,
    replay: &Replay,
    node: NodeIndex,
    cache: &CacheReader,
    (place, earlier): (&Places<'_>, &mut EarlierTasks),
) -> Result<Explained, cache::CacheError> {
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
                let near = cache::nearest(fingerprint, cache.records()?.filter(|record| earlier.holds(record)));
                nearest = near.filter(|(_, differences)| differences.len() <= MOST).map(|(record, differences)| {
                    let said = |difference: Difference| {
                        let place = place.of(&difference.path, planned.stage);
                        (difference, place)
                    };
                    Nearest { record, differences: differences.into_iter().map(said).collect() }
                });
            }
        }
    }
    let (mut roots, mut cause) = (Vec::new(), None);
    if matches!(status, Status::Runs { .. } | Status::Open) {
        cache.records()?.for_each(|record| earlier.add(&record));
        let causes = Causes::find(plan, |node| new(replay, node), earlier, place);
        let first = if status == Status::Open { first(plan, replay, node) } else { Vec::new() };
        let reason = |node| causes.of(node).map(|cause| cause.reason.to_string()).unwrap_or_default();
        roots = first.into_iter().map(|node| (plan.graph[node].id.to_string(), reason(node.index()))).collect();
        cause = causes.of(node.index());
    }
    Ok(Explained { id: planned.id.to_string(), status, fingerprint, inputs, record, nearest, roots, cause })
}

/// The tasks above `node` that have to run first.
fn first(plan: &Plan, replay: &Replay, node: NodeIndex) -> Vec<NodeIndex> {
    let (mut seen, mut next, mut found) = (BTreeSet::from([node]), vec![node], BTreeSet::new());
    while let Some(node) = next.pop() {
        if let Status::Runs { .. } = &replay.standings[node.index()].status {
            found.insert(node);
            continue;
        }
        next.extend(plan.graph.neighbors_directed(node, Direction::Incoming).filter(|&source| seen.insert(source)));
    }
    found.into_iter().collect()
}
