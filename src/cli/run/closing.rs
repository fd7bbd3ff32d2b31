//! The end of a run: its page, where the results are, and what to type next.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::CacheArgument;
use crate::cli::paths::CACHE;
use crate::files::{self, FileError};
use crate::page::{self, PAGE_FILE, Run};
use crate::report::Report;

/// Writes the page of a run into the folder of its results.
pub(super) fn write_page(folder: &Path, run: &Run<'_>) -> Result<(), FileError> {
    files::write(&folder.join(PAGE_FILE), page::of_run(run).html().as_bytes())
}

/// Where the results are, and what to type next.
pub(super) fn where_next(folder: &Path, report: &Report, spec: &Path, cache: &CacheArgument) -> String {
    let is_usual = cache.folder == Path::new(CACHE.default);
    let flags = if is_usual { String::new() } else { format!(" --cache {}", cache.folder.display()) };
    let mut text = format!("results: {}\n", folder.display());
    let _ = writeln!(text, "report:  {}", folder.join(PAGE_FILE).display());
    let spec = spec.display();
    let next = match &report.final_result {
        Some(_) if report.summary.at_chance => format!("epnas data {spec}   what the images are"),
        Some(result) if !result.network.costs.is_empty() => {
            let (cost, value) = result.network.costs.iter().next().expect("there are costs");
            // A limit that the network found does not keep.
            let limit = if *value < 10.0 { (80.0 * value).floor() / 100.0 } else { (0.8 * value).floor() };
            format!("epnas what-if {spec} --set constraints.{}.max={limit}{flags}   what a lower limit would give", cost.word())
        }
        Some(_) => format!("epnas compare {spec} --seeds 5{flags}   how much is luck"),
        None => format!("epnas check {spec} --with-data   what is wrong with the limits or the data"),
    };
    let _ = writeln!(text, "next:    {next}");
    text
}
