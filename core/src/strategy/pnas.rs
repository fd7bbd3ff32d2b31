//! PNAS (Liu et al., arXiv 1712.00559): progressive search from small to large. The first stage trains small networks;
//! each later one makes the best of the stage before larger by one part, in every way or in as many as it may propose,
//! and trains those that the predictor ranks first.

use serde::{Deserialize, Serialize};

use super::collector::{Collector, Request};
use super::predict::Predict;
use super::proposals::{Origin, Proposals};
use super::random;
use super::round::EndedRound;
use super::search_strategy::{Learned, SearchStrategy, StrategyError};
use super::state::Memory;
use crate::arch::Architecture;
use crate::engine::Policy;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PnasParameters {
    /// How many of the best networks are made larger: of this stage or the one before, and not as large as may be.
    pub beam: usize,
    pub predict: Predict,
}

impl SearchStrategy for PnasParameters {
    fn word(&self) -> &'static str {
        "pnas"
    }

    fn predict(&self) -> Option<&Predict> {
        Some(&self.predict)
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        let mut collector = Collector::new(request);
        // The first round of a stage knows only what was carried there: the beam is filled from the stage before.
        let can_grow = |network: &&Architecture| request.space.can_grow(network);
        let beam: Vec<&Architecture> = request.state.best_first().into_iter().filter(can_grow).take(self.beam).collect();
        while collector.wants_more() {
            if beam.is_empty() || collector.is_stuck() {
                random::draw(request, &mut collector, random::Shares::default());
                continue;
            }
            let number = collector.attempt();
            let mut stream = request.seed.nth(number).stream();
            if let Some(larger) = request.space.grow(beam[number % beam.len()], &mut stream) {
                collector.offer(larger, Origin::Grown);
            }
        }
        Ok(collector.finish())
    }

    fn learn(&self, round: &EndedRound<'_>, _: Option<&mut dyn Policy>) -> Result<Learned, StrategyError> {
        let memory = self.predict.remember(round, round.before.memory.read()?);
        Ok(Learned { memory: Memory::of(&memory), policy: None })
    }
}
