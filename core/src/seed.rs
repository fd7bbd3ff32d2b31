//! Named, splittable streams of random numbers: the only source of randomness.
//! A stream depends on its name alone, never on what was drawn elsewhere before, so work can be done in any order.

use std::f64::consts::PI;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Domain};

/// The generator of a stream.
pub type Stream = ChaCha8Rng;

/// A name for a stream of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(Digest);

impl Seed {
    /// The root of all streams of one experiment or recipe.
    pub fn root(number: u64) -> Self {
        Self(Digest::of(Domain::Seed, &number.to_le_bytes()))
    }

    /// The stream called `name` below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut bytes = self.0.as_bytes().to_vec();
        bytes.extend_from_slice(name.as_bytes());
        Self(Digest::of(Domain::Seed, &bytes))
    }

    /// The stream number `index` below this one.
    #[must_use]
    pub fn nth(&self, index: usize) -> Self {
        self.child(&format!("#{index}"))
    }

    /// A generator that starts this stream.
    pub fn stream(&self) -> Stream {
        Stream::from_seed(*self.0.as_bytes())
    }

    /// One number of 63 bits, for libraries that take a number as their seed.
    pub fn number(&self) -> i64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0.as_bytes()[..8]);
        i64::from_le_bytes(bytes) & i64::MAX
    }
}

/// An index below `n`, each equally likely.
pub fn below(stream: &mut Stream, n: usize) -> usize {
    stream.random_range(0..n)
}

/// A number in [0, 1).
pub fn unit(stream: &mut Stream) -> f64 {
    stream.random::<f64>()
}

/// A standard normal number (Box & Muller 1958).
pub fn normal(stream: &mut Stream) -> f64 {
    let radius = (-2.0 * (1.0 - unit(stream)).ln()).sqrt();
    radius * (2.0 * PI * unit(stream)).cos()
}

/// Puts `items` into a random order (Fisher–Yates).
pub fn shuffle<T>(stream: &mut Stream, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(stream, last + 1));
    }
}

/// An index drawn with the given weights, which need not sum to one; `None` when all are zero.
pub fn weighted(stream: &mut Stream, weights: &[f64]) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mut left = unit(stream) * total;
    let mut last = None;
    for (index, &weight) in weights.iter().enumerate() {
        if weight > 0.0 {
            last = Some(index);
            if left < weight {
                return last;
            }
            left -= weight;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_name_alone() {
        let seed = Seed::root(1).child("a");
        let first = unit(&mut seed.stream());
        unit(&mut Seed::root(1).child("b").stream());
        assert_eq!(first.to_bits(), unit(&mut seed.stream()).to_bits());
        assert_ne!(first.to_bits(), unit(&mut Seed::root(2).child("a").stream()).to_bits());
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut stream = Seed::root(3).stream();
        for _ in 0..200 {
            assert_eq!(weighted(&mut stream, &[0.0, 2.0, 0.0]), Some(1));
        }
        assert_eq!(weighted(&mut stream, &[0.0]), None);
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<usize> = (0..50).collect();
        shuffle(&mut Seed::root(4).stream(), &mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
