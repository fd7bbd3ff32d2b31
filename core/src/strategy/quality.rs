//! How well predictions ranked networks that were not trained yet when they were made.

use serde::{Deserialize, Serialize};

use super::state::State;
use crate::seed::Seed;
use crate::statistics::{Estimate, FEWEST, bootstrap, kendall, precision_at_k, spearman};

/// How many of the latest predictions the gate judges.
const WINDOW: usize = 24;
/// The fewest predictions that the gate judges at all.
pub const FEWEST_JUDGED: usize = 8;

/// Resamples of the intervals, which hold with a confidence of 95 %.
const RESAMPLES: usize = 200;
const CONFIDENCE: f64 = 0.95;

/// Of (predicted, reward) pairs.
type Statistic<'a> = &'a dyn Fn(&[(f64, f64)]) -> Option<f64>;

/// Predictions against the rewards that came after them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Networks with both a prediction and a reward.
    pub networks: usize,
    /// Spearman's rank correlation; `None` with fewer than [`FEWEST`] networks or without differences.
    pub spearman: Option<Estimate>,
    /// Kendall's rank correlation, tau-b.
    pub kendall: Option<Estimate>,
    /// The `k` of the precision: a quarter of the networks, rounded up.
    pub k: usize,
    /// Share of the `k` networks predicted best that are among the `k` best.
    pub precision: Option<Estimate>,
}

impl Quality {
    /// Of (predicted, reward) pairs.
    pub fn of(pairs: &[(f64, f64)], seed: &Seed) -> Self {
        let k = pairs.len().div_ceil(4);
        let precision = |pairs: &[(f64, f64)]| {
            let (predicted, rewards): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            precision_at_k(&predicted, &rewards, k)
        };
        let estimate = |name: &str, statistic: Statistic<'_>| {
            if pairs.len() < FEWEST { None } else { bootstrap(pairs, RESAMPLES, CONFIDENCE, &seed.child(name), statistic) }
        };
        Self {
            networks: pairs.len(),
            spearman: estimate("spearman", &spearman),
            kendall: estimate("kendall", &kendall),
            k,
            precision: estimate("precision", &precision),
        }
    }
}

/// Rank correlation of the latest predictions of the present stage with the rewards that came after them.
pub(super) fn recent(state: &State) -> Option<f64> {
    let pairs: Vec<(f64, f64)> =
        state.of_stage().into_iter().filter_map(|trial| Some((trial.predicted?, trial.measured.reward.value))).collect();
    let latest = &pairs[pairs.len().saturating_sub(WINDOW)..];
    if latest.len() < FEWEST_JUDGED { None } else { spearman(latest) }
}
