//! What one search had found after each of its trainings.

use std::collections::BTreeSet;

use super::contestants::Contestant;
use crate::comparison::{Curve, Last, Point, Reported};
use crate::report::{Report, Row};
use crate::space::SearchSpace;
use crate::strategy::Measured;
use crate::table::Table;

/// The curve of a search, in the order of its plan. Networks trained again at another fidelity count as another
/// training; what a table reports of the best one is looked up here, the search never sees it.
pub(super) fn curve(contestant: &Contestant, seed: u64, report: &Report, table: Option<&Table>) -> Curve {
    let Contestant { name, spec } = contestant;
    // What was measured: an estimate of the accuracy after a longer training is none.
    let figure = |network: &Measured| if spec.growth.is_some() { network.validation_accuracy } else { network.score() };
    let mut seen = BTreeSet::new();
    let mut best: Option<&Row> = None;
    let (mut epochs, mut seconds) = (0.0, 0.0);
    let mut points: Vec<Point> = Vec::new();
    for row in report.rows.iter().filter(|row| row.stage < spec.stages.len()) {
        if !seen.insert((row.stage, row.network.architecture.digest())) {
            continue;
        }
        epochs += (row.epochs * row.trainings) as f64 * row.examples;
        seconds += row.seconds;
        let signal = |row: &Row| (row.stage, figure(&row.network));
        if row.network.reward.feasible && best.is_none_or(|best| signal(row) > signal(best)) {
            best = Some(row);
        }
        points.push(Point {
            trainings: seen.len(),
            epochs,
            seconds,
            best: best.map(|best| figure(&best.network)),
            reported: best.zip(table).and_then(|(best, table)| {
                let row = SearchSpace::Table(table).row(&best.network.architecture)?;
                let reported = table.reported(row);
                Some(Reported { validation: reported.validation, test: reported.test })
            }),
        });
    }
    let last = report.final_result.as_ref().map(|final_result| Last {
        validation: final_result.network.score(),
        test: final_result.test_accuracy,
        costs: final_result.network.costs.iter().map(|(kind, cost)| (kind.word().to_owned(), *cost)).collect(),
    });
    Curve { contestant: name.clone(), seed, points, last, cost: None }
}
