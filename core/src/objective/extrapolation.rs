//! From what a short training measured to what a longer one would.

use serde::{Deserialize, Serialize};

use crate::arch::{CostKind, Costs};

/// The multiply–accumulates of the network that [`Growth::passes`] speaks of.
const UNIT: f64 = 1e6;
/// Accuracies are kept this far from 0 and 1, where the log-odds are infinite.
const EDGE: f64 = 1e-4;

/// How the log-odds of being right grow with each e-fold of passes over the training split: by `passes + macs · ln(macs of
/// the network / 1M)`. Larger networks grow faster, so a short training alone favours small ones. The shape is ours; `epnas
/// study` fits it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// Of a network of one million multiply–accumulates.
    pub passes: f64,
    /// More for each e-fold of multiply–accumulates.
    pub macs: f64,
}

impl Growth {
    /// E-folds of multiply–accumulates beyond one million; `None` for a network that is not known to have any.
    pub fn size(costs: &Costs) -> Option<f64> {
        costs.get(&CostKind::Macs).filter(|macs| **macs > 0.0).map(|macs| (macs / UNIT).ln())
    }
}

/// Looks from the trainings of a stage to the final ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extrapolation {
    /// How many times as many passes the final trainings make.
    pub times: f64,
    pub growth: Growth,
    /// Passes of a training of the stage, where it may begin with weights that have seen some before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes: Option<f64>,
}

impl Extrapolation {
    /// The accuracy after the longer training, in (0, 1). A network of no known size gains like one of one million
    /// multiply–accumulates. `age` is how many passes its weights had seen before the shorter training: they count, up to
    /// those of the longer one.
    pub fn accuracy(&self, measured: f64, costs: &Costs, age: f64) -> f64 {
        let size = Growth::size(costs).unwrap_or(0.0);
        let times = self.passes.map_or(self.times, |passes| (self.times * passes / (passes + age)).max(self.times.min(1.0)));
        expit(logit(measured) + times.ln() * (self.growth.passes + self.growth.macs * size))
    }
}

/// Natural logarithm of the odds of a probability.
pub fn logit(probability: f64) -> f64 {
    let inside = probability.clamp(EDGE, 1.0 - EDGE);
    (inside / (1.0 - inside)).ln()
}

/// The probability with these log-odds.
fn expit(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Extrapolation = Extrapolation { times: 12.0, growth: Growth { passes: 0.2, macs: 0.025 }, passes: None };

    fn of(macs: f64) -> Costs {
        Costs::from([(CostKind::Macs, macs)])
    }

    #[test]
    fn a_larger_network_gains_more() {
        let [small, large] = [1e6, 8e6].map(|macs| RULE.accuracy(0.88, &of(macs), 0.0));
        // logit .88 = 1.9924; ln 12 = 2.4849; × .2 = .49698; ln 8 = 2.0794; × .025 × 2.4849 = .12918.
        assert!((small - expit(1.9924 + 0.49698)).abs() < 1e-4, "{small}");
        assert!((large - expit(1.9924 + 0.49698 + 0.12918)).abs() < 1e-4, "{large}");
        assert!((RULE.accuracy(0.88, &Costs::new(), 0.0) - small).abs() < 1e-12);
    }

    #[test]
    fn a_training_as_long_changes_nothing_and_certainty_stays_finite() {
        let same = Extrapolation { times: 1.0, ..RULE };
        assert!((same.accuracy(0.7, &of(5e6), 0.0) - 0.7).abs() < 1e-12);
        for edge in [0.0, 1.0] {
            let extrapolated = RULE.accuracy(edge, &of(5e6), 0.0);
            assert!(extrapolated > 0.0 && extrapolated < 1.0, "{extrapolated}");
        }
    }

    #[test]
    fn passes_that_weights_have_seen_before_count() {
        let inherits = Extrapolation { passes: Some(0.5), ..RULE };
        let new = inherits.accuracy(0.88, &of(1e6), 0.0);
        assert!((new - RULE.accuracy(0.88, &of(1e6), 0.0)).abs() < 1e-12);
        // A pass and a half and half a pass are two of six: three times as many are left.
        let aged = inherits.accuracy(0.88, &of(1e6), 1.5);
        let thrice = Extrapolation { times: 3.0, ..RULE };
        assert!((aged - thrice.accuracy(0.88, &of(1e6), 0.0)).abs() < 1e-12);
        assert!((inherits.accuracy(0.88, &of(1e6), 50.0) - 0.88).abs() < 1e-12, "weights that have seen more lose nothing");
    }
}
