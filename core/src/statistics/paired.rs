//! Two series of the same cases: is one better?

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::{Estimate, mean, standard_error};

/// Of one series against another, higher being better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Better,
    Worse,
    /// The interval of the difference holds zero.
    Tie,
    /// Fewer than [`PairedDifference::FEWEST`] pairs.
    Unknown,
}

impl Standing {
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
    /// Mean of the first minus the second, with its 95 % interval by Student's distribution with `pairs − 1` degrees of
    /// freedom (Student, "The probable error of a mean", Biometrika 6, 1908). Of one pair the interval is that value.
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
    /// Two pairs give an interval 13 standard errors wide to each side.
    pub const FEWEST: usize = 3;

    /// Of pairs of the series asked about and the one it is held against; `None` of none, and where one is not a number.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours - theirs).collect();
        let value = mean(&differences).filter(|value| value.is_finite())?;
        let error = standard_error(&differences);
        let reach = error.map_or(0.0, |error| error * student(differences.len() - 1));
        let (low, high) = (value - reach, value + reach);
        let share = |holds: fn(&f64) -> bool| differences.iter().filter(|difference| holds(difference)).count() as f64 / pairs.len() as f64;
        Some(Self {
            pairs: pairs.len(),
            mean: Estimate { value, low, high },
            error,
            wins: share(|difference| *difference > 0.0),
            ties: share(|difference| *difference == 0.0),
            standing: match pairs.len() {
                ..Self::FEWEST => Standing::Unknown,
                _ if low > 0.0 => Standing::Better,
                _ if high < 0.0 => Standing::Worse,
                _ => Standing::Tie,
            },
        })
    }

    /// The interval of the mean; `None` of fewer than [`Self::FEWEST`] pairs.
    pub fn interval(&self) -> Option<(f64, f64)> {
        (self.pairs >= Self::FEWEST).then_some((self.mean.low, self.mean.high))
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

/// Within how many standard errors of a mean the true one lies, with [`PairedDifference::CONFIDENCE`].
fn student(freedom: usize) -> f64 {
    let distribution = StudentsT::new(0.0, 1.0, freedom as f64).expect("at least one degree of freedom");
    distribution.inverse_cdf(f64::midpoint(1.0, PairedDifference::CONFIDENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(f64, f64)]) -> PairedDifference {
        PairedDifference::of(pairs).expect("pairs")
    }

    #[test]
    fn students_quantiles_are_those_of_tables() {
        // Abramowitz & Stegun, table 26.10.
        for (freedom, quantile) in [(1, 12.706), (2, 4.303), (4, 2.776), (19, 2.093), (120, 1.980)] {
            assert!((student(freedom) - quantile).abs() < 5e-4, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn a_tie_holds_zero() {
        // Of three pairs, the mean must be more than 4.3 standard errors from zero.
        let around = |mean: f64| of(&[(mean - 1.0, 0.0), (mean, 0.0), (mean + 1.0, 0.0)]);
        let edge = 4.302_65 / 3.0_f64.sqrt();
        assert_eq!(around(edge + 1e-3).standing, Standing::Better);
        assert_eq!(around(edge - 1e-3).standing, Standing::Tie);
        assert_eq!(around(1e-3 - edge).standing, Standing::Tie);
        assert_eq!(around(-edge - 1e-3).standing, Standing::Worse);
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
        const FEWEST: usize = PairedDifference::FEWEST;
        let same = of(&[(1.0, 1.0); FEWEST]);
        assert_eq!((same.standing, same.ties.to_bits(), same.losses().to_bits()), (Standing::Tie, 1.0_f64.to_bits(), 0.0_f64.to_bits()));
        let few = of(&[(2.0, 1.0); FEWEST - 1]);
        assert_eq!(few.standing, Standing::Unknown);
        assert_eq!((few.interval(), of(&[(1.0, 2.0); FEWEST]).interval()), (None, Some((-1.0, -1.0))));
        assert_eq!((PairedDifference::of(&[]), PairedDifference::of(&[(f64::NAN, 1.0); FEWEST])), (None, None));
    }
}
