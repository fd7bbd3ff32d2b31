//! One cell for all that are equal up to the order of blocks and of the two branches of a block. No block is ever
//! dropped: what nobody reads is in the output. The two inputs of a cell differ, so they keep their numbers.
//!
//! The order of branches is no part of a `Concat` either: the convolution after it has a weight for each channel.

use std::collections::BTreeSet;

use super::{Block, Cell, CellOperation, Combine};

/// What tells a block from others: colour, combination, what it reads (where inputs of the cell come first), who reads it.
type Signature = (usize, Combine, Vec<(usize, CellOperation)>, Vec<(usize, CellOperation)>);

impl Cell {
    /// The canonical form. Two cells with equal canonical forms are isomorphic.
    ///
    /// Colours are ranks, refined until no more blocks are told apart; blocks that still look alike are told apart by
    /// trying each of them as the first and keeping the least result.
    #[must_use]
    pub fn canonical(&self) -> Self {
        // What was read from a file may be no cell; it has no other form.
        if self.validate().is_err() { self.clone() } else { self.least(&self.depths()) }
    }

    /// Steps from the inputs of the cell: a first colour that puts every block after those that it reads.
    fn depths(&self) -> Vec<usize> {
        let mut depths: Vec<usize> = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let depth = |&input: &usize| if input < 2 { 0 } else { depths[input - 2] + 1 };
            depths.push(block.inputs.iter().map(depth).max().unwrap_or(0));
        }
        depths
    }

    /// The least cell among those that the given colours leave open.
    fn least(&self, colours: &[usize]) -> Self {
        let colours = self.refined(colours.to_vec());
        let alike = self.alike(&colours);
        if alike.is_empty() {
            return self.relabelled(&colours);
        }
        // Two blocks that lead to one picture, each at the same place in it, are exchanged by a symmetry of the cell:
        // one of them will do. Without this, many equal blocks would mean as many attempts as they have orders.
        let mut seen = BTreeSet::new();
        let attempts = alike.into_iter().filter(|&block| seen.insert(self.picture(&colours, block)));
        attempts.map(|block| self.least(&first(&colours, block))).min().expect("blocks that look alike are two or more")
    }

    /// The cell relabelled by always taking the first of the blocks that look alike, `block` being taken first of
    /// all; with the colour of each place, and the place of `block`.
    fn picture(&self, colours: &[usize], block: usize) -> (Self, Vec<usize>, usize) {
        let mut next = self.refined(first(colours, block));
        while let Some(&one) = self.alike(&next).first() {
            next = self.refined(first(&next, one));
        }
        let mut order: Vec<usize> = (0..self.blocks.len()).collect();
        order.sort_unstable_by_key(|&index| next[index]);
        let place = order.iter().position(|&index| index == block).expect("every block has a place");
        (self.relabelled(&next), order.iter().map(|&index| colours[index]).collect(), place)
    }

    /// The blocks of the first colour that is not alone.
    fn alike(&self, colours: &[usize]) -> Vec<usize> {
        let of = |colour| (0..self.blocks.len()).filter(|&index| colours[index] == colour).collect::<Vec<_>>();
        (0..self.blocks.len()).map(of).find(|class| class.len() > 1).unwrap_or_default()
    }

    /// Mixes into the colour of each block those of its sources and readers, until no more blocks are told apart. The
    /// order of colours that differed stays.
    fn refined(&self, mut colours: Vec<usize>) -> Vec<usize> {
        let mut distinct = 0;
        loop {
            let signatures: Vec<Signature> = (0..self.blocks.len()).map(|index| self.signature(index, &colours)).collect();
            let ranks: BTreeSet<&Signature> = signatures.iter().collect();
            let found = ranks.len();
            let ranks: Vec<&Signature> = ranks.into_iter().collect();
            colours = signatures.iter().map(|signature| ranks.partition_point(|other| *other < signature)).collect();
            if found == distinct {
                return colours;
            }
            distinct = found;
        }
    }

    fn signature(&self, index: usize, colours: &[usize]) -> Signature {
        let branches = |of: usize| {
            let Block { inputs, operations, .. } = self.blocks[of];
            inputs.into_iter().zip(operations)
        };
        let mut sources: Vec<_> = branches(index).map(|(input, operation)| (place(input, colours), operation)).collect();
        let mut readers: Vec<_> = (index + 1..self.blocks.len())
            .flat_map(|reader| {
                branches(reader).filter(|&(input, _)| input == index + 2).map(move |(_, operation)| (colours[reader], operation))
            })
            .collect();
        sources.sort_unstable();
        readers.sort_unstable();
        (colours[index], self.blocks[index].combine, sources, readers)
    }

    /// The cell with its blocks in the order of their colours, which all differ, and the branches of each in order.
    fn relabelled(&self, colours: &[usize]) -> Self {
        let block = |&Block { inputs, operations, combine }: &Block| {
            let mut branches = [0, 1].map(|branch| (place(inputs[branch], colours), operations[branch]));
            branches.sort_unstable();
            Block { inputs: branches.map(|(input, _)| input), operations: branches.map(|(_, operation)| operation), combine }
        };
        let mut blocks: Vec<(usize, Block)> = colours.iter().copied().zip(self.blocks.iter().map(block)).collect();
        blocks.sort_unstable();
        Self { blocks: blocks.into_iter().map(|(_, block)| block).collect() }
    }
}

/// An input of the cell keeps its number; a block is known by its colour.
fn place(input: usize, colours: &[usize]) -> usize {
    if input < 2 { input } else { colours[input - 2] + 2 }
}

/// The colours with `block` before all others of its own.
fn first(colours: &[usize], block: usize) -> Vec<usize> {
    (0..colours.len()).map(|index| 2 * colours[index] + usize::from(index != block && colours[index] == colours[block])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arch::cells::MAX_BLOCKS;

    /// Any cell of up to seven blocks, few distinct operations so that twins are common.
    fn cells() -> impl Strategy<Value = Cell> {
        type Branch = (prop::sample::Index, usize);
        let branch = || (any::<prop::sample::Index>(), 0_usize..2);
        prop::collection::vec((branch(), branch(), 0_usize..4), 1..8).prop_map(|rows| {
            let block = |(index, (first, second, combine)): (usize, (Branch, Branch, usize))| Block {
                inputs: [first, second].map(|branch| branch.0.index(index + 2)),
                operations: [first, second].map(|branch| CellOperation::ALL[branch.1]),
                combine: Combine::ALL[combine / 3],
            };
            Cell { blocks: rows.into_iter().enumerate().map(block).collect() }
        })
    }

    /// The same cell with its blocks in another topological order and the branches swapped where a pick says so.
    fn shuffled(cell: &Cell, picks: &[prop::sample::Index]) -> Cell {
        let mut order: Vec<usize> = Vec::new();
        for step in 0..cell.blocks.len() {
            let read = |index: usize| cell.blocks[index].inputs.iter().all(|&input| input < 2 || order.contains(&(input - 2)));
            let ready: Vec<usize> = (0..cell.blocks.len()).filter(|&index| !order.contains(&index) && read(index)).collect();
            order.push(ready[picks[step % picks.len()].index(ready.len())]);
        }
        let new = |input: usize| if input < 2 { input } else { 2 + order.iter().position(|&old| old + 2 == input).expect("placed") };
        let block = |&old: &usize| {
            let Block { inputs: [a, b], operations: [f, g], combine } = cell.blocks[old];
            let (inputs, operations) = if picks[old % picks.len()].index(2) == 0 { ([a, b], [f, g]) } else { ([b, a], [g, f]) };
            Block { inputs: inputs.map(new), operations, combine }
        };
        Cell { blocks: order.iter().map(block).collect() }
    }

    proptest! {
        #[test]
        fn relabelling_changes_nothing(cell in cells(), picks in prop::collection::vec(any::<prop::sample::Index>(), 8)) {
            let canonical = cell.canonical();
            prop_assert!(canonical.validate().is_ok());
            prop_assert_eq!(&canonical, &canonical.canonical(), "canonical form is idempotent");
            prop_assert_eq!(canonical.blocks.len(), cell.blocks.len());
            prop_assert_eq!(shuffled(&cell, &picks).canonical(), canonical);
        }
    }

    fn block(first: usize, second: usize) -> Block {
        Block { inputs: [first, second], operations: [CellOperation::Identity; 2], combine: Combine::Add }
    }

    #[test]
    fn what_differs_stays_apart() {
        let cell = |blocks: &[Block]| Cell { blocks: blocks.to_vec() }.canonical();
        assert_ne!(cell(&[block(0, 0)]), cell(&[block(1, 1)]), "the inputs of a cell are not alike");
        assert_ne!(
            cell(&[block(0, 1), block(0, 1), block(2, 2)]),
            cell(&[block(0, 1), block(0, 1), block(2, 3)]),
            "a twin is not the same"
        );
        assert_ne!(cell(&[block(0, 1)]), cell(&[Block { combine: Combine::Concat, ..block(0, 1) }]));
    }

    #[test]
    fn many_equal_blocks_are_no_trouble() {
        let pairs = |index: usize| if index < MAX_BLOCKS / 2 { block(0, 1) } else { block(index + 2 - MAX_BLOCKS / 2, 1) };
        for cell in [Cell { blocks: vec![block(0, 1); MAX_BLOCKS] }, Cell { blocks: (0..MAX_BLOCKS).map(pairs).collect() }] {
            assert_eq!(cell.canonical().canonical(), cell.canonical());
        }
    }
}
