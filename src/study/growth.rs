//! How much more larger networks gain by longer trainings.

use super::fidelity::{CONFIDENCE, RESAMPLES};
use super::{Study, Trained};
use crate::objective::{Growth, logit};
use crate::seed::Seed;
use crate::statistics::{Estimate, FEWEST, bootstrap, mean};

/// What a study says of [`Growth`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    pub passes: f64,
    pub macs: Estimate,
    /// Networks trained at length that it is fitted to, written by hand or drawn.
    pub networks: usize,
}

impl Fitted {
    /// Whether larger networks gain more, beyond the interval.
    pub fn is_sure(&self) -> bool {
        self.macs.low > 0.0
    }
}

/// By least squares, over the networks that were trained at length; `None` with fewer than [`FEWEST`], or of one size.
pub fn growth(study: &Study) -> Option<Fitted> {
    let points: Vec<(f64, f64)> = study.networks.iter().filter_map(|network| point(study, network)).collect();
    if points.len() < FEWEST {
        return None;
    }
    let seed = Seed::root(0).child("study").child("growth");
    let macs = bootstrap(&points, RESAMPLES, CONFIDENCE, &seed, |points| line(points).map(|(_, slope)| slope))?;
    let (passes, _) = line(&points)?;
    Some(Fitted { passes, macs, networks: points.len() })
}

/// The size of a network, and how much its log-odds grow with each e-fold of passes, on average over the fidelities.
fn point(study: &Study, network: &Trained) -> Option<(f64, f64)> {
    let at = |fidelity: usize| network.accuracy(fidelity).map(logit);
    let end = at(study.last())?;
    let passes = |fidelity: usize| Some(study.fidelities[fidelity].passes() + network.outcomes[fidelity].as_ref()?.age);
    let last = passes(study.last())?;
    let slope = |fidelity: usize| {
        let times = last / passes(fidelity)?;
        Some((end - at(fidelity)?) / times.ln()).filter(|_| times > 1.0)
    };
    let slopes: Vec<f64> = (0..study.last()).filter_map(slope).collect();
    Some((Growth::size(&network.costs)?, mean(&slopes)?))
}

/// The line of least squares through points: its height at 0 and its slope; `None` where all stand above one another.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (x, y) = (mean(&xs)?, mean(&ys)?);
    let across: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let along: f64 = xs.iter().map(|other| (other - x).powi(2)).sum();
    (along > 1e-12).then(|| (y - across / along * x, across / along))
}
