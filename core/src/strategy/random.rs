//! Random search: every decision uniform over its legal options.

use rand::RngExt;

use super::collector::{Collector, Request};
use super::enlarged::{enlarged, limits_size};
use super::from_given::from_given;
use super::proposals::{Origin, Proposals};
use super::search_strategy::{SearchStrategy, StrategyError};
use crate::arch::{Architecture, CostKind};
use crate::engine::Policy;
use crate::objective::Side;
use crate::seed::Stream;
use crate::space::regular;

pub(super) struct Random;

/// Shares of the random networks that are not uniform draws.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shares {
    /// That is regular: stages of equal layers.
    pub regular: f64,
    /// Of the rest, the share of random edits of a given network.
    pub from_given: f64,
    /// Of the rest, the share that is made larger.
    pub enlarged: f64,
}

impl SearchStrategy for Random {
    fn word(&self) -> &'static str {
        "random"
    }

    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        Ok(fill(request, Collector::new(request), Shares::default()))
    }
}

/// Random networks for all that is still wanted.
pub(super) fn fill(request: &Request<'_>, mut collector: Collector<'_>, shares: Shares) -> Proposals {
    while collector.wants_more() {
        draw(request, &mut collector, shares);
    }
    collector.finish()
}

/// Offers one random network.
pub(super) fn draw(request: &Request<'_>, collector: &mut Collector<'_>, shares: Shares) {
    let mut stream = request.seed.nth(collector.attempt()).stream();
    let (architecture, origin) = drawn(request, &mut stream, shares);
    if request.space.contains(&architecture).is_ok() {
        collector.offer(architecture, origin);
    }
}

/// A random network, and where it is from.
pub(super) fn drawn(request: &Request<'_>, stream: &mut Stream, shares: Shares) -> (Architecture, Origin) {
    // No number is drawn for a share of nothing: other searches stay what they were.
    let happens = |share: f64, stream: &mut Stream| share > 0.0 && stream.random_bool(share);
    if happens(shares.regular, stream) && limits_size(request) {
        let size = |network: &Architecture| size(request, network);
        if let Some(architecture) = regular(&request.space, &size, stream) {
            return (architecture, Origin::Drawn);
        }
    }
    let edited = if happens(shares.from_given, stream) { from_given(request, stream) } else { None };
    let (architecture, origin) = match edited {
        Some(architecture) => (architecture, Origin::Mutated),
        None => (request.space.draw(stream), Origin::Drawn),
    };
    (if happens(shares.enlarged, stream) { enlarged(request, architecture, stream) } else { architecture }, origin)
}

/// Of a network of the space within the limits: the product of those of its parameters and multiply–accumulates that have a limit.
fn size(request: &Request<'_>, network: &Architecture) -> Option<f64> {
    request.space.contains(network).ok()?;
    let costs = request.costs_within_limits(network)?;
    let is_limited = |cost: &CostKind| request.rejecting.iter().any(|limit| limit.side == Side::Max && limit.cost == *cost);
    Some([CostKind::Params, CostKind::Macs].iter().filter(|cost| is_limited(cost)).filter_map(|cost| costs.get(cost)).product())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::{Constraint, Enforcement};
    use crate::seed::Seed;
    use crate::strategy::State;
    use crate::strategy::examples::problem;

    #[test]
    fn regular_networks_are_drawn_where_a_limit_says_how_large_they_may_be() {
        let (problem, state) = (problem(), State::default());
        let space = problem.open(None).expect("no table is needed");
        let small = Constraint { cost: CostKind::Params, side: Side::Max, limit: 2_000.0, enforcement: Enforcement::Reject };
        let limits = [small];
        let request = |rejecting| Request { problem: &problem, space, rejecting, state: &state, count: 1, seed: Seed::root(0) };
        let shares = Shares { regular: 1.0, ..Shares::default() };
        let mut regular = 0;
        for index in 0..20 {
            let stream = || Seed::root(5).nth(index).stream();
            let (network, origin) = drawn(&request(&limits), &mut stream(), shares);
            assert_eq!(origin, Origin::Drawn);
            let mut plain = stream();
            plain.random_bool(1.0);
            let free = drawn(&request(&[]), &mut stream(), shares).0;
            assert_eq!(free, space.draw(&mut plain), "without a limit, a uniform draw");
            regular +=
                usize::from(network != free && space.contains(&network).is_ok() && !small.rejects(&space.costs(&network).expect("of it")));
        }
        assert!(regular >= 15, "{regular} of 20");
    }
}
