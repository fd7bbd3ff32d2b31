//! How the logits of a network that was loaded again are compared with those that it had.

use serde::{Deserialize, Serialize};

/// How far a logit may be off, as a share of 1 + its size: what another order of sums makes in 32 bits.
const TOLERANCE: f64 = 1e-4;

/// The share of images that must be given the same answer.
const EQUAL: f64 = 0.999;

/// The logits of images, one row an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Logits {
    pub classes: usize,
    pub values: Vec<f32>,
}

/// How two ways to compute the same logits agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    pub images: usize,
    /// The largest difference of two logits, as a share of 1 + the size of the first.
    pub difference: f64,
    /// The share of images that have the same answer.
    pub equal: f64,
    /// Images that are classified right, here and there.
    pub right: [usize; 2],
}

/// A comparison that was made, and by what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    pub file: String,
    /// Such as `onnxruntime 1.32.0`.
    pub by: String,
    #[serde(flatten)]
    pub agreement: Agreement,
    /// Whether numbers of 8 bits are in it, which give other logits.
    pub is_rounded: bool,
    /// The median time of one image on one thread, where it was measured.
    pub milliseconds: Option<f64>,
}

/// How long the network as it was trained takes for one image on one thread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Times {
    pub processor: String,
    /// The program, such as `epnas-worker with libtorch 2.11.0`.
    pub by: String,
    /// The median, with normalisation folded away; `None` where it was not measured.
    pub milliseconds: Option<f64>,
}

impl Proof {
    /// What about it is not good enough; numbers of 8 bits are told, not judged.
    pub fn fault(&self) -> Option<String> {
        self.agreement.fault().filter(|_| !self.is_rounded)
    }
}

impl Logits {
    /// 32-bit numbers, little-endian, a row an image; `None` where they are not whole rows, or one is not finite.
    pub fn from_bytes(bytes: &[u8], classes: usize) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks();
        let values: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let whole = rest.is_empty() && classes > 0 && values.len().is_multiple_of(classes);
        (whole && values.iter().all(|value| value.is_finite())).then_some(Self { classes, values })
    }

    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.classes)
    }

    /// Those of some of the images.
    #[must_use]
    pub fn of(&self, images: std::ops::Range<usize>) -> Self {
        Self { classes: self.classes, values: self.values[images.start * self.classes..images.end * self.classes].to_vec() }
    }

    /// The classes of an image with their probabilities, the likeliest first.
    pub fn ranking(row: &[f32]) -> Vec<(usize, f64)> {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f64> = row.iter().map(|logit| f64::from(logit - most).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let mut ranking: Vec<(usize, f64)> = weights.into_iter().map(|weight| weight / sum).enumerate().collect();
        ranking.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        ranking
    }

    /// The class with the largest logit of each image, the first of several.
    pub fn answers(&self) -> impl Iterator<Item = usize> {
        self.rows().map(|row| (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0))
    }

    /// How many images are classified right.
    pub fn right(&self, labels: &[u16]) -> usize {
        self.answers().zip(labels).filter(|(answer, label)| *answer == usize::from(**label)).count()
    }
}

impl Agreement {
    /// Compares; `None` where there are not as many of one as of the other.
    pub fn of(expected: &Logits, found: &Logits, labels: &[u16]) -> Option<Self> {
        let images = expected.rows().len();
        if expected.values.len() != found.values.len() || images == 0 || labels.len() != images {
            return None;
        }
        let off = |(one, other): (&f32, &f32)| f64::from(one - other).abs() / (1.0 + f64::from(one.abs()));
        let difference = expected.values.iter().zip(&found.values).map(off).fold(0.0, f64::max);
        let equal = expected.answers().zip(found.answers()).filter(|(one, other)| one == other).count() as f64 / images as f64;
        Some(Self { images, difference, equal, right: [expected.right(labels), found.right(labels)] })
    }

    /// What about it is not good enough.
    pub fn fault(&self) -> Option<String> {
        let Self { images, difference, equal, right: [before, after] } = *self;
        if difference > TOLERANCE {
            Some(format!("a logit is off by {difference:.1e} of 1 + its size, {TOLERANCE:.0e} is allowed"))
        } else if equal < EQUAL {
            Some(format!("{:.2} % of {images} images have the same answer, {:.1} % must", 100.0 * equal, 100.0 * EQUAL))
        } else if before.abs_diff(after) > 1 {
            Some(format!("{after} of {images} images are classified right, before it were {before}"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(values: &[f32]) -> Logits {
        Logits { classes: 2, values: values.to_vec() }
    }

    fn agreement(found: &[f32]) -> Agreement {
        Agreement::of(&logits(&[1.0, 2.0, 3.0, -9.0]), &logits(found), &[1, 0]).expect("as many")
    }

    #[test]
    fn what_is_equal_agrees_and_what_is_off_is_told() {
        assert_eq!(agreement(&[1.0, 2.0, 3.0, -9.0]), Agreement { images: 2, difference: 0.0, equal: 1.0, right: [2, 2] });
        assert_eq!(agreement(&[1.0, 2.0, 3.0, -9.0009]).fault(), None, "a ten-thousandth of ten");
        let said = agreement(&[1.0, 2.0, 3.0, -9.1]).fault().expect("off");
        assert_eq!(said, "a logit is off by 1.0e-2 of 1 + its size, 1e-4 is allowed");
        let swapped = Agreement { difference: 0.0, ..agreement(&[2.0, 1.0, 3.0, -9.0]) };
        assert_eq!(swapped.fault().expect("other answers"), "50.00 % of 2 images have the same answer, 99.9 % must");
        let worse = Agreement { equal: 1.0, right: [20, 18], ..swapped };
        assert_eq!(worse.fault().expect("worse"), "18 of 2 images are classified right, before it were 20");
    }

    #[test]
    fn probabilities_add_up_and_the_likeliest_comes_first() {
        let ranking = Logits::ranking(&[1000.0, 1000.0 + 3.0_f32.ln(), -1e30]);
        assert_eq!(ranking.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [1, 0, 2]);
        assert!((ranking[0].1 - 0.75).abs() < 1e-4 && (ranking[1].1 - 0.25).abs() < 1e-4 && ranking[2].1 == 0.0);
    }

    #[test]
    fn rows_must_be_whole_and_finite() {
        let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        assert_eq!(Logits::from_bytes(&bytes(&[1.0, 2.0]), 2), Some(logits(&[1.0, 2.0])));
        assert_eq!(Logits::from_bytes(&bytes(&[1.0, f32::NAN]), 2), None);
        assert_eq!(Logits::from_bytes(&bytes(&[1.0, 2.0, 3.0]), 2), None);
        assert_eq!(Logits::from_bytes(&bytes(&[1.0])[1..], 1), None);
        assert_eq!(Agreement::of(&logits(&[1.0, 2.0]), &logits(&[]), &[0]), None);
    }
}
