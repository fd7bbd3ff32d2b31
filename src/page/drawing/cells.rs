//! A cell with its blocks, and the stack of cells below it.

use super::stack::{self, Item, tip};
use super::{WIDTH, told};
use crate::arch::cells::{Cell, CellOperation, Combine};
use crate::arch::{CellNetwork, Part, Shape};
use crate::page::svg::{Anchor, At, Marks};

const LEVEL: f64 = 118.0;
const OPERATION: (f64, f64) = (104.0, 30.0);
const TOP: f64 = 8.0;

/// Draws cell and stack; gives the height and what they show in words.
pub(super) fn draw(network: &CellNetwork, parts: &[Part], image: Shape) -> (Marks, f64, String) {
    let mut marks = Marks::default();
    let bottom = cell(&mut marks, &network.cell);
    let items = items(network, parts, image);
    let height = stack::draw(&mut marks, bottom + 24.0, &items);
    (marks, height, format!("Cell: {}. Stack: {}", network.cell.summary(), stack::described(&items)))
}

/// How many steps below the inputs of the cell each block lies.
fn levels(cell: &Cell) -> Vec<usize> {
    let mut levels: Vec<usize> = Vec::with_capacity(cell.blocks.len());
    for block in &cell.blocks {
        let above = block.inputs.iter().filter_map(|input| input.checked_sub(2)).map(|block| levels[block] + 1).max();
        levels.push(above.unwrap_or(0));
    }
    levels
}

/// Draws the cell; gives where it ends.
fn cell(marks: &mut Marks, cell: &Cell) -> f64 {
    let levels = levels(cell);
    let depth = levels.iter().max().map_or(0, |deepest| deepest + 1);
    // The middle of the lower end of each value: the two inputs, then the blocks.
    let mut outputs = vec![(WIDTH * 0.3, TOP + 30.0), (WIDTH * 0.7, TOP + 30.0)];
    let mut seen = vec![0_usize; depth];
    let mut places = Vec::new();
    for &level in &levels {
        let beside = levels.iter().filter(|other| **other == level).count();
        let room = WIDTH / beside as f64;
        let x = room * (seen[level] as f64 + 0.5);
        seen[level] += 1;
        let y = TOP + 70.0 + LEVEL * level as f64;
        places.push((x, y, (room / 2.0 - 6.0).min(OPERATION.0)));
        outputs.push((x, y + 76.0));
    }
    for (block, &(x, y, width)) in cell.blocks.iter().zip(&places) {
        for branch in 0..2 {
            let middle = x + (branch as f64 - 0.5) * (width + 8.0);
            edge(marks, outputs[block.inputs[branch]], (middle, y));
            marks.line("flow", (middle, y + OPERATION.1), (x, y + 64.0));
        }
    }
    let end = TOP + 70.0 + LEVEL * depth as f64 + 12.0;
    for block in cell.loose_ends() {
        edge(marks, outputs[block + 2], (WIDTH / 2.0, end));
    }
    for (words, (x, y)) in ["cell before the last", "last cell"].into_iter().zip([outputs[0], outputs[1]]) {
        labelled(marks, "box-end", (x - 80.0, y - 30.0), (160.0, 30.0), words);
    }
    for (block, &(x, y, width)) in cell.blocks.iter().zip(&places) {
        for (branch, operation) in block.operations.into_iter().enumerate() {
            let left = x + (branch as f64 - 0.5) * (width + 8.0) - width / 2.0;
            labelled(marks, class(operation), (left, y), (width, OPERATION.1), operation.short());
        }
        let sign = match block.combine {
            Combine::Add => "+",
            Combine::Concat => "&",
        };
        marks.circle("box", (x, y + 64.0), 12.0, Some(block.combine.word()));
        marks.words("strong", Anchor::Middle, (x, y + 68.5), sign);
    }
    let output = match (cell.loose_ends().len() > 1, cell.has_output_convolution()) {
        (true, _) => "concatenate, 1×1 convolution",
        (false, true) => "1×1 convolution",
        (false, false) => "output",
    };
    labelled(marks, "box-end", (WIDTH / 2.0 - 130.0, end), (260.0, 30.0), output);
    end + 30.0
}

fn labelled(marks: &mut Marks, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), words: &str) {
    marks.rectangle(class, (x, y), (width, height), Some(words));
    marks.words("mono", Anchor::Middle, (x + width / 2.0, y + height / 2.0 + 4.5), words);
}

fn edge(marks: &mut Marks, from: (f64, f64), to: (f64, f64)) {
    let bend = ((to.1 - from.1) / 2.0).max(14.0);
    let end = to.1 - 6.0;
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, end].map(At);
    marks.path("flow", &format!("M{x1} {y1}C{x1} {} {x2} {} {x2} {y2}", At(from.1 + bend), At(end - bend)), None);
    tip(marks, "tip", to, (0.0, 1.0));
}

const fn class(operation: CellOperation) -> &'static str {
    match operation {
        CellOperation::Identity => "box",
        CellOperation::SeparableConvolution3x3
        | CellOperation::SeparableConvolution5x5
        | CellOperation::SeparableConvolution7x7
        | CellOperation::DilatedConvolution3x3 => "box-light",
        CellOperation::Convolution1x7_7x1 | CellOperation::Convolution1x1 | CellOperation::Convolution3x3 => "box-conv",
        CellOperation::AveragePool3x3 | CellOperation::MaxPool3x3 => "box-pool",
    }
}

/// The image, the stem, the cells of each stage and the classifier.
fn items(network: &CellNetwork, parts: &[Part], image: Shape) -> Vec<Item> {
    let skeleton = network.skeleton;
    let mut items = vec![Item { class: "box-end", words: "image".to_owned(), shape: told(image), costs: None, reads: Vec::new() }];
    let mut push = |class, words: String, of: &[Part]| {
        let Some(last) = of.last() else { return };
        let costs = Some((of.iter().map(|part| part.params).sum(), of.iter().map(|part| part.macs).sum()));
        let reads = vec![items.len() - 1];
        items.push(Item { class, words, shape: told(last.shape), costs, reads });
    };
    let stride = if skeleton.stem_stride > 1 { format!(", /{}", skeleton.stem_stride) } else { String::new() };
    push("box-conv", format!("stem: 3×3 convolution, {}{stride}", skeleton.channels), &parts[..1]);
    let mut rest = &parts[1..parts.len() - 1];
    for stage in 0..=skeleton.reductions {
        if stage > 0 {
            let (reduction, others) = rest.split_at(1);
            push("box-pool", "reduction cell".to_owned(), reduction);
            rest = others;
        }
        let (cells, others) = rest.split_at(skeleton.cells);
        push("box-light", if cells.len() > 1 { format!("normal cell × {}", cells.len()) } else { "normal cell".to_owned() }, cells);
        rest = others;
    }
    push("box-end", "global mean, linear".to_owned(), &parts[parts.len() - 1..]);
    items
}
