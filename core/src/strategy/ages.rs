//! What the weights of measured networks had seen before their training began, as a feature: one that began with weights of
//! another network reaches more than one that began anew, and predictors must not take that for a merit of its layers. Of a
//! network that is not trained yet nothing is known, so all are predicted at one age, the mean.

use super::predictor::Scored;
use super::state::State;
use crate::engine::Score;

/// Whether any network began with the weights of another one.
pub(super) fn differ(state: &State) -> bool {
    state.trials.iter().any(|trial| trial.measured.age.is_some())
}

/// Scores with the ages of the measured networks, where they differ: of each its latest training.
pub(super) fn added(mut scored: Scored, state: &State) -> Scored {
    if differ(state) {
        for measured in state.trials.iter().map(|trial| &trial.measured) {
            scored.entry(measured.architecture.digest()).or_default().insert(Score::Age, measured.age.unwrap_or(0.0));
        }
    }
    scored
}
