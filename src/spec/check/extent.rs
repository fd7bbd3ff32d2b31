//! What can be said of a space without looking at each of its networks: bounds on costs, and how many networks there are.

use crate::arch::Architecture;
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::{Constraint, Side};

/// How messages speak of a space.
pub(super) struct Words {
    /// The key of its section.
    pub section: &'static str,
    /// What is chosen.
    pub network: &'static str,
    /// What connects it with a cost.
    pub has: &'static str,
    /// What stages bound.
    pub stages_have: &'static str,
    pub parts: &'static str,
    /// What else could be given where no network keeps a bound, or where there are too few.
    pub other: &'static str,
    pub more: &'static str,
}

impl Words {
    pub(super) fn start(&self) -> Path {
        Path::root().key("space").key(self.section).key("start")
    }
}

pub(super) trait Extent {
    fn words(&self) -> &'static Words;

    /// Finds what is wrong with the space before any network is built.
    fn check(&self, _: &mut Diagnostics) {}

    /// A value that no network goes beyond in the direction of a bound: the least of a maximum, the most of a minimum.
    fn nearest(&self, constraint: &Constraint) -> Option<f64>;

    /// How many networks are drawn in search of one that keeps all constraints.
    fn draws(&self) -> usize;

    /// Networks that are likelier than random ones to keep a bound.
    fn outer(&self) -> Vec<Architecture> {
        Vec::new()
    }

    /// All networks, where there are at most `most` and they can be listed.
    fn all(&self, _most: usize) -> Option<Vec<Architecture>> {
        None
    }

    /// How many networks there are; `None` where `asked` need not be doubted.
    fn count(&self, asked: usize) -> Option<f64>;

    fn summary(&self, network: &Architecture) -> String {
        network.summary()
    }
}

/// The nearest value that a network could have, where certainly none keeps `constraint`.
pub(super) fn rule_out(extent: &dyn Extent, constraint: &Constraint) -> Option<f64> {
    extent.nearest(constraint).filter(|nearest| match constraint.side {
        Side::Max => *nearest > constraint.limit,
        Side::Min => *nearest < constraint.limit,
    })
}

/// No network goes farther in the direction that `constraint` bounds; `None` where that is not known.
pub(super) fn farthest(extent: &dyn Extent, constraint: &Constraint) -> Option<f64> {
    let side = match constraint.side {
        Side::Max => Side::Min,
        Side::Min => Side::Max,
    };
    extent.nearest(&Constraint { side, ..*constraint })
}
