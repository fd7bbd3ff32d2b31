//! Curves and summary as CSV: one observation a line, shares as they are, empty where there is none.

use super::{Comparison, OverSeeds, Summary};

/// contestant, seed, trainings, epochs, seconds, best, `reported_validation`, `reported_test`; contestants in their
/// order, seeds rising.
pub fn curves_csv(comparison: &Comparison) -> Vec<u8> {
    let header = ["contestant", "seed", "trainings", "epochs", "seconds", "best", "reported_validation", "reported_test"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for contestant in &comparison.contestants {
        for (seed, curve) in comparison.of(contestant) {
            lines.extend(curve.points.iter().map(|point| {
                vec![
                    contestant.clone(),
                    seed.to_string(),
                    point.trainings.to_string(),
                    point.epochs.to_string(),
                    point.seconds.to_string(),
                    number(point.best),
                    number(point.reported.map(|reported| reported.validation)),
                    number(point.reported.and_then(|reported| reported.test)),
                ]
            }));
        }
    }
    bytes(&lines)
}

/// One line a contestant, checkpoint and figure; `trainings` is empty for what the whole search gave back. Wins, ties
/// and losses are shares of the pairs.
pub fn summary_csv(summary: &Summary) -> Vec<u8> {
    let header = [
        "contestant",
        "trainings",
        "figure",
        "seeds",
        "mean",
        "deviation",
        "error",
        "median",
        "nothing_feasible",
        "ended_before",
        "pairs",
        "difference",
        "low",
        "high",
        "wins",
        "ties",
        "losses",
        "verdict",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for contestant in &summary.contestants {
        for at in &contestant.at {
            let figures = [("signal", at.signal), ("reported-validation", at.reported_validation), ("reported-test", at.reported_test)];
            for (figure, measured) in figures {
                // A signal that nobody has is a result too: nothing feasible.
                if measured.is_some() || figure == "signal" {
                    let place = [contestant.name.clone(), at.trainings.to_string(), figure.to_owned()];
                    lines.push(line(&place, measured, [at.nothing.to_string(), at.ended.to_string()]));
                }
            }
        }
        for (figure, measured) in [("final-validation", contestant.final_validation), ("final-test", contestant.final_test)] {
            if measured.is_some() {
                lines.push(line(&[contestant.name.clone(), String::new(), figure.to_owned()], measured, [String::new(), String::new()]));
            }
        }
        let spent = [("passes", contestant.passes), ("seconds", contestant.seconds)];
        let spent = spent.into_iter().filter_map(|(what, spread)| Some((what.to_owned(), spread?)));
        for (cost, spread) in spent.chain(contestant.costs.clone()) {
            let place = [contestant.name.clone(), String::new(), format!("cost-{cost}")];
            lines.push(line(&place, Some(OverSeeds { spread, difference: None }), [String::new(), String::new()]));
        }
    }
    bytes(&lines)
}

fn line(place: &[String; 3], measured: Option<OverSeeds>, counts: [String; 2]) -> Vec<String> {
    let spread = measured.map(|measured| measured.spread);
    let difference = measured.and_then(|measured| measured.difference);
    let mut cells = place.to_vec();
    cells.extend([
        spread.map_or(0, |spread| spread.count).to_string(),
        number(spread.map(|spread| spread.mean)),
        number(spread.and_then(|spread| spread.deviation)),
        number(spread.and_then(|spread| spread.error)),
        number(spread.map(|spread| spread.median)),
    ]);
    cells.extend(counts);
    cells.extend([
        difference.map_or_else(String::new, |difference| difference.pairs.to_string()),
        number(difference.map(|difference| difference.mean.value)),
        number(difference.and_then(|difference| Some(difference.interval()?.0))),
        number(difference.and_then(|difference| Some(difference.interval()?.1))),
        number(difference.map(|difference| difference.wins)),
        number(difference.map(|difference| difference.ties)),
        number(difference.map(|difference| difference.losses())),
        difference.map_or_else(String::new, |difference| difference.standing.word().to_owned()),
    ]);
    cells
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn bytes(lines: &[Vec<String>]) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for line in lines {
        table.write_record(line).expect("lines are equally long, and writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}
