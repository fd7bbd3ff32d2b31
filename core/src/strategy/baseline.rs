//! The baseline of REINFORCE (Williams 1992): a moving average of the rewards.

use serde::{Deserialize, Serialize};

/// A moving average that starts with nothing: the first rewards count as much as they are many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    sum: f64,
    weight: f64,
}

impl Baseline {
    /// Of a reward over the average before it; 0 for the first. Then takes it in.
    pub fn advantage(&mut self, reward: f64, decay: f64) -> f64 {
        let advantage = if self.weight > 0.0 { reward - self.sum / self.weight } else { 0.0 };
        self.sum = decay * self.sum + (1.0 - decay) * reward;
        self.weight = decay * self.weight + (1.0 - decay);
        advantage
    }

    /// The average; 0 before the first reward.
    pub fn value(&self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }
}
