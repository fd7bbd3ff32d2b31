//! The space of cells and its start, with nothing implied.

use super::space::set;
use super::stem;
use crate::arch::CellNetwork;
use crate::arch::cells::{Block, Cell, CellOperation, Combine, Skeleton};
use crate::space::CellSpace;
use crate::spec::schema::{CellsSpec, FinalSpec, SkeletonSpec};

/// The fewest and the most blocks where a spec does not say.
pub(super) const DEFAULT_BLOCKS: (usize, usize) = (1, 5);

const DEFAULT_SKELETON: Skeleton = Skeleton { channels: 16, cells: 2, reductions: 2, stem_stride: 1 };

/// For images whose shorter side has `side` pixels.
pub(super) fn cells(cells: &CellsSpec, last: &FinalSpec, side: usize) -> CellSpace {
    let (skeleton, last) = skeletons(cells, last.skeleton.as_ref(), side);
    CellSpace {
        operations: set(cells.operations.as_ref(), &CellOperation::DEFAULT),
        combines: set(cells.combine.as_ref(), &[Combine::Add]),
        min_blocks: cells.blocks.as_ref().and_then(|blocks| blocks.min).unwrap_or(DEFAULT_BLOCKS.0),
        skeleton,
        last,
    }
}

/// That of the search, and that of the final trainings, which is the same where nothing is given.
pub fn skeletons(cells: &CellsSpec, last: Option<&SkeletonSpec>, side: usize) -> (Skeleton, Skeleton) {
    // The window of its stem is three pixels wide, whatever the stride.
    let default = Skeleton { stem_stride: stem::stride(side).min(2), ..DEFAULT_SKELETON };
    let skeleton = skeleton(cells.skeleton.as_ref(), default);
    (skeleton, self::skeleton(last, skeleton))
}

fn skeleton(given: Option<&SkeletonSpec>, default: Skeleton) -> Skeleton {
    let Some(given) = given else { return default };
    Skeleton {
        channels: given.channels.unwrap_or(default.channels),
        cells: given.cells.unwrap_or(default.cells),
        reductions: given.reductions.unwrap_or(default.reductions),
        stem_stride: given.stem_stride.unwrap_or(default.stem_stride),
    }
}

/// The given cell, or a chain of as few blocks as allowed, all of the cheapest operation.
pub(super) fn start(cells: &CellsSpec, space: &CellSpace) -> CellNetwork {
    let combine = space.combines.first().copied().unwrap_or(Combine::Add);
    let given = |block: &crate::spec::schema::BlockSpec| Block {
        inputs: [block.inputs[0], block.inputs[1]],
        operations: [block.operations[0], block.operations[1]],
        combine: block.combine.unwrap_or(combine),
    };
    let cheapest = space.operations.iter().copied().min_by_key(|operation| price(*operation)).unwrap_or(CellOperation::Identity);
    let blocks = match &cells.start {
        Some(blocks) => blocks.iter().map(given).collect(),
        None => (0..space.min_blocks).map(|index| Block { inputs: [index, index + 1], operations: [cheapest; 2], combine }).collect(),
    };
    space.network(Cell { blocks }).canonical()
}

/// Operations in the order of their multiply–accumulates, for widths of 16 to 99.
fn price(operation: CellOperation) -> usize {
    match operation {
        CellOperation::Identity => 0,
        CellOperation::AveragePool3x3 => 1,
        CellOperation::MaxPool3x3 => 2,
        CellOperation::Convolution1x1 => 3,
        CellOperation::DilatedConvolution3x3 => 4,
        CellOperation::SeparableConvolution3x3 => 5,
        CellOperation::SeparableConvolution5x5 => 6,
        CellOperation::SeparableConvolution7x7 => 7,
        CellOperation::Convolution3x3 => 8,
        CellOperation::Convolution1x7_7x1 => 9,
    }
}
