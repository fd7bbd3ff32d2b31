//! Random search: every decision uniform over its legal options.

use super::collector::{Collector, Request};
use super::proposals::{Origin, Proposals};
use super::search_strategy::{SearchStrategy, StrategyError};
use crate::engine::Policy;

pub(super) struct Random;

impl SearchStrategy for Random {
    fn word(&self) -> &'static str {
        "random"
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        Ok(fill(request, Collector::new(request)))
    }
}

/// Random networks for all that is still wanted.
pub(super) fn fill(request: &Request<'_>, mut collector: Collector<'_>) -> Proposals {
    while collector.wants_more() {
        draw(request, &mut collector);
    }
    collector.finish()
}

/// Offers one random network.
pub(super) fn draw(request: &Request<'_>, collector: &mut Collector<'_>) {
    let mut stream = request.seed.nth(collector.attempt()).stream();
    let architecture = request.space.draw(&mut stream);
    if request.space.contains(&architecture).is_ok() {
        collector.offer(architecture, Origin::Drawn);
    }
}
