//! The end of a run: its page, where the results are, and what to type next.

use std::fmt::Write as _;
use std::path::Path;

use crate::arch::Costs;
use crate::cli::CacheArgument;
use crate::cli::paths::CACHE;
use crate::cli::shell::shell_word;
use crate::event::Ending;
use crate::files::{self, FileError};
use crate::objective::Side;
use crate::page::{self, PAGE_FILE, Run};
use crate::report::Report;
use crate::spec::ResolvedSpec;

/// Writes the page of a run into the folder of its results.
pub(super) fn write_page(folder: &Path, run: &Run<'_>) -> Result<(), FileError> {
    files::write(&folder.join(PAGE_FILE), page::of_run(run).html().as_bytes())
}

/// Where the results are, and what to type next.
pub(super) fn where_next(folder: &Path, report: &Report, (spec, resolved): (&Path, &ResolvedSpec), cache: &CacheArgument) -> String {
    let is_usual = cache.folder == Path::new(CACHE.default);
    let flags = if is_usual { String::new() } else { format!(" --cache {}", shell_word(&cache.folder)) };
    let mut text = format!("results: {}\n", folder.display());
    let _ = writeln!(text, "report:  {}", folder.join(PAGE_FILE).display());
    let spec = shell_word(spec);
    let lower = report.summary.best.as_ref().and_then(|best| lower(&best.costs, resolved));
    let next = match (&report.summary.best, lower) {
        (Some(_), _) if report.summary.at_chance => format!("epnas data {spec}   what the images are"),
        (Some(_), Some((cost, limit))) => {
            format!("epnas what-if {spec} --set constraints.{cost}.max={limit}{flags}   what a lower limit would give")
        }
        (Some(_), None) => format!("epnas compare {spec} --seeds 5{flags}   how much is luck"),
        (None, _) if report.made.as_ref().is_some_and(|made| made.budget.is_some()) => {
            format!("epnas run {spec}{flags}   with more of the budget in the spec")
        }
        (None, _) if report.summary.ending == Ending::NoneFeasible => {
            let cost = resolved.constraints.first().map_or("params", |constraint| constraint.cost.word());
            format!("epnas what-if {spec} --set constraints.{cost}=null{flags}   what the search has measured without this limit")
        }
        (None, _) => format!("epnas check {spec} --with-data   what is wrong with the limits or the data"),
    };
    let _ = writeln!(text, "next:    {next}");
    text
}

/// A limit that the network found does not keep, and that no other bound rules out.
fn lower(costs: &Costs, resolved: &ResolvedSpec) -> Option<(&'static str, f64)> {
    let (cost, value) = costs.iter().next()?;
    let limit = if *value < 10.0 { (80.0 * value).floor() / 100.0 } else { (0.8 * value).floor() };
    let mut least = resolved.constraints.iter().filter(|constraint| constraint.cost == *cost && constraint.side == Side::Min);
    (limit > 0.0 && least.all(|constraint| constraint.limit <= limit)).then(|| (cost.word(), limit))
}
