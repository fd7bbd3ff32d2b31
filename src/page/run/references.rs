//! Networks written by hand beside the best that was found.

use super::subject::Run;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::report::references;

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let (heads, lines) = references(run.spec, run.report)?;
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let said = "Networks that anybody would write by hand, scaled to the largest that keeps every limit and trained by the same \
                recipe. Accuracies are of the validation split.";
    let table = Table::new("References", &format!("{}-references", run.spec.name), &heads, lines);
    let blocks = vec![Block::text(said), Block::Table { table }];
    Some(Section { id: "references", title: "Beside networks written by hand".to_owned(), blocks })
}
