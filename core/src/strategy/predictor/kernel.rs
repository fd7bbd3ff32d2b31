//! A sum of product kernels over mixed features: k(a, b) = Σ_t A_t · exp(−Σ_f∈t r_tf · d_f(a, b)), where d is 1 for unequal
//! categories and the squared distance of numbers. With all parameters positive it is positive definite (Rasmussen &
//! Williams 2006, §4.2); the exponential of a weighted Hamming distance is the kernel of COMBO-like methods.

use super::features::{Features, Kind};

/// The most probable sum of the rates of a term before anything is seen.
const RATE: f64 = 0.3;

/// Which features each product has.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    kinds: Vec<Kind>,
    terms: Vec<Vec<usize>>,
}

impl Kernel {
    /// Two products: of everything, and of counts and costs alone, which holds where decisions are compared badly.
    pub(super) fn of(features: &Features) -> Self {
        let numbers: Vec<usize> = features.counts().chain(features.globals()).filter(|&f| features.varies(f)).collect();
        let all = features.decisions().chain(numbers.iter().copied()).collect();
        Self { kinds: features.kinds().to_vec(), terms: vec![all, numbers] }
    }

    /// The most probable logarithms of the parameters before anything is seen: for each term its amplitude, then its rates.
    pub(super) fn prior(&self) -> Vec<f64> {
        let amplitude = -(self.terms.len() as f64).ln();
        let rates = |term: &Vec<usize>| vec![(RATE / term.len().max(1) as f64).ln(); term.len()];
        self.terms.iter().flat_map(|term| std::iter::once(amplitude).chain(rates(term))).collect()
    }

    pub(super) fn features(&self) -> usize {
        self.kinds.len()
    }

    /// d of every feature.
    pub(super) fn differences(&self, a: &[f64], b: &[f64], out: &mut [f64]) {
        for (((out, kind), a), b) in out.iter_mut().zip(&self.kinds).zip(a).zip(b) {
            let gap = a - b;
            *out = match kind {
                Kind::Category => f64::from(u8::from(gap != 0.0)),
                Kind::Number => gap * gap,
            };
        }
    }

    /// Tells the value of every term at these differences, in order.
    pub(super) fn terms(&self, parameters: &[f64], differences: &[f64], mut tell: impl FnMut(usize, f64)) {
        let mut rest = parameters;
        for (place, term) in self.terms.iter().enumerate() {
            let (own, later) = rest.split_at(1 + term.len());
            let distance: f64 = own[1..].iter().zip(term).map(|(rate, &feature)| rate * differences[feature]).sum();
            tell(place, own[0] * (-distance).exp());
            rest = later;
        }
    }

    /// The kernel at these differences.
    pub(super) fn value(&self, parameters: &[f64], differences: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.terms(parameters, differences, |_, value| sum += value);
        sum
    }

    /// The kernel of a network with itself.
    pub(super) fn amplitude(&self, parameters: &[f64]) -> f64 {
        let mut rest = parameters;
        let mut sum = 0.0;
        for term in &self.terms {
            sum += rest[0];
            rest = &rest[1 + term.len()..];
        }
        sum
    }

    /// Adds `weight` times the derivative by each logarithm of a parameter, apart from its own factor for rates.
    pub(super) fn add_gradient(&self, weight: f64, values: &[f64], differences: &[f64], gradient: &mut [f64]) {
        let mut at = 0;
        for (term, value) in self.terms.iter().zip(values) {
            let share = weight * value;
            gradient[at] += share;
            for (slot, &feature) in gradient[at + 1..].iter_mut().zip(term) {
                *slot -= share * differences[feature];
            }
            at += 1 + term.len();
        }
    }

    /// Whether each parameter is a rate, in order; the others are amplitudes.
    pub(super) fn rates(&self) -> Vec<bool> {
        self.terms.iter().flat_map(|term| std::iter::once(false).chain(term.iter().map(|_| true))).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.terms.len()
    }
}
