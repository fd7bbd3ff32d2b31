//! Where the blocks of a cell stand, whatever their order.

use super::{Cell, CellOperation};
use crate::arch::places::{BlockPlace, BranchPlace};

impl Cell {
    /// The places of its blocks.
    pub(in crate::arch) fn places(&self) -> Vec<BlockPlace> {
        let mut places: Vec<BlockPlace> = Vec::with_capacity(self.blocks.len());
        let mut met: Vec<(usize, usize, CellOperation)> = Vec::new();
        for block in &self.blocks {
            let from = block.inputs.map(|input| if input < 2 { input } else { places[input - 2].level + 1 });
            let level = from.map(|from| from.max(1)).into_iter().max().unwrap_or(1);
            let mut branch = |branch: usize| {
                let alike = (level, from[branch], block.operations[branch]);
                met.push(alike);
                BranchPlace { from: from[branch], number: met.iter().filter(|other| **other == alike).count() }
            };
            let branches = [branch(0), branch(1)];
            let number = 1 + places.iter().filter(|place| place.level == level).count();
            places.push(BlockPlace { level, number, branches });
        }
        places
    }
}
