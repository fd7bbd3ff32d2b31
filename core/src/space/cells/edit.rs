//! The space of cells as edits: insert a block, change one field of a block, remove a block. Only what leads to
//! another cell of the space may be answered.

use super::{CellSpace, Limits};
use crate::arch::CellNetwork;
use crate::arch::cells::{Block, Cell};
use crate::space::questions::{Ask, HeadKind, Question};

/// Which question is asked. Those of a new block are asked once for each branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Head {
    /// Insert, change or remove. Options: [`Action::ALL`].
    Action,
    /// What a branch of a new block reads. Options: the inputs of the cell, then its blocks.
    Input,
    /// Options: the operations of the space.
    Operation,
    /// Options: the combinations of the space.
    Combine,
    /// The block to change. Options: blocks.
    Target,
    /// Which of its fields. Options: [`Field::ALL`].
    Field,
    /// The new value of a field. Options as above.
    ChangeInput,
    ChangeOperation,
    ChangeCombine,
    /// The block to remove. Options: blocks.
    Remove,
}

/// What an edit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Insert,
    Change,
    Remove,
}

impl Action {
    const ALL: [Self; 3] = [Self::Insert, Self::Change, Self::Remove];
}

/// A field of a block; those of branches with the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Input(usize),
    Operation(usize),
    Combine,
}

impl Field {
    const ALL: [Self; 5] = [Self::Input(0), Self::Input(1), Self::Operation(0), Self::Operation(1), Self::Combine];
}

/// The inputs of a cell and its blocks, as many as there may ever be: the same for all stages of a search.
pub(super) const SOURCES: usize = 2 + CellSpace::MAX_BLOCKS;

impl CellSpace {
    /// Asks for one edit of `network` and carries it out. `None` when what results is the same cell in other words.
    pub fn edit(&self, limits: Limits, network: &CellNetwork, ask: Ask) -> Option<CellNetwork> {
        let editor = Editor { space: self, cell: &network.cell };
        let count = network.cell.blocks.len();
        let legal = vec![count < limits.depth, true, count > self.min_blocks];
        let cell = match Action::ALL[ask(plain(Head::Action, legal))] {
            Action::Insert => editor.insert(ask),
            Action::Change => editor.change(ask),
            Action::Remove => editor.remove(ask),
        };
        let edited = self.network(cell).canonical();
        self.contains(limits, &edited).ok()?;
        Some(edited).filter(|edited| edited != network)
    }

    /// The answer that makes a cell larger, where there is one.
    pub fn growing(&self, question: &Question) -> Option<usize> {
        (question.head == Head::Action as usize && question.legal[Action::Insert as usize]).then_some(Action::Insert as usize)
    }
}

fn plain(head: Head, legal: Vec<bool>) -> Question {
    Question { head: head as usize, token: None, context: None, legal }
}

struct Editor<'a> {
    space: &'a CellSpace,
    cell: &'a Cell,
}

impl Editor<'_> {
    /// A new block that nobody reads yet.
    fn insert(&self, ask: Ask) -> Cell {
        let space = self.space;
        let readable = 2 + self.cell.blocks.len();
        let sources: Vec<bool> = (0..SOURCES).map(|source| source < readable).collect();
        let inputs = [(); 2].map(|()| ask(plain(Head::Input, sources.clone())));
        // The second operation is chosen with the first in view, each with the block that it reads.
        let token = |branch: usize| inputs[branch].checked_sub(2);
        let any = || vec![true; space.operations.len()];
        let first = ask(Question { head: Head::Operation as usize, token: token(0), context: None, legal: any() });
        let second = ask(Question { head: Head::Operation as usize, token: token(1), context: Some(first), legal: any() });
        let combine = ask(plain(Head::Combine, vec![true; space.combines.len()]));
        let operations = [space.operations[first], space.operations[second]];
        let mut cell = self.cell.clone();
        cell.blocks.push(Block { inputs, operations, combine: space.combines[combine] });
        cell
    }

    /// Another value for one field of one block.
    fn change(&self, ask: Ask) -> Cell {
        let space = self.space;
        let target = ask(plain(Head::Target, vec![true; self.cell.blocks.len()]));
        let block = self.cell.blocks[target];
        let fields = Field::ALL.iter().map(|field| match field {
            // Both inputs of the cell may always be read.
            Field::Input(_) => true,
            Field::Operation(_) => space.operations.len() > 1,
            Field::Combine => space.combines.len() > 1,
        });
        let legal = fields.collect();
        let field = Field::ALL[ask(Question { head: Head::Field as usize, token: Some(target), context: None, legal })];
        let old = |branch: usize| space.operations.iter().position(|&operation| operation == block.operations[branch]);
        let mut changed = block;
        match field {
            Field::Input(branch) => {
                let legal = self.readable(target).into_iter().enumerate().map(|(source, free)| free && source != block.inputs[branch]);
                let legal = legal.collect();
                let question = Question { head: Head::ChangeInput as usize, token: Some(target), context: old(branch), legal };
                changed.inputs[branch] = ask(question);
            }
            Field::Operation(branch) => {
                let legal = space.operations.iter().map(|&operation| operation != block.operations[branch]).collect();
                let question = Question { head: Head::ChangeOperation as usize, token: Some(target), context: old(branch), legal };
                changed.operations[branch] = space.operations[ask(question)];
            }
            Field::Combine => {
                let legal = space.combines.iter().map(|&combine| combine != block.combine).collect();
                let question = Question { head: Head::ChangeCombine as usize, token: Some(target), context: None, legal };
                changed.combine = space.combines[ask(question)];
            }
        }
        let mut blocks = self.cell.blocks.clone();
        blocks[target] = changed;
        ordered(&blocks)
    }

    /// Which sources a block may read: all but itself and the blocks that read it, directly or not.
    fn readable(&self, target: usize) -> Vec<bool> {
        let blocks = &self.cell.blocks;
        let mut above = vec![false; blocks.len()];
        for index in target..blocks.len() {
            above[index] = index == target || blocks[index].inputs.iter().any(|&input| input >= 2 && above[input - 2]);
        }
        (0..SOURCES).map(|source| source < 2 || above.get(source - 2).is_some_and(|above| !above)).collect()
    }

    /// Takes one block out; its readers read what its second branch read, in a canonical cell the later of the two.
    fn remove(&self, ask: Ask) -> Cell {
        let target = ask(plain(Head::Remove, vec![true; self.cell.blocks.len()]));
        let instead = self.cell.blocks[target].inputs[1];
        let mut blocks = self.cell.blocks.clone();
        blocks.remove(target);
        for block in &mut blocks[target..] {
            for input in &mut block.inputs {
                if *input == target + 2 {
                    *input = instead;
                } else if *input > target + 2 {
                    *input -= 1;
                }
            }
        }
        Cell { blocks }
    }
}

/// The same blocks, each after those that it reads.
fn ordered(blocks: &[Block]) -> Cell {
    let mut order: Vec<usize> = Vec::with_capacity(blocks.len());
    while order.len() < blocks.len() {
        let ready =
            |index: &usize| !order.contains(index) && blocks[*index].inputs.iter().all(|&input| input < 2 || order.contains(&(input - 2)));
        order.push((0..blocks.len()).find(ready).expect("no block reads itself"));
    }
    let place = |input: usize| if input < 2 { input } else { 2 + order.iter().position(|&old| old + 2 == input).expect("ordered") };
    Cell { blocks: order.iter().map(|&old| Block { inputs: blocks[old].inputs.map(place), ..blocks[old] }).collect() }
}

impl Head {
    pub(super) const ALL: [Self; 10] = [
        Self::Action,
        Self::Input,
        Self::Operation,
        Self::Combine,
        Self::Target,
        Self::Field,
        Self::ChangeInput,
        Self::ChangeOperation,
        Self::ChangeCombine,
        Self::Remove,
    ];

    /// What its options are.
    pub(super) fn kind(self, space: &CellSpace) -> HeadKind {
        let choice = |options| HeadKind::Choice { options, keep: false };
        match self {
            Self::Target | Self::Remove => HeadKind::Pointer { none: false },
            Self::Action => choice(Action::ALL.len()),
            Self::Field => choice(Field::ALL.len()),
            Self::Input | Self::ChangeInput => choice(SOURCES),
            Self::Operation | Self::ChangeOperation => choice(space.operations.len()),
            Self::Combine | Self::ChangeCombine => choice(space.combines.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::arch::cells::{CellOperation, Combine};
    use crate::seed::{Seed, weighted};
    use crate::space::cells::tests::{LIMITS, space};

    #[test]
    fn random_edits_stay_in_the_space_and_use_every_head() {
        let space = space();
        let vocabulary = space.vocabulary(LIMITS);
        let mut network = space.draw(LIMITS, &mut Seed::root(0).stream());
        let mut stream = Seed::root(1).stream();
        let (mut asked, mut sizes, mut done) = (BTreeSet::new(), BTreeSet::new(), 0);
        for _ in 0..3_000 {
            let tokens = network.cell.blocks.len();
            let mut ask = |question: Question| {
                asked.insert(question.head);
                let options = match vocabulary.heads[question.head] {
                    HeadKind::Pointer { none } => tokens + usize::from(none),
                    HeadKind::Choice { options, .. } => options,
                };
                assert_eq!(question.legal.len(), options);
                assert!(question.token.is_none_or(|token| token < tokens));
                assert!(question.context.is_none_or(|context| context < vocabulary.contexts));
                let weights: Vec<f64> = question.legal.iter().map(|&legal| f64::from(u8::from(legal))).collect();
                weighted(&mut stream, &weights).expect("a legal option")
            };
            if let Some(edited) = space.edit(LIMITS, &network, &mut ask) {
                assert_eq!(space.contains(LIMITS, &edited), Ok(()), "{}", edited.summary());
                assert_eq!(edited, edited.canonical());
                assert_ne!(edited, network);
                sizes.insert(edited.cell.blocks.len());
                network = edited;
                done += 1;
            }
        }
        assert!(done > 2_500, "{done} edits were possible");
        assert_eq!(asked.len(), Head::ALL.len());
        assert_eq!(sizes, (1..=LIMITS.depth).collect());
    }

    #[test]
    fn a_block_may_be_put_behind_a_later_one() {
        let space = space();
        let block = |inputs, operation| Block { inputs, operations: [operation; 2], combine: Combine::Add };
        let blocks = vec![block([0, 0], CellOperation::Identity), block([1, 1], CellOperation::MaxPool3x3)];
        let network = space.network(Cell { blocks }).canonical();
        let target = network.cell.blocks.iter().position(|block| block.inputs == [0, 0]).expect("kept");
        let other = 3 - target;
        let mut answers = [1, target, 1, other].into_iter();
        let edited = space.edit(LIMITS, &network, &mut |_| answers.next().expect("enough answers")).expect("legal");
        assert_eq!(edited.cell.summary(), "max3(1)+max3(1) · id(0)+id(2)");
    }

    #[test]
    fn readers_of_a_removed_block_read_what_it_read() {
        let space = space();
        let block = |inputs| Block { inputs, operations: [CellOperation::Identity; 2], combine: Combine::Add };
        let network = space.network(Cell { blocks: vec![block([0, 1]), block([1, 2]), block([2, 3])] });
        let mut answers = [2, 1].into_iter();
        let edited = space.edit(LIMITS, &network, &mut |_| answers.next().expect("enough answers")).expect("legal");
        assert_eq!(edited.cell.blocks, [block([0, 1]), block([2, 2])]);
        let network = space.network(Cell { blocks: vec![block([0, 1]), block([1, 1]), block([2, 3])] });
        let mut answers = [2, 0].into_iter();
        let edited = space.edit(LIMITS, &network, &mut |_| answers.next().expect("enough answers")).expect("legal");
        assert_eq!(edited.cell.blocks, [block([1, 1]), block([1, 2])], "those behind it moved up");
    }
}
