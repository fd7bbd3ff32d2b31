//! An ensemble of small neural networks, the predictor of PNAS (Liu et al., arXiv 1712.00559, §3.3 and §4.1): five
//! members, each on four fifths of the measurements, absolute error. Where theirs embed tokens and average the
//! embeddings, ours read decisions one by one, how often options occur, costs, and in layers what is computed at each
//! resolution.

use super::features::Features;
use super::{Model, Observed, Prediction};
use crate::seed::{Seed, Stream, shuffle, unit};
use crate::statistics::{mean, standard_deviation};

const MEMBERS: usize = 5;
const HIDDEN: usize = 16;
const STEPS: usize = 240;
const BATCH: usize = 16;
const RATE: f64 = 0.01;
const DECAY: f64 = 1e-3;

pub(super) struct Ensemble {
    features: Features,
    members: Vec<Member>,
}

/// The inputs that are not 0, and their places: nearly all inputs are 0.
type Sparse = Vec<(usize, f64)>;

fn sparse(row: &[f64]) -> Sparse {
    row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0).collect()
}

/// Input → rectified hidden layer → one number.
struct Member {
    width: usize,
    /// Hidden × (input + bias), then the output's weights and bias.
    weights: Vec<f64>,
}

impl Ensemble {
    pub(super) fn learn(features: &Features, observed: &Observed, seed: Seed) -> Option<Self> {
        let count = observed.targets.len();
        if count < MEMBERS {
            return None;
        }
        let rows: Vec<Vec<f64>> = observed.rows.iter().map(|row| features.one_hot(row)).collect();
        let width = rows[0].len();
        let rows: Vec<Sparse> = rows.iter().map(|row| sparse(row)).collect();
        let mut order: Vec<usize> = (0..count).collect();
        shuffle(&mut seed.child("folds").stream(), &mut order);
        let member = |number: usize| {
            let mine: Vec<usize> = order.iter().enumerate().filter(|(place, _)| place % MEMBERS != number).map(|(_, &row)| row).collect();
            Member::learn(width, &rows, &observed.targets, &mine, &mut seed.nth(number).stream())
        };
        Some(Self { features: features.clone(), members: (0..MEMBERS).map(member).collect() })
    }
}

impl Model for Ensemble {
    fn predict(&self, row: &[f64]) -> Prediction {
        let row = sparse(&self.features.one_hot(row));
        let told: Vec<f64> = self.members.iter().map(|member| member.forward(&row).1).collect();
        Prediction { mean: mean(&told).unwrap_or(0.0), deviation: standard_deviation(&told), noise: 0.0 }
    }
}

impl Member {
    fn learn(width: usize, rows: &[Sparse], targets: &[f64], mine: &[usize], stream: &mut Stream) -> Self {
        let bound = 1.0 / (width as f64).sqrt();
        let inner = HIDDEN * (width + 1);
        let weight = |place| if place < inner { bound * (2.0 * unit(stream) - 1.0) } else { 0.5 * (unit(stream) - 0.5) };
        let mut member = Self { width, weights: (0..=inner + HIDDEN).map(weight).collect() };
        let mut moments = vec![(0.0, 0.0); member.weights.len()];
        let mut order = mine.to_vec();
        let mut next = order.len();
        for step in 1..=STEPS {
            let mut gradient = vec![0.0; member.weights.len()];
            for _ in 0..BATCH.min(order.len()) {
                if next >= order.len() {
                    shuffle(stream, &mut order);
                    next = 0;
                }
                let row = order[next];
                next += 1;
                member.add_gradient(&rows[row], targets[row], &mut gradient);
            }
            let rate = RATE * (1.0 - step as f64 / STEPS as f64);
            member.descend(&gradient, &mut moments, step as i32, rate);
        }
        member
    }

    /// The hidden layer and the output.
    fn forward(&self, row: &[(usize, f64)]) -> ([f64; HIDDEN], f64) {
        let last = &self.weights[HIDDEN * (self.width + 1)..];
        let mut hidden = [0.0; HIDDEN];
        let mut output = last[HIDDEN];
        for (unit, slot) in hidden.iter_mut().enumerate() {
            let own = &self.weights[unit * (self.width + 1)..(unit + 1) * (self.width + 1)];
            let mut sum = 0.0;
            for &(place, value) in row {
                sum += own[place] * value;
            }
            *slot = (sum + own[self.width]).max(0.0);
            output += last[unit] * *slot;
        }
        (hidden, output)
    }

    /// Adds the slope of the absolute error on one example.
    fn add_gradient(&self, row: &[(usize, f64)], target: f64, gradient: &mut [f64]) {
        let (hidden, output) = self.forward(row);
        let slope = (output - target).signum() / BATCH as f64;
        let outer = HIDDEN * (self.width + 1);
        for (unit, &value) in hidden.iter().enumerate() {
            gradient[outer + unit] += slope * value;
            if value > 0.0 {
                let back = slope * self.weights[outer + unit];
                let own = &mut gradient[unit * (self.width + 1)..(unit + 1) * (self.width + 1)];
                for &(place, value) in row {
                    own[place] += back * value;
                }
                own[self.width] += back;
            }
        }
        gradient[outer + HIDDEN] += slope;
    }

    /// A step of Adam with decoupled weight decay.
    fn descend(&mut self, gradient: &[f64], moments: &mut [(f64, f64)], step: i32, rate: f64) {
        let (first_left, second_left) = (1.0 - 0.9_f64.powi(step), 1.0 - 0.999_f64.powi(step));
        for ((weight, slope), (first, second)) in self.weights.iter_mut().zip(gradient).zip(moments) {
            *first = 0.9 * *first + 0.1 * slope;
            *second = 0.999 * *second + 0.001 * slope * slope;
            *weight -= rate * ((*first / first_left) / ((*second / second_left).sqrt() + 1e-8) + DECAY * *weight);
        }
    }
}
