//! An interval for a share.

/// Two-sided 95 % quantile of the normal distribution.
const QUANTILE: f64 = 1.959_964;

/// The 95 % interval of the share behind `share` of `count` cases, after Wilson (1927), "Probable inference, the law of
/// succession, and statistical inference": also near 0 and 1 it is inside [0, 1] and not empty. `None` of no cases.
pub fn wilson(share: f64, count: usize) -> Option<(f64, f64)> {
    if count == 0 {
        return None;
    }
    let (count, square) = (count as f64, QUANTILE * QUANTILE);
    let centre = share + square / (2.0 * count);
    let half = QUANTILE * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    let scale = 1.0 + square / count;
    Some((((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_formula_and_never_empty() {
        let (low, high) = wilson(0.5, 100).expect("cases");
        // (.5 + 3.8415/200 ± 1.96 √(.25/100 + 3.8415/40000)) / 1.038415 = .5 ± .09617.
        assert!((low - 0.40383).abs() < 1e-4 && (high - 0.59617).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(1.0, 18).expect("cases");
        assert!((low - 18.0 / (18.0 + 3.8415)).abs() < 1e-4 && high > 0.999_999, "{low} {high}");
        let (low, high) = wilson(0.0, 18).expect("cases");
        assert!(low.abs() < 1e-12 && high > 0.1, "{low} {high}");
        assert_eq!(wilson(0.3, 0), None);
    }
}
