//! What was written by hand beside what was found.

use std::fmt::Write as _;

use super::{Report, Row};
use crate::arch::CostKind;
use crate::spec::ResolvedSpec;
use crate::strategy::Measured;
use crate::text::markdown::code_in_cell;
use crate::text::{percent_with, quantity};

/// The costs of the table, besides those that are bounded.
const COSTS: [CostKind; 2] = [CostKind::Params, CostKind::Macs];

/// A line for each reference, and one for the best network that the search found itself.
pub(super) fn references(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    if spec.references.is_empty() {
        return;
    }
    let mut costs: Vec<CostKind> = COSTS.into_iter().chain(spec.constraints.iter().map(|constraint| constraint.cost)).collect();
    costs.sort_unstable();
    costs.dedup();
    let heads = costs.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" | ");
    text.push_str("Networks written by hand beside the best that was found, by validation accuracy:\n\n");
    let _ = writeln!(text, "| network | first stage | at length | {heads} | layers |\n|--|--|--|{}--|", "--|".repeat(costs.len()));
    let is_last = |row: &&Row| row.stage >= spec.stages.len();
    let mut line = |name: &str, first: Option<&Measured>, last: Option<&Measured>| {
        let Some(network) = last.or(first) else { return };
        let accuracy = |network: Option<&Measured>| {
            network.map_or_else(|| "–".to_owned(), |network| percent_with(network.validation_accuracy, network.deviation()))
        };
        let cost = |kind: &CostKind| network.costs.get(kind).map_or_else(|| "–".to_owned(), |cost| quantity(*cost));
        let costs = costs.iter().map(cost).collect::<Vec<_>>().join(" | ");
        let summary = code_in_cell(&network.architecture.summary());
        let _ = writeln!(text, "| {name} | {} | {} | {costs} | {summary} |", accuracy(first), accuracy(last));
    };
    for reference in &spec.references {
        let of = |row: &&Row| row.reference.is_some_and(|(family, _)| family == reference.family);
        let first = report.rows.iter().filter(|row| row.stage == 0).find(of);
        let last = report.rows.iter().filter(is_last).find(of);
        let is_outside = reference.stage.is_none() && !spec.start().contains(&reference.network);
        let outside = if is_outside { " (outside the space)" } else { "" };
        line(&format!("{}{outside}", reference.family.word()), first.map(|row| &row.network), last.map(|row| &row.network));
    }
    let found = report.rows.iter().filter(is_last).filter(|row| row.reference.is_none() && row.network.reward.feasible);
    let best = found.max_by(|a, b| a.network.validation_accuracy.total_cmp(&b.network.validation_accuracy));
    line("found", None, best.map(|row| &row.network));
    text.push('\n');
}
