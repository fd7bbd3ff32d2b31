//! The section `space.cells`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arch::cells::{CellOperation, Combine};

/// The space of modules: the search builds a small cell, block by block, and a fixed skeleton stacks the cell into a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CellsSpec {
    /// Operations that a branch of a block may use. Default: all.
    pub operations: Option<Vec<CellOperation>>,
    /// How the two branches of a block may be combined into one tensor. Default: `add`.
    pub combine: Option<Vec<Combine>>,
    /// Number of blocks of the cell.
    pub blocks: Option<BlocksSpec>,
    /// The skeleton that stacks the cell during the search; `final.skeleton` may be larger.
    pub skeleton: Option<SkeletonSpec>,
    /// The cell that the search starts from, block by block. Default: as few blocks as allowed, of the cheapest operation.
    pub start: Option<Vec<BlockSpec>>,
}

/// Bounds on the number of blocks of a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlocksSpec {
    /// The fewest blocks, from 1. Default: 1.
    pub min: Option<usize>,
    /// The most blocks, up to 16. Default: 5.
    pub max: Option<usize>,
}

/// How a cell becomes a network: a stem, then `reductions` + 1 stages of `cells` cells, and between two stages one more
/// cell that halves height and width and doubles the channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SkeletonSpec {
    /// Channels of the stem and of the cells of the first stage. Default: 16.
    pub channels: Option<usize>,
    /// Cells per stage of the skeleton, besides the reductions. Default: 2.
    pub cells: Option<usize>,
    /// How many times height and width are halved. Default: 2.
    pub reductions: Option<usize>,
    /// Stride of the stem, a 3×3 convolution. Default: 1; for images of 48 pixels or more 2.
    pub stem_stride: Option<usize>,
}

/// One block of a given cell: two operations, each with its own input, and their combination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlockSpec {
    /// The two inputs: 0 is the output of the cell before the last, 1 that of the last cell, 2 the first block of this
    /// cell, 3 the second, and so on.
    pub inputs: Vec<usize>,
    /// The operation on each of the two inputs.
    pub operations: Vec<CellOperation>,
    /// How the two results are combined into one tensor. Default: the first of `add`, `concat` that the space allows.
    pub combine: Option<Combine>,
}
