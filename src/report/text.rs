//! The summary of a run as Markdown: the same text goes to the screen and to `summary.md`.

use std::fmt::Write as _;

use super::{Report, Row};
use crate::arch::Cost;
use crate::objective::{Constraint, CostKind};
use crate::spec::ResolvedSpec;

/// `92.31 %`.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// `98.3k`, `9.61M`; small and fractional numbers as they are.
pub fn count(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{:.2}G", value / 1e9),
        value if value >= 1e6 => format!("{:.2}M", value / 1e6),
        value if value >= 1e3 => format!("{:.1}k", value / 1e3),
        value if value.fract() == 0.0 => format!("{value}"),
        value => format!("{value:.2}"),
    }
}

fn duration(seconds: f64) -> String {
    if seconds < 90.0 { format!("{seconds:.1} s") } else { format!("{:.0} min {:02.0} s", (seconds / 60.0).floor(), seconds % 60.0) }
}

/// The whole summary.
pub fn summary(spec: &ResolvedSpec, report: &Report) -> String {
    let mut text = format!("# {}\n\n", spec.name);
    verdict(&mut text, spec, report);
    found(&mut text, spec, report);
    predictor(&mut text, spec, report);
    tasks(&mut text, report);
    text
}

fn verdict(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let Some(verdict) = &report.verdict else {
        text.push_str("**No feasible network was found.**\n");
        if let Some((row, constraint)) = nearest(&spec.constraints, &report.rows) {
            let value = constraint.cost.of(&row.network.cost);
            let _ = writeln!(
                text,
                "\nClosest was `{}` with {} {} where `{}` is asked for.",
                row.task,
                constraint.cost.word(),
                count(value),
                constraint.summary()
            );
        }
        text.push('\n');
        return;
    };
    let network = &verdict.network;
    let _ = writeln!(text, "| | |\n|--|--|");
    let _ = writeln!(text, "| test accuracy | **{}** |", percent(verdict.test_accuracy));
    let _ = writeln!(text, "| validation accuracy | {} |", percent(network.validation_accuracy));
    for kind in CostKind::ALL {
        let limits: Vec<String> = spec
            .constraints
            .iter()
            .filter(|constraint| constraint.cost == kind)
            .map(|constraint| format!("{}; {}", limit(constraint), share(constraint, &network.cost)))
            .collect();
        let limits = if limits.is_empty() { String::new() } else { format!(" ({})", limits.join("; ")) };
        let _ = writeln!(text, "| {} | {}{limits} |", kind.word(), count(kind.of(&network.cost)));
    }
    let _ = writeln!(text, "\n`{}`\n", network.architecture.summary());
}

fn limit(constraint: &Constraint) -> String {
    let sign = constraint.summary().split(' ').nth(1).unwrap_or("≤").to_owned();
    format!("{sign} {}", count(constraint.limit))
}

/// How much of a limit is used.
fn share(constraint: &Constraint, cost: &Cost) -> String {
    format!("{:.0} % of it", 100.0 * constraint.cost.of(cost) / constraint.limit)
}

/// The network that breaks its worst constraint by the least, and that constraint.
fn nearest<'a>(constraints: &'a [Constraint], rows: &'a [Row]) -> Option<(&'a Row, &'a Constraint)> {
    let worst = |row: &Row| {
        constraints.iter().map(|constraint| (constraint, constraint.excess(&row.network.cost))).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    rows.iter()
        .filter_map(|row| worst(row).map(|(constraint, excess)| (row, constraint, excess)))
        .min_by(|a, b| a.2.total_cmp(&b.2))
        .map(|(row, constraint, _)| (row, constraint))
}

fn found(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let _ = writeln!(
        text,
        "| stage | networks | epochs × share | best validation accuracy | best reward | training time |\n|--|--|--|--|--|--|"
    );
    for stage in 0..=spec.stages.len() {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.stage == stage).collect();
        let Some(first) = rows.first() else { continue };
        let name = spec.stages.get(stage).map_or("final", |stage| &stage.name);
        let best = |value: fn(&Row) -> f64| rows.iter().map(|row| value(row)).fold(f64::MIN, f64::max);
        let _ = writeln!(
            text,
            "| {name} | {} | {} × {} | {} | {:.4} | {} |",
            rows.len(),
            first.epochs,
            first.examples,
            percent(best(|row| row.network.validation_accuracy)),
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

fn predictor(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    if report.summary.predictor.is_empty() {
        return;
    }
    let _ = writeln!(text, "Rank correlation of predicted and measured rewards, on networks not seen when predicted:\n");
    let _ = writeln!(text, "| stage | round | networks | Spearman | policy entropy |\n|--|--|--|--|--|");
    for quality in &report.summary.predictor {
        let entropy = report
            .updates
            .iter()
            .find(|(stage, round, _)| (*stage, *round) == (quality.stage, quality.round))
            .and_then(|(_, _, update)| update.policy);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            spec.stages[quality.stage].name,
            quality.round,
            quality.networks,
            quality.spearman.map_or_else(|| "–".to_owned(), |rho| format!("{rho:.2}")),
            entropy.map_or_else(|| "–".to_owned(), |policy| format!("{:.2}", policy.entropy)),
        );
    }
    if let Some(mean) = report.summary.predictor_mean {
        let _ = writeln!(text, "\nMean over the rounds: {mean:.2}.");
    }
    text.push('\n');
}

fn tasks(text: &mut String, report: &Report) {
    let _ = writeln!(text, "| task | executed | cached | failed | skipped |\n|--|--|--|--|--|");
    for (kind, counts) in &report.summary.tasks {
        let _ = writeln!(text, "| {kind} | {} | {} | {} | {} |", counts.executed, counts.cached, counts.failed, counts.skipped);
    }
    for (task, failure) in &report.failures {
        let _ = writeln!(text, "\nfailed: `{task}`: {failure}");
    }
}
