//! Random search: every decision uniform over its legal options.

use super::propose::{Collector, Proposals, Request};
use crate::arch::Architecture;
use crate::seed::{Stream, below};
use crate::space::{LayerSpace, Limits};

pub(super) fn propose(request: &Request<'_>) -> Proposals {
    let mut collector = Collector::new(request);
    while collector.wants_more() {
        let mut stream = request.seed.nth(collector.attempt()).stream();
        let architecture = draw(&request.problem.space, request.problem.limits, &mut stream);
        if request.problem.space.contains(request.problem.limits, &architecture).is_ok() {
            collector.offer(architecture, None);
        }
    }
    collector.finish()
}

/// One network of the space, canonical.
fn draw(space: &LayerSpace, limits: Limits, stream: &mut Stream) -> Architecture {
    let mut made = Vec::new();
    loop {
        match space.decide(limits, &made) {
            Ok(architecture) => return architecture.canonical(),
            Err(decision) => made.push(below(stream, decision.options())),
        }
    }
}
