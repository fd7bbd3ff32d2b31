//! The networks of a study.

use std::collections::BTreeSet;

use crate::arch::Architecture;
use crate::objective::Constraint;
use crate::seed::Seed;
use crate::space::SearchSpace;

/// Draws without a new network after which a space is taken as exhausted.
const IN_VAIN: usize = 20_000;

/// There are fewer networks than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} different networks that keep all limits were drawn, and {IN_VAIN} more draws gave no other")]
pub struct TooFew {
    pub found: usize,
}

/// Different networks of the space that keep all limits whose costs are known, as uniform decisions give them. More of
/// them begin with the same ones.
pub fn draw(space: &SearchSpace<'_>, constraints: &[Constraint], count: usize, seed: &Seed) -> Result<Vec<Architecture>, TooFew> {
    let mut stream = seed.stream();
    let (mut seen, mut networks, mut in_vain) = (BTreeSet::new(), Vec::with_capacity(count), 0);
    while networks.len() < count {
        if in_vain == IN_VAIN {
            return Err(TooFew { found: networks.len() });
        }
        let network = space.draw(&mut stream);
        let keeps = |constraint: &Constraint| {
            space.costs(&network).is_some_and(|costs| constraint.excess(&costs).is_none_or(|excess| excess <= 0.0))
        };
        if space.contains(&network).is_ok() && constraints.iter().all(keeps) && seen.insert(network.digest()) {
            networks.push(network);
            in_vain = 0;
        } else {
            in_vain += 1;
        }
    }
    Ok(networks)
}
