//! What can be said of a space of cells. Costs are those of a cell in the skeleton of the final trainings.

use std::collections::BTreeSet;

use super::extent::{Extent, Words};
use crate::arch::cells::{Block, Cell};
use crate::arch::{Architecture, CostKind};
use crate::objective::{Constraint, Side};
use crate::space::{CellSpace, Limits};

const WORDS: Words = Words {
    section: "cells",
    network: "cell",
    has: "gives a final network with",
    stages_have: "cells of ",
    parts: "blocks",
    other: "give the final skeleton other channels or cells",
    more: "give the space more operations or more blocks",
};

/// Above so many networks asked for they are not counted.
const MOST_COUNTED: usize = 5_000;

pub(super) struct CellExtent<'a> {
    space: &'a CellSpace,
    limits: Limits,
}

impl<'a> CellExtent<'a> {
    pub(super) const fn new(space: &'a CellSpace, limits: Limits) -> Self {
        Self { space, limits }
    }
}

impl Extent for CellExtent<'_> {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    /// No cell has fewer (of a maximum) or more (of a minimum) parameters and multiply–accumulates than this one. Fewer
    /// than a single block none has: every cell holds a block that reads the inputs of the cell only. More than equal
    /// blocks that all read these none has: each reads the larger maps and widens the output.
    fn nearest(&self, constraint: &Constraint) -> Option<f64> {
        let (space, limits) = (self.space, self.limits);
        if !matches!(constraint.cost, CostKind::Params | CostKind::Macs | CostKind::Flops) {
            return None;
        }
        let count = if constraint.side == Side::Max { 1 } else { limits.depth };
        let choose = if constraint.side == Side::Max { f64::min } else { f64::max };
        let mut found: Option<f64> = None;
        for block in blocks(space, 2) {
            let costs = space.costs(limits, &space.network(Cell { blocks: vec![block; count] }))?;
            let value = *costs.get(&constraint.cost)?;
            found = Some(found.map_or(value, |best| choose(best, value)));
        }
        found
    }

    fn draws(&self) -> usize {
        300
    }

    fn count(&self, asked: usize) -> Option<f64> {
        held(self.space, self.limits, asked.min(MOST_COUNTED)).map(|count| count as f64)
    }

    /// The cell alone.
    fn summary(&self, network: &Architecture) -> String {
        match network {
            Architecture::Cells(network) => network.cell.summary(),
            other => other.summary(),
        }
    }
}

/// How many cells there are, isomorphic ones counted once; `None` for `most` or more.
fn held(space: &CellSpace, limits: Limits, most: usize) -> Option<usize> {
    let mut total = 0;
    let mut shells: BTreeSet<Cell> = BTreeSet::from([Cell { blocks: vec![] }]);
    // A cell less its last block is a cell again, so that larger ones are smaller ones with a block more.
    for count in 1..=limits.depth {
        let mut larger = BTreeSet::new();
        for cell in &shells {
            for block in blocks(space, cell.blocks.len() + 2) {
                let mut cell = cell.clone();
                cell.blocks.push(block);
                larger.insert(cell.canonical());
                if larger.len() >= most {
                    return None;
                }
            }
        }
        shells = larger;
        if count >= space.min_blocks {
            total += shells.len();
        }
    }
    Some(total).filter(|total| *total < most)
}

/// Every block that reads one of so many sources.
fn blocks(space: &CellSpace, sources: usize) -> impl Iterator<Item = Block> + '_ {
    let branches = move || (0..sources).flat_map(|input| space.operations.iter().map(move |&operation| (input, operation)));
    branches().flat_map(move |(one, first)| {
        branches().filter(move |&other| other >= (one, first)).flat_map(move |(two, second)| {
            space.combines.iter().map(move |&combine| Block { inputs: [one, two], operations: [first, second], combine })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Shape;
    use crate::arch::cells::{CellOperation, Combine, Skeleton};
    use crate::objective::Enforcement;
    use crate::seed::Seed;

    fn space() -> (CellSpace, Limits) {
        let skeleton = Skeleton { channels: 8, cells: 1, reductions: 2, stem_stride: 1 };
        let space = CellSpace {
            operations: CellOperation::ALL.to_vec(),
            combines: Combine::ALL.to_vec(),
            min_blocks: 1,
            skeleton,
            last: Skeleton { channels: 12, cells: 2, ..skeleton },
        };
        (space, Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 3 })
    }

    #[test]
    fn no_cell_costs_less_or_more() {
        let (space, limits) = space();
        for cost in [CostKind::Params, CostKind::Macs] {
            let bound = |side| {
                let constraint = Constraint { cost, side, limit: 1.0, enforcement: Enforcement::Reject };
                CellExtent::new(&space, limits).nearest(&constraint).expect("a bound")
            };
            let (least, most) = (bound(Side::Max), bound(Side::Min));
            for index in 0..300 {
                let network = space.draw(limits, &mut Seed::root(3).nth(index).stream());
                let value = space.costs(limits, &network).expect("well-formed")[&cost];
                assert!((least..=most).contains(&value), "{cost:?} {value} of {}", network.summary());
            }
        }
    }

    #[test]
    fn counting_agrees_with_all_decisions() {
        let (mut space, mut limits) = space();
        (space.operations, limits.depth) = (vec![CellOperation::Identity], 2);
        let (mut open, mut found) = (vec![Vec::new()], BTreeSet::new());
        while let Some(made) = open.pop() {
            match space.decide(limits, &made) {
                Err(decision) => open.extend((0..decision.options).map(|choice| [made.clone(), vec![choice]].concat())),
                Ok(network) => drop(found.insert(network.canonical())),
            }
        }
        assert_eq!(held(&space, limits, 1_000), Some(found.len()));
        assert_eq!(held(&space, limits, found.len()), None);
    }
}
