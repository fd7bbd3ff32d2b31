//! What was written by hand beside what was found.

use std::collections::BTreeSet;

use super::{Report, Row};
use crate::arch::CostKind;
use crate::space::Family;
use crate::spec::ResolvedSpec;
use crate::strategy::Measured;
use crate::text::{percent_with, quantity};

/// The costs of the table, besides those that are bounded.
const COSTS: [CostKind; 2] = [CostKind::Params, CostKind::Macs];

/// The family of the reference that a run ends with, where the search found nothing better.
pub(super) fn won(spec: &ResolvedSpec, report: &Report) -> Option<Family> {
    let network = &report.final_result.as_ref()?.network.architecture;
    spec.references.iter().find(|reference| reference.network == *network).map(|reference| reference.family)
}

/// Heads and lines of a table: a line for each reference, and one for the best network that the search found itself.
/// Nothing where there are no references. The layers stand in the last column.
pub fn references(spec: &ResolvedSpec, report: &Report) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    if spec.references.is_empty() {
        return None;
    }
    let mut costs: Vec<CostKind> = COSTS.into_iter().chain(spec.constraints.iter().map(|constraint| constraint.cost)).collect();
    costs.sort_unstable();
    costs.dedup();
    let stages: BTreeSet<usize> = BTreeSet::from([0, spec.stages.len().saturating_sub(1)]);
    let words = ["first stage", "last stage"].into_iter().take(stages.len());
    let heads = std::iter::once("network").chain(words).chain(["at length"]).chain(costs.iter().map(|kind| kind.word())).chain(["layers"]);
    let accuracy = |network: Option<&Measured>| {
        network.map_or_else(|| "–".to_owned(), |network| percent_with(network.validation_accuracy, network.deviation()))
    };
    let line = |name: String, measured: &[Option<&Measured>]| {
        let network = measured.iter().copied().flatten().last()?;
        let cost = |kind: &CostKind| network.costs.get(kind).map_or_else(|| "–".to_owned(), |cost| quantity(*cost));
        let accuracies = measured.iter().map(|network| accuracy(*network));
        let cells = std::iter::once(name).chain(accuracies).chain(costs.iter().map(cost));
        Some(cells.chain([network.architecture.summary()]).collect::<Vec<String>>())
    };
    let is_last = |row: &&Row| row.stage >= spec.stages.len();
    let of_reference = |reference: &crate::spec::Reference| {
        let of = |row: &&Row| row.reference.is_some_and(|(family, _)| family == reference.family);
        let in_stage = |stage: &usize| report.rows.iter().filter(|row| row.stage == *stage).find(of).map(|row| &row.network);
        let last = report.rows.iter().filter(is_last).find(of).map(|row| &row.network);
        let measured: Vec<Option<&Measured>> = stages.iter().map(in_stage).chain([last]).collect();
        let is_outside = reference.stage.is_none() && !spec.start().contains(&reference.network);
        let outside = if is_outside { " (outside the space)" } else { "" };
        line(format!("{}{outside}", reference.family.word()), &measured)
    };
    let mut lines: Vec<Vec<String>> = spec.references.iter().filter_map(of_reference).collect();
    let found = report.rows.iter().filter(is_last).filter(|row| row.reference.is_none() && row.network.reward.feasible);
    // Of equals the first, as in the choice of the result.
    let best = found.rev().max_by(|a, b| a.network.reward.value.total_cmp(&b.network.reward.value));
    let before = |stage: &usize| {
        let is_best = |row: &&Row| row.stage == *stage && best.is_some_and(|best| best.network.architecture == row.network.architecture);
        report.rows.iter().find(is_best).map(|row| &row.network)
    };
    let measured: Vec<Option<&Measured>> = stages.iter().map(before).chain([best.map(|row| &row.network)]).collect();
    lines.extend(line("best searched".to_owned(), &measured));
    Some((heads.map(str::to_owned).collect(), lines))
}
