//! Two series of the same cases: is one better?

use serde::{Deserialize, Serialize};

use super::{Estimate, FEWEST, bootstrap, mean, standard_error};
use crate::seed::Seed;

/// Of one series against another, higher being better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Better,
    Worse,
    Tie,
    /// Fewer than [`FEWEST`] pairs.
    Unknown,
}

impl Standing {
    /// The rule of all wordings: a difference within two standard errors is a tie; one whose error is not known
    /// tells nothing.
    pub fn of(difference: f64, error: Option<f64>) -> Self {
        match error {
            Some(error) if difference > 2.0 * error => Self::Better,
            Some(error) if difference < -2.0 * error => Self::Worse,
            Some(_) => Self::Tie,
            None => Self::Unknown,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Tie => "tie",
            Self::Unknown => "too few",
        }
    }
}

/// How one series differs from another, case by case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    pub pairs: usize,
    /// Mean of the first minus the second, with its 95 % bootstrap interval.
    pub mean: Estimate,
    /// Standard error of that mean; `None` of one pair.
    pub error: Option<f64>,
    /// Share of the pairs in which the first is higher.
    pub wins: f64,
    /// Share of the pairs in which both are exactly equal.
    pub ties: f64,
    pub standing: Standing,
}

impl PairedDifference {
    pub const CONFIDENCE: f64 = 0.95;
    pub const RESAMPLES: usize = 2000;

    /// Of pairs of the series asked about and the one it is held against; `None` of none.
    pub fn of(pairs: &[(f64, f64)], seed: &Seed) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours - theirs).collect();
        let estimate = bootstrap(&differences, Self::RESAMPLES, Self::CONFIDENCE, seed, mean)?;
        let error = standard_error(&differences);
        let share = |holds: fn(&f64) -> bool| differences.iter().filter(|difference| holds(difference)).count() as f64 / pairs.len() as f64;
        Some(Self {
            pairs: pairs.len(),
            mean: estimate,
            error,
            wins: share(|difference| *difference > 0.0),
            ties: share(|difference| *difference == 0.0),
            standing: Standing::of(estimate.value, error.filter(|_| pairs.len() >= FEWEST)),
        })
    }

    /// The interval of the mean; `None` of fewer than [`FEWEST`] pairs.
    pub fn interval(&self) -> Option<(f64, f64)> {
        (self.pairs >= FEWEST).then_some((self.mean.low, self.mean.high))
    }

    /// The difference of the second from the first.
    #[must_use]
    pub fn turned(self) -> Self {
        let standing = match self.standing {
            Standing::Better => Standing::Worse,
            Standing::Worse => Standing::Better,
            same => same,
        };
        let mean = Estimate { value: -self.mean.value, low: -self.mean.high, high: -self.mean.low };
        Self { mean, wins: self.losses(), standing, ..self }
    }

    /// Share of the pairs in which the first is lower.
    pub fn losses(&self) -> f64 {
        (1.0 - self.wins - self.ties).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(f64, f64)]) -> PairedDifference {
        PairedDifference::of(pairs, &Seed::root(1)).expect("pairs")
    }

    #[test]
    fn two_standard_errors_decide() {
        assert_eq!(Standing::of(0.21, Some(0.1)), Standing::Better);
        assert_eq!(Standing::of(-0.21, Some(0.1)), Standing::Worse);
        assert_eq!(Standing::of(0.2, Some(0.1)), Standing::Tie);
        assert_eq!(Standing::of(0.0, Some(0.0)), Standing::Tie);
        assert_eq!(Standing::of(9.0, None), Standing::Unknown);
    }

    #[test]
    fn what_is_shared_by_a_pair_does_not_count() {
        let pairs = [(1.1, 1.0), (5.2, 5.0), (9.1, 9.0), (3.3, 3.1), (7.1, 7.0)];
        let found = of(&pairs);
        assert_eq!(found.standing, Standing::Better);
        assert_eq!((found.pairs, found.wins.to_bits(), found.ties.to_bits()), (5, 1.0_f64.to_bits(), 0.0_f64.to_bits()));
        assert!(found.mean.low > 0.0 && found.mean.low < found.mean.value && found.mean.value < found.mean.high);
        let turned: Vec<(f64, f64)> = pairs.iter().map(|&(a, b)| (b, a)).collect();
        assert_eq!(of(&turned).standing, Standing::Worse);
    }

    #[test]
    fn equal_series_tie_and_few_pairs_tell_nothing() {
        let same = of(&[(1.0, 1.0); FEWEST]);
        assert_eq!((same.standing, same.ties.to_bits(), same.losses().to_bits()), (Standing::Tie, 1.0_f64.to_bits(), 0.0_f64.to_bits()));
        let few = of(&[(2.0, 1.0); FEWEST - 1]);
        assert_eq!(few.standing, Standing::Unknown);
        assert_eq!((few.interval(), of(&[(1.0, 2.0); FEWEST]).interval()), (None, Some((-1.0, -1.0))));
        assert_eq!(PairedDifference::of(&[], &Seed::root(1)), None);
    }
}
