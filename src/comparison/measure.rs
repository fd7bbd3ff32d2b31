//! One contestant at one moment, over its seeds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Curve, Point};
use crate::statistics::{PairedDifference, Spread, mean};

/// A figure over the seeds that have it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverSeeds {
    pub spread: Spread,
    /// From the reference, over the seeds in which both have the figure; `None` for the reference itself.
    pub difference: Option<PairedDifference>,
}

/// What a contestant had found after some trainings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct At {
    pub trainings: usize,
    /// Seeds that had found nothing feasible; they are in no mean.
    pub nothing: usize,
    /// Seeds that had ended before: they count with what they had.
    pub ended: usize,
    /// `None` where no seed has it.
    pub signal: Option<OverSeeds>,
    pub reported_validation: Option<OverSeeds>,
    pub reported_test: Option<OverSeeds>,
}

/// When the mean of a contestant came up to the final mean of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    pub trainings: usize,
    /// How many times as many the reference needed.
    pub speed_up: f64,
}

/// The curves of one contestant by seed.
pub(super) type Curves<'a> = BTreeMap<u64, &'a Curve>;

impl At {
    pub(super) fn new(trainings: usize, curves: &Curves<'_>, reference: Option<&Curves<'_>>) -> Self {
        let measure = |figure: fn(&Point) -> Option<f64>| measure(curves, reference, |curve| curve.at(trainings).and_then(figure));
        let nothing = curves.values().filter(|curve| curve.at(trainings).is_none_or(|point| point.best.is_none()));
        Self {
            trainings,
            nothing: nothing.count(),
            ended: curves.values().filter(|curve| curve.trainings() < trainings).count(),
            signal: measure(|point| point.best),
            reported_validation: measure(|point| Some(point.reported?.validation)),
            reported_test: measure(|point| point.reported?.test),
        }
    }
}

/// A figure of every curve that has it, against that of the reference in the same seeds.
pub(super) fn measure(curves: &Curves<'_>, reference: Option<&Curves<'_>>, figure: impl Fn(&Curve) -> Option<f64>) -> Option<OverSeeds> {
    let values: Vec<f64> = curves.values().filter_map(|curve| figure(curve)).collect();
    let difference = reference.and_then(|reference| {
        let pair = |(seed, curve): (&u64, &&Curve)| Some((figure(curve)?, figure(reference.get(seed)?)?));
        PairedDifference::of(&curves.iter().filter_map(pair).collect::<Vec<_>>())
    });
    Some(OverSeeds { spread: Spread::of(&values)?, difference })
}

/// Values of the signal after some trainings.
pub(super) fn signals(curves: &Curves<'_>, trainings: usize) -> Vec<f64> {
    curves.values().filter_map(|curve| curve.at(trainings)?.best).collect()
}

/// Every number of trainings at which some curve has a point.
pub(super) fn moments(curves: &Curves<'_>) -> Vec<usize> {
    let mut moments: Vec<usize> = curves.values().flat_map(|curve| curve.points.iter().map(|point| point.trainings)).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// The fewest trainings after which the mean is at least `target`. Only once all seeds that ever find something have
/// done so: the mean of the few quick ones is not that of the contestant.
pub(super) fn reaches(curves: &Curves<'_>, target: f64) -> Option<usize> {
    let moments = moments(curves);
    let all = signals(curves, *moments.last()?).len();
    moments.into_iter().find(|&trainings| {
        let values = signals(curves, trainings);
        values.len() == all && mean(&values).is_some_and(|mean| mean >= target)
    })
}
