//! What a run ends with on a terminal: one screen, aligned; all of it is in the files.

use std::fmt::Write as _;

use super::Report;
use super::remarks::{doubts, nothing_found};
use super::text::limit;
use crate::event::LOCAL_POOL;
use crate::spec::{ResolvedSpec, Subject};
use crate::statistics::{standard_deviation, wilson};
use crate::task::TaskKind;
use crate::text::{columns, counted, duration, percent_with, quantity, visible, visible_lines};

/// The most lines of any one list.
const LINES: usize = 5;

/// Result, cost, and what is doubtful; where the files are is told by whoever wrote them.
pub fn screen(spec: &ResolvedSpec, report: &Report) -> String {
    let mut text = String::new();
    match &report.final_result {
        Some(result) => {
            let network = &result.network;
            let images = images(spec);
            let mut rows: Vec<[String; 3]> = Vec::new();
            if let Some(accuracy) = result.test_accuracy {
                let told = percent_with(accuracy, standard_deviation(&result.test_accuracies));
                rows.push(["test".to_owned(), told, margin(accuracy, images.map(|(_, test)| test))]);
            }
            let told = percent_with(network.validation_accuracy, network.deviation());
            rows.push(["validation".to_owned(), told, margin(network.validation_accuracy, images.map(|(validation, _)| validation))]);
            for (&kind, &cost) in &network.costs {
                let limits = spec.constraints.iter().filter(|constraint| constraint.cost == kind);
                let limits: Vec<String> =
                    limits.map(|constraint| format!("{}, {:.0} % of it", limit(constraint), 100.0 * cost / constraint.limit)).collect();
                rows.push([kind.word().to_owned(), quantity(cost), limits.join("; ")]);
            }
            let _ = writeln!(text, "found  {}\n", visible(&network.architecture.summary()));
            for line in columns(rows).lines() {
                let _ = writeln!(text, "  {}", line.trim_end());
            }
            text.push('\n');
        }
        None => nothing_found(&mut text, spec, report),
    }
    doubts(&mut text, spec, report);
    cost(&mut text, report);
    for line in report.why.iter().take(LINES) {
        let _ = writeln!(text, "{}", visible_lines(line));
    }
    for (task, failure) in report.failures.iter().take(LINES) {
        let _ = writeln!(text, "failed: `{}`: {}", visible(task), visible_lines(failure));
    }
    if report.failures.len() > LINES {
        let _ = writeln!(text, "and {} more failures, all of them in `summary.md`", report.failures.len() - LINES);
    }
    text
}

/// Validation and test images, where these are images and counted.
fn images(spec: &ResolvedSpec) -> Option<(usize, usize)> {
    match &spec.subject {
        Subject::Images { dataset, .. } => Some((dataset.validation, dataset.examples?.test)),
        Subject::Table { .. } => None,
    }
}

/// How far chance moves an accuracy on so many images.
fn margin(accuracy: f64, images: Option<usize>) -> String {
    let Some((images, (low, high))) = images.and_then(|images| Some((images, wilson(accuracy, images)?))) else { return String::new() };
    format!("95 % interval {:.1} to {:.1} %, on {}", 100.0 * low, 100.0 * high, counted(images, "image"))
}

fn cost(text: &mut String, report: &Report) {
    let summary = &report.summary;
    let trainings = summary.tasks.get(&TaskKind::Train).copied().unwrap_or_default();
    let _ = writeln!(
        text,
        "{}: search {} and final training {} of worker time; this run took {}.",
        counted(trainings.executed + trainings.cached, "training"),
        duration(summary.search_seconds),
        duration(summary.final_seconds),
        duration(summary.seconds)
    );
    for (name, pool) in summary.pools.iter().filter(|(name, _)| *name != LOCAL_POOL) {
        let share = 100.0 * pool.at_work / pool.present.max(1e-9);
        let lost = if pool.lost > 0 { format!(", {} lost", pool.lost) } else { String::new() };
        let (slots, time) = (counted(pool.slots, "slot"), duration(pool.present));
        let _ = writeln!(text, "Pool {}: {slots}{lost}, {time} of slots in all, {share:.0} % of it at work.", visible(name));
    }
    if trainings.cached > 0 {
        let time = duration(report.saved_seconds);
        let _ = writeln!(
            text,
            "The cache saved {} of {} trainings, {time} of worker time.",
            trainings.cached,
            trainings.cached + trainings.executed
        );
    }
}
