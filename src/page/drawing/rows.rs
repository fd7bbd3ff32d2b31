//! A row of a table: its choices one after another, or on the edges of a graph.

use super::WIDTH;
use super::stack::tip;
use crate::arch::Row;
use crate::page::svg::{Anchor, At, Marks, short};
use crate::table::Graph;

const COLUMNS: usize = 6;

/// The choices in order.
pub(super) fn chain(row: &Row) -> (Marks, f64, String) {
    let mut marks = Marks::default();
    let room = WIDTH / COLUMNS as f64;
    for (index, word) in row.0.iter().enumerate() {
        let (x, y) = (room * (index % COLUMNS) as f64, 6.0 + 70.0 * (index / COLUMNS) as f64);
        marks.rectangle("box-conv", (x + 8.0, y), (room - 16.0, 36.0), Some(&format!("choice {}: {word}", index + 1)));
        marks.words("mono", Anchor::Middle, (x + room / 2.0, y + 22.5), &short(word, 14));
        marks.words("small", Anchor::Middle, (x + room / 2.0, y + 52.0), &(index + 1).to_string());
    }
    let lines = row.0.len().div_ceil(COLUMNS).max(1);
    (marks, 70.0 * lines as f64, format!("The choices of the row, in order: {}.", row.0.join(", ")))
}

/// A cell whose edges are the choices.
pub(super) fn graph(row: &Row, graph: &Graph) -> (Marks, f64, String) {
    let mut marks = Marks::default();
    let last = graph.edges.iter().map(|edge| edge[1]).max().unwrap_or(0);
    let longest = graph.edges.iter().map(|edge| edge[1].saturating_sub(edge[0])).max().unwrap_or(0);
    let x = |node: usize| 50.0 + (WIDTH - 100.0) * node as f64 / last.max(1) as f64;
    let base = 40.0 + 62.0 * longest.saturating_sub(1) as f64;
    let choices = graph.edges.iter().zip(&row.0);
    for (&[from, to], word) in choices.clone().filter(|(_, word)| graph.none.as_ref() != Some(*word)) {
        let middle = f64::midpoint(x(from), x(to));
        let over = to.saturating_sub(from).saturating_sub(1) as f64;
        if over == 0.0 {
            // Along the line.
            marks.line("flow", (x(from) + 18.0, base), (x(to) - 24.0, base));
            tip(&mut marks, "tip", (x(to) - 18.0, base), (1.0, 0.0));
        } else {
            let bend = base - 4.0 - 82.0 * over;
            let [x1, x2, y1, bend] = [x(from) + 8.0, x(to) - 8.0, base - 18.0, bend].map(At);
            marks.path("skip", &format!("M{x1} {y1}C{x1} {bend} {x2} {bend} {x2} {}", At(base - 24.0)), Some(word));
            tip(&mut marks, "skip-tip", (x(to) - 8.0, base - 17.0), (0.0, 1.0));
        }
        marks.words("mono", Anchor::Middle, (middle, base - 10.0 - 62.0 * over), &short(word, 22));
    }
    for node in 0..=last {
        let class = if node == 0 || node == last { "box-end" } else { "box" };
        marks.circle(class, (x(node), base), 17.0, None);
        marks.words("strong", Anchor::Middle, (x(node), base + 5.0), &node.to_string());
    }
    let told: Vec<String> = choices.map(|([from, to], word)| format!("{word} from {from} to {to}")).collect();
    (marks, base + 30.0, format!("A graph from node 0, the input, to node {last}, the output: {}.", told.join("; ")))
}
