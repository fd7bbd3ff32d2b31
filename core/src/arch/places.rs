//! Where nodes of a network stand: what weights are named by that networks share.
//!
//! In cells a place is a cell, the level of a block and what a branch of it reads: an input of the cell or a lower level. The
//! code of ENAS (arXiv 1802.03268) has the number of the block in place of its level; here blocks have no order of their own,
//! and a number would change with every block that comes to stand before. In layers a place is the number of the layer. Sizes
//! are a part of the name, so that weights are shared by what has equal kernels and equal channels.

use std::fmt;

use super::Network;

/// A network as it was built.
pub(super) struct Built {
    pub network: Network,
    /// The last node of each part.
    pub ends: Vec<usize>,
    /// From which node on a place begins, in order.
    pub places: Vec<(usize, Place)>,
}

/// Where nodes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Stem,
    /// What brings an input of a cell into shape.
    Input {
        cell: usize,
        input: usize,
    },
    Branch {
        cell: usize,
        level: usize,
        branch: BranchPlace,
        operation: &'static str,
    },
    /// What brings two concatenated branches to the width of the cell.
    Combined {
        cell: usize,
        block: BlockPlace,
    },
    /// The same for the loose ends, where there are several or the cell has no convolutions.
    Output {
        cell: usize,
    },
    Layer {
        layer: usize,
        operation: &'static str,
    },
    /// What brings the second source of a layer into shape.
    Skip {
        layer: usize,
    },
    Classifier,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Stem => f.write_str("stem"),
            Self::Input { cell, input } => write!(f, "cell-{cell}/input-{input}"),
            Self::Branch { cell, level, branch: BranchPlace { from, number }, operation } => {
                let from = if from < 2 { format!("input-{from}") } else { format!("level-{}", from - 1) };
                write!(f, "cell-{cell}/level-{level}/from-{from}/{}{}", operation, of_several(number))
            }
            Self::Combined { cell, block } => write!(f, "cell-{cell}/{block}/concat"),
            Self::Output { cell } => write!(f, "cell-{cell}/output"),
            Self::Layer { layer, operation } => write!(f, "layer-{layer}/{operation}"),
            Self::Skip { layer } => write!(f, "layer-{layer}/skip"),
            Self::Classifier => f.write_str("classifier"),
        }
    }
}

/// Where a block stands in its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockPlace {
    /// 1 where it reads inputs of the cell alone, else one above the highest block that it reads.
    pub level: usize,
    /// Among the blocks of its level, from 1.
    pub number: usize,
    pub branches: [BranchPlace; 2],
}

/// What a branch reads, and its number among the branches of its cell that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BranchPlace {
    /// 0 and 1 are the inputs of the cell, 1 + l a block of level l.
    pub from: usize,
    pub number: usize,
}

impl fmt::Display for BlockPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "level-{}{}", self.level, of_several(self.number))
    }
}

/// Nothing for the first.
fn of_several(number: usize) -> String {
    if number > 1 { format!("/{number}") } else { String::new() }
}
