//! Metrics and constraints become one number, the reward. Which of two networks is better is decided here.

mod extrapolation;

use serde::{Deserialize, Serialize};

use crate::arch::{CostKind, Costs};

pub use extrapolation::{Extrapolation, Growth, logit};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Max,
    Min,
}

/// What happens to networks that break a bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforcement {
    /// Never trained.
    Reject,
    /// Trained; the reward is multiplied by `base^(cost/limit − 1)` for a maximum, `base^(limit/cost − 1)` for a minimum.
    Penalty { base: f64 },
    /// Trained; the reward is multiplied by `(cost/limit)^exponent` for a maximum, `(limit/cost)^exponent` for a minimum,
    /// whether it holds or not (MnasNet, arXiv 1807.11626, §3.2, with α = β).
    Exponent { exponent: f64 },
    /// Trained, and rewarded as if it held; the network is not feasible all the same.
    Filter,
}

/// A bound on one cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    pub cost: CostKind,
    pub side: Side,
    pub limit: f64,
    pub enforcement: Enforcement,
}

impl Constraint {
    /// Whether the bound is kept; a cost that is not known keeps none.
    pub fn holds(&self, costs: &Costs) -> bool {
        self.excess(costs).is_some_and(|excess| excess <= 0.0)
    }

    /// How far beyond the bound: 0 on it, 1 at twice a maximum or half a minimum; 0 or less where it holds. `None`
    /// where the cost is not known.
    pub fn excess(&self, costs: &Costs) -> Option<f64> {
        let value = *costs.get(&self.cost)?;
        Some(match self.side {
            Side::Max => value / self.limit - 1.0,
            Side::Min => self.limit / value.max(f64::MIN_POSITIVE) - 1.0,
        })
    }

    /// Whether the costs, as far as they are known, keep a network out of training.
    pub fn rejects(&self, costs: &Costs) -> bool {
        self.enforcement == Enforcement::Reject && self.excess(costs).is_some_and(|excess| excess > 0.0)
    }

    /// Whether it keeps networks small: a maximum of a counted cost that rejects.
    pub fn limits_size(&self) -> bool {
        let is_of_size = !self.cost.is_measured() && self.cost != CostKind::Intensity;
        self.enforcement == Enforcement::Reject && self.side == Side::Max && is_of_size
    }

    /// For people, such as `params ≤ 100000`.
    pub fn summary(&self) -> String {
        let sign = match self.side {
            Side::Max => "≤",
            Side::Min => "≥",
        };
        format!("{} {sign} {}", self.cost.word(), self.limit)
    }
}

/// What a trained network is worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reward {
    /// Validation accuracy, or what else the search goes by, times the penalties; what the search maximises.
    pub value: f64,
    /// Every constraint holds, whatever its enforcement.
    pub feasible: bool,
}

/// A cost of less than this share of its limit counts as this: a cost of 0 is not worth an infinite reward.
const LEAST_SHARE: f64 = 1e-3;

impl Reward {
    /// Accuracy · Π V, V = 1 where a constraint holds, else as [`Enforcement`] says (the shape of the penalty is
    /// our reading of RENA, arXiv 1806.07912; a rejected network is worth nothing).
    pub fn new(accuracy: f64, costs: &Costs, constraints: &[Constraint]) -> Self {
        let factor = |constraint: &Constraint| match (constraint.enforcement, constraint.excess(costs)) {
            (Enforcement::Filter, _) => 1.0,
            (Enforcement::Exponent { exponent }, Some(excess)) => (1.0 + excess).max(LEAST_SHARE).powf(exponent),
            (_, Some(excess)) if excess <= 0.0 => 1.0,
            (Enforcement::Penalty { base }, Some(excess)) => base.powf(excess),
            (_, _) => 0.0,
        };
        Self {
            value: accuracy * constraints.iter().map(factor).product::<f64>(),
            feasible: constraints.iter().all(|constraint| constraint.holds(costs)),
        }
    }
}

/// Indices of the points no other point beats: at least as good in every column and better in one. Larger is better.
pub fn pareto_front(points: &[Vec<f64>]) -> Vec<usize> {
    let beats = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b);
    (0..points.len()).filter(|&index| !points.iter().any(|other| beats(other, &points[index]))).collect()
}

/// Indices of the networks on the front over accuracy and the bounded costs; without constraints over accuracy and the
/// first cost that is known.
pub fn network_front(networks: &[(f64, &Costs)], constraints: &[Constraint]) -> Vec<usize> {
    let point = |&(accuracy, costs): &(f64, &Costs)| {
        let bounded = constraints.iter().map(|bound| {
            let cost = costs.get(&bound.cost).copied().unwrap_or(f64::INFINITY);
            if bound.side == Side::Max { -cost } else { cost }
        });
        let first = constraints.is_empty().then(|| costs.values().next().map(|cost| -cost)).flatten();
        std::iter::once(accuracy).chain(bounded).chain(first).collect::<Vec<f64>>()
    };
    pareto_front(&networks.iter().map(point).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs() -> Costs {
        Costs::from([(CostKind::Params, 200.0), (CostKind::Macs, 50.0), (CostKind::Intensity, 2.0)])
    }

    fn constraint(cost: CostKind, side: Side, limit: f64, enforcement: Enforcement) -> Constraint {
        Constraint { cost, side, limit, enforcement }
    }

    #[test]
    fn penalties_multiply_and_shrink_with_the_excess() {
        let twice = constraint(CostKind::Params, Side::Max, 100.0, Enforcement::Penalty { base: 0.5 });
        let half = constraint(CostKind::Intensity, Side::Min, 4.0, Enforcement::Penalty { base: 0.1 });
        let kept = constraint(CostKind::Macs, Side::Max, 50.0, Enforcement::Reject);
        let reward = Reward::new(0.8, &costs(), &[twice, half, kept]);
        assert!((reward.value - 0.8 * 0.5 * 0.1).abs() < 1e-12);
        assert!(!reward.feasible);
        assert_eq!(Reward::new(0.8, &costs(), &[kept]), Reward { value: 0.8, feasible: true });
    }

    #[test]
    fn an_exponent_acts_on_both_sides_of_the_bound() {
        let bound = |limit| constraint(CostKind::Params, Side::Max, limit, Enforcement::Exponent { exponent: -0.5 });
        assert!((Reward::new(0.8, &costs(), &[bound(50.0)]).value - 0.4).abs() < 1e-12);
        assert!((Reward::new(0.8, &costs(), &[bound(800.0)]).value - 1.6).abs() < 1e-12);
        let free = Reward::new(0.8, &Costs::from([(CostKind::Params, 0.0)]), &[bound(800.0)]);
        assert!(free.value.is_finite() && free.value > 1.6 && free.feasible, "{free:?}");
    }

    #[test]
    fn a_cost_that_is_not_known_rejects_nothing_and_is_not_feasible() {
        let limit = constraint(CostKind::Latency, Side::Max, 5.0, Enforcement::Reject);
        assert!(!limit.rejects(&costs()));
        assert_eq!(Reward::new(0.8, &costs(), &[limit]), Reward { value: 0.0, feasible: false });
    }

    #[test]
    fn a_rejected_network_is_worth_nothing() {
        let limit = constraint(CostKind::Params, Side::Max, 199.0, Enforcement::Reject);
        assert!(limit.rejects(&costs()));
        assert_eq!(Reward::new(0.8, &costs(), &[limit]), Reward { value: 0.0, feasible: false });
    }

    #[test]
    fn the_front_keeps_ties_and_drops_the_beaten() {
        let points = [vec![1.0, 1.0], vec![2.0, 0.0], vec![1.0, 0.5], vec![1.0, 1.0]];
        assert_eq!(pareto_front(&points), [0, 1, 3]);
    }
}
