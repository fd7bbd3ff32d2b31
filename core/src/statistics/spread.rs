//! Where values lie and how far they scatter.

use serde::{Deserialize, Serialize};

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of the population the values were drawn from (n − 1); `None` of fewer than two.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt())
}

/// The standard deviation of the mean; `None` of fewer than two values.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    Some(standard_deviation(values)? / (values.len() as f64).sqrt())
}

/// The middle value, between the middle two of an even number; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(f64::midpoint(sorted[last / 2], sorted[sorted.len() / 2]))
}

/// The value below which a share of the values lies, interpolated between neighbours (type 7 of Hyndman & Fan 1996,
/// the default of R and numpy). The share is clamped to 0..=1; of one value every quantile is that value, of nothing
/// there is `None`.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

/// Values of one sample in short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub count: usize,
    pub mean: f64,
    /// `None` of one value.
    pub deviation: Option<f64>,
    /// Of the mean; `None` of one value.
    pub error: Option<f64>,
    pub median: f64,
}

impl Spread {
    /// `None` of nothing.
    pub fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            count: values.len(),
            mean: mean(values)?,
            deviation: standard_deviation(values),
            error: standard_error(values),
            median: median(values)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let spread = Spread::of(&[2.0, 4.0, 4.0, 6.0]).expect("values");
        assert_eq!((spread.count, spread.mean.to_bits(), spread.median.to_bits()), (4, 4.0_f64.to_bits(), 4.0_f64.to_bits()));
        let deviation = (8.0_f64 / 3.0).sqrt();
        assert_eq!((spread.deviation, spread.error), (Some(deviation), Some(deviation / 2.0)));
    }

    #[test]
    fn nothing_and_one_value() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!((mean(&[]), median(&[]), quantile(&[], 0.1)), (None, None, None));
        assert_eq!(Spread::of(&[3.0]), Some(Spread { count: 1, mean: 3.0, deviation: None, error: None, median: 3.0 }));
        assert_eq!((quantile(&[3.0], 0.0), quantile(&[3.0], 0.9)), (Some(3.0), Some(3.0)));
    }

    #[test]
    fn quantiles_are_of_type_seven() {
        // numpy.quantile([1, 2, 4, 8], [0, 0.25, 0.5, 0.9, 1])
        let values = [8.0, 1.0, 4.0, 2.0];
        let shares = [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0), (2.0, 8.0)];
        for (share, expected) in shares {
            let found = quantile(&values, share).expect("values");
            assert!((found - expected).abs() < 1e-12, "{share}: {found}");
        }
    }
}
