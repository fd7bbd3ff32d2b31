//! PNAS (Liu et al., arXiv 1712.00559): progressive search from small to large. The first stage trains small networks;
//! each later one makes the best of the stage before larger by one part, in every way or in as many as it may propose,
//! and trains those that the predictor ranks first.

use serde::{Deserialize, Serialize};

use super::propose::{Collector, Origin, Proposals, Request};
use super::{Predict, random};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PnasParameters {
    /// How many of the best networks of the stage before are made larger.
    pub beam: usize,
    pub predict: Predict,
}

pub(super) fn propose(parameters: &PnasParameters, request: &Request<'_>) -> Proposals {
    let mut collector = Collector::new(request);
    let beam = request.state.beam(parameters.beam);
    while collector.wants_more() {
        if beam.is_empty() || collector.is_stuck() {
            random::draw(request, &mut collector);
            continue;
        }
        let number = collector.attempt();
        let mut stream = request.seed.nth(number).stream();
        if let Some(larger) = request.space.grow(beam[number % beam.len()], &mut stream) {
            collector.offer(larger, Origin::Grown);
        }
    }
    collector.finish()
}
