//! A Gaussian process (Rasmussen & Williams 2006, chapters 2 and 5): its parameters are the most probable ones, found
//! by a few steps at each new measurement, starting from those before.

use super::cholesky::{Cholesky, dot};
use super::features::Features;
use super::kernel::Kernel;
use super::{Observed, Prediction};

/// Steps of the first fit, and for each measurement since.
const FIRST_STEPS: usize = 20;
const STEPS: usize = 3;
/// Prior of the logarithm of the noise variance: its mean as a variance of standardised targets, its deviation.
const NOISE: f64 = 0.1;
const NOISE_SPREAD: f64 = 1.0;
/// Deviation of the prior of every other logarithm.
const SPREAD: f64 = 1.0;
/// Added to the noise, so that the matrix stays positive definite.
const LEAST_NOISE: f64 = 1e-4;

/// A process that has seen the observations.
#[derive(Debug)]
pub(crate) struct Gaussian<'a> {
    kernel: Kernel,
    /// Noise variance.
    noise: f64,
    parameters: Vec<f64>,
    observed: &'a Observed,
    factor: Cholesky,
    weights: Vec<f64>,
}

/// Logarithms of the parameters that are most probable given `observed`: of the noise, then of the kernel's. Starts
/// from those `before`, where these are of the same space, and of how many measurements they did not know.
pub(crate) fn fit(features: &Features, observed: &Observed, before: Option<(&[f64], usize)>) -> Vec<f64> {
    let kernel = Kernel::of(features);
    let prior: Vec<f64> = std::iter::once(NOISE.ln()).chain(kernel.prior()).collect();
    let before = before.filter(|(before, _)| before.len() == prior.len());
    let steps = before.map_or(FIRST_STEPS, |(_, fresh)| STEPS * fresh);
    let mut parameters = before.map_or_else(|| prior.clone(), |(before, _)| before.to_vec());
    if observed.targets.len() < 2 {
        return parameters;
    }
    let evidence = Evidence::new(&kernel, observed, &prior);
    // Rprop (Riedmiller & Braun 1993): the sign of the gradient with a step of its own for every parameter.
    let mut sizes = vec![0.2; parameters.len()];
    let mut last = vec![0.0; parameters.len()];
    for _ in 0..steps {
        let Some(gradient) = evidence.gradient(&parameters) else { break };
        for (index, slope) in gradient.into_iter().enumerate() {
            let agreement = slope * last[index];
            if agreement > 0.0 {
                sizes[index] = (sizes[index] * 1.2_f64).min(0.5);
            } else if agreement < 0.0 {
                sizes[index] *= 0.5;
            }
            // No full step where the slope is slight.
            let step = slope.signum() * sizes[index] * slope.abs().min(1.0);
            parameters[index] = (parameters[index] + step).clamp(prior[index] - 5.0, prior[index] + 5.0);
            last[index] = slope;
        }
    }
    parameters
}

/// How many there are.
pub(crate) fn hyperparameters(features: &Features) -> usize {
    1 + Kernel::of(features).rates().len()
}

/// What the observations say of parameters.
struct Evidence<'a> {
    kernel: &'a Kernel,
    observed: &'a Observed,
    prior: &'a [f64],
    /// Differences of each pair of observations (i, j < i), one after another.
    differences: Vec<f64>,
}

impl<'a> Evidence<'a> {
    fn new(kernel: &'a Kernel, observed: &'a Observed, prior: &'a [f64]) -> Self {
        let width = kernel.features();
        let rows = &observed.rows;
        let mut differences = vec![0.0; rows.len() * (rows.len() - 1) / 2 * width];
        let mut pairs = differences.chunks_mut(width);
        for i in 0..rows.len() {
            for j in 0..i {
                kernel.differences(&rows[i], &rows[j], pairs.next().expect("one chunk a pair"));
            }
        }
        Self { kernel, observed, prior, differences }
    }

    /// Slope of the log posterior of the parameters (Rasmussen & Williams 2006, equation 5.9, and normal priors).
    fn gradient(&self, logarithms: &[f64]) -> Option<Vec<f64>> {
        let count = self.observed.targets.len();
        let width = self.kernel.features();
        let terms = self.kernel.count();
        let plain: Vec<f64> = logarithms.iter().map(|value| value.exp()).collect();
        let (noise, parameters) = (plain[0], &plain[1..]);
        let mut values = vec![0.0; count * (count - 1) / 2 * terms];
        let mut matrix = vec![0.0; count * count];
        let mut pair = 0;
        for i in 0..count {
            for j in 0..i {
                let mut sum = 0.0;
                self.kernel.terms(parameters, &self.differences[pair * width..(pair + 1) * width], |term, value| {
                    values[pair * terms + term] = value;
                    sum += value;
                });
                matrix[i * count + j] = sum;
                pair += 1;
            }
            matrix[i * count + i] = self.kernel.amplitude(parameters) + noise + LEAST_NOISE;
        }
        let factor = Cholesky::new(matrix, count)?;
        let mut weights = self.observed.targets.clone();
        factor.forward(&mut weights);
        factor.backward(&mut weights);
        let columns = factor.inverse_columns();
        let column = |i: usize, from: usize| &columns[i * count + from..(i + 1) * count];
        let mut gradient = vec![0.0; logarithms.len()];
        let mut trace = 0.0;
        let mut pair = 0;
        for i in 0..count {
            for j in 0..i {
                let inverse = dot(column(i, i), column(j, i));
                let weight = weights[i] * weights[j] - inverse;
                let differences = &self.differences[pair * width..(pair + 1) * width];
                self.kernel.add_gradient(weight, &values[pair * terms..(pair + 1) * terms], differences, &mut gradient[1..]);
                pair += 1;
            }
            trace += 0.5 * (weights[i] * weights[i] - dot(column(i, i), column(i, i)));
        }
        gradient[0] = trace * noise;
        for ((slope, is_rate), value) in gradient[1..].iter_mut().zip(self.kernel.rates()).zip(parameters) {
            if is_rate {
                *slope *= value;
            } else {
                *slope += trace * value;
            }
        }
        for (index, ((slope, at), prior)) in gradient.iter_mut().zip(logarithms).zip(self.prior).enumerate() {
            let spread = if index == 0 { NOISE_SPREAD } else { SPREAD };
            *slope -= (at - prior) / (spread * spread);
        }
        Some(gradient)
    }
}

impl<'a> Gaussian<'a> {
    /// The process with the parameters of [`fit`]; `None` where there is nothing observed or the parameters are of
    /// another space.
    pub(crate) fn new(features: &Features, observed: &'a Observed, logarithms: &[f64]) -> Option<Self> {
        let kernel = Kernel::of(features);
        let count = observed.targets.len();
        if count == 0 || logarithms.len() != 1 + kernel.rates().len() {
            return None;
        }
        let plain: Vec<f64> = logarithms.iter().map(|value| value.exp()).collect();
        let (noise, parameters) = (plain[0] + LEAST_NOISE, plain[1..].to_vec());
        let mut matrix = vec![0.0; count * count];
        let mut differences = vec![0.0; kernel.features()];
        for i in 0..count {
            for j in 0..i {
                kernel.differences(&observed.rows[i], &observed.rows[j], &mut differences);
                matrix[i * count + j] = kernel.value(&parameters, &differences);
            }
            matrix[i * count + i] = kernel.amplitude(&parameters) + noise;
        }
        let factor = Cholesky::new(matrix, count)?;
        let mut weights = observed.targets.clone();
        factor.forward(&mut weights);
        factor.backward(&mut weights);
        Some(Self { kernel, noise, parameters, observed, factor, weights })
    }

    /// Mean and deviation of the target of a network.
    pub(crate) fn predict(&self, row: &[f64]) -> Prediction {
        let mut differences = vec![0.0; self.kernel.features()];
        let mut shared: Vec<f64> = self
            .observed
            .rows
            .iter()
            .map(|seen| {
                self.kernel.differences(row, seen, &mut differences);
                self.kernel.value(&self.parameters, &differences)
            })
            .collect();
        let mean = dot(&shared, &self.weights);
        self.factor.forward(&mut shared);
        let variance = (self.kernel.amplitude(&self.parameters) - dot(&shared, &shared)).max(1e-12);
        Prediction { mean, deviation: Some(variance.sqrt()), noise: self.noise }
    }
}
