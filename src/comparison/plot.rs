//! The curves as a picture: mean and standard error of every contestant against trainings, and how far the axes reach.

use super::Comparison;
use super::drawing::draw;
use super::measure::{Curves, moments, signals};
use super::picture::{Axis, Picture, Step};
use crate::statistics::{mean, quantile, standard_error};

/// The curves as an SVG document. It names the family `sans-serif` alone and holds no fonts.
pub fn plot(comparison: &Comparison, axis: Axis) -> String {
    let lines: Vec<(String, Vec<Step>)> = comparison.contestants.iter().map(|name| (name.clone(), steps(&comparison.of(name)))).collect();
    let first = comparison.curves.iter().filter_map(|curve| curve.points.first()).map(|point| point.trainings).min().unwrap_or(1).max(1);
    let budget = comparison.budget().max(first + 1) as f64;
    let low = match axis {
        Axis::Linear => 0.0,
        Axis::Logarithmic => first as f64,
    };
    let seeds = comparison.seeds.len();
    draw(&Picture {
        title: comparison.name.clone(),
        horizontal: if seeds > 1 {
            format!("distinct trainings (mean ± standard error of {seeds} seeds)")
        } else {
            "distinct trainings".to_owned()
        },
        vertical: format!("best so far, %: {}", comparison.signal),
        axis,
        trainings: (low, budget),
        percent: reach(&lines, axis, budget),
        lines,
    })
}

/// From where at least half of the seeds have found something: the mean of the few quick ones is not the contestant's.
fn steps(curves: &Curves<'_>) -> Vec<Step> {
    let step = |trainings: usize| {
        let values = signals(curves, trainings);
        (2 * values.len() >= curves.len()).then_some(())?;
        let error = standard_error(&values).unwrap_or(0.0);
        Some(Step { trainings: trainings as f64, mean: 100.0 * mean(&values)?, error: 100.0 * error })
    };
    moments(curves).into_iter().filter_map(step).collect()
}

/// The vertical range. Along the axis as it is drawn, all but the lowest twentieth of what the lines pass through is in
/// view, so that the first random networks do not squash the rest, and so is where every line ends.
fn reach(lines: &[(String, Vec<Step>)], axis: Axis, budget: f64) -> (f64, f64) {
    let places = (1..=100).map(|place| match axis {
        Axis::Linear => budget * f64::from(place) / 100.0,
        Axis::Logarithmic => budget.powf(f64::from(place) / 100.0),
    });
    let at = |steps: &[Step], place: f64| steps[..steps.partition_point(|step| step.trainings <= place)].last().copied();
    let passed: Vec<f64> =
        places.flat_map(|place| lines.iter().filter_map(move |(_, steps)| at(steps, place))).map(|step| step.mean - step.error).collect();
    let ends = lines.iter().filter_map(|(_, steps)| steps.last()).map(|step| step.mean - step.error);
    let low = ends.chain(quantile(&passed, 0.05)).fold(f64::INFINITY, f64::min);
    let high = lines.iter().flat_map(|(_, steps)| steps).map(|step| step.mean + step.error).fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 100.0);
    }
    let margin = if high > low { (high - low) * 0.06 } else { 0.5 };
    (low - margin, high + margin)
}
