//! How well a predictor ranks networks that it has not seen, after so many trainings.

use super::Study;
use crate::arch::Architecture;
use crate::seed::Seed;
use crate::space::SearchSpace;
use crate::statistics::spearman;
use crate::strategy::{HeldOut, Predictor, Scored, held_out};

/// After so many trainings.
const AFTER: [usize; 3] = [25, 50, 100];
/// The fewest networks that a predictor is judged on.
const HELD: usize = 20;
/// An interval of so many standard deviations on both sides holds nine tenths of a normal distribution.
const NINE_TENTHS: f64 = 1.645;

/// What a predictor had learned at one fidelity.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    pub fidelity: usize,
    pub trainings: usize,
    /// Networks that it was judged on.
    pub held_out: usize,
    pub spearman: Option<f64>,
    /// Share of them whose figure was within the nine tenths that the predictor gave.
    pub within: Option<f64>,
}

/// At the fidelity of every stage: of the networks in the order of drawing, the first are learned from, the rest is held
/// out.
pub fn learned(study: &Study, space: &SearchSpace<'_>, predictor: Predictor) -> Vec<Learned> {
    let stages = 0..study.last();
    stages.flat_map(|fidelity| AFTER.map(|trainings| at(study, space, predictor, fidelity, trainings))).flatten().collect()
}

fn at(study: &Study, space: &SearchSpace<'_>, predictor: Predictor, fidelity: usize, trainings: usize) -> Option<Learned> {
    let networks: Vec<(&Architecture, f64)> =
        study.drawn().filter_map(|network| Some((&network.architecture, network.accuracy(fidelity)?))).collect();
    if networks.len() < trainings + HELD {
        return None;
    }
    let (learned, others) = networks.split_at(trainings);
    let judged = held_out((predictor, &[]), &Scored::new(), space, learned, others, Seed::root(0).child("study"))?;
    let pairs: Vec<(f64, f64)> = judged.iter().map(|held| (held.predicted, held.measured)).collect();
    let is_within = |held: &HeldOut| Some((held.predicted - held.measured).abs() <= NINE_TENTHS * held.deviation?);
    let within: Option<Vec<bool>> = judged.iter().map(is_within).collect();
    let share = |within: Vec<bool>| within.iter().filter(|is_within| **is_within).count() as f64 / within.len() as f64;
    Some(Learned { fidelity, trainings, held_out: others.len(), spearman: spearman(&pairs), within: within.map(share) })
}
