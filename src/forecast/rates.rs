//! What a training takes by its work, from those that were measured: usually, and what one hardly exceeds.

use crate::statistics::{mean, median};

/// How far measurements scatter where few of them say so, as the standard deviation of a logarithm, and how many
/// measurements this is worth: other load, colder disks.
const SCATTER: f64 = 0.35;
const WEIGHT: f64 = 4.0;
/// How many deviations the dearest is taken to be away.
const DEVIATIONS: f64 = 3.0;
/// Beyond what was ever measured, the least.
const LEAST_MARGIN: f64 = 1.5;

/// The most measurements that are held against one another, the latest ones.
const MOST: usize = 200;

/// Trainings alike that were measured: seconds and work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rates(Vec<[f64; 2]>);

/// What a training takes: seconds to begin, seconds a unit of work, and how far from it one is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    begin: f64,
    unit: f64,
    /// Factors, of the cheapest and of the dearest.
    least: f64,
    most: f64,
}

impl Rate {
    /// Of a machine on which nothing was trained yet.
    pub const fn of_machine(unit: f64) -> Self {
        Self { begin: 0.0, unit, least: 1.0, most: 1.0 }
    }

    /// The same measurement where less is known of how it was made.
    pub fn widened(self, factor: f64) -> Self {
        Self { least: self.least / factor, most: self.most * factor, ..self }
    }

    pub fn least(self, work: f64) -> f64 {
        self.least * self.typical(work)
    }

    pub fn typical(self, work: f64) -> f64 {
        self.begin + self.unit * work
    }

    pub fn most(self, work: f64) -> f64 {
        self.most * self.typical(work)
    }
}

impl Rates {
    /// A training that took so many seconds for so much work.
    pub(super) fn add(&mut self, seconds: f64, work: f64) {
        if seconds > 0.0 && work > 0.0 && (seconds / work).is_finite() {
            self.0.push([seconds, work]);
        }
    }

    /// `None` where nothing was measured.
    pub(super) fn rate(&self) -> Option<Rate> {
        let measured = &self.0[self.0.len().saturating_sub(MOST)..];
        let (begin, unit) = line(measured)?;
        let off: Vec<f64> = measured.iter().map(|[seconds, work]| (seconds / (begin + unit * work)).ln()).collect();
        let center = mean(&off)?;
        let count = off.len() as f64;
        let scattered: f64 = off.iter().map(|off| (off - center).powi(2)).sum();
        let deviation = ((scattered + WEIGHT * SCATTER * SCATTER) / (count - 1.0 + WEIGHT)).sqrt();
        let margin = DEVIATIONS * deviation * (1.0 + 1.0 / count).sqrt();
        let most = off.iter().copied().fold(0.0, f64::max);
        let least = off.iter().copied().fold(0.0, f64::min);
        let (least, most) = ((-margin).min(least - LEAST_MARGIN.ln()).exp(), margin.max(most + LEAST_MARGIN.ln()).exp());
        Some(Rate { begin, unit, least, most })
    }
}

/// A line through measurements that a few odd ones do not move (Theil 1950, Sen 1968); never one that falls, nor one that
/// begins below zero.
fn line(measured: &[[f64; 2]]) -> Option<(f64, f64)> {
    let through_zero = median(&measured.iter().map(|[seconds, work]| seconds / work).collect::<Vec<_>>())?;
    let pairs = measured.iter().enumerate().flat_map(|(index, one)| measured[index + 1..].iter().map(move |other| (one, other)));
    // Of trainings of nearly the same work the difference is mere scatter.
    let apart = pairs.filter(|([_, one], [_, other])| one.max(*other) > 1.2 * one.min(*other));
    let slopes: Vec<f64> = apart.map(|(one, other)| (other[0] - one[0]) / (other[1] - one[1])).collect();
    let unit = median(&slopes).map_or(through_zero, |slope| slope.clamp(0.1 * through_zero, through_zero));
    let begin = median(&measured.iter().map(|[seconds, work]| seconds - unit * work).collect::<Vec<_>>())?.max(0.0);
    Some((begin, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(seconds: &[f64]) -> Rate {
        let mut rates = Rates::default();
        for seconds in seconds {
            rates.add(*seconds, 1.0);
        }
        rates.rate().expect("something was measured")
    }

    #[test]
    fn the_margin_is_learned_from_what_was_measured() {
        assert_eq!(Rates::default().rate(), None);
        let most = |seconds: &[f64]| rate(seconds).most(1.0);
        assert!((rate(&[1.0]).typical(1.0) - 1.0).abs() < 1e-9 && most(&[1.0]) > 4.0 && rate(&[1.0]).least(1.0) < 0.25);
        assert!((1.49..1.6).contains(&most(&[1.0; 40])), "{}", most(&[1.0; 40]));
        let uneven = most(&[0.5, 0.5, 1.0, 2.0, 2.0].repeat(8));
        assert!(uneven > 3.0 && uneven < 10.0, "{uneven}");
        assert!(most(&[1.0, 100.0]) > 149.0, "never below what was measured");
        let mut none = Rates::default();
        none.add(0.0, 1.0);
        none.add(1.0, 0.0);
        assert_eq!(none.rate(), None, "what took no time says nothing");
    }

    #[test]
    fn what_every_training_takes_to_begin_is_told_from_its_work() {
        let mut rates = Rates::default();
        for work in [1.0, 2.0, 5.0, 10.0, 20.0] {
            rates.add(3.0 + 0.5 * work, work);
        }
        rates.add(400.0, 15.0);
        let rate = rates.rate().expect("something was measured");
        assert!((rate.typical(100.0) - 53.0).abs() < 10.0, "{rate:?}");
        assert!((rate.typical(0.0) - 3.0).abs() < 1.0, "{rate:?}");
    }
}
