//! How the search went: the best so far against trainings and against worker time, and what each stage came to.

use super::subject::{Run, short_tooltip, thinned};
use crate::page::chart::{Axis, Chart, Mark, Point};
use crate::page::figure::Figure;
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::report::{Row, fidelity};
use crate::text::{counted, duration, percent};

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let rows: Vec<&Row> =
        run.report.rows.iter().filter(|row| row.failed.is_none() && (!run.is_last(row) || run.spec.stages.is_empty())).collect();
    if rows.is_empty() {
        return None;
    }
    let mut blocks = vec![Block::text(
        "A line is the best feasible network of its stage so far. Accuracies of different stages are of different trainings, and are not to be compared.",
    )];
    let mut trainings = 0;
    let by_trainings: Vec<f64> = rows
        .iter()
        .map(|row| {
            trainings += row.trainings;
            trainings as f64
        })
        .collect();
    blocks.push(Block::Figure { figure: chart(run, &rows, &by_trainings, "trainings", "trainings") });
    let mut seconds = 0.0;
    let by_time: Vec<f64> = rows
        .iter()
        .map(|row| {
            seconds += row.seconds;
            seconds
        })
        .collect();
    if seconds >= 1.0 {
        let (label, unit): (&str, f64) = if seconds > 7_200.0 {
            ("worker time, hours", 3_600.0)
        } else if seconds > 180.0 {
            ("worker time, minutes", 60.0)
        } else {
            ("worker time, seconds", 1.0)
        };
        let by_time: Vec<f64> = by_time.iter().map(|seconds| seconds / unit).collect();
        blocks.push(Block::Figure { figure: chart(run, &rows, &by_time, "time", label) });
    }
    blocks.push(Block::Table { table: stages(run) });
    Some(Section { id: "search", title: "How the search went".to_owned(), blocks })
}

fn chart(run: &Run<'_>, rows: &[&Row], at: &[f64], name: &str, label: &str) -> Figure {
    let accuracy = |row: &Row| 100.0 * row.network.validation_accuracy;
    let x = Axis { label, reach: Reach::from_zero(at.iter().copied()), format: None };
    let y = Axis { label: "validation accuracy, %", reach: Reach::around(rows.iter().map(|row| accuracy(row))), format: None };
    let stages: Vec<usize> = rows.iter().map(|row| row.stage).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let names: Vec<String> = stages.iter().map(|stage| format!("best of {}", run.stage(*stage))).collect();
    let mut legend: Vec<(Mark, &str, &str)> =
        stages.iter().zip(&names).map(|(stage, name)| (Mark::Line, CLASSES[stage % CLASSES.len()], name.as_str())).collect();
    legend.push((Mark::Dot, "feasible", "a measurement"));
    if rows.iter().any(|row| !row.network.reward.feasible) {
        legend.push((Mark::Dot, "infeasible", "breaks a constraint"));
    }
    let mut chart = Chart::new(&x, &y, &legend);
    let (every, thinned) = thinned(rows.len());
    for (row, at) in rows.iter().zip(at).step_by(every) {
        let class = if row.network.reward.feasible { "feasible" } else { "infeasible" };
        chart.point(&Point { at: (*at, accuracy(row)), class, diamond: false, title: short_tooltip(row), link: None });
    }
    for &stage in &stages {
        let mut best: Vec<(f64, f64)> = Vec::new();
        let mut end = 0.0;
        for (row, at) in rows.iter().zip(at).filter(|(row, _)| row.stage == stage) {
            end = *at;
            if row.network.reward.feasible && best.last().is_none_or(|last| accuracy(row) > last.1) {
                best.push((*at, accuracy(row)));
            }
        }
        // Up to the last network of the stage, in corners.
        let ends: Vec<f64> = best.iter().skip(1).map(|point| point.0).chain([end]).collect();
        let corners: Vec<(f64, f64)> = best.iter().zip(ends).flat_map(|(&(x, y), end)| [(x, y), (end, y)]).collect();
        chart.line(CLASSES[stage % CLASSES.len()], &corners, None);
    }
    let best = rows.iter().filter(|row| row.network.reward.feasible).map(|row| row.network.validation_accuracy).fold(f64::NAN, f64::max);
    let told = if best.is_nan() { "none of them is feasible".to_owned() } else { format!("the best feasible one has {}", percent(best)) };
    let description = format!("Validation accuracy of {} against {label}; {told}.", counted(rows.len(), "measurement"));
    chart.figure(&format!("best-by-{name}"), &format!("Best so far against {name}"), &description).with_caption(description + &thinned)
}

/// Classes of lines, one for each stage.
pub(super) const CLASSES: [&str; 7] = ["c2", "c0", "c3", "c1", "c4", "c5", "c6"];

fn stages(run: &Run<'_>) -> Table {
    let head = ["stage", "networks", "epochs × share", "best accuracy, %", "best reward", "worker time"];
    let mut rows = Vec::new();
    for stage in 0..=run.spec.stages.len() {
        let of: Vec<&Row> = run.report.rows.iter().filter(|row| row.stage == stage).collect();
        let Some(first) = of.first() else { continue };
        let best = |value: fn(&Row) -> f64| of.iter().map(|row| value(row)).fold(f64::NAN, f64::max);
        rows.push(vec![
            run.stage(stage).to_owned(),
            of.len().to_string(),
            fidelity(first.epochs, first.examples, run.spec.stages.get(stage).and_then(|stage| stage.size), first.trainings),
            format!("{:.2}", 100.0 * best(|row| row.network.validation_accuracy)),
            format!("{:.4}", best(|row| row.network.reward.value)),
            duration(0.0 + of.iter().map(|row| row.seconds).sum::<f64>()),
        ]);
    }
    Table::new("Stages", &format!("{}-stages", run.spec.name), &head, rows)
}
