//! A network as papers draw it: boxes with what they compute, give and cost, and arcs for what skips some of them.

mod cells;
mod layers;
mod rows;
mod stack;

use super::figure::Figure;
use super::svg::short;
use crate::arch::{Architecture, Shape};
use crate::spec::{ResolvedSpec, Subject};

/// How wide every drawing is.
const WIDTH: f64 = 760.0;

/// Draws a network of a search; `None` where it makes none for the images of the spec.
pub(super) fn draw(spec: &ResolvedSpec, architecture: &Architecture, name: &str) -> Option<Figure> {
    let summary = architecture.summary();
    let (marks, height, described) = match (&spec.subject, architecture) {
        (Subject::Table { layout, .. }, Architecture::Row(row)) => match &layout.graph {
            Some(graph) => rows::graph(row, graph),
            None => rows::chain(row),
        },
        (Subject::Images { dataset, .. }, _) => {
            let (image, classes) = (dataset.described.shape, dataset.described.classes);
            let parts = architecture.parts(image, classes).ok()?;
            match architecture {
                Architecture::Layers(network) => layers::draw(network, &parts, image),
                Architecture::Cells(network) => cells::draw(network, &parts, image),
                Architecture::Row(_) => return None,
            }
        }
        (Subject::Table { .. }, _) => return None,
    };
    let title = format!("Network {}", short(&summary, 120));
    Some(Figure::new(name, &title, &described, (WIDTH, height), marks.0).with_caption(summary))
}

/// `16 × 14 × 14`, channels first; a vector is its length.
fn told(shape: Shape) -> String {
    let Shape { channels, height, width } = shape;
    if (height, width) == (1, 1) { channels.to_string() } else { format!("{channels} × {height} × {width}") }
}
