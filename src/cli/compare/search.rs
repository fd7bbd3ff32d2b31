//! One search of a comparison: a contestant with a seed.

use std::path::Path;

use super::contestants::Contestant;
use super::{curve, failures, unseen};
use crate::cache::Cache;
use crate::cli::data::Data;
use crate::cli::machine::{Crew, Site};
use crate::cli::run::{execute, finished};
use crate::cli::{Exit, fail, say};
use crate::comparison::{Curve, SearchCost};
use crate::event::{Event, Outcome, TaskResult};
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
    let spec = seeded(&contestant.spec, seed);
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
    let ran = |result: &Option<TaskResult>| result.as_ref().is_some_and(|result| !matches!(result.outcome, Outcome::Skipped { .. }));
    let passes = plan.tasks().zip(&ended.results).filter(|(_, result)| ran(result)).map(|(planned, _)| planned.task.passes()).sum();
    let cost = SearchCost { passes, seconds: report.summary.search_seconds + report.summary.final_seconds };
    let curve = curve::curve(contestant, seed, &report, data.table());
    Ok(Searched {
        // In a table nothing is trained.
        curve: Curve { cost: data.table().is_none().then_some(cost), ..curve },
        predictor: report.summary.predictor_mean,
        unseen: unseen
            .zip(data.table())
            .and_then(|(trainings, table)| unseen::correlation(&spec.strategy, &plan, &ended.results, cache, table, trainings)),
    })
}

/// Trainings have another seed with each seed of the search: their noise is a part of what is compared. With seed 0 they are
/// those of the spec, so that a comparison and a run share them.
fn seeded(spec: &ResolvedSpec, seed: u64) -> ResolvedSpec {
    let mut spec = ResolvedSpec { seed, ..spec.clone() };
    for recipe in spec.stages.iter_mut().map(|stage| &mut stage.recipe).chain([&mut spec.last.recipe]) {
        recipe.seed = recipe.seed.wrapping_add(seed);
    }
    spec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seed_has_trainings_of_its_own_and_those_of_seed_0_are_those_of_the_spec() {
        let text = "name: a\ndataset: {name: mnist}\nstages: [{rounds: 1}, {rounds: 1}]\ntrain: {seed: 5}\n";
        let spec = crate::spec::read(text.as_bytes()).resolved.expect("valid");
        let seeds =
            |spec: &ResolvedSpec| spec.stages.iter().map(|stage| stage.recipe.seed).chain([spec.last.recipe.seed]).collect::<Vec<_>>();
        assert_eq!(seeded(&ResolvedSpec { seed: 0, ..spec.clone() }, 0), spec);
        assert_eq!((seeded(&spec, 3).seed, seeds(&seeded(&spec, 3))), (3, vec![8; 3]));
    }
}
