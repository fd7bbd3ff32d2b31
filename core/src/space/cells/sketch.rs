//! What a policy and a predictor see of a cell.

use super::edit::{Head, SOURCES};
use super::{CellSpace, Limits};
use crate::arch::CellNetwork;
use crate::arch::cells::{Block, Cell};
use crate::space::questions::{Sketch, Vocabulary};

impl CellSpace {
    /// Tokens are blocks; their features the two operations, the combination (counted from 1) and the two inputs (1 and
    /// 2 are those of the cell, then blocks). Numbers are what the order of the blocks hides.
    pub fn vocabulary(&self, limits: Limits) -> Vocabulary {
        let operations = self.operations.len() + 1;
        Vocabulary {
            heads: Head::ALL.map(|head| head.kind(self)).to_vec(),
            features: vec![operations, operations, self.combines.len() + 1, SOURCES + 1, SOURCES + 1],
            contexts: self.operations.len(),
            tokens: limits.depth,
            numbers: self.operations.len() + 4,
        }
    }

    pub fn sketch(&self, limits: Limits, network: &CellNetwork) -> Sketch {
        let cell = &network.cell;
        let costs = self.costs(limits, network).expect("measured and edited networks are of the space");
        let depth = longest_path(cell) as f64 / 2.0 - 1.0;
        let blocks = cell.blocks.len() as f64 / 3.0 - 1.0;
        let tokens = cell.blocks.iter().map(|block| self.token(block)).collect();
        Sketch { tokens, globals: Sketch::globals(&costs, [blocks, depth]), numbers: self.numbers(cell) }
    }

    fn token(&self, block: &Block) -> Vec<usize> {
        let [first, second] = block.operations.map(|operation| place(&self.operations, &operation));
        let [one, two] = block.inputs.map(|input| input + 1);
        vec![first, second, place(&self.combines, &block.combine), one, two]
    }

    /// How many branches have each operation, read each input of the cell, read blocks; how many blocks are loose ends.
    fn numbers(&self, cell: &Cell) -> Vec<f64> {
        let branches = || cell.blocks.iter().flat_map(|block| block.inputs.into_iter().zip(block.operations));
        let count = |counts: &dyn Fn(usize) -> bool| branches().filter(|&(input, _)| counts(input)).count() as f64;
        let operations = self.operations.iter().map(|known| branches().filter(|(_, operation)| operation == known).count() as f64);
        let others = [count(&|input| input == 0), count(&|input| input == 1), count(&|input| input > 1), cell.loose_ends().len() as f64];
        operations.chain(others).collect()
    }
}

/// From 1; 0 for what the space does not offer.
fn place<T: PartialEq>(choices: &[T], value: &T) -> usize {
    choices.iter().position(|choice| choice == value).map_or(0, |index| index + 1)
}

/// Blocks on the longest way through a cell.
fn longest_path(cell: &Cell) -> usize {
    let mut lengths: Vec<usize> = Vec::with_capacity(cell.blocks.len());
    for block in &cell.blocks {
        let before = block.inputs.iter().filter(|&&input| input > 1).map(|&input| lengths[input - 2]).max();
        lengths.push(before.unwrap_or(0) + 1);
    }
    lengths.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::longest_path;
    use crate::arch::cells::{Block, Cell, CellOperation, Combine};
    use crate::seed::Seed;
    use crate::space::cells::tests::{LIMITS, space};

    #[test]
    fn the_longest_path_is_counted_in_blocks() {
        let block = |inputs| Block { inputs, operations: [CellOperation::Identity; 2], combine: Combine::Add };
        let length = |inputs: &[[usize; 2]]| longest_path(&Cell { blocks: inputs.iter().map(|&inputs| block(inputs)).collect() });
        assert_eq!(length(&[[0, 1], [1, 1], [0, 0]]), 1);
        assert_eq!(length(&[[0, 1], [1, 2], [0, 2], [1, 4]]), 3);
    }

    #[test]
    fn a_sketch_keeps_to_the_vocabulary() {
        let space = space();
        let vocabulary = space.vocabulary(LIMITS);
        for index in 0..50 {
            let network = space.draw(LIMITS, &mut Seed::root(2).nth(index).stream());
            let sketch = space.sketch(LIMITS, &network);
            assert_eq!(sketch.tokens.len(), network.cell.blocks.len());
            assert!(sketch.tokens.len() <= vocabulary.tokens);
            assert_eq!(sketch.numbers.len(), vocabulary.numbers);
            for token in &sketch.tokens {
                assert_eq!(token.len(), vocabulary.features.len());
                assert!(token.iter().zip(&vocabulary.features).all(|(value, size)| (1..*size).contains(value)));
            }
        }
    }
}
