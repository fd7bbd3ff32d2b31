//! Intervals by resampling: the percentile bootstrap of Efron & Tibshirani, "An Introduction to the Bootstrap" (1993),
//! chapter 13.

use serde::{Deserialize, Serialize};

use super::quantile;
use crate::seed::{Seed, below};

/// A value and the interval that holds what it estimates, with the confidence it was made with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// A statistic of `items` with its percentile interval. Items are drawn with replacement, so what belongs together
/// (the two sides of a pair) must be one item.
///
/// A resample of which the statistic is undefined (`None` or not finite, as a correlation of five times the same pair)
/// is left out. Where more than half are, the few left would promise a certainty that is not there: the interval is
/// as wide as the resamples that count reach. `None` where the statistic of `items` itself is undefined, and where no
/// resample has one.
///
/// Limits: with fewer than about ten items the interval is too narrow (the book, §13.4), and `value` need not lie in
/// it where the statistic is biased.
pub fn bootstrap<T: Copy>(
    items: &[T],
    resamples: usize,
    confidence: f64,
    seed: &Seed,
    statistic: impl Fn(&[T]) -> Option<f64>,
) -> Option<Estimate> {
    let defined = |items: &[T]| statistic(items).filter(|value| value.is_finite());
    let value = defined(items)?;
    if items.is_empty() {
        return Some(Estimate { value, low: value, high: value });
    }
    let mut stream = seed.stream();
    let mut drawn = Vec::with_capacity(items.len());
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.clear();
        drawn.extend((0..items.len()).map(|_| items[below(&mut stream, items.len())]));
        values.extend(defined(&drawn));
    }
    let tail = if values.len() * 2 < resamples { 0.0 } else { (1.0 - confidence.clamp(0.0, 1.0)) / 2.0 };
    Some(Estimate { value, low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::unit;
    use crate::statistics::{mean, spearman};

    fn sample(size: usize) -> Vec<f64> {
        let mut stream = Seed::root(5).stream();
        (0..size).map(|_| unit(&mut stream)).collect()
    }

    #[test]
    fn agrees_with_the_standard_error_of_a_mean() {
        let values = sample(200);
        let estimate = bootstrap(&values, 4000, 0.95, &Seed::root(6), mean).expect("a mean");
        let error = crate::statistics::standard_error(&values).expect("many values");
        assert_eq!(Some(estimate.value), mean(&values));
        assert!((estimate.high - estimate.value - 1.96 * error).abs() < 0.1 * error, "{estimate:?}");
        assert!((estimate.value - estimate.low - 1.96 * error).abs() < 0.1 * error, "{estimate:?}");
    }

    #[test]
    fn hangs_on_the_seed_alone() {
        let values = sample(20);
        let of = |seed| bootstrap(&values, 100, 0.9, &Seed::root(seed), mean);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn undefined_resamples_are_left_out() {
        // Of three pairs, most resamples vary; of one pair none does, nor does the sample.
        let pairs = [(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)];
        let estimate = bootstrap(&pairs, 200, 0.95, &Seed::root(1), spearman).expect("defined");
        assert!(estimate.low >= -1.0 && estimate.high <= 1.0 && estimate.low < estimate.high);
        assert_eq!(bootstrap(&pairs[..1], 200, 0.95, &Seed::root(1), spearman), None);
        assert_eq!(bootstrap(&pairs, 0, 0.95, &Seed::root(1), spearman), None);
        assert_eq!(bootstrap(&[], 10, 0.95, &Seed::root(1), mean), None);
    }

    #[test]
    fn few_defined_resamples_give_all_they_reach() {
        let items = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        // Only where the first is drawn unchanged: one resample in six.
        let statistic = |drawn: &[f64]| (drawn[0] < 1.5).then(|| drawn.iter().sum::<f64>());
        let wide = bootstrap(&items, 300, 0.5, &Seed::root(2), statistic).expect("defined");
        let always = bootstrap(&items, 300, 0.5, &Seed::root(2), |drawn| Some(drawn.iter().sum())).expect("defined");
        assert!(wide.high - wide.low > always.high - always.low, "{wide:?} {always:?}");
    }
}
