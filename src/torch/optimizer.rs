//! Optimiser steps on one flat tensor; what follows from a gradient, and nothing about where it comes from.

use tch::Tensor;

use super::shim;
use epnas::engine::Optimizer;

/// One tensor's optimiser with its moments.
#[derive(Debug)]
pub struct Updater {
    rule: Optimizer,
    /// Momentum, or Adam's first coefficient.
    momentum: f64,
    /// Weight decay: in the gradient for SGD, decoupled for `AdamW` (arXiv 1711.05101).
    decay: f64,
    pub first: Tensor,
    pub second: Tensor,
    pub steps: i32,
}

const SECOND: f64 = 0.999;

impl Updater {
    pub fn new(rule: Optimizer, momentum: f64, decay: f64, weights: &Tensor) -> Self {
        let zeros = || weights.detach().zeros_like();
        let second = match rule {
            Optimizer::Sgd => Tensor::new(),
            Optimizer::Adamw => zeros(),
        };
        Self { rule, momentum, decay, first: zeros(), second, steps: 0 }
    }

    /// Moves `weights` against `gradient`.
    pub fn step(&mut self, weights: &mut Tensor, gradient: &Tensor, rate: f64) {
        self.steps += 1;
        match self.rule {
            // Nesterov: the gradient as it will be one momentum step ahead.
            Optimizer::Sgd => shim::sgd(weights, gradient, &mut self.first, rate, self.momentum, self.decay),
            Optimizer::Adamw => {
                let moments = [&mut self.first, &mut self.second];
                shim::adamw(weights, gradient, moments, self.steps, rate, [self.momentum, SECOND], self.decay);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torch::flat::host;

    fn after_two_steps(rule: Optimizer, momentum: f64, decay: f64) -> f32 {
        let mut weights = Tensor::from_slice(&[1.0_f32]);
        let mut updater = Updater::new(rule, momentum, decay, &weights);
        for _ in 0..2 {
            updater.step(&mut weights, &Tensor::from_slice(&[0.5_f32]), 0.1);
        }
        host(&weights)[0]
    }

    #[test]
    fn two_steps_by_hand() {
        // Velocity 0.5, then 0.95; each step moves by 0.1 × (0.5 + 0.9 × velocity).
        assert!((after_two_steps(Optimizer::Sgd, 0.9, 0.0) - (1.0 - 0.095 - 0.1355)).abs() < 1e-6);
        assert!((after_two_steps(Optimizer::Sgd, 0.0, 0.0) - 0.9).abs() < 1e-6, "plain gradient descent");
        // A constant gradient moves Adam by the rate; decay takes a hundredth of that share before each.
        assert!((after_two_steps(Optimizer::Adamw, 0.9, 0.0) - 0.8).abs() < 1e-6);
        assert!((after_two_steps(Optimizer::Adamw, 0.9, 0.1) - ((1.0 - 0.01 - 0.1) * 0.99 - 0.1)).abs() < 1e-6);
    }
}
