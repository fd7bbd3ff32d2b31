//! Rewards on a scale where the differences at the top count and failures do not.

/// How far below the best a difference of a given share counts as much as one e times as large.
const SOFT: f64 = 0.1;

/// −ln((best − reward) / (best − median) + 0.1), standardised: the error relative to the best, on a logarithmic scale, so
/// that a few networks that failed to train do not squash the rest. Our own choice among those tried.
pub fn targets(rewards: &[f64]) -> Vec<f64> {
    let mut sorted = rewards.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(&best) = sorted.last() else { return Vec::new() };
    let spread = (best - sorted[sorted.len() / 2]).max(1e-9);
    let soft: Vec<f64> = rewards.iter().map(|reward| -((best - reward) / spread + SOFT).ln()).collect();
    let count = soft.len() as f64;
    let mean = soft.iter().sum::<f64>() / count;
    let deviation = (soft.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt().max(1e-9);
    soft.iter().map(|value| (value - mean) / deviation).collect()
}
