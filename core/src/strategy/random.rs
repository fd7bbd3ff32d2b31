//! Random search: every decision uniform over its legal options.

use rand::RngExt;

use super::collector::{Collector, Request};
use super::enlarged::{enlarged, limits_size};
use super::from_given::from_given;
use super::proposals::{Origin, Proposals};
use super::search_strategy::{SearchStrategy, StrategyError};
use crate::arch::{Architecture, CostKind};
use crate::engine::Policy;
use crate::seed::Stream;
use crate::space::regular;

pub(super) struct Random;

/// Which of the random networks are not uniform draws.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shares {
    /// Of those that are regular: stages of equal layers.
    pub regular: f64,
    /// Of the others, of those that are random edits of a given network.
    pub from_given: f64,
    /// Of these others, too, of those that are made larger.
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

/// Parameters × multiply–accumulates, of a network within the limits.
fn size(request: &Request<'_>, network: &Architecture) -> Option<f64> {
    let costs = request.costs_within_limits(network)?;
    Some(costs.get(&CostKind::Params)? * costs.get(&CostKind::Macs)?)
}
