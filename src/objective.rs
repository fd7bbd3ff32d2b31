//! Metrics and constraints become one number, the reward. Which of two networks is better is decided here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arch::Cost;

/// A cost that can be constrained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CostKind {
    Params,
    Macs,
    Flops,
    Intensity,
    Activations,
}

impl CostKind {
    pub const ALL: [Self; 5] = [Self::Params, Self::Macs, Self::Flops, Self::Intensity, Self::Activations];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::Intensity => "intensity",
            Self::Activations => "activations",
        }
    }

    pub fn of(self, cost: &Cost) -> f64 {
        match self {
            Self::Params => cost.params as f64,
            Self::Macs => cost.macs as f64,
            Self::Flops => cost.flops as f64,
            Self::Intensity => cost.intensity,
            Self::Activations => cost.activations as f64,
        }
    }
}

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
    pub fn holds(&self, cost: &Cost) -> bool {
        let value = self.cost.of(cost);
        match self.side {
            Side::Max => value <= self.limit,
            Side::Min => value >= self.limit,
        }
    }

    /// How far beyond the bound: 0 on it, 1 at twice a maximum or half a minimum; 0 or less where it holds.
    pub fn excess(&self, cost: &Cost) -> f64 {
        let value = self.cost.of(cost);
        match self.side {
            Side::Max => value / self.limit - 1.0,
            Side::Min => self.limit / value.max(f64::MIN_POSITIVE) - 1.0,
        }
    }

    /// Whether `cost` keeps a network out of training.
    pub fn rejects(&self, cost: &Cost) -> bool {
        self.enforcement == Enforcement::Reject && !self.holds(cost)
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
    /// Validation accuracy times the penalties; what the search maximises.
    pub value: f64,
    /// Every constraint holds, whatever its enforcement.
    pub feasible: bool,
}

impl Reward {
    /// Accuracy · Π V, V = 1 where a constraint holds, else as [`Enforcement`] says (the shape of the penalty is
    /// our reading of RENA, arXiv 1806.07912; a rejected network is worth nothing).
    pub fn new(accuracy: f64, cost: &Cost, constraints: &[Constraint]) -> Self {
        let factor = |constraint: &Constraint| match constraint.enforcement {
            _ if constraint.holds(cost) => 1.0,
            Enforcement::Reject => 0.0,
            Enforcement::Penalty { base } => base.powf(constraint.excess(cost)),
        };
        Self {
            value: accuracy * constraints.iter().map(factor).product::<f64>(),
            feasible: constraints.iter().all(|constraint| constraint.holds(cost)),
        }
    }
}

/// Indices of the points no other point beats: at least as good in every column and better in one. Larger is better.
pub fn pareto_front(points: &[Vec<f64>]) -> Vec<usize> {
    let beats = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b);
    (0..points.len()).filter(|&index| !points.iter().any(|other| beats(other, &points[index]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { params: 200, macs: 50, flops: 100, activations: 10, intensity: 2.0 };

    fn constraint(cost: CostKind, side: Side, limit: f64, enforcement: Enforcement) -> Constraint {
        Constraint { cost, side, limit, enforcement }
    }

    #[test]
    fn penalties_multiply_and_shrink_with_the_excess() {
        let twice = constraint(CostKind::Params, Side::Max, 100.0, Enforcement::Penalty { base: 0.5 });
        let half = constraint(CostKind::Intensity, Side::Min, 4.0, Enforcement::Penalty { base: 0.1 });
        let kept = constraint(CostKind::Macs, Side::Max, 50.0, Enforcement::Reject);
        let reward = Reward::new(0.8, &COST, &[twice, half, kept]);
        assert!((reward.value - 0.8 * 0.5 * 0.1).abs() < 1e-12);
        assert!(!reward.feasible);
        assert_eq!(Reward::new(0.8, &COST, &[kept]), Reward { value: 0.8, feasible: true });
    }

    #[test]
    fn a_rejected_network_is_worth_nothing() {
        let limit = constraint(CostKind::Params, Side::Max, 199.0, Enforcement::Reject);
        assert!(limit.rejects(&COST));
        assert_eq!(Reward::new(0.8, &COST, &[limit]), Reward { value: 0.0, feasible: false });
    }

    #[test]
    fn the_front_keeps_ties_and_drops_the_beaten() {
        let points = [vec![1.0, 1.0], vec![2.0, 0.0], vec![1.0, 0.5], vec![1.0, 1.0]];
        assert_eq!(pareto_front(&points), [0, 1, 3]);
    }
}
