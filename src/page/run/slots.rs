//! Where the time went: slots over time with failures, tasks by how they ended, what the cache saved.

use super::subject::Run;
use crate::page::chart::{Axis, Chart, Mark};
use crate::page::figure::Figure;
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::report::slots::Span;
use crate::task::TaskKind;
use crate::text::{counted, duration};

/// The most bars; beyond, the shortest are left out.
const BARS: usize = 4_000;

#[expect(clippy::unnecessary_wraps, reason = "all sections have one type")]
pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let summary = &run.report.summary;
    let mut blocks = Vec::new();
    let trainings = summary.tasks.get(&TaskKind::Train).copied().unwrap_or_default();
    if trainings.cached > 0 {
        blocks.push(Block::text(format!(
            "The cache saved {} of {}, {} of worker time.",
            trainings.cached,
            counted(trainings.cached + trainings.executed, "training"),
            duration(run.report.saved_seconds)
        )));
    }
    if !run.spans.is_empty() {
        blocks.push(Block::Figure { figure: chart(run) });
    }
    blocks.push(Block::Table { table: tasks(run) });
    for (task, failure) in run.report.failures.iter().take(20) {
        blocks.push(Block::Warning { text: format!("{task} failed: {failure}") });
    }
    Some(Section { id: "slots", title: "Where the time went".to_owned(), blocks })
}

fn chart(run: &Run<'_>) -> Figure {
    let end = run.spans.iter().map(|span| span.ended).fold(0.0, f64::max);
    let (unit, label): (f64, &str) = if end > 7_200.0 {
        (3_600.0, "hours since the search began")
    } else if end > 300.0 {
        (60.0, "minutes since the search began")
    } else {
        (1.0, "seconds since the search began")
    };
    let slots = 1 + run.spans.iter().map(|span| span.slot).max().unwrap_or(0);
    let x = Axis { label, reach: Reach { low: 0.0, high: (end / unit).max(1e-3) }, format: None };
    // Slots are counted from the top, so that the axis has no numbers.
    let y = Axis { label: "slot", reach: Reach { low: 0.0, high: slots as f64 }, format: Some(|_| String::new()) };
    let mut legend =
        vec![(Mark::Bar, "bar", "training"), (Mark::Bar, "bar-last", "final training"), (Mark::Bar, "bar-steer", "other tasks")];
    let bad = |span: &Span| span.outcome != "executed";
    if run.spans.iter().any(bad) {
        legend.push((Mark::Bar, "bar-bad", "failed or not finished"));
    }
    let mut chart = Chart::new(&x, &y, &legend);
    let mut spans: Vec<&Span> = run.spans.iter().collect();
    if spans.len() > BARS {
        spans.sort_by(|a, b| (b.ended - b.began).total_cmp(&(a.ended - a.began)));
        spans.truncate(BARS);
        spans.sort_by(|a, b| a.began.total_cmp(&b.began));
    }
    for span in &spans {
        let class = match span.kind {
            _ if bad(span) => "bar-bad",
            TaskKind::Train if span.task.starts_with("final/") => "bar-last",
            TaskKind::Train => "bar",
            _ => "bar-steer",
        };
        let title = format!("{}\n{}, {} on slot {}", span.task, span.outcome, duration(span.ended - span.began), span.slot);
        let thick = (0.8 * 300.0 / slots as f64).clamp(1.5, 42.0);
        chart.bar(class, span.began / unit, span.ended / unit, slots as f64 - 0.5 - span.slot as f64, thick, &title);
    }
    let busy: f64 = run.spans.iter().map(|span| span.ended - span.began).sum();
    let share = if end > 0.0 { 100.0 * busy / (end * slots as f64) } else { 0.0 };
    let description = format!(
        "Tasks of {} over {}: they were busy for {share:.0} % of it. The slot at the top is slot 0.",
        counted(slots, "slot"),
        duration(end)
    );
    chart.figure("slots-over-time", "Slots over time", &description).with_caption(description)
}

fn tasks(run: &Run<'_>) -> Table {
    let head = ["task", "executed", "cached", "failed", "skipped"];
    let kinds = run.report.summary.tasks.iter();
    let rows = kinds.map(|(kind, counts)| {
        let counts = [counts.executed, counts.cached, counts.failed, counts.skipped].map(|count| count.to_string());
        std::iter::once(kind.to_string()).chain(counts).collect()
    });
    Table::new("Tasks", &format!("{}-tasks", run.spec.name), &head, rows.collect())
}
