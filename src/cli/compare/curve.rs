//! What one search had found after each of its trainings.

use std::collections::BTreeSet;

use crate::comparison::{Curve, Last, Point, Reported, SearchCost};
use crate::report::{Report, Row};
use crate::space::SearchSpace;
use crate::table::Table;

/// The curve of a search, in the order of its plan. Networks trained again at another fidelity count as another
/// training; what a table reports of the best one is looked up here, the search never sees it.
/// Beside the rows, `shared_passes` trained weights that networks share.
pub(super) fn curve((contestant, seed): (&str, u64), report: &Report, stages: usize, table: Option<&Table>, shared_passes: f64) -> Curve {
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
    let passes = report.rows.iter().map(|row| (row.epochs * row.trainings) as f64 * row.examples).sum::<f64>();
    let cost = SearchCost { passes: shared_passes + passes, seconds: report.summary.search_seconds + report.summary.final_seconds };
    Curve { contestant: contestant.to_owned(), seed, points, last, cost: table.is_none().then_some(cost) }
}
