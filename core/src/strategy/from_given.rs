//! Random edits of the networks that a search was given, its references and start networks: what people write by hand is a
//! good place to begin.

use super::collector::Request;
use super::state::{Trial, TrialOrigin};
use crate::arch::Architecture;
use crate::seed::{Stream, below};

/// The most edits of a given network.
const EDITS: usize = 4;
/// How often an edit that leads out of the limits is drawn anew.
const RETRIES: usize = 20;

/// One of the given networks after a few random edits, each of which keeps the limits; `None` before any was measured.
pub(super) fn from_given(request: &Request<'_>, stream: &mut Stream) -> Option<Architecture> {
    let Request { space, state, .. } = request;
    // Later stages are given the best of the ones before, too, which lanes edit.
    let carried = |trial: &Trial| {
        let is_earlier = |other: &Trial| other.stage < trial.stage && other.measured.architecture == trial.measured.architecture;
        state.trials.iter().any(is_earlier)
    };
    let given = state.trials.iter().filter(|trial| trial.origin == TrialOrigin::Given && !carried(trial));
    let given: Vec<&Architecture> =
        given.map(|trial| &trial.measured.architecture).filter(|network| space.contains(network).is_ok()).collect();
    if given.is_empty() {
        return None;
    }
    let mut network = given[below(stream, given.len())].clone();
    for _ in 0..=below(stream, EDITS) {
        let edited =
            (0..RETRIES).find_map(|_| space.mutate(&network, stream).filter(|network| request.costs_within_limits(network).is_some()));
        network = edited.unwrap_or(network);
    }
    Some(network)
}
