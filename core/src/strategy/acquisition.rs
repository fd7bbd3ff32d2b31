//! What a prediction is worth: how much there is to gain from training a network, by what a predictor says of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::predictor::Prediction;
use crate::seed::{Stream, normal};
use crate::statistics::{normal_density, normal_distribution};

/// How proposals are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Acquisition {
    /// The predicted reward.
    Mean,
    /// The expected improvement on the best so far (Jones et al. 1998, equation 15).
    ExpectedImprovement,
    /// Mean + deviation.
    UpperBound,
    /// One draw of what the reward may be (Thompson 1933).
    Thompson,
}

/// The share of the noise variance that is added to the predictive variance after so many measurements: 30 % after an
/// even number, else none: it alternates where rounds train odd numbers of networks, as one of a table. With none, a
/// search uses what is well known; with some, a noisy signal does not end it. Our own choice among those tried.
pub(super) fn noise_share(measurements: usize) -> f64 {
    if measurements.is_multiple_of(2) { 0.3 } else { 0.0 }
}

impl Acquisition {
    /// Larger is better. Without a deviation, the mean. See [`noise_share`].
    pub fn score(self, prediction: Prediction, best: f64, noise_share: f64, rng: &mut Stream) -> f64 {
        let Prediction { mean, deviation, noise } = prediction;
        let Some(deviation) = deviation else { return mean };
        let deviation = (deviation * deviation + noise_share * noise).sqrt();
        match self {
            Self::Mean => mean,
            Self::ExpectedImprovement => {
                let gain = mean - best;
                let scaled = gain / deviation;
                gain * normal_distribution(scaled) + deviation * normal_density(scaled)
            }
            Self::UpperBound => mean + deviation,
            Self::Thompson => mean + deviation * normal(rng),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn improvement_grows_with_mean_and_deviation_and_never_vanishes_quite() {
        let mut rng = Seed::root(1).stream();
        let mut score = |mean, deviation| {
            Acquisition::ExpectedImprovement.score(Prediction { mean, deviation: Some(deviation), noise: 0.0 }, 1.0, 0.5, &mut rng)
        };
        assert!((score(1.0, 1.0) - 0.398_942).abs() < 1e-6);
        assert!((score(3.0, 0.01) - 2.0).abs() < 1e-6);
        assert!(score(0.5, 1.0) > score(0.0, 1.0) && score(0.0, 2.0) > score(0.0, 1.0) && score(-1.0, 1.0) > 0.0);
    }

    #[test]
    fn a_draw_has_the_mean_and_deviation_of_the_prediction() {
        let mut rng = Seed::root(2).stream();
        let prediction = Prediction { mean: 2.0, deviation: Some(0.3), noise: 0.32 };
        let draws: Vec<f64> = (0..4000).map(|_| Acquisition::Thompson.score(prediction, 0.0, 0.5, &mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 4000.0;
        let deviation = (draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 4000.0).sqrt();
        assert!((mean - 2.0).abs() < 0.05 && (deviation - 0.5).abs() < 0.05, "{mean} {deviation}");
    }
}
