//! Networks for module search: one small cell, and the skeleton that stacks it. No opinion on which cells a search
//! may choose: that is `space`.
//!
//! The cell is that of NASNet (arXiv 1707.07012, §3), PNAS (arXiv 1712.00559, §3.1) and ENAS (arXiv 1802.03268, §2.3):
//! blocks of two inputs, two operations and a combination; several that no block reads are concatenated. As in PNAS one cell
//! serves twice: in a reduction cell every operation that reads an input of the cell has stride 2. How shapes are
//! brought together is said in `build.rs`.

mod build;
mod canonical;
mod levels;
mod operation;

pub use operation::CellOperation;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Malformed;
use crate::digest::{Digest, Domain};

/// The most blocks of a cell that are ever accepted.
pub const MAX_BLOCKS: usize = 16;

/// The most cells of a network that are ever accepted.
pub const MAX_CELLS: usize = 128;

/// How the two branches of a block become one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// Their sum.
    Add,
    /// Both, one after another, brought back to the width of the cell by rectifier, 1×1 convolution, normalisation.
    Concat,
}

impl Combine {
    pub const ALL: [Self; 2] = [Self::Add, Self::Concat];

    /// The word used in specs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Concat => "concat",
        }
    }
}

/// Two operations, each on an input of its own, and their combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// 0 is the output of the cell before the last, 1 that of the last cell, 2 + i block i of this cell.
    pub inputs: [usize; 2],
    pub operations: [CellOperation; 2],
    pub combine: Combine,
}

/// What was chosen: blocks, each after those that it reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    pub blocks: Vec<Block>,
}

/// How a cell becomes a network: a stem, then `reductions` + 1 stages of `cells` normal cells, with a reduction cell
/// between two stages that halves the resolution and doubles the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skeleton {
    /// Width of the stem and of the cells of the first stage.
    pub channels: usize,
    /// Normal cells a stage.
    pub cells: usize,
    /// Reduction cells.
    pub reductions: usize,
    /// Stride of the stem, a 3×3 convolution: 1 for small images.
    pub stem_stride: usize,
}

/// A cell in its skeleton.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellNetwork {
    pub cell: Cell,
    pub skeleton: Skeleton,
}

impl Cell {
    /// Checks what the type cannot say: order of blocks, their number.
    pub fn validate(&self) -> Result<(), Malformed> {
        if self.blocks.is_empty() || self.blocks.len() > MAX_BLOCKS {
            return Err(Malformed(format!("a cell has 1 to {MAX_BLOCKS} blocks, this one has {}", self.blocks.len())));
        }
        for (index, block) in self.blocks.iter().enumerate() {
            if block.inputs.iter().any(|&input| input >= index + 2) {
                return Err(Malformed(format!("block {index} does not read from the inputs of the cell or earlier blocks")));
            }
        }
        Ok(())
    }

    /// The blocks that no other block reads: the output of the cell.
    pub fn loose_ends(&self) -> Vec<usize> {
        (0..self.blocks.len()).filter(|index| self.blocks.iter().all(|block| !block.inputs.contains(&(index + 2)))).collect()
    }

    /// Whether its output is brought to its width by a 1×1 convolution: that of several loose ends, and that of a cell without
    /// convolutions. Another loose end is the output itself.
    pub fn has_output_convolution(&self) -> bool {
        let convolves = |block: &Block| block.combine == Combine::Concat || block.operations.into_iter().any(CellOperation::is_convolution);
        self.loose_ends().len() > 1 || !self.blocks.iter().any(convolves)
    }

    /// A line for people, such as `sep3(0)+max3(1) · id(1)&conv1(2)`, where `+` adds and `&` concatenates.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (index, Block { inputs, operations, combine }) in self.blocks.iter().enumerate() {
            let between = if index > 0 { " · " } else { "" };
            let sign = match combine {
                Combine::Add => '+',
                Combine::Concat => '&',
            };
            let [first, second] = operations.map(CellOperation::short);
            let _ = write!(text, "{between}{first}({}){sign}{second}({})", inputs[0], inputs[1]);
        }
        text
    }
}

impl Skeleton {
    /// Checks that every size is one that a machine could hold.
    pub fn validate(&self) -> Result<(), Malformed> {
        let Self { channels, cells, reductions, stem_stride } = *self;
        let count =
            reductions.checked_add(1).and_then(|stages| stages.checked_mul(cells)).and_then(|normal| normal.checked_add(reductions));
        if cells == 0 || count.is_none_or(|count| count > MAX_CELLS) {
            return Err(Malformed(format!("a network has at least one cell a stage and at most {MAX_CELLS} cells in all")));
        }
        let last = 1_usize.checked_shl(reductions as u32).and_then(|factor| channels.checked_mul(factor));
        if channels == 0 || last.is_none_or(|width| width > 65_536) {
            return Err(Malformed("the width of a cell is zero or over 65536".to_owned()));
        }
        if stem_stride == 0 || stem_stride > 65_536 {
            return Err(Malformed("the stride of the stem is zero or over 65536".to_owned()));
        }
        Ok(())
    }
}

impl CellNetwork {
    /// The same cell, stacked by another skeleton.
    #[must_use]
    pub fn in_skeleton(&self, skeleton: Skeleton) -> Self {
        Self { cell: self.cell.clone(), skeleton }
    }

    pub fn validate(&self) -> Result<(), Malformed> {
        self.cell.validate()?;
        self.skeleton.validate()
    }

    /// The canonical form: see [`Cell::canonical`].
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self { cell: self.cell.canonical(), skeleton: self.skeleton }
    }

    /// The same for all networks that are equal up to the names and the order of their blocks.
    /// Call it on a canonical network.
    pub fn digest(&self) -> Digest {
        Digest::of_json(Domain::Blob, self)
    }

    /// A line for people, such as `sep3(0)+max3(1) ×16 channels, 3 stages of 2`.
    pub fn summary(&self) -> String {
        let Skeleton { channels, cells, reductions, stem_stride } = self.skeleton;
        let stem = if stem_stride > 1 { format!(", stem /{stem_stride}") } else { String::new() };
        format!("{} ×{channels} channels, {} stages of {cells}{stem}", self.cell.summary(), reductions + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKELETON: Skeleton = Skeleton { channels: 16, cells: 2, reductions: 2, stem_stride: 1 };

    fn block(inputs: [usize; 2]) -> Block {
        Block { inputs, operations: [CellOperation::SeparableConvolution3x3, CellOperation::Identity], combine: Combine::Add }
    }

    #[test]
    fn a_summary_is_one_line() {
        let second = Block { combine: Combine::Concat, ..block([2, 1]) };
        let network = CellNetwork { cell: Cell { blocks: vec![block([0, 1]), second] }, skeleton: SKELETON };
        assert_eq!(network.summary(), "sep3(0)+id(1) · sep3(2)&id(1) ×16 channels, 3 stages of 2");
    }

    #[test]
    fn what_would_exhaust_a_machine_is_refused() {
        let good = Cell { blocks: vec![block([0, 1])] };
        for blocks in [vec![], vec![block([0, 1]); MAX_BLOCKS + 1], vec![block([0, 2])], vec![block([usize::MAX, 0])]] {
            assert!(Cell { blocks }.validate().is_err());
        }
        let skeletons = [
            Skeleton { channels: 0, ..SKELETON },
            Skeleton { channels: usize::MAX, ..SKELETON },
            Skeleton { channels: 65_536, ..SKELETON },
            Skeleton { cells: 0, ..SKELETON },
            Skeleton { cells: usize::MAX, ..SKELETON },
            Skeleton { reductions: usize::MAX, ..SKELETON },
            Skeleton { reductions: 63, cells: 1, channels: 1, ..SKELETON },
            Skeleton { stem_stride: 0, ..SKELETON },
        ];
        for skeleton in skeletons {
            assert!(CellNetwork { cell: good.clone(), skeleton }.validate().is_err(), "{skeleton:?}");
        }
        assert_eq!(CellNetwork { cell: good, skeleton: SKELETON }.validate(), Ok(()));
    }

    #[test]
    fn only_what_nobody_reads_is_a_loose_end() {
        let cell = Cell { blocks: vec![block([0, 1]), block([2, 1]), block([0, 0])] };
        assert_eq!(cell.loose_ends(), [1, 2]);
    }

    #[test]
    fn words_are_those_of_the_stored_form() {
        for operation in CellOperation::ALL {
            assert_eq!(serde_json::to_value(operation).expect("a word"), operation.word());
        }
        for combine in Combine::ALL {
            assert_eq!(serde_json::to_value(combine).expect("a word"), combine.word());
        }
    }
}
