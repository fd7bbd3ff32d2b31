//! Random search: every decision uniform over its legal options.

use super::propose::{Collector, Origin, Proposals, Request};

pub(super) fn propose(request: &Request<'_>) -> Proposals {
    fill(request, Collector::new(request))
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
