//! Probabilities by name, learnt by REINFORCE (Williams 1992): one vector of logits for every name, Adam steps.

use crate::statistics::mean;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is learnt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Logits(BTreeMap<String, Vec<Logit>>);

/// One number with its Adam moments (Kingma & Ba, arXiv 1412.6980, algorithm 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Logit {
    value: f64,
    first: f64,
    second: f64,
    steps: i32,
}

impl Logit {
    fn climb(&mut self, gradient: f64, rate: f64) {
        self.steps += 1;
        self.first = 0.9 * self.first + 0.1 * gradient;
        self.second = 0.999 * self.second + 0.001 * gradient * gradient;
        let first = self.first / (1.0 - 0.9_f64.powi(self.steps));
        let second = self.second / (1.0 - 0.999_f64.powi(self.steps));
        self.value += rate * first / (second.sqrt() + 1e-8);
    }
}

/// A choice that was made, and what it is worth: the advantage of its episode over the number of episodes.
#[derive(Clone, Debug)]
pub(super) struct Credit {
    pub name: String,
    pub legal: Vec<bool>,
    pub choice: usize,
    pub advantage: f64,
}

impl Logits {
    /// One for each option, zero where illegal; `first` is added to the logit of the first option.
    pub(super) fn probabilities(&self, name: &str, legal: &[bool], first: f64) -> Vec<f64> {
        let known = self.0.get(name).map_or(&[][..], Vec::as_slice);
        let logit = |option: usize| known.get(option).map_or(0.0, |logit| logit.value) + if option == 0 { first } else { 0.0 };
        let most = (0..legal.len()).filter(|&option| legal[option]).map(logit).fold(f64::MIN, f64::max);
        let weights: Vec<f64> = (0..legal.len()).map(|option| if legal[option] { (logit(option) - most).exp() } else { 0.0 }).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    }

    /// One step on the sum of advantage × log-probability.
    pub(super) fn learn(&mut self, credits: &[Credit], first: impl Fn(&str) -> f64, rate: f64) {
        let mut gradients: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for credit in credits {
            let gradient = gradients.entry(&credit.name).or_default();
            gradient.resize(gradient.len().max(credit.legal.len()), 0.0);
            for (option, probability) in self.probabilities(&credit.name, &credit.legal, first(&credit.name)).into_iter().enumerate() {
                gradient[option] += credit.advantage * (f64::from(u8::from(option == credit.choice)) - probability);
            }
        }
        for (name, gradient) in gradients {
            let logits = self.0.entry(name.to_owned()).or_default();
            logits.resize(logits.len().max(gradient.len()), Logit::default());
            for (logit, slope) in logits.iter_mut().zip(gradient) {
                logit.climb(slope, rate);
            }
        }
    }

    /// Mean entropy as a share of that of uniform choices; `None` before anything is learnt.
    pub(super) fn entropy(&self, first: impl Fn(&str) -> f64) -> Option<f64> {
        let shares: Vec<f64> = self
            .0
            .iter()
            .filter(|(_, logits)| logits.len() > 1)
            .map(|(name, logits)| share_of_entropy(&self.probabilities(name, &vec![true; logits.len()], first(name))))
            .collect();
        mean(&shares)
    }
}

/// The entropy of probabilities, of at least two options, as a share of that of uniform ones.
fn share_of_entropy(probabilities: &[f64]) -> f64 {
    let entropy: f64 = probabilities.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
    entropy / (probabilities.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewarded_choices_become_likely_and_illegal_ones_stay_impossible() {
        let mut logits = Logits::default();
        let credit = |choice, advantage| Credit { name: "a".to_owned(), legal: vec![true, false, true, true], choice, advantage };
        assert_eq!(logits.entropy(|_| 0.0), None);
        for _ in 0..50 {
            logits.learn(&[credit(2, 1.0), credit(0, -0.5)], |_| 0.0, 0.05);
        }
        let probabilities = logits.probabilities("a", &[true, false, true, true], 0.0);
        assert!(probabilities[2] > 0.8 && probabilities[1] == 0.0, "{probabilities:?}");
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(logits.entropy(|_| 0.0).is_some_and(|share| share < 0.9));
        assert_eq!(logits.probabilities("b", &[true, true], 0.0), [0.5, 0.5]);
    }
}
