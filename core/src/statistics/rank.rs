//! Rank correlation after Spearman, and how many of the best were foreseen.

/// Spearman's rank correlation of paired values, equal values sharing their mean rank; `None` with fewer than three
/// pairs or where one side does not vary.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let a = ranks(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let b = ranks(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    let mean = (pairs.len() as f64 - 1.0) / 2.0;
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let norm = (dot(&a, &a) * dot(&b, &b)).sqrt();
    (norm > 0.0).then(|| dot(&a, &b) / norm)
}

/// Rank of each value from 0, ties averaged.
fn ranks(values: &[f64]) -> Vec<f64> {
    let values = without_negative_zero(values);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        for &index in tied {
            ranks[index] = below as f64 + (tied.len() as f64 - 1.0) / 2.0;
        }
        below += tied.len();
    }
    ranks
}

/// The two zeros are equal, but not in the total order.
fn without_negative_zero(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value + 0.0).collect()
}

/// The share of the `k` best by prediction that are among the `k` best by measurement, higher being better.
///
/// Where values tie, both sides prefer by index, so that the answer is one number, but opposite ways: the predicted
/// best take the earlier, the measured best the later. A predictor that says the same of everything then gets no
/// more than chance forces on it, where one preference for both would call it perfect.
/// `None` for `k` = 0, for fewer values than `k`, and for sides of unequal length.
pub fn precision_at_k(predicted: &[f64], actual: &[f64], k: usize) -> Option<f64> {
    if k == 0 || k > predicted.len() || predicted.len() != actual.len() {
        return None;
    }
    let (predicted, actual) = (without_negative_zero(predicted), without_negative_zero(actual));
    let mut by_prediction: Vec<usize> = (0..predicted.len()).collect();
    by_prediction.sort_by(|&a, &b| predicted[b].total_cmp(&predicted[a]).then(a.cmp(&b)));
    let mut by_measurement: Vec<usize> = (0..actual.len()).collect();
    by_measurement.sort_by(|&a, &b| actual[b].total_cmp(&actual[a]).then(b.cmp(&a)));
    let mut best = vec![false; actual.len()];
    for &index in &by_measurement[..k] {
        best[index] = true;
    }
    Some(by_prediction[..k].iter().filter(|&&index| best[index]).count() as f64 / k as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_all_that_counts() {
        assert_eq!(spearman(&[(1.0, 10.0), (2.0, 100.0), (3.0, 1000.0)]), Some(1.0));
        assert_eq!(spearman(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]), Some(-1.0));
        assert_eq!(spearman(&[(1.0, 3.0), (1.0, 2.0), (1.0, 1.0)]), None);
        assert_eq!(spearman(&[(0.0, 3.0), (-0.0, 2.0), (0.0, 1.0)]), None);
        assert_eq!(spearman(&[(1.0, 3.0), (2.0, 2.0)]), None);
    }

    #[test]
    fn ties_share_their_rank() {
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
        let rho = spearman(&[(1.0, 1.0), (2.0, 2.0), (2.0, 3.0), (4.0, 4.0)]).expect("both sides vary");
        assert!((rho - 4.5 / (4.5_f64 * 5.0).sqrt()).abs() < 1e-12, "{rho}");
    }

    #[test]
    fn the_best_are_counted_from_above() {
        let actual = [0.1, 0.9, 0.5, 0.7];
        assert_eq!(precision_at_k(&[1.0, 4.0, 2.0, 3.0], &actual, 2), Some(1.0));
        assert_eq!(precision_at_k(&[4.0, 3.0, 2.0, 1.0], &actual, 2), Some(0.5));
        assert_eq!(precision_at_k(&[4.0, 3.0, 2.0, 1.0], &actual, 4), Some(1.0));
        assert_eq!(precision_at_k(&[4.0, 3.0, 2.0, 1.0], &actual, 5), None);
        assert_eq!(precision_at_k(&[4.0], &actual, 1), None);
        assert_eq!(precision_at_k(&[], &[], 0), None);
    }

    #[test]
    fn saying_the_same_of_everything_foresees_nothing() {
        assert_eq!(precision_at_k(&[1.0; 6], &[2.0; 6], 3), Some(0.0));
        // Four of six: two must be in both.
        assert_eq!(precision_at_k(&[1.0; 6], &[2.0; 6], 4), Some(0.5));
    }
}
