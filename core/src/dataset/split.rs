//! Which training examples are learnt from and which are kept to judge by: by class, by seed, and reproducible.

use std::collections::BTreeMap;

use super::DatasetError;
use crate::seed::{Seed, shuffle};

/// Two disjoint sets of indices that are all examples together, each in random order, so that a prefix is a random sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub train: Vec<u32>,
    pub validation: Vec<u32>,
}

impl Split {
    /// Keeps the last `validation` examples apart, where whoever prepared the images put them there.
    pub fn last(examples: usize, validation: usize, seed: u64) -> Result<Self, DatasetError> {
        if validation == 0 || validation >= examples {
            return Err(DatasetError::Split { validation, examples });
        }
        let seed = Seed::root(seed).child("split");
        let mut train: Vec<u32> = (0..examples as u32).collect();
        let mut validation = train.split_off(examples - validation);
        shuffle(&mut seed.child("train").stream(), &mut train);
        shuffle(&mut seed.child("validation").stream(), &mut validation);
        Ok(Self { train, validation })
    }

    /// Keeps `validation` of the examples apart. Each class gives its share, rounded so that the sum is exact.
    pub fn new(labels: &[u16], validation: usize, seed: u64) -> Result<Self, DatasetError> {
        if validation == 0 || validation >= labels.len() {
            return Err(DatasetError::Split { validation, examples: labels.len() });
        }
        let mut classes: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
        for (index, label) in labels.iter().enumerate() {
            classes.entry(*label).or_default().push(index as u32);
        }
        let seed = Seed::root(seed).child("split");
        let mut split = Self { train: Vec::with_capacity(labels.len() - validation), validation: Vec::with_capacity(validation) };
        let sizes: Vec<usize> = classes.values().map(Vec::len).collect();
        for ((label, mut members), share) in classes.into_iter().zip(shares(&sizes, validation)) {
            shuffle(&mut seed.child("class").nth(label.into()).stream(), &mut members);
            let (kept, learnt) = members.split_at(share);
            split.validation.extend_from_slice(kept);
            split.train.extend_from_slice(learnt);
        }
        shuffle(&mut seed.child("train").stream(), &mut split.train);
        shuffle(&mut seed.child("validation").stream(), &mut split.validation);
        Ok(split)
    }
}

/// The first `share` (0 to 1) of the indices, at least one where there is one.
pub fn take_share(indices: &[u32], share: f64) -> &[u32] {
    let count = (indices.len() as f64 * share).round() as usize;
    &indices[..count.max(1).min(indices.len())]
}

/// Shares `total` out in proportion to `sizes`: rounded down, then one more for the largest remainders, the earlier first.
fn shares(sizes: &[usize], total: usize) -> Vec<usize> {
    let all: usize = sizes.iter().sum();
    let mut shares: Vec<usize> = sizes.iter().map(|size| size * total / all).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&class| (std::cmp::Reverse(sizes[class] * total % all), class));
    let left = total - shares.iter().sum::<usize>();
    for &class in &order[..left] {
        shares[class] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_goes_to_the_largest_remainders() {
        assert_eq!(shares(&[10, 10, 10], 10), [4, 3, 3]);
        assert_eq!(shares(&[1, 5, 4], 5), [1, 2, 2]);
        assert_eq!(shares(&[6, 3], 4), [3, 1]);
    }

    #[test]
    fn the_seed_decides() {
        let labels: Vec<u16> = (0..200).map(|index| index % 10).collect();
        let split = Split::new(&labels, 50, 1).expect("possible");
        assert_eq!(split, Split::new(&labels, 50, 1).expect("possible"));
        let other = Split::new(&labels, 50, 2).expect("possible");
        assert_ne!((&split.train, &split.validation), (&other.train, &other.validation));
        let set = |indices: &[u32]| indices.iter().copied().collect::<std::collections::BTreeSet<_>>();
        assert_ne!(set(&split.validation), set(&other.validation));
        assert!(!split.train.is_sorted() && !split.validation.is_sorted());
    }

    /// A guard on keys: trainings in the cache were made with this very split.
    #[test]
    fn the_split_of_a_seed_never_changes() {
        let split = Split::new(&[0, 1, 0, 1, 0, 1, 2, 2], 3, 7).expect("possible");
        assert_eq!((split.train, split.validation), (vec![1, 0, 5, 4, 6], vec![3, 2, 7]));
    }

    #[test]
    fn what_was_prepared_is_split_where_it_was() {
        let split = Split::last(10, 3, 1).expect("possible");
        let sorted = |mut indices: Vec<u32>| {
            indices.sort_unstable();
            indices
        };
        assert!(!split.train.is_sorted());
        assert_eq!((sorted(split.train), sorted(split.validation)), ((0..7).collect(), vec![7, 8, 9]));
        assert!(Split::last(3, 3, 1).is_err() && Split::last(3, 0, 1).is_err());
    }

    #[test]
    fn neither_part_may_be_empty() {
        for (validation, examples) in [(0, 5), (5, 5), (6, 5), (0, 0)] {
            let error = Split::new(&vec![0; examples], validation, 1).expect_err("impossible");
            let expected = format!(
                "{validation} of {examples} examples cannot be kept for validation: at least 1 must be, and at least 1 must be left"
            );
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_share_is_a_prefix_of_at_least_one() {
        let indices = [4, 2, 9, 7];
        for (share, expected) in [(0.0, 1), (0.1, 1), (0.5, 2), (0.7, 3), (1.0, 4), (3.0, 4), (f64::NAN, 1)] {
            assert_eq!(take_share(&indices, share), &indices[..expected], "{share}");
        }
        assert!(take_share(&[], 0.5).is_empty());
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_complete_and_stratified(labels in proptest::collection::vec(0u16..6, 2..300), part in 0.0f64..1.0, seed: u64) {
            let validation = 1 + (part * (labels.len() - 1) as f64) as usize;
            let validation = validation.min(labels.len() - 1);
            let split = Split::new(&labels, validation, seed).expect("possible");
            prop_assert_eq!(split.validation.len(), validation);
            let mut all = [&split.train[..], &split.validation[..]].concat();
            all.sort_unstable();
            prop_assert_eq!(&all, &(0..labels.len() as u32).collect::<Vec<_>>());
            for class in 0..6 {
                let count = |indices: &[u32]| indices.iter().filter(|index| labels[**index as usize] == class).count();
                let (size, kept) = (count(&all), count(&split.validation));
                let exact = (size * validation) as f64 / labels.len() as f64;
                prop_assert!((kept as f64 - exact).abs() < 1.0, "class {}: {} of {}, {} exactly", class, kept, size, exact);
            }
        }
    }
}
