//! How the network that was found does on each class of the test split, and what it takes for what.

use super::subject::Run;
use crate::engine::Confusion;
use crate::page::figure::Figure;
use crate::page::section::{Block, Fact, Section};
use crate::page::svg::{Anchor, Marks, short};
use crate::page::table::Table;
use crate::report::{class_names, classes};
use crate::text::{counted, percent};

/// The most classes of which the whole matrix is drawn.
const DRAWN: usize = 40;
/// Letters of a name beside the matrix.
const LETTERS: usize = 16;

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let confusion = run.report.confusion.as_ref()?;
    let names = class_names(run.spec, confusion.classes);
    let mut facts = vec![Fact::new("balanced accuracy", percent(confusion.balanced_accuracy()))];
    if let Some(top_5) = run.report.final_result.as_ref().and_then(|result| result.test_top_5) {
        facts.push(Fact::new("top-5 accuracy", percent(top_5)));
    }
    let mut blocks = vec![Block::Facts { facts }];
    if confusion.classes <= DRAWN {
        blocks.push(Block::Figure { figure: matrix(confusion, &names) });
    }
    let head = ["label", "class", "images", "right", "accuracy", "most often taken for", "times"];
    let table = Table::new("Classes, the worst first", &format!("{}-classes", run.spec.name), &head, classes(confusion, &names));
    blocks.push(Block::Table { table });
    Some(Section { id: "classes", title: "Class by class".to_owned(), blocks })
}

/// Rows are classes, columns answers; how dark a field is says which share of its row it holds.
fn matrix(confusion: &Confusion, names: &[String]) -> Figure {
    let side = if confusion.classes > 20 { 18.0 } else { 34.0 };
    let (left, top) = (130.0, 34.0);
    let mut marks = Marks::default();
    for (class, row) in confusion.matrix().iter().enumerate() {
        let images: usize = row.iter().sum();
        let y = top + class as f64 * side;
        marks.words("tick", Anchor::End, (left - 8.0, y + side / 2.0 + 4.0), &short(&names[class], LETTERS));
        marks.words("tick", Anchor::Middle, (left + (class as f64 + 0.5) * side, top - 8.0), &class.to_string());
        for (answer, &count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (x, share) = (left + answer as f64 * side, count as f64 / images as f64);
            let title = format!("{} taken for {}: {count} of {images}, {}", names[class], names[answer], percent(share));
            let shade = format!("{} s{}", if class == answer { "right" } else { "wrong" }, shade(share));
            marks.rectangle(&shade, (x, y), (side - 1.0, side - 1.0), Some(&title));
            if side > 20.0 {
                marks.words("small", Anchor::Middle, (x + side / 2.0, y + side / 2.0 + 4.0), &count.to_string());
            }
        }
    }
    let extent = confusion.classes as f64 * side;
    let description = format!(
        "Confusion matrix of {} classes on {} of the test split. A row is a class, a column what its images were taken for. {} are right.",
        confusion.classes,
        counted(confusion.images(), "image"),
        percent(confusion.accuracy())
    );
    let figure = Figure::new("confusion", "Confusion matrix", &description, (left + extent + 10.0, top + extent + 10.0), marks.0);
    figure.with_caption(description)
}

/// One of five: the first for less than a hundredth, the last for more than a half.
fn shade(share: f64) -> usize {
    [0.01, 0.03, 0.1, 0.5].iter().filter(|bound| share >= **bound).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_drawn_for_each_pair_that_occurs() {
        let names = ["a <b>", "c"].map(str::to_owned);
        let figure = matrix(&Confusion::of(2, [(0, 0), (0, 1), (1, 1)]), &names);
        assert_eq!(figure.marks.matches("<rect").count(), 3);
        assert!(figure.marks.contains("a &lt;b&gt; taken for c: 1 of 2, 50.00 %"), "{}", figure.marks);
        assert_eq!([0.0, 0.02, 0.05, 0.3, 1.0].map(shade), [0, 1, 2, 3, 4]);
    }
}
