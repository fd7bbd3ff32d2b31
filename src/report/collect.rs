//! Gathers what the tasks of a run gave into plain tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ending::{at_chance, ending, failures, unproposed};
use super::found::{Found, final_result, found};
use super::row::{Made, Row, Tasks, ended};
use crate::arch::Costs;
use crate::cache::{CacheError, CacheReader};
use crate::engine::Confusion;
use crate::event::{Best, Counts, Ending, Outcome, PredictorQuality, Summary, TaskResult};
use crate::objective::network_front;
use crate::plan::{Plan, Planned};
use crate::seed::Seed;
use crate::space::Family;
use crate::spec::{Reference, ResolvedSpec};
use crate::statistics::standard_deviation;
use crate::strategy::{ChosenBy, Measured, Proposals, Quality, Rejection, Selection, UpdateReport};
use crate::task::{FinalResult, Port, Task, TaskKind};

/// Everything a report shows.
#[derive(Debug)]
pub struct Report {
    pub rows: Vec<Row>,
    pub final_result: Option<FinalResult>,
    /// How the network of the final result does on the test split, class by class.
    pub confusion: Option<Confusion>,
    /// The network of the final result with its weights, where it was trained.
    pub found: Option<Found>,
    /// Where constraints rejected all networks of a round, the one that came nearest to keeping them.
    pub nearest: Option<Rejection>,
    /// Tasks that failed, with their failure.
    pub failures: Vec<(String, String)>,
    /// Of each update of a policy: stage, round, figures.
    pub updates: Vec<(usize, usize, UpdateReport)>,
    /// Worker time of the trainings that were cached.
    pub saved_seconds: f64,
    /// What the tasks ran for that were not run before, a line for each reason.
    pub why: Vec<String>,
    /// What made them, where a run tells of itself.
    pub made: Option<Made>,
    pub summary: Summary,
}

impl Report {
    /// Reads the artifacts of a run.
    pub fn new(
        spec: &ResolvedSpec,
        plan: &Plan,
        results: &[Option<TaskResult>],
        cache: &CacheReader,
        seconds: f64,
        folder: &Path,
    ) -> Result<Self, CacheError> {
        let tasks = ended(plan, results);
        let mut rows = rows(&tasks, cache, spec)?;
        mark_fronts(&mut rows, spec);
        let final_result = final_result(&tasks, cache)?;
        let confusion = artifact(&tasks, cache, TaskKind::Final, Port::Confusion)?.into_iter().next().map(|(_, confusion)| confusion);
        let nearest = if final_result.is_none() { nearest(&tasks, cache)? } else { None };
        let found = match &final_result {
            Some(final_result) => found(spec, &tasks, cache, Some(final_result), final_result.number)?,
            None => None,
        };
        let updates: Vec<(usize, usize, UpdateReport)> = artifact(&tasks, cache, TaskKind::Update, Port::Report)?
            .into_iter()
            .map(|(planned, report)| (planned.stage, planned.round, report))
            .collect();
        let predictor = predictor_quality(&rows, &updates, spec);
        let searched = |row: &&Row| row.stage < spec.stages.len();
        let whole = predictor.iter().filter(|quality| quality.round.is_none());
        let known: Vec<f64> = whole.filter_map(|quality| Some(quality.quality.spearman?.value)).collect();
        let (failures, remembered_failures) = failures(&tasks);
        let summary = Summary {
            name: spec.name.clone(),
            tasks: counts(&tasks),
            ending: if final_result.is_some() { Ending::Found } else { ending(&tasks, &rows, nearest.as_ref()) },
            failures,
            remembered_failures,
            pools: BTreeMap::new(),
            unproposed: unproposed(&tasks, &selections(&tasks, cache)?),
            at_chance: at_chance(spec, &rows),
            best: final_result.as_ref().map(|final_result| Best {
                test_accuracy: final_result.test_accuracy,
                validation_accuracy: final_result.network.validation_accuracy,
                test_deviation: standard_deviation(&final_result.test_accuracies),
                validation_deviation: final_result.network.deviation(),
                costs: final_result.network.costs.clone(),
                architecture: final_result.network.architecture.summary(),
            }),
            networks: rows.iter().filter(searched).map(|row| row.network.architecture.digest()).collect::<BTreeSet<_>>().len(),
            // The sum of nothing is -0.
            search_seconds: shared_seconds(&tasks) + rows.iter().filter(searched).map(|row| row.seconds).sum::<f64>(),
            final_seconds: 0.0 + rows.iter().filter(|row| !searched(row)).map(|row| row.seconds).sum::<f64>(),
            seconds,
            predictor_mean: (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64),
            predictor,
            results: folder.to_owned(),
        };
        let failed = tasks.iter().filter_map(|(planned, result)| Some((planned.id.to_string(), result.outcome.failure()?)));
        let saved = tasks.iter().filter(|(planned, result)| planned.task.kind() == TaskKind::Train && result.outcome == Outcome::Cached);
        let saved_seconds = 0.0 + saved.map(|(_, result)| result.seconds).sum::<f64>();
        Ok(Self {
            rows,
            final_result,
            confusion,
            nearest,
            found,
            saved_seconds,
            failures: failed.collect(),
            updates,
            why: Vec::new(),
            made: None,
            summary,
        })
    }
}

/// What it took to train weights that networks share, and to measure with them.
fn shared_seconds(tasks: &Tasks<'_>) -> f64 {
    0.0 + tasks.iter().filter(|(planned, _)| planned.task.uses_shared_weights()).map(|(_, result)| result.seconds).sum::<f64>()
}

fn counts(tasks: &Tasks<'_>) -> BTreeMap<TaskKind, Counts> {
    // Those around shared and inherited weights are told where there are any.
    let usual = TaskKind::ALL.into_iter().filter(|kind| !kind.is_special());
    let mut counts: BTreeMap<TaskKind, Counts> = usual.map(|kind| (kind, Counts::default())).collect();
    for (planned, result) in tasks {
        let of_kind = counts.entry(planned.task.kind()).or_default();
        match result.outcome {
            Outcome::Executed => of_kind.executed += 1,
            Outcome::Cached => of_kind.cached += 1,
            Outcome::Failed { .. } => of_kind.failed += 1,
            Outcome::Skipped { .. } => of_kind.skipped += 1,
        }
    }
    counts
}

/// An output of every task of a kind that has it.
pub(super) fn artifact<'a, T: serde::de::DeserializeOwned>(
    tasks: &Tasks<'a>,
    cache: &CacheReader,
    kind: TaskKind,
    port: Port,
) -> Result<Vec<(&'a Planned, T)>, CacheError> {
    tasks
        .iter()
        .filter(|(planned, _)| planned.task.kind() == kind)
        .filter_map(|(planned, result)| Some((*planned, result.output(port)?)))
        .map(|(planned, digest)| Ok((planned, cache.get_json(&digest)?)))
        .collect()
}

/// What was chosen in each round of each stage.
fn selections(tasks: &Tasks<'_>, cache: &CacheReader) -> Result<BTreeMap<(usize, usize), Selection>, CacheError> {
    let selections = artifact(tasks, cache, TaskKind::Predict, Port::Selection)?;
    Ok(selections.into_iter().map(|(planned, selection)| ((planned.stage, planned.round), selection)).collect())
}

/// Stage, round and number of a network.
type Place = (usize, usize, Option<usize>);

const fn place_of(planned: &Planned) -> Place {
    (planned.stage, planned.round, planned.network)
}

/// Every reward with its training and, in the search, why it was chosen.
fn rows(tasks: &Tasks<'_>, cache: &CacheReader, spec: &ResolvedSpec) -> Result<Vec<Row>, CacheError> {
    let selections = selections(tasks, cache)?;
    let searched: BTreeSet<(usize, usize)> = tasks
        .iter()
        .filter(|(planned, result)| planned.task.kind() == TaskKind::Sample && result.output(Port::Proposals).is_some())
        .map(|(planned, _)| (planned.stage, planned.round))
        .collect();
    // In the order of the plan, which is that of the replicates.
    let mut trainings: BTreeMap<Place, Vec<(&Planned, &TaskResult)>> = BTreeMap::new();
    for (planned, result) in tasks.iter().filter(|(planned, _)| planned.task.kind() == TaskKind::Train) {
        trainings.entry(place_of(planned)).or_default().push((*planned, *result));
    }
    let mut rows = Vec::new();
    for (planned, measured) in artifact::<Measured>(tasks, cache, TaskKind::Reward, Port::Measured)? {
        let Some(replicates) = trainings.get(&place_of(planned)) else { continue };
        let ended: Vec<_> = replicates.iter().filter(|(_, result)| !result.outputs.is_empty()).collect();
        let Some((train, result)) = ended.first() else { continue };
        let (epochs, examples) = match &train.task {
            Task::Train { recipe, .. } => (recipe.epochs, recipe.examples),
            _ => (1, 1.0),
        };
        let place = (planned.stage, planned.round);
        let chosen = selections.get(&place).and_then(|selection| selection.chosen.get(planned.network?.checked_sub(1)?));
        let carried = (planned.round == 0 && searched.contains(&place)).then_some(ChosenBy::Carried);
        rows.push(Row {
            task: replicates[0].0.id.to_string(),
            stage: planned.stage,
            round: planned.round,
            reference: reference(planned, &measured, spec),
            network: measured,
            epochs,
            examples,
            trainings: ended.len(),
            chosen: chosen.map(|chosen| chosen.by).or(carried),
            predicted: chosen.and_then(|chosen| chosen.predicted),
            failed: ended.iter().find_map(|(_, result)| match &result.outcome {
                Outcome::Failed { failure, .. } => Some(failure.kind().word().to_owned()),
                _ => None,
            }),
            cached: ended.iter().all(|(_, result)| result.outcome == Outcome::Cached),
            seconds: ended.iter().map(|(_, result)| result.seconds).sum(),
            environment: result.environment.clone(),
            on_front: false,
        });
    }
    Ok(rows)
}

/// The family of a network that was written by hand, and whether the search knows nothing of it: of those that a stage
/// began with, and of those that were trained at length.
fn reference(planned: &Planned, measured: &Measured, spec: &ResolvedSpec) -> Option<(Family, bool)> {
    if planned.round > 0 {
        return None;
    }
    let is_it = |reference: &&Reference| reference.network == measured.architecture;
    let (known, others) = spec.references_of(planned.stage);
    let known = known.into_iter().find(is_it).map(|reference| (reference.family, false));
    let unknown = || others.into_iter().find(is_it).map(|reference| (reference.family, true));
    let last = || spec.references.iter().find(is_it).filter(|_| planned.is_last).map(|reference| (reference.family, false));
    known.or_else(unknown).or_else(last)
}

/// What came nearest to keeping the constraints in the rounds in which they rejected everything.
fn nearest(tasks: &Tasks<'_>, cache: &CacheReader) -> Result<Option<Rejection>, CacheError> {
    let proposals = artifact::<Proposals>(tasks, cache, TaskKind::Sample, Port::Proposals)?;
    Ok(proposals.into_iter().filter_map(|(_, proposals)| proposals.nearest).min_by(|a, b| a.excess.total_cmp(&b.excess)))
}

/// Marks the feasible networks on the Pareto front of each stage, over accuracy and the constrained costs; without
/// constraints over accuracy and the first cost that is known.
fn mark_fronts(rows: &mut [Row], spec: &ResolvedSpec) {
    for stage in 0..=spec.stages.len() {
        let known = |row: &Row| row.stage == stage && row.network.reward.feasible && !row.reference.is_some_and(|(_, apart)| apart);
        let places: Vec<usize> = (0..rows.len()).filter(|&row| known(&rows[row])).collect();
        let networks: Vec<(f64, &Costs)> = places.iter().map(|&row| (rows[row].network.score(), &rows[row].network.costs)).collect();
        for index in network_front(&networks, &spec.constraints) {
            rows[places[index]].on_front = true;
        }
    }
}

/// Of every stage: all its predictions against the rewards that came after them, then those of each round of five
/// or more.
fn predictor_quality(rows: &[Row], updates: &[(usize, usize, UpdateReport)], spec: &ResolvedSpec) -> Vec<PredictorQuality> {
    let mut found = Vec::new();
    for stage in 0..spec.stages.len() {
        let pairs: Vec<(f64, f64)> =
            rows.iter().filter(|row| row.stage == stage).filter_map(|row| Some((row.predicted?, row.network.reward.value))).collect();
        if !pairs.is_empty() {
            let quality = Quality::of(&pairs, &Seed::root(0).child("quality").nth(stage));
            found.push(PredictorQuality { stage, round: None, quality });
        }
        let rounds = updates.iter().filter(|(of, _, _)| *of == stage);
        found.extend(
            rounds.filter_map(|(_, round, report)| Some(PredictorQuality { stage, round: Some(*round), quality: report.predictions? })),
        );
    }
    found
}
