//! Random networks near the limits: what is drawn uniformly is mostly small, and the best networks seldom are.

use super::collector::Request;
use crate::arch::{Architecture, CostKind};
use crate::objective::Constraint;
use crate::seed::Stream;

/// Random edits that are tried on a network.
const EDITS: usize = 40;

/// A network made larger by random edits, each of which is kept where it adds multiply–accumulates and no limit rejects the
/// result. As it was where nothing limits the size of networks.
pub(super) fn enlarged(request: &Request<'_>, network: Architecture, stream: &mut Stream) -> Architecture {
    let macs = |network: &Architecture| request.costs_within_limits(network)?.get(&CostKind::Macs).copied();
    let Some(mut most) = macs(&network).filter(|_| limits_size(request)) else { return network };
    let mut largest = network;
    for _ in 0..EDITS {
        let Some(edited) = request.space.mutate(&largest, stream) else { continue };
        if let Some(more) = macs(&edited).filter(|more| *more > most) {
            (largest, most) = (edited, more);
        }
    }
    largest
}

/// Whether a limit keeps networks small.
pub(super) fn limits_size(request: &Request<'_>) -> bool {
    request.rejecting.iter().any(Constraint::limits_size)
}
