//! How much the images of each class count in the loss, where classes differ in size.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Weights of the classes in the loss, from the number of training images of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Every image counts alike.
    #[default]
    None,
    /// 1 / n for a class of n images: all classes count alike.
    Inverse,
    /// (1 − β) / (1 − βⁿ) for a class of n images, with β = 0.999: the inverse of its effective number of images (Cui et
    /// al. 2019). Small classes count as with `inverse`, those of many thousands alike.
    Effective,
}

/// β of Cui et al. (arXiv 1901.05555, §4), one of the four values they try.
const BETA: f64 = 0.999;

impl ClassWeights {
    /// What needs not be said, so that keys from before there were others stay.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// One weight a class, from its number of images; their sum is the number of classes (Cui et al., §4), without those
    /// that have no images, whose weight is 0. None where all images count alike.
    pub fn of(self, images: &[usize]) -> Option<Vec<f64>> {
        let weight = |&count: &usize| match self {
            Self::None => None,
            _ if count == 0 => Some(0.0),
            Self::Inverse => Some(1.0 / count as f64),
            // 1 − βⁿ without the loss of digits that a difference of near numbers has.
            Self::Effective => Some((1.0 - BETA) / -(count as f64 * BETA.ln()).exp_m1()),
        };
        let weights: Vec<f64> = images.iter().map(weight).collect::<Option<_>>()?;
        let present = images.iter().filter(|count| **count > 0).count() as f64;
        let sum: f64 = weights.iter().sum();
        Some(weights.into_iter().map(|weight| weight * present / sum.max(f64::MIN_POSITIVE)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_classes_count_more_and_the_sum_is_the_number_of_classes() {
        assert_eq!(ClassWeights::None.of(&[1, 2]), None);
        let inverse = ClassWeights::Inverse.of(&[10, 30, 0]).expect("weights");
        assert!(inverse.iter().zip([1.5, 0.5, 0.0]).all(|(got, expected)| (got - expected).abs() < 1e-12), "{inverse:?}");
        // (1 − 0.999ⁿ) / 0.001 is 1 for one image, 1.999 for two, and nears 1,000.
        let effective = ClassWeights::Effective.of(&[1, 2, 1_000_000]).expect("weights");
        let raw = [1.0, 1.0 / 1.999, 0.001];
        let sum: f64 = raw.iter().sum();
        assert!(effective.iter().zip(raw).all(|(got, raw)| (got - 3.0 * raw / sum).abs() < 1e-9), "{effective:?}");
    }

    #[test]
    fn among_large_classes_the_effective_numbers_are_alike() {
        let weights = ClassWeights::Effective.of(&[20_000, 200_000]).expect("weights");
        assert!((weights[0] - weights[1]).abs() < 1e-6, "{weights:?}");
        let weights = ClassWeights::Inverse.of(&[20_000, 200_000]).expect("weights");
        assert!(weights[0] > 9.0 * weights[1], "{weights:?}");
    }
}
