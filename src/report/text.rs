//! The summary of a run as Markdown, for `summary.md`.

use std::fmt::Write as _;

use super::basis::basis;
use super::classes::{class_names, classes};
use super::made::made;
use super::references::references;
use super::remarks::{doubts, nothing_found};
use super::row::score_title;
use super::{Report, Row};
use crate::arch::{CostKind, Costs};
use crate::engine::Confusion;
use crate::event::PredictorQuality;
use crate::objective::Constraint;
use crate::spec::{Budget, ResolvedSpec};
use crate::statistics::{Estimate, FEWEST, standard_deviation};
use crate::strategy::{Measured, Quality};
use crate::task::TaskKind;
use crate::text::markdown::{cell, code, code_in_cell};
use crate::text::{duration, percent, percent_with, quantity, visible_lines};

/// Epochs × share of the examples, the size of images that are made smaller, and how often: `2 × 0.5`, `2 × 0.5 at 32 px, 3
/// times`.
pub fn fidelity(epochs: usize, examples: f64, size: Option<usize>, replicates: usize) -> String {
    let size = size.map_or_else(String::new, |size| format!(" at {size} px"));
    let times = if replicates > 1 { format!(", {replicates} times") } else { String::new() };
    format!("{epochs} × {examples}{size}{times}")
}

/// The whole summary.
pub fn summary(spec: &ResolvedSpec, report: &Report) -> String {
    let mut text = format!("# {}\n\n", cell(&spec.name));
    for (name, what) in made(spec, report) {
        let _ = writeln!(text, "* {name}: {}", cell(&what));
    }
    text.push('\n');
    final_result(&mut text, spec, report);
    by_class(&mut text, spec, report);
    doubts(&mut text, spec, report);
    found(&mut text, spec, report);
    by_hand(&mut text, spec, report);
    front(&mut text, spec, report);
    predictor(&mut text, spec, report);
    for sentence in basis(spec, report) {
        let _ = writeln!(text, "{sentence}\n");
    }
    tasks(&mut text, spec, report);
    text
}

fn final_result(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let Some(final_result) = &report.final_result else {
        nothing_found(text, spec, report);
        return;
    };
    let network = &final_result.network;
    let _ = writeln!(text, "| | |\n|--|--|");
    if let Some(test_accuracy) = final_result.test_accuracy {
        let deviation = standard_deviation(&final_result.test_accuracies);
        let _ = writeln!(text, "| test accuracy | **{}** |", percent_with(test_accuracy, deviation));
    }
    if let Some(confusion) = report.confusion.as_ref().filter(|confusion| !is_even(confusion)) {
        let _ = writeln!(text, "| balanced test accuracy | {} |", percent(confusion.balanced_accuracy()));
    }
    if let Some(top_5) = final_result.test_top_5 {
        let _ = writeln!(text, "| top-5 test accuracy | {} |", percent(top_5));
    }
    let _ = writeln!(text, "| validation accuracy | {} |", accuracy(network));
    if let Some(score) = network.score {
        let _ = writeln!(text, "| validation {}, by which the search goes | {} |", spec.metric.title(), percent(score));
    }
    if network.accuracies.len() > 1 {
        let _ = writeln!(text, "| trainings | {} (mean ± standard deviation) |", network.accuracies.len());
    }
    for (&kind, &cost) in &network.costs {
        let limits: Vec<String> = spec
            .constraints
            .iter()
            .filter(|constraint| constraint.cost == kind)
            .map(|constraint| format!("{}; {}", limit(constraint), share(constraint, &network.costs)))
            .collect();
        let limits = if limits.is_empty() { String::new() } else { format!(" ({})", limits.join("; ")) };
        let _ = writeln!(text, "| {} | {}{limits} |", kind.word(), quantity(cost));
    }
    let _ = writeln!(text, "\n{}\n", code(&network.architecture.summary()));
}

/// Whether all classes have the same number of images: their accuracies then weigh alike anyway.
fn is_even(confusion: &Confusion) -> bool {
    let classes = confusion.by_class();
    classes.iter().all(|of| of.images == classes[0].images)
}

/// The classes that it does worst on.
const WORST: usize = 5;

fn by_class(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let Some(confusion) = &report.confusion else { return };
    let rows = classes(confusion, &class_names(spec, confusion.classes));
    let heading =
        if rows.len() > WORST { format!("The {WORST} classes it does worst on") } else { "Its classes, the worst first".to_owned() };
    let _ = writeln!(text, "{heading}, of the test split; all of them are in `confusion.csv`:\n");
    text.push_str("| class | images | accuracy | most often taken for | times |\n|--|--|--|--|--|\n");
    for row in rows.iter().take(WORST) {
        let [_, name, images, _, accuracy, taken, times] = row.as_slice() else { continue };
        let _ = writeln!(text, "| {} | {images} | {accuracy} | {} | {times} |", cell(name), cell(taken));
    }
    text.push('\n');
}

fn accuracy(network: &Measured) -> String {
    percent_with(network.validation_accuracy, network.deviation())
}

/// What it is held against others by.
fn scored(network: &Measured) -> String {
    network.score.map_or_else(|| accuracy(network), percent)
}

/// `≤ 100.0k`
pub(super) fn limit(constraint: &Constraint) -> String {
    let sign = constraint.summary().split(' ').nth(1).unwrap_or("≤").to_owned();
    format!("{sign} {}", quantity(constraint.limit))
}

/// How much of a limit is used.
fn share(constraint: &Constraint, costs: &Costs) -> String {
    format!("{:.0} % of it", 100.0 * costs.get(&constraint.cost).copied().unwrap_or(f64::NAN) / constraint.limit)
}

fn found(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let _ = writeln!(text, "Planned: {}.\n", spec.trainings().text());
    let _ = writeln!(
        text,
        "| stage | networks | epochs × share | best validation accuracy | best reward | training time |\n|--|--|--|--|--|--|"
    );
    for stage in 0..=spec.stages.len() {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.stage == stage).collect();
        let Some(first) = rows.first() else { continue };
        let name = spec.stages.get(stage).map_or("final", |stage| &stage.name);
        let replicates = spec.stages.get(stage).map_or(spec.last.replicates, |stage| stage.replicates);
        let best = |value: fn(&Row) -> f64| rows.iter().map(|row| value(row)).fold(f64::MIN, f64::max);
        let best_accuracy = rows.iter().max_by(|a, b| a.network.validation_accuracy.total_cmp(&b.network.validation_accuracy));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {:.4} | {} |",
            networks(&rows, stage, spec),
            fidelity(first.epochs, first.examples, spec.stages.get(stage).and_then(|stage| stage.size), replicates),
            best_accuracy.map_or_else(|| "–".to_owned(), |row| accuracy(&row.network)),
            best(|row| row.network.reward.value),
            duration(rows.iter().map(|row| row.seconds).sum()),
        );
    }
    let summary = &report.summary;
    let _ = writeln!(
        text,
        "\nSearch {} and final training {} of worker time; this run took {}.\n",
        duration(summary.search_seconds),
        duration(summary.final_seconds),
        duration(summary.seconds)
    );
}

/// Networks of a stage: those of its rounds, and those that it began with.
fn networks(rows: &[&Row], stage: usize, spec: &ResolvedSpec) -> String {
    if stage >= spec.stages.len() {
        return rows.len().to_string();
    }
    let in_rounds = rows.iter().filter(|row| row.round > 0).count();
    let references = rows.iter().filter(|row| row.reference.is_some()).count();
    let began = rows.len() - in_rounds - references;
    let parts = [(began, if stage == 0 { "start" } else { "carried" }), (references, "references")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!(" + {count} {word}"));
    format!("{in_rounds}{}", parts.collect::<String>())
}

fn by_hand(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let Some((heads, lines)) = references(spec, report) else { return };
    text.push_str("Networks written by hand beside the best that was found, by validation accuracy:\n\n");
    let _ = writeln!(text, "| {} |\n|{}", heads.join(" | "), "--|".repeat(heads.len()));
    for line in lines {
        if let Some((layers, figures)) = line.split_last() {
            let _ = writeln!(text, "| {} | {} |", figures.join(" | "), code_in_cell(layers));
        }
    }
    text.push('\n');
}

/// The most networks of the front that are shown.
const FRONT: usize = 12;

/// The Pareto front of the last stage of the search.
fn front(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let Some(last) = report.rows.iter().map(|row| row.stage).filter(|stage| *stage < spec.stages.len()).max() else { return };
    let mut rows: Vec<&Row> = report.rows.iter().filter(|row| row.stage == last && row.on_front).collect();
    rows.sort_by(|a, b| b.network.score().total_cmp(&a.network.score()));
    let digests: Vec<_> = rows.iter().map(|row| row.network.architecture.digest()).collect();
    let rows: Vec<&Row> =
        rows.iter().enumerate().filter(|(index, _)| !digests[..*index].contains(&digests[*index])).map(|(_, row)| *row).collect();
    if rows.len() < 2 {
        return;
    }
    let mut bounded: Vec<CostKind> = spec.constraints.iter().map(|constraint| constraint.cost).collect();
    bounded.dedup();
    if bounded.is_empty() {
        bounded.extend(rows[0].network.costs.keys().next());
    }
    let heads = bounded.iter().map(|kind| kind.word().to_owned()).collect::<Vec<_>>().join(" | ");
    let _ = writeln!(text, "Pareto front of `{}`, {} networks:\n", spec.stages[last].name, rows.len());
    let _ = writeln!(text, "| {} | {heads} | network |\n|--|{}--|", score_title(spec), "--|".repeat(bounded.len()));
    for row in rows.iter().take(FRONT) {
        let cost = |kind: &CostKind| row.network.costs.get(kind).map_or_else(|| "–".to_owned(), |cost| quantity(*cost));
        let costs = bounded.iter().map(cost).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| {} | {costs} | {} |", scored(&row.network), code_in_cell(&row.network.architecture.summary()));
    }
    if rows.len() > FRONT {
        let _ = writeln!(text, "\nAll of them are in `trials.csv`, column `pareto`.");
    }
    text.push('\n');
}

fn predictor(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    if report.summary.predictor.is_empty() {
        return;
    }
    text.push_str("Predicted against measured rewards, on networks not seen when predicted, with 95 % bootstrap intervals:\n\n");
    text.push_str("| stage | round | networks | Spearman | Kendall | precision at k | policy entropy |\n|--|--|--|--|--|--|--|\n");
    for PredictorQuality { stage, round, quality } in &report.summary.predictor {
        let mut entropies = report
            .updates
            .iter()
            .filter(|(of, number, _)| of == stage && round.is_none_or(|round| round == *number))
            .filter_map(|(_, _, update)| update.policy?.entropy);
        let entropy = entropies.next_back().map_or_else(|| "–".to_owned(), |entropy| format!("{entropy:.2}"));
        let round = round.map_or_else(|| "all".to_owned(), |round| round.to_string());
        let _ = writeln!(
            text,
            "| {} | {round} | {} | {} | {} | {} at {} | {entropy} |",
            spec.stages[*stage].name,
            quality.networks,
            interval(quality, quality.spearman),
            interval(quality, quality.kendall),
            interval(quality, quality.precision),
            quality.k,
        );
    }
    text.push('\n');
}

fn interval(quality: &Quality, estimate: Option<Estimate>) -> String {
    let none = if quality.networks < FEWEST { "too few" } else { "–" };
    estimate.map_or_else(|| none.to_owned(), |Estimate { value, low, high }| format!("{value:.2} ({low:.2} to {high:.2})"))
}

fn tasks(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let _ = writeln!(text, "| task | executed | cached | failed | skipped |\n|--|--|--|--|--|");
    for (kind, counts) in &report.summary.tasks {
        let _ = writeln!(text, "| {kind} | {} | {} | {} | {} |", counts.executed, counts.cached, counts.failed, counts.skipped);
    }
    let trainings = report.summary.tasks.get(&TaskKind::Train).copied().unwrap_or_default();
    if trainings.skipped > 0 && report.failures.is_empty() && report.final_result.is_some() && spec.execution.budget == Budget::default() {
        let all = trainings.skipped + trainings.executed + trainings.cached;
        let _ = writeln!(
            text,
            "\n{} of {all} trainings had no network left: the search had proposed all that it could find.",
            trainings.skipped
        );
    }
    if trainings.cached > 0 {
        let time = duration(report.saved_seconds);
        let all = trainings.cached + trainings.executed;
        let _ = writeln!(text, "\nThe cache saved {} of {all} trainings, {time} of worker time.", trainings.cached);
    }
    for line in &report.why {
        let _ = writeln!(text, "\n{}", visible_lines(line));
    }
    for (task, failure) in &report.failures {
        let _ = writeln!(text, "\nfailed: `{task}`: {}", visible_lines(failure));
    }
}
