//! Rules of the space `cells` as written: sets, sizes, skeletons, the start.

use super::bounds::{bounds_of_depth, set, whole};
use crate::arch::Shape;
use crate::arch::cells::{CellOperation, Combine, MAX_BLOCKS, MAX_CELLS, Skeleton};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::resolve::{depths, skeletons};
use crate::spec::schema::{BlockSpec, CellsSpec, SkeletonSpec, SpaceSpec};
use crate::text::list;

const MAX_CHANNELS: usize = 4096;
const MAX_REDUCTIONS: usize = 8;
const MAX_STEM_STRIDE: usize = 8;

/// Where the space stands in a spec.
pub(super) fn place() -> Path {
    Path::root().key("space").key("cells")
}

fn last_place() -> Path {
    Path::root().key("final").key("skeleton")
}

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec, cells: &CellsSpec, image: Shape) {
    let place = place();
    distinct(faults, &place.key("operations"), cells.operations.as_ref(), CellOperation::word);
    distinct(faults, &place.key("combine"), cells.combine.as_ref(), Combine::word);
    if let Some(blocks) = &cells.blocks {
        bounds_of_depth(faults, (blocks.min, blocks.max), depths(spec), (1, MAX_BLOCKS), &place.key("blocks"));
    }
    let last = spec.last.as_ref().and_then(|last| last.skeleton.as_ref());
    let before = faults.len();
    check_sizes(faults, cells.skeleton.as_ref(), &place.key("skeleton"));
    check_sizes(faults, last, &last_place());
    if faults.len() == before {
        let (searched, trained) = skeletons(cells, last, image.height.min(image.width));
        check_skeleton(faults, searched, image, &place.key("skeleton"));
        if trained != searched {
            check_skeleton(faults, trained, image, &last_place());
        }
    }
    check_start(faults, cells, &place.key("start"));
}

/// `final.skeleton` in a spec of another space.
pub(super) fn check_last(faults: &mut Diagnostics, spec: &Spec) {
    let given = spec.last.as_ref().is_some_and(|last| last.skeleton.is_some());
    if given && !matches!(spec.space, Some(SpaceSpec::Cells(_))) {
        let message = "a skeleton, and the space is not `cells`";
        faults.error("final::skeleton", &last_place(), message, "take `skeleton` out, or search modules: `space: {cells: {}}`");
    }
}

/// A set that names nothing twice.
fn distinct<T: Copy + PartialEq>(faults: &mut Diagnostics, path: &Path, values: Option<&Vec<T>>, word: fn(T) -> &'static str) {
    let mut seen: Vec<T> = Vec::new();
    set(faults, path, values, |faults, path, value| {
        if seen.contains(&value) {
            let help = "take one of them out: it is the same set";
            faults.warning("spec::named-twice", path, format!("`{}` is named twice", word(value)), help);
        }
        seen.push(value);
    });
}

fn check_sizes(faults: &mut Diagnostics, skeleton: Option<&SkeletonSpec>, place: &Path) {
    let Some(skeleton) = skeleton else { return };
    whole(faults, &place.key("channels"), skeleton.channels, 1..=MAX_CHANNELS);
    whole(faults, &place.key("cells"), skeleton.cells, 1..=MAX_CELLS);
    whole(faults, &place.key("reductions"), skeleton.reductions, 0..=MAX_REDUCTIONS);
    whole(faults, &place.key("stem-stride"), skeleton.stem_stride, 1..=MAX_STEM_STRIDE);
}

/// A skeleton whose sizes are each in range, with what is given by default.
fn check_skeleton(faults: &mut Diagnostics, skeleton: Skeleton, image: Shape, place: &Path) {
    let Skeleton { cells, reductions, stem_stride, .. } = skeleton;
    let total = cells * (reductions + 1) + reductions;
    if total > MAX_CELLS {
        let message = format!("{} stages of {cells} cells and {reductions} reductions are {total} cells", reductions + 1);
        faults.error("spec::out-of-range", &place.key("cells"), message, format!("allowed: at most {MAX_CELLS} in all"));
    }
    let widest = skeleton.channels << reductions;
    if widest > 65_536 {
        let message = format!("{} channels, doubled {reductions} times, are {widest}", skeleton.channels);
        faults.error("spec::out-of-range", &place.key("channels"), message, "allowed: at most 65536 in the last stage");
    }
    let mut side = image.height.min(image.width).div_ceil(stem_stride);
    for reduction in 1..=reductions {
        if side < 2 {
            let message =
                format!("images of {}×{} are down to 1×1 after the stem and {} reductions", image.height, image.width, reduction - 1);
            let help = format!("at most {} reductions fit, with the present stride of the stem", reduction - 1);
            return faults.error("space::resolution", &place.key("reductions"), message, help);
        }
        side = side.div_ceil(2);
    }
}

fn check_start(faults: &mut Diagnostics, cells: &CellsSpec, place: &Path) {
    let Some(start) = &cells.start else { return };
    if start.is_empty() || start.len() > MAX_BLOCKS {
        let message = format!("the start cell has {} blocks", start.len());
        return faults.error("spec::out-of-range", place, message, format!("allowed: 1 to {MAX_BLOCKS}"));
    }
    for (index, block) in start.iter().enumerate() {
        let place = place.index(index);
        for (key, count) in [("inputs", block.inputs.len()), ("operations", block.operations.len())] {
            if count != 2 {
                let message = format!("block {} has {count} {key}", index + 1);
                faults.error("space::start", &place.key(key), message, format!("a block has two {key}: `{key}: […, …]`"));
            }
        }
        for (branch, &input) in block.inputs.iter().enumerate().filter(|(_, input)| **input >= index + 2) {
            let message = format!("block {} reads {input}", index + 1);
            let help = format!("allowed: 0 and 1 for the inputs of the cell, 2 to {} for the blocks before it", index + 1);
            let help = if index == 0 { "allowed: 0 and 1 for the inputs of the cell".to_owned() } else { help };
            faults.error("space::start", &place.key("inputs").index(branch), message, help);
        }
        belongs(faults, cells, index, block, &place);
    }
}

/// Operations and combination must be of the space.
fn belongs(faults: &mut Diagnostics, cells: &CellsSpec, index: usize, block: &BlockSpec, place: &Path) {
    let mut outside = |path: &Path, word: &str, set: &str, offered: Vec<&'static str>| {
        let message = format!("block {} has `{word}`, which the space does not offer", index + 1);
        faults.error("space::start", path, message, format!("`{set}` of the space: {}", list(&offered)));
    };
    if let Some(offered) = cells.operations.as_ref().filter(|offered| !offered.is_empty()) {
        for (branch, operation) in block.operations.iter().enumerate().filter(|(_, operation)| !offered.contains(operation)) {
            let words = offered.iter().map(|operation| operation.word()).collect();
            outside(&place.key("operations").index(branch), operation.word(), "operations", words);
        }
    }
    let default = vec![Combine::Add];
    let offered = cells.combine.as_ref().filter(|offered| !offered.is_empty()).unwrap_or(&default);
    if let Some(combine) = block.combine.filter(|combine| !offered.contains(combine)) {
        outside(&place.key("combine"), combine.word(), "combine", offered.iter().map(|combine| combine.word()).collect());
    }
}
