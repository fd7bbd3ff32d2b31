//! A plan for people, as plain text and as Markdown.

use std::fmt::Write as _;

use super::Foreseen;
use super::takes::takes;
use crate::arch::{CostKind, Shape};
use crate::cli::shared;
use crate::event::REMEMBERED;
use crate::forecast::{Range, Tasks};
use crate::report::fidelity;
use crate::run::Status;
use crate::spec::{Budget, ResolvedSpec, Space, Subject};
use crate::task::TaskKind;
use crate::text::{columns, columns_of_numbers, duration, list, quantity, visible};

/// Of the tasks that run now for one reason, so many are named.
const NAMED: usize = 3;

pub(super) fn human(spec: &ResolvedSpec, foreseen: &Foreseen) -> String {
    let mut text = format!("{}\n{}\n", title(spec, foreseen), data(spec, foreseen).map_or_else(String::new, |data| data + "\n"));
    let mut rows = vec![stage_columns(spec).map(str::to_owned)];
    rows.extend(stages(spec));
    text.push_str(&columns_of_numbers(&rows, 24));
    text.push('\n');
    if !spec.references.is_empty() {
        text.push_str(&columns(std::iter::once(REFERENCE_COLUMNS.map(str::to_owned)).chain(references(spec))));
        text.push('\n');
    }
    let mut rows = vec![TASK_COLUMNS.map(str::to_owned)];
    rows.extend(tasks(foreseen));
    text.push_str(&columns_of_numbers(&rows, 9));
    text.push('\n');
    if let Some(line) = failed(foreseen) {
        let _ = writeln!(text, "{line}");
    }
    if foreseen.forecast.is_done() {
        let _ = writeln!(text, "nothing to do: {}", done(foreseen));
        return text;
    }
    for (tasks, reason) in now(foreseen) {
        let _ = writeln!(text, "runs now: {} ({reason})", some_of(&tasks));
    }
    for line in foreseen.causes.lines().into_iter().chain(about(spec, foreseen)).chain(takes(foreseen)).chain(limits(spec)) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// What is to be known of what networks see, cost and share.
fn about(spec: &ResolvedSpec, foreseen: &Foreseen) -> impl Iterator<Item = String> {
    without(foreseen).into_iter().chain(stem(spec)).chain(sizes(spec)).chain(shared::lines(spec))
}

/// Which references there are none of.
fn without(foreseen: &Foreseen) -> Option<String> {
    let families: Vec<&str> = foreseen.without.iter().map(|family| family.word()).collect();
    (!families.is_empty()).then(|| format!("references: no network of {} keeps the limits", list(&families)))
}

/// What ends the search before its plan does; it is not reckoned with in what the run takes.
fn limits(spec: &ResolvedSpec) -> Option<String> {
    let Budget { trainings, device_seconds, wall_seconds, disk_bytes } = spec.execution.budget;
    let limits = [
        trainings.map(|trainings| format!("{trainings} trainings")),
        device_seconds.map(|seconds| format!("{:.1} device-hours", seconds / 3600.0)),
        wall_seconds.map(|seconds| format!("{} of running", duration(seconds as f64))),
        disk_bytes.map(|bytes| format!("{} bytes of results", quantity(bytes as f64))),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    (!limits.is_empty()).then(|| format!("budget: the search ends after {}; the final trainings follow", limits.join(" or ")))
}

/// What the stem leaves of the images, where it makes them smaller.
fn stem(spec: &ResolvedSpec) -> Option<String> {
    let Subject::Images { dataset, space, .. } = &spec.subject else { return None };
    let (stride, key) = match space {
        Space::Layers(space) => (space.stem.stride(), "space.layers.stem"),
        Space::Cells(space) => (space.skeleton.stem_stride, "space.cells.skeleton.stem-stride"),
    };
    let [from, to] = [1, stride].map(|stride| {
        let Shape { height, width, .. } = dataset.described.shape;
        format!("{}×{}", height.div_ceil(stride), width.div_ceil(stride))
    });
    (stride > 1).then(|| format!("stem: a stride of {stride}, so that layers see {to} of {from} pixels; `{key}` sets another"))
}

/// What costs are of, where stages have images of other sizes.
fn sizes(spec: &ResolvedSpec) -> Option<String> {
    let Subject::Images { dataset, .. } = &spec.subject else { return None };
    spec.stages.iter().find(|stage| stage.size.is_some())?;
    let full = dataset.described.shape.height;
    Some(format!("costs: of all networks at {full} px, at which the final trainings are; stages with a size train on smaller images"))
}

pub(super) fn markdown(spec: &ResolvedSpec, foreseen: &Foreseen) -> String {
    let mut text = format!("### {}\n\n", title(spec, foreseen).replacen('p', "P", 1));
    text.push_str(&warnings(foreseen));
    if foreseen.forecast.is_done() {
        text.extend(failed(foreseen).map(|line| format!("{line}\n\n")));
        let _ = writeln!(text, "Nothing to do: {}.", done(foreseen));
        return text;
    }
    text.extend(failed(foreseen).map(|line| format!("- {line}\n")));
    let why = foreseen.causes.lines();
    for line in data(spec, foreseen).into_iter().chain(why).chain(about(spec, foreseen)).chain(takes(foreseen)).chain(limits(spec)) {
        let _ = writeln!(text, "- {line}");
    }
    let table = |text: &mut String, head: &[&str], rows: &[Vec<String>]| {
        let _ = writeln!(text, "\n| {} |\n|{}", head.join(" | "), "--|".repeat(head.len()));
        for row in rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    };
    table(&mut text, &TASK_COLUMNS, &tasks(foreseen).into_iter().map(Vec::from).collect::<Vec<_>>());
    text.push_str("\n<details><summary>Stages</summary>\n");
    table(&mut text, &stage_columns(spec), &stages(spec).into_iter().map(Vec::from).collect::<Vec<_>>());
    if !spec.references.is_empty() {
        text.push_str("\n</details>\n<details><summary>References</summary>\n");
        table(&mut text, &REFERENCE_COLUMNS, &references(spec).map(Vec::from).collect::<Vec<_>>());
    }
    text.push_str("\n</details>\n<details><summary>What runs now, and why</summary>\n\n");
    for (tasks, reason) in now(foreseen) {
        let _ = writeln!(text, "- {}: {reason}", some_of(&tasks));
    }
    text.push_str("\n</details>\n");
    text
}

/// What a plan is in which nothing runs.
fn done(foreseen: &Foreseen) -> &'static str {
    let failed = foreseen.forecast.tasks.values().any(|tasks| tasks.failed > 0);
    if failed { "every task is cached, or failed in an earlier run" } else { "every task is cached" }
}

/// Failures of earlier runs that are not tried again.
fn failed(foreseen: &Foreseen) -> Option<String> {
    let mut failed = foreseen.plan.tasks().zip(&foreseen.replay.standings).filter_map(|(planned, standing)| match &standing.status {
        Status::Failed { failure } => Some((&planned.id, failure)),
        Status::Cached | Status::Runs { .. } | Status::Open | Status::Skipped { .. } => None,
    });
    let (first, failure) = failed.next()?;
    let more = failed.count();
    let others = if more == 0 { String::new() } else { format!(", and {more} more") };
    Some(format!("failed before: `{first}` ({failure}){others}; {REMEMBERED}"))
}

/// What is doubtful, as quotations of Markdown.
pub(crate) fn warnings(foreseen: &Foreseen) -> String {
    let mut text = String::new();
    for warning in &foreseen.warnings {
        let _ = writeln!(text, "> warning: {}\n", warning.replace('\n', "\n> "));
    }
    text
}

/// What was read.
fn data(spec: &ResolvedSpec, foreseen: &Foreseen) -> Option<String> {
    foreseen.data.as_ref()?.content().map(|content| format!("data: {}", visible(&content.summary(&spec.subject))))
}

fn title(spec: &ResolvedSpec, foreseen: &Foreseen) -> String {
    let (word, tasks) = (spec.strategy.word(), foreseen.replay.standings.len());
    format!("plan of `{}`: strategy {word}, {tasks} tasks; {}", spec.name, spec.trainings().text())
}

/// Stages of cells grow by blocks, others by layers; a table has neither.
fn stage_columns(spec: &ResolvedSpec) -> [&'static str; 7] {
    let size = match &spec.subject {
        Subject::Images { space: Space::Cells(_), .. } => "blocks",
        Subject::Images { space: Space::Layers(_), .. } | Subject::Table { .. } => "depth",
    };
    ["stage", "rounds", "proposals", "trainings", size, "epochs × share", "carry"]
}

fn stages(spec: &ResolvedSpec) -> Vec<[String; 7]> {
    let none = String::new;
    let mut rows: Vec<[String; 7]> = spec
        .stages
        .iter()
        .map(|stage| {
            let fidelity = fidelity(stage.recipe.epochs, stage.recipe.examples, stage.size, stage.replicates);
            let [rounds, proposals, trainings] = [stage.rounds, stage.proposals, stage.trainings].map(|number| number.to_string());
            let depth = if matches!(spec.subject, Subject::Table { .. }) { none() } else { stage.depth.to_string() };
            [stage.name.clone(), rounds, proposals, trainings, depth, fidelity, stage.carry.to_string()]
        })
        .collect();
    let last = &spec.last;
    rows.push([
        "final".to_owned(),
        none(),
        none(),
        last.networks.to_string(),
        none(),
        fidelity(last.recipe.epochs, last.recipe.examples, None, last.replicates),
        none(),
    ]);
    rows
}

const REFERENCE_COLUMNS: [&str; 5] = ["reference", "joins in", "params", "macs", "network"];

/// The networks written by hand: where the search goes on from them, and what they cost.
fn references(spec: &ResolvedSpec) -> impl Iterator<Item = [String; 5]> {
    spec.references.iter().map(|reference| {
        let joins = match reference.stage {
            Some(stage) => spec.stages[stage].name.clone(),
            None if spec.start().contains(&reference.network) => "as the start".to_owned(),
            None => "outside the space".to_owned(),
        };
        let costs = spec.costs_of(reference).unwrap_or_default();
        let [params, macs] =
            [CostKind::Params, CostKind::Macs].map(|kind| costs.get(&kind).map_or_else(String::new, |cost| quantity(*cost)));
        [reference.family.word().to_owned(), joins, params, macs, reference.network.summary()]
    })
}

const TASK_COLUMNS: [&str; 9] = ["task", "cached", "failed before", "runs now", "behind", "skipped", "at least", "expected", "at most"];

/// What is certain, then how many run in all.
fn tasks(foreseen: &Foreseen) -> Vec<[String; 9]> {
    let row = |word: &str, tasks: &Tasks| {
        let Range { at_least, expected, at_most } = tasks.run;
        let [least, expected, most] = [at_least, expected, at_most].map(|number| format!("{:.0}", number.round()));
        let counts = [tasks.cached, tasks.failed, tasks.now, tasks.open, tasks.skipped];
        let [cached, failed, now, open, skipped] = counts.map(|number| number.to_string());
        [word.to_owned(), cached, failed, now, open, skipped, least, expected, most]
    };
    let tasks = &foreseen.forecast.tasks;
    let mut rows: Vec<[String; 9]> = tasks.iter().map(|(kind, tasks)| row(kind.word(), tasks)).collect();
    rows.push(row("all", &tasks.values().copied().fold(Tasks::default(), Tasks::plus)));
    rows
}

/// The first names of a list, and how many more there are.
fn some_of(tasks: &[String]) -> String {
    let named = tasks.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = tasks.len().saturating_sub(NAMED);
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// Tasks that run now by the reason, each list with those that train or measure first.
fn now(foreseen: &Foreseen) -> Vec<(Vec<String>, String)> {
    let running = foreseen.plan.tasks().zip(&foreseen.replay.standings).enumerate();
    let mut all: Vec<(bool, String, String)> = running
        .filter(|(_, (_, standing))| matches!(standing.status, Status::Runs { .. }))
        .filter_map(|(node, (planned, _))| {
            let steers = !matches!(planned.task.kind(), TaskKind::Train | TaskKind::Final | TaskKind::Measure);
            Some((steers, planned.id.to_string(), foreseen.causes.of(node)?.reason.to_string()))
        })
        .collect();
    all.sort_by_key(|(steers, _, _)| *steers);
    let mut by_reason: Vec<(Vec<String>, String)> = Vec::new();
    for (_, task, reason) in all {
        match by_reason.iter_mut().find(|(_, known)| *known == reason) {
            Some((tasks, _)) => tasks.push(task),
            None => by_reason.push((vec![task], reason)),
        }
    }
    by_reason
}
