//! Everything that was measured, as a table.

use super::subject::Run;
use crate::arch::CostKind;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::report::{Row, trials};
use crate::text::quantity;

/// The most rows that the page shows; the file has all.
const SHOWN: usize = 200;

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let rows = &run.report.rows;
    if rows.is_empty() {
        return None;
    }
    let kinds: Vec<CostKind> = CostKind::of_all(rows.iter().map(|row| &row.network.costs)).into_iter().collect();
    let first = ["task", "accuracy, %", "reward", "feasible", "front", "predicted"];
    let head: Vec<&str> = first.into_iter().chain(kinds.iter().map(|kind| kind.word())).chain(["seconds", "failed", "network"]).collect();
    let mut best: Vec<&Row> = rows.iter().collect();
    best.sort_by(|a, b| b.stage.cmp(&a.stage).then(b.network.reward.value.total_cmp(&a.network.reward.value)));
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let row = |row: &&Row| {
        let network = &row.network;
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        let first = [
            row.task.clone(),
            format!("{:.2}", 100.0 * network.validation_accuracy),
            format!("{:.4}", network.reward.value),
            yes(network.reward.feasible),
            yes(row.on_front),
            or_none(row.predicted.map(|predicted| format!("{predicted:.2}"))),
        ];
        let costs = kinds.iter().map(|kind| or_none(network.costs.get(kind).map(|cost| quantity(*cost))));
        let last = [format!("{:.1}", row.seconds), row.failed.clone().unwrap_or_default(), network.architecture.summary()];
        first.into_iter().chain(costs).chain(last).collect()
    };
    let shown = best.iter().take(SHOWN).map(row).collect();
    let bytes = trials(run.spec, run.report);
    let table = Table::of_file(
        "All measurements, the best of the last stage first",
        &format!("{}-trials", run.spec.name),
        &head,
        shown,
        (&bytes, rows.len()),
    );
    Some(Section { id: "trials", title: "All that was tried".to_owned(), blocks: vec![Block::Table { table }] })
}
