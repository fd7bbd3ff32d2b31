//! Rewards on a scale where the differences at the top count and failures do not.

/// How far below the best a difference of a given share counts as much as one e times as large.
const SOFT: f64 = 0.1;

/// −ln((best − reward) / (best − median) + 0.1), standardised: the error relative to the best, on a logarithmic scale, so
/// that a few networks that failed to train do not squash the rest. Our own choice among those tried.
pub(crate) fn targets(rewards: &[f64]) -> Vec<f64> {
    let Some(target) = Target::of(rewards) else { return Vec::new() };
    rewards.iter().map(|reward| target.score(*reward)).collect()
}

/// The scale that some rewards give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    best: f64,
    spread: f64,
    mean: f64,
    deviation: f64,
}

impl Target {
    /// `None` of nothing.
    pub(crate) fn of(rewards: &[f64]) -> Option<Self> {
        let mut sorted = rewards.to_vec();
        sorted.sort_by(f64::total_cmp);
        let best = *sorted.last()?;
        let spread = (best - sorted[sorted.len() / 2]).max(1e-9);
        let plain = Self { best, spread, mean: 0.0, deviation: 1.0 };
        let soft: Vec<f64> = rewards.iter().map(|reward| plain.score(*reward)).collect();
        let count = soft.len() as f64;
        let mean = soft.iter().sum::<f64>() / count;
        let deviation = (soft.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt().max(1e-9);
        Some(Self { mean, deviation, ..plain })
    }

    /// A reward on this scale; one above the best counts as that.
    pub(crate) fn score(&self, reward: f64) -> f64 {
        let soft = -((self.best - reward).max(0.0) / self.spread + SOFT).ln();
        (soft - self.mean) / self.deviation
    }
}
