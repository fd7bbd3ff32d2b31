//! Kendall's rank correlation in O(n log n): W. R. Knight, "A computer method for calculating Kendall's tau with
//! ungrouped data", Journal of the American Statistical Association 61 (1966).

/// Kendall's tau-b of paired values: concordant minus discordant pairs of pairs, over the geometric mean of those not
/// tied on each side. `None` with fewer than two pairs or where one side does not vary.
pub fn kendall(pairs: &[(f64, f64)]) -> Option<f64> {
    // Adding zero makes -0 a 0: the two are equal, but not in the total order.
    let mut sorted: Vec<(f64, f64)> = pairs.iter().map(|&(a, b)| (a + 0.0, b + 0.0)).collect();
    sorted.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let tied_left = tied(&sorted, |x, y| x.0.total_cmp(&y.0).is_eq());
    let tied_both = tied(&sorted, |x, y| x.0.total_cmp(&y.0).is_eq() && x.1.total_cmp(&y.1).is_eq());
    let mut right: Vec<f64> = sorted.iter().map(|pair| pair.1).collect();
    let swaps = sort_counting(&mut right);
    let tied_right = tied(&right, |x, y| x.total_cmp(y).is_eq());
    let all = two_of(pairs.len());
    // Concordant + discordant = all − tied on either side; every discordant one costs a swap, no other does.
    let untied = all + tied_both - tied_left - tied_right;
    let norm = ((all - tied_left) as f64).sqrt() * ((all - tied_right) as f64).sqrt();
    // Rounding of the roots must not carry a perfect correlation past one.
    (norm > 0.0).then(|| ((untied as f64 - 2.0 * swaps as f64) / norm).clamp(-1.0, 1.0))
}

/// How many pairs of neighbours in runs of equals there are.
fn tied<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> usize {
    sorted.chunk_by(|x, y| equal(x, y)).map(|run| two_of(run.len())).sum()
}

fn two_of(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// Sorts by merging and counts how many neighbours a bubble sort would have swapped.
fn sort_counting(values: &mut [f64]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut swaps = sort_counting(left) + sort_counting(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if right[j].total_cmp(&left[i]).is_lt() {
            swaps += left.len() - i;
            merged.push(right[j]);
            j += 1;
        } else {
            merged.push(left[i]);
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    values.copy_from_slice(&merged);
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Seed, below};

    /// The definition, pair by pair.
    fn slow(pairs: &[(f64, f64)]) -> Option<f64> {
        let (mut score, mut left, mut right) = (0.0, 0.0, 0.0);
        for (index, a) in pairs.iter().enumerate() {
            for b in &pairs[..index] {
                let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
                let (x, y) = (sign(a.0 - b.0), sign(a.1 - b.1));
                score += x * y;
                left += x.abs();
                right += y.abs();
            }
        }
        let norm = f64::sqrt(left) * f64::sqrt(right);
        (norm > 0.0).then(|| score / norm)
    }

    #[test]
    fn equals_its_definition_with_and_without_ties() {
        let mut stream = Seed::root(1).stream();
        for case in 0..200 {
            let (size, values) = (below(&mut stream, 30), 1 + below(&mut stream, 40));
            let pairs: Vec<(f64, f64)> =
                (0..size).map(|_| (below(&mut stream, values) as f64, below(&mut stream, values) as f64)).collect();
            match (kendall(&pairs), slow(&pairs)) {
                (Some(fast), Some(slow)) => assert!((fast - slow).abs() < 1e-12, "case {case}: {fast} {slow}"),
                (fast, slow) => assert_eq!(fast, slow, "case {case}"),
            }
        }
    }

    #[test]
    fn perfect_order_is_one() {
        assert_eq!(kendall(&[(1.0, 3.0), (2.0, 4.0)]), Some(1.0));
        assert_eq!(kendall(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]), Some(-1.0));
        assert_eq!(kendall(&[(1.0, 3.0)]), None);
        assert_eq!(kendall(&[(1.0, 3.0), (1.0, 4.0)]), None);
    }

    #[test]
    fn twenty_thousand_pairs_take_no_time() {
        let mut stream = Seed::root(2).stream();
        let pairs: Vec<(f64, f64)> = (0..20_000).map(|_| (below(&mut stream, 5000) as f64, below(&mut stream, 5000) as f64)).collect();
        let tau = kendall(&pairs).expect("both sides vary");
        assert!(tau.abs() < 0.03, "{tau}");
    }
}
