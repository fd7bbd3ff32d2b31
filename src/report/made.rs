//! What made the results of a run: said first, so that a summary stands alone.

use std::collections::BTreeSet;

use super::Report;
use crate::spec::{ResolvedSpec, Subject};
use crate::task::TaskKind;
use crate::text::{counted, date};

/// The same in words: a name and what it is.
pub fn made(spec: &ResolvedSpec, report: &Report) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    if let Some(made) = &report.made {
        told.push(("spec", format!("{} ({})", made.spec, made.digest)));
    }
    told.push(("search", format!("strategy {}, seed {}", spec.strategy.word(), spec.seed)));
    told.push((
        "data",
        match &spec.subject {
            Subject::Images { dataset, .. } => {
                let skipped = match dataset.skipped.len() {
                    0 => String::new(),
                    count => format!("; {} left out, for they cannot be read: {}", counted(count, "file"), some(&dataset.skipped)),
                };
                format!("{}, {} validation images{skipped}", dataset.described.name, dataset.validation)
            }
            Subject::Table { path, layout } => format!("table {}, by {}", path.display(), layout.metric.name),
        },
    ));
    let computed = computed(report);
    if !computed.is_empty() {
        told.push(("computed on", computed));
    }
    if let Some(made) = &report.made {
        let when = made.date.map_or_else(String::new, |seconds| format!(", {}", date(seconds)));
        told.push(("made by", format!("epnas {}{when}", made.version)));
    }
    told.push(("end", end(report)));
    told
}

/// The first of what may be many.
fn some(all: &[String]) -> String {
    const SHOWN: usize = 20;
    let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
    format!("{}{more}", all[..all.len().min(SHOWN)].join(", "))
}

/// Devices with their precision and libtorch, each sort once.
fn computed(report: &Report) -> String {
    let of = |name: &str| -> Vec<&str> {
        let values: BTreeSet<&str> = report.rows.iter().filter_map(|row| row.environment.get(name)).map(String::as_str).collect();
        values.into_iter().collect()
    };
    let named = [("", "device"), ("", "processor"), ("", "precision"), ("libtorch ", "libtorch")];
    let parts = named.map(|(before, name)| (before, of(name)));
    let parts: Vec<String> =
        parts.iter().filter(|(_, values)| !values.is_empty()).map(|(before, values)| format!("{before}{}", values.join(" and "))).collect();
    parts.join(", ")
}

/// How the search ended, and what a budget left undone.
fn end(report: &Report) -> String {
    let trainings = report.summary.tasks.get(&TaskKind::Train).copied().unwrap_or_default();
    let done = trainings.executed + trainings.cached;
    let budget = report.made.as_ref().and_then(|made| made.budget.as_ref());
    match (budget, &report.final_result) {
        (Some(budget), _) => {
            format!("the budget of {budget} ended the search: {} made, {} left undone", counted(done, "training"), trainings.skipped)
        }
        (None, Some(_)) => format!("the search came to its end: {}", counted(done, "training")),
        (None, None) => format!("no network was found: {}", counted(done, "training")),
    }
}
