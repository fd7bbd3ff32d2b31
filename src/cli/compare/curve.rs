//! What one search had found after each of its trainings.

use std::collections::BTreeSet;

use crate::comparison::{Curve, Last, Point, Reported};
use crate::report::{Report, Row};
use crate::space::SearchSpace;
use crate::table::Table;

/// The curve of a search, in the order of its plan. Networks trained again at another fidelity count as another
/// training; what a table reports of the best one is looked up here, the search never sees it.
pub(super) fn curve(contestant: &str, seed: u64, report: &Report, stages: usize, table: Option<&Table>) -> Curve {
    let mut seen = BTreeSet::new();
    let mut best: Option<&Row> = None;
    let (mut epochs, mut seconds) = (0.0, 0.0);
    let mut points: Vec<Point> = Vec::new();
    for row in report.rows.iter().filter(|row| row.stage < stages) {
        if !seen.insert((row.stage, row.network.architecture.digest())) {
            continue;
        }
        epochs += (row.epochs * row.trainings) as f64 * row.examples;
        seconds += row.seconds;
        let signal = |row: &Row| (row.stage, row.network.validation_accuracy);
        if row.network.reward.feasible && best.is_none_or(|best| signal(row) > signal(best)) {
            best = Some(row);
        }
        points.push(Point {
            trainings: seen.len(),
            epochs,
            seconds,
            best: best.map(|best| best.network.validation_accuracy),
            reported: best.zip(table).and_then(|(best, table)| {
                let row = SearchSpace::Table(table).row(&best.network.architecture)?;
                let reported = table.reported(row);
                Some(Reported { validation: reported.validation, test: reported.test })
            }),
        });
    }
    let last = report.final_result.as_ref().map(|final_result| Last {
        validation: final_result.network.validation_accuracy,
        test: final_result.test_accuracy,
        costs: final_result.network.costs.iter().map(|(kind, cost)| (kind.word().to_owned(), *cost)).collect(),
    });
    Curve { contestant: contestant.to_owned(), seed, points, last, cost: None }
}
