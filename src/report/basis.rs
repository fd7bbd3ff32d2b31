//! What networks were chosen and trained with besides their own measurements, in sentences.

use super::Report;
use crate::spec::ResolvedSpec;
use crate::strategy::{FEWEST_ANCHORS, SharedQuality};
use crate::text::counted;

/// Which rounds a gate had chosen at random, whether predictors read what networks reach with shared weights, and how many
/// trainings began with the weights of others.
pub fn basis(spec: &ResolvedSpec, report: &Report) -> Vec<String> {
    let random = report.updates.iter().filter_map(|(stage, round, update)| {
        let (rho, name) = (update.gated?, &spec.stages[*stage].name);
        Some(format!("Round {round} of `{name}` was chosen at random: the rank correlation {rho:.2} was below the gate."))
    });
    random.chain(shared_weights(spec, report)).chain(inherited(spec, report)).collect()
}

fn inherited(spec: &ResolvedSpec, report: &Report) -> Option<String> {
    spec.stages.iter().find(|stage| stage.inherits)?;
    let searched = || report.rows.iter().filter(|row| row.stage < spec.stages.len());
    let heirs: Vec<(usize, f64)> = searched().filter_map(|row| Some((row.trainings, row.network.age?))).collect();
    let (least, most) = heirs.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), (_, age)| (least.min(*age), most.max(*age)));
    let count: usize = heirs.iter().map(|(trainings, _)| trainings).sum();
    let all = counted(searched().map(|row| row.trainings).sum(), "training");
    let told = format!("{count} of {all} of the search began with the weights of another one");
    Some(match count {
        0 => format!("{told}."),
        _ => format!("{told}, which had seen {least:.2} to {most:.2} passes (column `age` of `trials.csv`)."),
    })
}

fn shared_weights(spec: &ResolvedSpec, report: &Report) -> Option<String> {
    let shared = spec.strategy.scores_with()?;
    let judged: Vec<SharedQuality> = report.updates.iter().filter_map(|(_, _, update)| update.shared_weights).collect();
    let SharedQuality { networks, spearman, .. } = judged.last()?;
    let read = judged.iter().filter(|judged| judged.used).count();
    let ranked = spearman.map_or_else(
        || format!("at least {FEWEST_ANCHORS} are needed to judge it"),
        |rho| format!("rank correlation {rho:.2}, the gate is {:.2}", shared.gate),
    );
    let early = judged.iter().filter(|judged| judged.networks < FEWEST_ANCHORS).count();
    let why = if early > 0 { format!("; in {early} of them fewer than {FEWEST_ANCHORS} networks were known") } else { String::new() };
    Some(format!(
        "Accuracy with shared weights, held against {} trained separately: {ranked}. The predictor read it in {read} of {}{why}.",
        counted(*networks, "network"),
        counted(judged.len(), "round"),
    ))
}
