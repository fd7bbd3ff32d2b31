//! What predictors read of a network: numbers of one length for all networks of a space, from its [`Sketch`].

use std::ops::Range;

use super::memory::Scored;
use crate::arch::Architecture;
use crate::engine::{Score, Scores};
use crate::seed::Seed;
use crate::space::{SearchSpace, Sketch, Vocabulary};
use crate::statistics::{mean, standard_deviation};

/// How two values of a feature differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They are equal or not.
    Category,
    /// By their distance.
    Number,
}

/// The features of a space: every feature of every token as a category, then how often each value occurs, then the
/// numbers of the sketch, then scores that are known before a training. Numbers are standardised by networks drawn at random,
/// scores by the networks that have them; one that is not known counts as their mean.
#[derive(Clone, Debug)]
pub struct Features {
    vocabulary: Vocabulary,
    kinds: Vec<Kind>,
    centre: Vec<f64>,
    spread: Vec<f64>,
    counts: Range<usize>,
    varies: Vec<bool>,
    scored: Scored,
    scales: Vec<ScoreScale>,
}

/// Mean and deviation of a score.
#[derive(Clone, Copy, Debug)]
struct ScoreScale {
    score: Score,
    centre: f64,
    spread: f64,
}

/// Networks drawn to know the spread of the numbers.
const DRAWS: usize = 128;

impl Features {
    /// With a column for each score that is `asked` for, whether or not it is known of any network, so that what a
    /// predictor keeps from round to round fits.
    pub fn of(space: &SearchSpace<'_>, asked: &[Score], scored: Scored) -> Self {
        let mut features = Self::without_scores(space);
        features.scales = asked.iter().map(|&score| ScoreScale::of(score, &scored)).collect();
        features.kinds.extend(features.scales.iter().map(|_| Kind::Number));
        features.varies.extend(features.scales.iter().map(|_| true));
        features.scored = scored;
        features
    }

    fn without_scores(space: &SearchSpace<'_>) -> Self {
        let vocabulary = space.vocabulary();
        let categories = vocabulary.tokens * vocabulary.features.len();
        let counts = categories..categories + vocabulary.features.iter().map(|size| size.saturating_sub(1)).sum::<usize>();
        let numbers = counts.len() + Sketch::GLOBALS + vocabulary.numbers;
        let kinds = [vec![Kind::Category; categories], vec![Kind::Number; numbers]].concat();
        let (centre, spread, varies) = (vec![0.0; numbers], vec![1.0; numbers], vec![true; numbers]);
        let mut features = Self { vocabulary, centre, spread, kinds, counts, varies, scored: Scored::new(), scales: Vec::new() };
        let mut stream = Seed::root(0).child("features").stream();
        let drawn: Vec<Vec<f64>> = (0..DRAWS)
            .map(|_| space.draw(&mut stream))
            .filter(|network| space.contains(network).is_ok())
            .map(|network| features.see(space, &network))
            .collect();
        let count = drawn.len().max(1) as f64;
        for number in 0..numbers {
            let column = || drawn.iter().map(|row| row[categories + number]);
            let centre = column().sum::<f64>() / count;
            let variance = column().map(|value| (value - centre).powi(2)).sum::<f64>() / count;
            features.centre[number] = centre;
            features.varies[number] = variance > 1e-18;
            features.spread[number] = if variance > 1e-18 { variance.sqrt() } else { 1.0 };
        }
        features
    }

    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Whether random networks differ in a number.
    pub fn varies(&self, feature: usize) -> bool {
        feature.checked_sub(self.counts.start).is_none_or(|number| self.varies[number])
    }

    /// The categories.
    pub fn decisions(&self) -> Range<usize> {
        0..self.counts.start
    }

    /// How often values occur.
    pub fn counts(&self) -> Range<usize> {
        self.counts.clone()
    }

    /// Costs and other numbers about the whole network.
    pub fn globals(&self) -> Range<usize> {
        self.counts.end..self.kinds.len()
    }

    /// The same with a place of its own for every value of a category, without numbers that do not vary.
    pub fn one_hot(&self, row: &[f64]) -> Vec<f64> {
        let columns = &self.vocabulary.features;
        let mut wide = Vec::new();
        for (place, &value) in row[self.decisions()].iter().enumerate() {
            let size = columns[place % columns.len()];
            let start = wide.len();
            wide.resize(start + size, 0.0);
            if let Some(slot) = wide[start..].get_mut(value as usize) {
                *slot = 1.0;
            }
        }
        wide.extend((self.counts.start..row.len()).filter(|&number| self.varies(number)).map(|number| row[number]));
        wide
    }

    /// The features of a network.
    pub fn see(&self, space: &SearchSpace<'_>, architecture: &Architecture) -> Vec<f64> {
        let sketch = space.sketch(architecture);
        let columns = self.vocabulary.features.len();
        let mut row = vec![0.0; self.counts.start];
        let mut starts = Vec::with_capacity(columns);
        let mut next = self.counts.start;
        for &size in &self.vocabulary.features {
            starts.push(next);
            next += size.saturating_sub(1);
        }
        row.resize(next, 0.0);
        for (place, token) in sketch.tokens.iter().take(self.vocabulary.tokens).enumerate() {
            for (column, &value) in token.iter().enumerate() {
                row[place * columns + column] = value as f64;
                if value > 0 && value < self.vocabulary.features[column] {
                    row[starts[column] + value - 1] += 1.0;
                }
            }
        }
        row.extend(sketch.globals);
        row.extend(&sketch.numbers);
        for (value, (centre, spread)) in row[self.counts.start..].iter_mut().zip(self.centre.iter().zip(&self.spread)) {
            *value = (*value - centre) / spread;
        }
        if !self.scales.is_empty() {
            let known = self.scored.get(&architecture.digest());
            row.extend(self.scales.iter().map(|scale| scale.place(known)));
        }
        row
    }
}

/// How many deviations from the mean a score is taken for at most: a network through which nothing flows must not squash
/// the others.
const FARTHEST: f64 = 3.0;

impl ScoreScale {
    fn of(score: Score, scored: &Scored) -> Self {
        let values: Vec<f64> = scored.values().filter_map(|scores| scores.get(&score).copied()).collect();
        let spread = standard_deviation(&values).filter(|spread| *spread > 1e-9).unwrap_or(1.0);
        Self { score, centre: mean(&values).unwrap_or(0.0), spread }
    }

    /// The score on this scale.
    fn place(&self, known: Option<&Scores>) -> f64 {
        let score = known.and_then(|scores| scores.get(&self.score));
        score.map_or(0.0, |score| ((score - self.centre) / self.spread).clamp(-FARTHEST, FARTHEST))
    }
}
