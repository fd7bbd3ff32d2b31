//! How often each class was taken for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Metric;

/// Classes from which on the five likeliest count too.
pub const TOP_5_FROM: usize = 20;

/// What a network says of labelled images.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    pub confusion: Confusion,
    /// Mean cross-entropy, in nats; 0 without images.
    pub loss: f64,
    /// Share of the images whose class is among the five likeliest; none with fewer than [`TOP_5_FROM`] classes.
    pub top_5: Option<f64>,
}

impl Tested {
    /// What a metric says, a share; none of the five likeliest of few classes.
    pub fn figure(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Accuracy => Some(self.confusion.accuracy()),
            Metric::BalancedAccuracy => Some(self.confusion.balanced_accuracy()),
            Metric::Top5 => self.top_5,
        }
    }
}

/// Counts of images by class and answer. Only pairs that occur are stored: with a thousand classes few do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    pub classes: usize,
    /// Class, answer, and how often; in this order.
    counts: Vec<(usize, usize, usize)>,
}

/// One class of a confusion matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfClass {
    pub images: usize,
    pub right: usize,
    /// The wrong answer that was given most often, and how often.
    pub taken_for: Option<(usize, usize)>,
}

impl OfClass {
    /// Share of its images that are classified right; none without images.
    pub fn accuracy(&self) -> Option<f64> {
        (self.images > 0).then(|| self.right as f64 / self.images as f64)
    }
}

impl Confusion {
    /// Of pairs of class and answer, both below `classes`.
    pub fn of(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for pair in pairs {
            *counts.entry(pair).or_default() += 1;
        }
        Self { classes, counts: counts.into_iter().map(|((class, answer), count)| (class, answer, count)).collect() }
    }

    pub fn images(&self) -> usize {
        self.counts.iter().map(|(.., count)| count).sum()
    }

    pub fn right(&self) -> usize {
        self.counts.iter().filter(|(class, answer, _)| class == answer).map(|(.., count)| count).sum()
    }

    /// Share of all images that are classified right; 0 without images.
    pub fn accuracy(&self) -> f64 {
        self.right() as f64 / self.images().max(1) as f64
    }

    /// Mean over the classes that have images of their accuracy; 0 without images.
    pub fn balanced_accuracy(&self) -> f64 {
        let shares: Vec<f64> = self.by_class().iter().filter_map(OfClass::accuracy).collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }

    /// One for each class, by label.
    pub fn by_class(&self) -> Vec<OfClass> {
        let mut all = vec![OfClass { images: 0, right: 0, taken_for: None }; self.classes];
        for &(class, answer, count) in &self.counts {
            let of = &mut all[class];
            of.images += count;
            if class == answer {
                of.right += count;
            } else if of.taken_for.is_none_or(|(_, most)| count > most) {
                of.taken_for = Some((answer, count));
            }
        }
        all
    }

    /// A row for each class, a column for each answer.
    pub fn matrix(&self) -> Vec<Vec<usize>> {
        let mut matrix = vec![vec![0; self.classes]; self.classes];
        for &(class, answer, count) in &self.counts {
            matrix[class][answer] = count;
        }
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_count_alike_in_the_balanced_accuracy() {
        let pairs = [(0, 0), (0, 0), (0, 0), (0, 2), (1, 2), (1, 2), (1, 0), (1, 1)];
        let confusion = Confusion::of(3, pairs);
        assert_eq!((confusion.images(), confusion.right()), (8, 4));
        assert_eq!(confusion.matrix(), [[3, 0, 1], [1, 1, 2], [0, 0, 0]]);
        // The third class has no images.
        assert!((confusion.balanced_accuracy() - f64::midpoint(0.75, 0.25)).abs() < 1e-12);
        let classes = confusion.by_class();
        assert_eq!(classes.iter().map(|of| of.taken_for).collect::<Vec<_>>(), [Some((2, 1)), Some((2, 2)), None]);
        assert_eq!(classes[2].accuracy(), None);
    }
}
