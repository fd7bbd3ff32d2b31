//! The page of a comparison.

mod curves;
mod differences;
mod results;

use super::render::Page;
use super::section::{Block, Fact, Section};
use crate::comparison::{Comparison, Summary, of_table, sentence};
use crate::text::counted;

/// The page of a comparison; its sections in the order in which they stand.
pub fn of_comparison(comparison: &Comparison, summary: &Summary) -> Page {
    let sections = [curves::section(comparison, summary), results::section(summary), differences::section(summary)];
    let mut sections: Vec<Section> = sections.into_iter().flatten().collect();
    if let (Some(told), Some(first)) = (of_table(summary), sections.first_mut()) {
        first.blocks.push(Block::text(told));
    }
    Page {
        kind: "Comparison".to_owned(),
        title: comparison.name.clone(),
        lead: sentence(summary),
        figures: vec![
            Fact::new("contestants", summary.contestants.len().to_string()),
            Fact::new("seeds", summary.seeds.len().to_string()),
            Fact::new("budget", counted(comparison.budget(), "training")),
        ],
        sections,
    }
}
