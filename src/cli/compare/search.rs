//! One search of a comparison: a contestant with a seed.

use std::path::Path;

use super::contestants::Contestant;
use super::{curve, failures, unseen};
use crate::cache::Cache;
use crate::cli::data::Data;
use crate::cli::machine::{Crew, Site};
use crate::cli::run::{execute, finished};
use crate::cli::{Exit, fail, say};
use crate::comparison::Curve;
use crate::event::Event;
use crate::report::Report;
use crate::spec::ResolvedSpec;

/// What came of one search.
pub(super) struct Searched {
    pub curve: Curve,
    /// Mean rank correlation of its predictions.
    pub predictor: Option<f64>,
    /// Rank correlation over the rows of a table that it had not seen.
    pub unseen: Option<f64>,
}

/// Searches with the slots at hand; `unseen` is the number of trainings after which predictions are judged on all of a table.
pub(super) fn search(
    (contestant, data): (&Contestant, &Data),
    seed: u64,
    cache: &Cache,
    unseen: Option<usize>,
    (site, crew): (&Site, &mut Crew),
) -> Result<Searched, Exit> {
    let spec = ResolvedSpec { seed, ..contestant.spec.clone() };
    let plan = site.plan(&spec, data.digests)?;
    let name = format!("`{}` with seed {seed}", contestant.name);
    let mut listen = |event: &Event| {
        if let Event::Warning { message } = event {
            say(&format!("warning: {name}: {message}"));
        }
    };
    let ended = execute(&spec, &plan, data, cache, crew, 0, &mut listen)?;
    finished(&ended)?;
    failures::weigh(&name, &plan, &ended.results)?;
    let report = Report::new(&spec, &plan, &ended.results, cache.reader(), 0.0, Path::new(""))
        .map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    Ok(Searched {
        curve: curve::curve(&contestant.name, seed, &report, spec.stages.len(), data.table()),
        predictor: report.summary.predictor_mean,
        unseen: unseen
            .zip(data.table())
            .and_then(|(trainings, table)| unseen::correlation(&spec.strategy, &plan, &ended.results, cache, table, trainings)),
    })
}
