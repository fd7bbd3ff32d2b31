//! How well each fidelity ranks networks, by where they end.

use super::{Outcome, Study};
use crate::seed::Seed;
use crate::statistics::{Estimate, FEWEST, bootstrap, kendall, mean, precision_at_k, spearman, standard_deviation};

/// Of all intervals of a study.
pub(super) const RESAMPLES: usize = 1_000;
pub(super) const CONFIDENCE: f64 = 0.95;

/// What one fidelity says.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Networks trained at it.
    pub networks: usize,
    /// Those of them that were trained at length too: the correlations are over these.
    pub pairs: usize,
    /// Seconds of one training, on average.
    pub seconds: Option<f64>,
    pub spearman: Option<Estimate>,
    pub kendall: Option<Estimate>,
    /// Share of the best third at the end that is in the best third here.
    pub kept: Option<f64>,
    /// Standard deviation of the accuracy over networks, and over trainings of one network.
    pub spread: Option<f64>,
    pub noise: Option<f64>,
}

/// Of every fidelity, the final one last.
pub fn rankings(study: &Study) -> Vec<Ranking> {
    (0..study.fidelities.len()).map(|fidelity| ranking(study, fidelity)).collect()
}

fn ranking(study: &Study, fidelity: usize) -> Ranking {
    let last = study.last();
    let outcomes: Vec<&Outcome> = study.networks.iter().filter_map(|network| network.outcomes[fidelity].as_ref()).collect();
    let pairs: Vec<(f64, f64)> = study.drawn().filter_map(|network| Some((network.accuracy(fidelity)?, network.accuracy(last)?))).collect();
    // The final ranking agrees with itself: that says nothing.
    let told = pairs.len() >= FEWEST && fidelity != last;
    let seed = Seed::root(0).child("study").nth(fidelity);
    let estimate = |statistic: fn(&[(f64, f64)]) -> Option<f64>| {
        if told { bootstrap(&pairs, RESAMPLES, CONFIDENCE, &seed, statistic) } else { None }
    };
    let (here, there): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let drawn: Vec<f64> = study.drawn().filter_map(|network| network.accuracy(fidelity)).collect();
    Ranking {
        networks: outcomes.len(),
        pairs: pairs.len(),
        seconds: mean(&outcomes.iter().map(|outcome| outcome.seconds).collect::<Vec<_>>()),
        spearman: estimate(spearman),
        kendall: estimate(kendall),
        kept: told.then(|| precision_at_k(&here, &there, pairs.len().div_ceil(3))).flatten(),
        spread: standard_deviation(&drawn),
        noise: noise(&outcomes),
    }
}

/// Pooled over the networks that were trained several times.
fn noise(outcomes: &[&Outcome]) -> Option<f64> {
    let several = outcomes.iter().filter(|outcome| outcome.accuracies.len() > 1);
    let variances: Vec<(f64, f64)> = several
        .filter_map(|outcome| Some((outcome.accuracies.len() as f64 - 1.0, standard_deviation(&outcome.accuracies)?.powi(2))))
        .collect();
    let freedom: f64 = variances.iter().map(|(freedom, _)| freedom).sum();
    (freedom > 0.0).then(|| (variances.iter().map(|(freedom, variance)| freedom * variance).sum::<f64>() / freedom).sqrt())
}
