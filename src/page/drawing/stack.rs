//! Boxes below each other, with what each gives and costs beside it.

use crate::page::svg::{Anchor, At, Marks, short, through};
use crate::text::quantity;

const LEFT: f64 = 150.0;
const BOX: f64 = 290.0;
const HEIGHT: f64 = 34.0;
const STEP: f64 = 54.0;
const SHAPE: f64 = 550.0;
const PARAMS: f64 = 640.0;
const MACS: f64 = 740.0;

/// One box.
pub(super) struct Item {
    pub class: &'static str,
    pub words: String,
    pub shape: String,
    /// Parameters and multiply–accumulates; `None` for what has no such costs.
    pub costs: Option<(u64, u64)>,
    /// What it reads, by place; drawn as an arc where it is not the box above.
    pub reads: Vec<usize>,
}

/// Draws the boxes from `top` on; gives where they end.
pub(super) fn draw(marks: &mut Marks, top: f64, items: &[Item]) -> f64 {
    for (x, words) in [(SHAPE, "output"), (PARAMS, "params"), (MACS, "MACs")] {
        marks.words("small", Anchor::End, (x, top + 12.0), words);
    }
    let y = |index: usize| top + 24.0 + STEP * index as f64;
    for (index, item) in items.iter().enumerate() {
        for &source in &item.reads {
            if source + 1 == index {
                arrow(marks, (LEFT + BOX / 2.0, y(source) + HEIGHT), (LEFT + BOX / 2.0, y(index)));
            } else {
                arc(marks, y(source) + HEIGHT - 9.0, y(index) + 9.0, index - source);
            }
        }
    }
    for (index, item) in items.iter().enumerate() {
        let middle = y(index) + HEIGHT / 2.0 + 4.5;
        let label = costs(item).map_or_else(|| item.shape.clone(), |costs| format!("{}, {costs}", item.shape));
        marks.rectangle(item.class, (LEFT, y(index)), (BOX, HEIGHT), Some(&format!("{}\n{label}", item.words)));
        marks.words("mono", Anchor::Middle, (LEFT + BOX / 2.0, middle), &short(&item.words, 38));
        marks.words("small", Anchor::End, (SHAPE, middle), &item.shape);
        if let Some((params, macs)) = item.costs {
            marks.words("small", Anchor::End, (PARAMS, middle), &quantity(params as f64));
            marks.words("small", Anchor::End, (MACS, middle), &quantity(macs as f64));
        }
    }
    y(items.len()) - STEP + HEIGHT + 14.0
}

/// The boxes in words.
pub(super) fn described(items: &[Item]) -> String {
    let told = |item: &Item| {
        costs(item)
            .map_or_else(|| format!("{} gives {}", item.words, item.shape), |costs| format!("{} gives {}, {costs}", item.words, item.shape))
    };
    items.iter().map(told).collect::<Vec<_>>().join("; ") + "."
}

fn costs(item: &Item) -> Option<String> {
    item.costs.map(|(params, macs)| format!("{} parameters, {} multiply–accumulates", quantity(params as f64), quantity(macs as f64)))
}

/// A straight line with a tip.
pub(super) fn arrow(marks: &mut Marks, from: (f64, f64), to: (f64, f64)) {
    marks.line("flow", from, (to.0, to.1 - 5.0));
    tip(marks, "tip", to, (0.0, 1.0));
}

/// The tip of an arrow that points in a direction of length one.
pub(super) fn tip(marks: &mut Marks, class: &str, (x, y): (f64, f64), (along, down): (f64, f64)) {
    let back = (x - 8.0 * along, y - 8.0 * down);
    let wide = (4.0 * down, 4.0 * along);
    marks.path(class, &(through([(x, y), (back.0 + wide.0, back.1 - wide.1), (back.0 - wide.0, back.1 + wide.1)]) + "Z"), None);
}

/// From one box to a later one around those between.
fn arc(marks: &mut Marks, from: f64, to: f64, over: usize) {
    let out = LEFT - (28.0 + 14.0 * over as f64).min(LEFT - 12.0);
    let commands = format!("M{} {}C{} {} {} {} {} {}", At(LEFT), At(from), At(out), At(from), At(out), At(to), At(LEFT - 5.0), At(to));
    marks.path("skip", &commands, None);
    tip(marks, "skip-tip", (LEFT, to), (1.0, 0.0));
}
