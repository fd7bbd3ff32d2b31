//! Predicted against measured rewards by round, and how sure the policy was.

use super::progress::CLASSES;
use super::subject::{Run, short_tooltip, thinned};
use crate::event::PredictorQuality;
use crate::page::chart::{Axis, Chart, Mark, Point};
use crate::page::figure::Figure;
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::report::{Row, basis};
use crate::statistics::Estimate;

const DOTS: [&str; 7] = ["dot c2", "dot c0", "dot c3", "dot c1", "dot c4", "dot c5", "dot c6"];

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let rows: Vec<&Row> = run.report.rows.iter().filter(|row| row.predicted.is_some() && !run.is_last(row)).collect();
    let mut blocks = Vec::new();
    if rows.len() > 1 {
        let what = if run.spec.strategy.shares().is_some() {
            "the accuracy with shared weights"
        } else {
            "a z-score among the networks of its stage"
        };
        blocks.push(Block::text(format!(
            "Predictions are made before a network is trained: {what}. The more closely they rise with what was measured, the better they rank."
        )));
        blocks.push(Block::Figure { figure: scatter(run, &rows) });
    }
    blocks.extend(by_round(run).map(|figure| Block::Figure { figure }));
    if !run.report.summary.predictor.is_empty() {
        blocks.push(Block::Table { table: table(run) });
    }
    blocks.extend(basis(run.spec, run.report).into_iter().map(Block::text));
    let figures = blocks.iter().any(|block| !block.figures().is_empty());
    figures.then(|| Section { id: "predictor", title: "Predictor and policy".to_owned(), blocks })
}

fn scatter(run: &Run<'_>, rows: &[&Row]) -> Figure {
    let predicted = |row: &Row| row.predicted.unwrap_or(f64::NAN);
    let label = if run.spec.strategy.shares().is_some() { "accuracy with shared weights" } else { "predicted, z-score" };
    let x = Axis { label, reach: Reach::around(rows.iter().map(|row| predicted(row))), format: None };
    let y = Axis { label: "measured reward", reach: Reach::around(rows.iter().map(|row| row.network.reward.value)), format: None };
    let stages: std::collections::BTreeSet<usize> = rows.iter().map(|row| row.stage).collect();
    let legend: Vec<(Mark, &str, &str)> = stages.iter().map(|&stage| (Mark::Dot, DOTS[stage % DOTS.len()], run.stage(stage))).collect();
    let mut chart = Chart::new(&x, &y, &legend);
    let (every, thinned) = thinned(rows.len());
    for row in rows.iter().step_by(every) {
        let class = DOTS[row.stage % DOTS.len()];
        let title =
            format!("round {}, predicted {:.2}, reward {:.4}\n{}", row.round, predicted(row), row.network.reward.value, short_tooltip(row));
        chart.point(&Point { at: (predicted(row), row.network.reward.value), class, diamond: false, title, link: None });
    }
    let description = format!("Measured reward against the prediction for {} networks.", rows.len());
    chart.figure("predictions", "Predicted against measured", &description).with_caption(description + &thinned)
}

/// Rank correlation of the predictions and entropy of the policy, over all rounds one after another.
fn by_round(run: &Run<'_>) -> Option<Figure> {
    let updates = &run.report.updates;
    let at = |index: usize| 1.0 + index as f64;
    let entropy: Vec<(f64, f64)> =
        updates.iter().enumerate().filter_map(|(index, (_, _, report))| Some((at(index), report.policy?.entropy?))).collect();
    let correlation: Vec<(f64, f64)> =
        updates.iter().enumerate().filter_map(|(index, (_, _, report))| Some((at(index), report.predictions?.spearman?.value))).collect();
    if entropy.len() < 2 && correlation.len() < 2 {
        return None;
    }
    let x = Axis {
        label: "round, counted over all stages",
        reach: Reach { low: 0.5, high: 0.5 + updates.len() as f64 },
        format: Some(|round| format!("{round:.0}")),
    };
    let y = Axis {
        label: "share",
        reach: Reach::around(entropy.iter().chain(&correlation).map(|point| point.1).chain([0.0, 1.0])),
        format: None,
    };
    let mut legend = Vec::new();
    if !entropy.is_empty() {
        legend.push((Mark::Line, CLASSES[2], "entropy of the policy, share of chance"));
    }
    if !correlation.is_empty() {
        legend.push((Mark::Line, CLASSES[1], "rank correlation of the predictions"));
    }
    let mut chart = Chart::new(&x, &y, &legend);
    chart.line(CLASSES[2], &entropy, None);
    chart.line(CLASSES[1], &correlation, None);
    let description =
        format!("Entropy of the policy in {} rounds, and rank correlation of the predictions in {}.", entropy.len(), correlation.len());
    Some(chart.figure("rounds", "Policy and predictor by round", &description).with_caption(description))
}

fn table(run: &Run<'_>) -> Table {
    let head = ["stage", "round", "networks", "Spearman", "Kendall", "precision at k", "k"];
    let told = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| "–".to_owned(), |Estimate { value, low, high }| format!("{value:.2} ({low:.2} to {high:.2})"))
    };
    let row = |of: &PredictorQuality| {
        let quality = &of.quality;
        let round = of.round.map_or_else(|| "all".to_owned(), |round| round.to_string());
        vec![
            run.stage(of.stage).to_owned(),
            round,
            quality.networks.to_string(),
            told(quality.spearman),
            told(quality.kendall),
            told(quality.precision),
            quality.k.to_string(),
        ]
    };
    Table::new(
        "Predictions against what was measured",
        &format!("{}-predictor", run.spec.name),
        &head,
        run.report.summary.predictor.iter().map(row).collect(),
    )
}
