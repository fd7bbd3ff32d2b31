//! What gates kept predictors from, in sentences.

use super::Report;
use crate::spec::ResolvedSpec;
use crate::strategy::{FEWEST_ANCHORS, SharedQuality};
use crate::text::counted;

/// Which rounds were chosen at random, and whether predictors read what networks reach with shared weights.
pub fn gates(spec: &ResolvedSpec, report: &Report) -> Vec<String> {
    let random = report.updates.iter().filter_map(|(stage, round, update)| {
        let (rho, name) = (update.gated?, &spec.stages[*stage].name);
        Some(format!("Round {round} of `{name}` was chosen at random: the rank correlation {rho:.2} was below the gate."))
    });
    random.chain(shared_weights(spec, report)).collect()
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
    Some(format!(
        "Accuracy with shared weights, held against {} trained separately: {ranked}. The predictor read it in {read} of {}.",
        counted(*networks, "network"),
        counted(judged.len(), "round"),
    ))
}
