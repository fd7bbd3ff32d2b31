//! What every contestant had found after so many trainings: mean and standard error over its seeds.

use std::collections::BTreeSet;

use crate::comparison::{Comparison, Curve, Summary};
use crate::page::chart::{Axis, Chart, Mark};
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::svg::short;
use crate::statistics::{mean, quantile, standard_error};

/// The most places of one line.
const PLACES: usize = 240;

const LINES: [&str; 7] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
const BANDS: [&str; 7] = ["b0", "b1", "b2", "b3", "b4", "b5", "b6"];

/// Trainings, mean and standard error, in percent.
type Step = (f64, f64, f64);

pub(super) fn section(comparison: &Comparison, summary: &Summary) -> Option<Section> {
    let budget = comparison.budget();
    let lines: Vec<Vec<Step>> = comparison.contestants.iter().map(|name| steps(comparison, name, budget)).collect();
    if lines.iter().all(Vec::is_empty) {
        return None;
    }
    let passed: Vec<f64> = lines.iter().flatten().map(|step| step.1 - step.2).collect();
    let low = quantile(&passed, 0.05)?;
    let y = Axis {
        label: &format!("best so far, %: {}", comparison.signal),
        reach: Reach::around(lines.iter().flatten().flat_map(|step| [step.1 - step.2, step.1 + step.2]).map(|value| value.max(low))),
        format: None,
    };
    let x = Axis { label: "distinct trainings", reach: Reach { low: 0.0, high: budget.max(1) as f64 }, format: None };
    let names: Vec<String> = comparison.contestants.iter().map(|name| short(name, 30)).collect();
    let legend: Vec<(Mark, String, &str)> =
        names.iter().enumerate().map(|(index, name)| (Mark::Line, class(index), name.as_str())).collect();
    let legend: Vec<(Mark, &str, &str)> = legend.iter().map(|(mark, class, name)| (*mark, class.as_str(), *name)).collect();
    let mut chart = Chart::new(&x, &y, &legend);
    let corners = |steps: &[Step], value: &dyn Fn(&Step) -> f64| -> Vec<(f64, f64)> {
        let ends = steps.iter().skip(1).map(|step| step.0).chain([budget as f64]);
        steps.iter().zip(ends).flat_map(|(step, end)| [(step.0, value(step)), (end, value(step))]).collect()
    };
    for (index, steps) in lines.iter().enumerate() {
        let seen: Vec<Step> = steps.iter().copied().filter(|step| step.1 >= y.reach.low).collect();
        if seen.iter().any(|step| step.2 > 0.0) {
            let edge = |sign: f64| corners(&seen, &|step| (step.1 + sign * step.2).max(y.reach.low));
            chart.band(BANDS[index % BANDS.len()], &edge(-1.0), &edge(1.0));
        }
    }
    for (index, steps) in lines.iter().enumerate() {
        let seen: Vec<Step> = steps.iter().copied().filter(|step| step.1 >= y.reach.low).collect();
        chart.line(&class(index), &corners(&seen, &|step| step.1), Some(&comparison.contestants[index]));
    }
    let description = format!(
        "Mean and standard error over {} seeds of what {} had found, against distinct trainings.",
        summary.seeds.len(),
        comparison.contestants.join(", ")
    );
    let figure = chart.figure("curves", "Best so far against trainings", &description).with_caption(description);
    Some(Section { id: "curves", title: "Best so far".to_owned(), blocks: vec![Block::Figure { figure }] })
}

/// Dashed where all colours are used up.
fn class(index: usize) -> String {
    format!("{}{}", LINES[index % LINES.len()], if index >= LINES.len() { " dashed" } else { "" })
}

/// From where at least half of the seeds have found something.
fn steps(comparison: &Comparison, name: &str, budget: usize) -> Vec<Step> {
    let curves: Vec<&Curve> = comparison.of(name).into_values().collect();
    let every = budget.div_ceil(PLACES).max(1);
    let places: BTreeSet<usize> = (1..=budget).step_by(every).chain([budget]).collect();
    let step = |trainings: usize| {
        let values: Vec<f64> = curves.iter().filter_map(|curve| curve.at(trainings)?.best).collect();
        (2 * values.len() >= curves.len()).then_some(())?;
        Some((trainings as f64, 100.0 * mean(&values)?, 100.0 * standard_error(&values).unwrap_or(0.0)))
    };
    let mut steps: Vec<Step> = places.into_iter().filter_map(step).collect();
    steps.dedup_by(|later, before| (later.1, later.2) == (before.1, before.2));
    steps
}
