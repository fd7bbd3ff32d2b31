//! Random search: every decision uniform over its legal options.

use rand::RngExt;

use super::collector::{Collector, Request};
use super::enlarged::enlarged;
use super::proposals::{Origin, Proposals};
use super::search_strategy::{SearchStrategy, StrategyError};
use crate::arch::Architecture;
use crate::engine::Policy;
use crate::seed::Stream;

pub(super) struct Random;

impl SearchStrategy for Random {
    fn word(&self) -> &'static str {
        "random"
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        Ok(fill(request, Collector::new(request), 0.0))
    }
}

/// Random networks for all that is still wanted, a share of them made larger.
pub(super) fn fill(request: &Request<'_>, mut collector: Collector<'_>, enlarged: f64) -> Proposals {
    while collector.wants_more() {
        draw(request, &mut collector, enlarged);
    }
    collector.finish()
}

/// Offers one random network, made larger with a probability of `enlarged`.
pub(super) fn draw(request: &Request<'_>, collector: &mut Collector<'_>, enlarged: f64) {
    let mut stream = request.seed.nth(collector.attempt()).stream();
    let architecture = drawn(request, &mut stream, enlarged);
    if request.space.contains(&architecture).is_ok() {
        collector.offer(architecture, Origin::Drawn);
    }
}

/// A random network, made larger with a probability of `share`.
pub(super) fn drawn(request: &Request<'_>, stream: &mut Stream, share: f64) -> Architecture {
    let architecture = request.space.draw(stream);
    // No number is drawn where nothing is made larger: other searches stay what they were.
    if share > 0.0 && stream.random_bool(share) { enlarged(request, architecture, stream) } else { architecture }
}
