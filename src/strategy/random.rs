//! Random search: every decision uniform over its legal options.

use super::propose::{Collector, Proposals, Request};

pub(super) fn propose(request: &Request<'_>) -> Proposals {
    let mut collector = Collector::new(request);
    while collector.wants_more() {
        let mut stream = request.seed.nth(collector.attempt()).stream();
        let architecture = request.problem.space.draw(request.problem.limits, &mut stream);
        if request.problem.space.contains(request.problem.limits, &architecture).is_ok() {
            collector.offer(architecture, None);
        }
    }
    collector.finish()
}
