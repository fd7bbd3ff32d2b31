//! `epnas why`: what a task depends on; for a task that runs, the nearest earlier result and what differs, down to the
//! place in the spec; for a cached one, when it was computed and what it cost.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use clap::ValueEnum;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use serde_json::{Value, json};

use super::machine::LocalArguments;
use super::plan::{Foreseen, foresee};
use super::{CacheArgument, Exit, fail, print};
use crate::cache::{self, Cache, CacheReader, Difference, Fingerprint, Record};
use crate::objective::Side;
use crate::report::{count, duration};
use crate::run::Status;
use crate::spec::{ResolvedSpec, Source, origin, suggest};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The spec.
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
    let foreseen = foresee(&spec, &arguments.local, &arguments.cache)?;
    let node = find(&foreseen, &arguments.task)?;
    let trouble = |error: cache::CacheError| fail(Exit::Trouble, &error.to_string());
    let cache = Cache::open_for_reading(&arguments.cache.folder).map_err(trouble)?;
    let place = Places { spec: &spec, source: &source, file: arguments.spec.display().to_string() };
    let told = tell(&foreseen, node, &cache, &place).map_err(trouble)?;
    Ok(match arguments.format {
        Format::Human => human(&told),
        Format::Json => format!("{:#}\n", json(&told)),
    })
}

fn find(foreseen: &Foreseen, task: &str) -> Result<NodeIndex, Exit> {
    let graph = &foreseen.plan.graph;
    if let Some(node) = graph.node_indices().find(|&node| graph[node].id.0 == task) {
        return Ok(node);
    }
    let ids: Vec<&str> = graph.node_weights().map(|planned| planned.id.0.as_str()).collect();
    let help = match suggest::suggestion(task, &ids) {
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
    /// Of a task that runs: the nearest record, and what differs with the place that says it.
    nearest: Option<(Record, Vec<(Difference, Option<String>)>)>,
    /// Of a task behind others: those that have to run first, with their reason.
    roots: Vec<(String, String)>,
}

fn tell(foreseen: &Foreseen, node: NodeIndex, cache: &CacheReader, place: &Places<'_>) -> Result<Told, cache::CacheError> {
    let Foreseen { plan, replay, .. } = foreseen;
    let planned = &plan.graph[node];
    let status = replay.standings[node.index()].status.clone();
    let fingerprint = replay.fingerprint(plan, node).and_then(Result::ok);
    let mut inputs: Vec<(String, String, String, bool)> = plan
        .graph
        .edges_directed(node, Direction::Incoming)
        .map(|edge| {
            let known = replay.results()[edge.source().index()].is_some();
            (edge.weight().input.clone(), edge.weight().output.clone(), plan.graph[edge.source()].id.to_string(), known)
        })
        .collect();
    inputs.sort();
    let (mut record, mut nearest) = (None, None);
    if let Some(fingerprint) = &fingerprint {
        match status {
            Status::Cached => record = cache.find(fingerprint)?.ok(),
            _ => {
                nearest = cache::nearest(fingerprint, cache.records()?).map(|(record, differences)| {
                    let said = |difference: Difference| {
                        let place = place.of(&difference, planned.stage);
                        (difference, place)
                    };
                    (record, differences.into_iter().map(said).collect())
                });
            }
        }
    }
    let roots = if status == Status::Open { roots(foreseen, node) } else { Vec::new() };
    Ok(Told { id: planned.id.to_string(), status, fingerprint, inputs, record, nearest, roots })
}

/// The tasks above `node` that have to run first.
fn roots(foreseen: &Foreseen, node: NodeIndex) -> Vec<(String, String)> {
    let (mut seen, mut next, mut found) = (BTreeSet::from([node]), vec![node], BTreeSet::new());
    while let Some(node) = next.pop() {
        if let Status::Runs { reason } = &foreseen.replay.standings[node.index()].status {
            found.insert((node, reason.to_string()));
            continue;
        }
        next.extend(foreseen.plan.graph.neighbors_directed(node, Direction::Incoming).filter(|&source| seen.insert(source)));
    }
    found.into_iter().map(|(node, reason)| (foreseen.plan.graph[node].id.to_string(), reason)).collect()
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

fn when(record: &Record) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(record.finished)).to_string()
}

fn human(told: &Told) -> String {
    let mut text = String::new();
    let _ = match &told.status {
        Status::Cached => writeln!(text, "`{}` is cached", told.id),
        Status::Runs { reason } => writeln!(text, "`{}` runs: {reason}", told.id),
        Status::Open => writeln!(text, "`{}` waits for tasks that have to run first", told.id),
        Status::Skipped { missing } => writeln!(text, "`{}` is skipped: there is no {missing}", told.id),
    };
    for (task, reason) in &told.roots {
        let _ = writeln!(text, "  `{task}` ({reason})");
    }
    if let Some(record) = &told.record {
        let environment: Vec<String> = record.environment.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let with = if environment.is_empty() { String::new() } else { format!(", with {}", environment.join(", ")) };
        let bytes = record.sizes.values().sum::<u64>() as f64;
        let _ = writeln!(text, "  computed {} in {}, {} bytes{with}", when(record), duration(record.seconds), count(bytes));
    }
    if let Some((record, differences)) = &told.nearest {
        let _ = writeln!(text, "  nearest earlier result: {}, computed {}; it differs in", record.fingerprint.key().short(), when(record));
        for (Difference { path, was, now }, place) in differences {
            let place = place.as_ref().map_or_else(String::new, |place| format!("  {place}"));
            let _ = writeln!(text, "    {}: was {}, now {}{place}", path.join("."), short(was.as_ref()), short(now.as_ref()));
        }
    }
    if let Some(fingerprint) = &told.fingerprint {
        let _ = writeln!(text, "\nkey {}\nkind {}, version {}\nparameters", fingerprint.key(), fingerprint.kind, fingerprint.version);
        tree(&mut text, &fingerprint.parameters, 1);
    }
    if !told.inputs.is_empty() {
        text.push_str("inputs\n");
    }
    for (input, output, task, known) in &told.inputs {
        let digest = told.fingerprint.as_ref().and_then(|fingerprint| fingerprint.inputs.get(input));
        let digest = match digest {
            Some(digest) => format!(" {}", digest.short()),
            None if *known => " (never came to be)".to_owned(),
            None => " (to come)".to_owned(),
        };
        let _ = writeln!(text, "  {input}{digest}: {output} of `{task}`");
    }
    text
}

/// A value on one line, cut where it is long.
fn short(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

/// Nested names, one value a line; lists of plain values on one line.
fn tree(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (format!("[{index}]"), value)).collect(),
        plain => {
            let _ = writeln!(text, "{indent}{plain}");
            return;
        }
    };
    for (name, child) in children {
        let is_plain = match child {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
            _ => true,
        };
        if is_plain {
            let _ = writeln!(text, "{indent}{name}: {child}");
        } else {
            let _ = writeln!(text, "{indent}{name}");
            tree(text, child, depth + 1);
        }
    }
}

fn json(told: &Told) -> Value {
    let nearest = told.nearest.as_ref().map(|(record, differences)| {
        let differences: Vec<Value> = differences
            .iter()
            .map(|(Difference { path, was, now }, place)| json!({ "path": path.join("."), "was": was, "now": now, "place": place }))
            .collect();
        json!({ "key": record.fingerprint.key(), "finished": when(record), "differences": differences })
    });
    let status = match &told.status {
        Status::Cached => json!("cached"),
        Status::Runs { reason } => json!({ "runs": { "reason": reason.to_string() } }),
        Status::Open => json!("open"),
        Status::Skipped { missing } => json!({ "skipped": { "missing": missing } }),
    };
    let inputs: Vec<Value> =
        told.inputs.iter().map(|(input, output, task, _)| json!({ "input": input, "output": output, "task": task })).collect();
    json!({
        "task": told.id,
        "status": status,
        "key": told.fingerprint.as_ref().map(Fingerprint::key),
        "fingerprint": told.fingerprint,
        "inputs": inputs,
        "record": told.record.as_ref().map(|record| json!({
            "finished": when(record), "seconds": record.seconds, "sizes": record.sizes, "environment": record.environment,
        })),
        "nearest": nearest,
        "waits-for": told.roots.iter().map(|(task, reason)| json!({ "task": task, "reason": reason })).collect::<Vec<_>>(),
    })
}
