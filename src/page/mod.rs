//! A run, a comparison or a study as a page for people: one HTML file that holds all it shows, and each of its figures as
//! SVG. Pure: plain data in, text out. A section is a file in `run/`, `comparison/` or `study/` and a line in its list.

mod chart;
mod comparison;
mod drawing;
mod figure;
mod render;
mod run;
mod scale;
mod section;
mod study;
mod svg;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::files::{self, FileError};

pub use comparison::of_comparison;
pub use figure::Figure;
pub use render::Page;
pub use run::{Run, of_run};
pub use study::of_study;

/// The file in a folder of results.
pub const PAGE_FILE: &str = "report.html";

/// What every page begins with.
pub const PAGE_BEGINNING: &[u8] = b"<!doctype html>";

/// Writes every figure of a page into a folder, as SVG; gives their number.
pub fn write_figures(page: &Page, folder: &Path) -> Result<usize, FileError> {
    let figures = page.drawings();
    figures.iter().try_for_each(|figure| files::write(&folder.join(format!("{}.svg", figure.name)), figure.document().as_bytes()))?;
    Ok(figures.len())
}
