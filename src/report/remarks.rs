//! What a summary says in sentences: why there is no network, and what is doubtful about the search.

use std::fmt::Write as _;

use super::Report;
use super::ending::{lucky, shared_at_chance};
use super::references::won;
use crate::arch::Costs;
use crate::event::{Ending, REMEMBERED};
use crate::objective::Constraint;
use crate::spec::{ResolvedSpec, Subject};
use crate::task::TaskKind;
use crate::text::markdown::code;
use crate::text::{counted, percent, quantity};

/// Why there is no network.
pub(super) fn nothing_found(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    let heading = match report.summary.ending {
        Ending::Found => return,
        Ending::Failed if report.summary.failures.is_empty() => "No network was found: a task that must succeed failed.",
        Ending::Failed if report.rows.iter().any(|row| row.failed.is_none() && row.network.reward.feasible) => {
            "No network was found: the final trainings failed."
        }
        Ending::Failed => "No network was found: the trainings failed.",
        Ending::AllRejected => "No network was trained: the constraints rejected all that were proposed.",
        Ending::NoneFeasible => "No feasible network was found.",
        Ending::NothingProposed if report.made.as_ref().is_some_and(|made| made.budget.is_some()) => {
            "No network was trained: the budget was used up before."
        }
        Ending::NothingProposed => "No network was trained: none was proposed.",
    };
    let _ = writeln!(text, "**{heading}**");
    if report.summary.ending != Ending::Failed {
        let measured = report.rows.iter().filter(|row| row.failed.is_none()).map(|row| (row.task.clone(), &row.network.costs));
        let rejected = report.nearest.iter().map(|nearest| (nearest.architecture.summary(), &nearest.costs));
        if let Some((whose, costs, constraint)) = nearest(&spec.constraints, measured.chain(rejected)) {
            let value = costs.get(&constraint.cost).copied().map_or_else(|| "of unknown size".to_owned(), quantity);
            let (word, asked) = (constraint.cost.word(), constraint.summary());
            let _ = writeln!(text, "\nClosest was {} with {word} {value} where `{asked}` is asked for.", code(&whose));
        }
    }
    text.push('\n');
}

/// The network that breaks its worst constraint by the least, and that constraint.
fn nearest<'a>(
    constraints: &'a [Constraint],
    networks: impl Iterator<Item = (String, &'a Costs)>,
) -> Option<(String, &'a Costs, &'a Constraint)> {
    let worst = |costs: &Costs| {
        let excesses = constraints.iter().filter_map(|constraint| Some((constraint, constraint.excess(costs)?)));
        excesses.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    networks
        .filter_map(|(whose, costs)| worst(costs).map(|(constraint, excess)| (whose, costs, constraint, excess)))
        .min_by(|a, b| a.3.total_cmp(&b.3))
        .map(|(whose, costs, constraint, _)| (whose, costs, constraint))
}

/// What is to be known of the search besides its tables, one sentence a line.
pub fn doubts(text: &mut String, spec: &ResolvedSpec, report: &Report) {
    if let Some(family) = won(spec, report) {
        let _ = writeln!(text, "The network is the reference `{}`, written by hand: the search found nothing better.\n", family.word());
    }
    let summary = &report.summary;
    let failed: usize = summary.failures.values().sum();
    if failed > 0 {
        let trainings = summary.tasks.get(&TaskKind::Train).copied().unwrap_or_default();
        let all = trainings.executed + trainings.cached + trainings.failed;
        let kinds: Vec<String> = summary.failures.iter().map(|(kind, count)| format!("{count} {}", kind.word())).collect();
        let before = summary.remembered_failures;
        let before = if before == 0 { String::new() } else { format!(" ({before} {REMEMBERED})") };
        let _ = writeln!(text, "{failed} of {all} trainings failed: {}{before}.\n", kinds.join(", "));
    }
    if summary.unproposed > 0 {
        let _ = writeln!(
            text,
            "{} of {} trainings of the rounds were left out, for no new network was proposed: the space has no others, or the constraints reject them.\n",
            summary.unproposed,
            spec.trainings().rounds
        );
    }
    if let (true, Subject::Images { dataset, .. }) = (summary.at_chance, &spec.subject) {
        let classes = dataset.described.classes;
        let _ = writeln!(
            text,
            "In the short trainings of the stages no network was clearly better than a guess: with {classes} classes that is {}, and up to {} by luck on {}. So the search chose by chance: train longer (`epochs`, `examples`), or look at the learning rate and the data.\n",
            percent(1.0 / classes as f64),
            percent(lucky(classes, dataset.validation)),
            counted(dataset.validation, "validation image")
        );
    }
    if shared_at_chance(spec, &report.rows) {
        text.push_str(
            "With shared weights no network was clearly better than a guess, so that the networks were chosen by chance: train the weights longer (`warm-up`, `examples`), or look at the learning rate of `enas`.\n\n",
        );
    }
}
