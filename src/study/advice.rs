//! Which stages a budget is best spent on, by what the fidelities say.

use super::{Ranking, Study};

/// The least rank correlation of the first stage, and of the last.
const LEAST: [f64; 2] = [0.6, 0.85];
/// Share of the search that the first stage takes.
const FIRST: f64 = 0.6;

/// Stages by fidelity and number of trainings; passes are over the training split.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub passes: f64,
    /// What is left for the stages.
    pub for_stages: f64,
    /// Fidelity, trainings.
    pub stages: Vec<(usize, usize)>,
    /// Whether the fidelities rank well enough for that.
    pub is_sound: bool,
}

/// The cheapest fidelities that rank well enough, and as many trainings as `passes` leave room for beside the final
/// ones; the best fidelity where none does. `None` where nothing is known yet, or the final trainings take all.
pub fn advice(study: &Study, rankings: &[Ranking], passes: f64, finalists: usize) -> Option<Advice> {
    let last = study.last();
    let for_stages = passes - finalists as f64 * study.fidelities[last].passes();
    let mut known: Vec<(usize, f64)> =
        rankings[..last].iter().enumerate().filter_map(|(fidelity, ranking)| Some((fidelity, ranking.spearman?.value))).collect();
    known.sort_by(|a, b| study.fidelities[a.0].passes().total_cmp(&study.fidelities[b.0].passes()));
    let best = known.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let chosen = LEAST.map(|least| known.iter().copied().find(|(_, rho)| *rho >= least).unwrap_or(best));
    let is_sound = chosen.iter().zip(LEAST).all(|((_, rho), least)| *rho >= least);
    let trainings = |fidelity: usize, share: f64| (for_stages * share / study.fidelities[fidelity].passes()).floor().max(0.0) as usize;
    let [(first, _), (second, _)] = chosen;
    let stages = if study.fidelities[first].passes() < study.fidelities[second].passes() {
        vec![(first, trainings(first, FIRST)), (second, trainings(second, 1.0 - FIRST))]
    } else {
        vec![(second, trainings(second, 1.0))]
    };
    stages.iter().all(|(_, trainings)| *trainings > 0).then_some(Advice { passes, for_stages, stages, is_sound })
}
