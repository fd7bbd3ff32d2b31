//! How many images of a set are meant.

use serde::{Deserialize, Serialize};

/// A number of images, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Portion {
    Count(usize),
    /// In millionths, so that equal shares are equal.
    Millionths(u32),
}

impl Portion {
    pub const TENTH: Self = Self::Millionths(100_000);

    /// A share of 0 to 1.
    pub fn share(share: f64) -> Self {
        Self::Millionths((share.clamp(0.0, 1.0) * 1e6).round() as u32)
    }

    /// The nearest number of `images`.
    pub fn of(self, images: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Millionths(share) => ((images as u128 * u128::from(share) + 500_000) / 1_000_000) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_to_the_nearest_image() {
        assert_eq!([4, 5, 14, 15, 1_300_000].map(|images| Portion::TENTH.of(images)), [0, 1, 1, 2, 130_000]);
        assert_eq!((Portion::Count(7).of(3), Portion::share(0.001).of(2000)), (7, 2));
    }
}
