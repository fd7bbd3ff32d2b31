//! What a study found, as Markdown: the same text goes to the screen and to `study.md`.

use std::fmt::Write as _;

use super::{Advice, Learned, Outcome, Ranking, Study, Trained};
use crate::arch::CostKind;
use crate::statistics::{Estimate, FEWEST};
use crate::text::markdown::{cell, code_in_cell};
use crate::text::{Table, percent, quantity};

/// A figure or nothing.
fn told<T>(value: Option<T>, tell: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), tell)
}

fn table(header: &[&str]) -> Table {
    Table::new(header.iter().map(|&head| head.to_owned()).collect())
}

/// The whole text.
pub fn markdown(study: &Study, rankings: &[Ranking], learned: &[Learned], predictor: &str, advice: Option<&Advice>) -> String {
    let mut text = format!("# Study of {}\n\n", study.name);
    fidelities(&mut text, study, rankings);
    predictions(&mut text, study, learned, predictor);
    references(&mut text, study);
    advise(&mut text, study, advice);
    text
}

fn fidelities(text: &mut String, study: &Study, rankings: &[Ranking]) {
    text.push_str(
        "How each fidelity ranks networks drawn at random, against their ranks by the final recipe (95 % bootstrap intervals):\n\n",
    );
    let mut rows = table(&[
        "fidelity",
        "epochs × share",
        "seconds",
        "networks",
        "at length",
        "Spearman",
        "Kendall",
        "top third kept",
        "spread",
        "noise",
    ]);
    let interval =
        |estimate: Option<Estimate>| told(estimate, |Estimate { value, low, high }| format!("{value:.2} ({low:.2} to {high:.2})"));
    let points = |share: Option<f64>| told(share, |share| format!("{:.2}", 100.0 * share));
    for (fidelity, ranking) in study.fidelities.iter().zip(rankings) {
        rows.row(vec![
            cell(&fidelity.name),
            format!("{} × {}", fidelity.epochs, fidelity.examples),
            told(ranking.seconds, |seconds| format!("{seconds:.1}")),
            ranking.networks.to_string(),
            ranking.pairs.to_string(),
            interval(ranking.spearman),
            interval(ranking.kendall),
            told(ranking.kept, percent),
            points(ranking.spread),
            points(ranking.noise),
        ]);
    }
    text.push_str(&rows.render());
    text.push_str(
        "\nSpread and noise are standard deviations of the validation accuracy in points: over networks, and over trainings of one.\n\n",
    );
    if rankings.iter().all(|ranking| ranking.pairs < FEWEST) {
        let _ = writeln!(text, "Rank correlations need at least {FEWEST} drawn networks that are trained at length.\n");
    }
}

fn predictions(text: &mut String, study: &Study, learned: &[Learned], predictor: &str) {
    if learned.is_empty() {
        text.push_str("The predictor is not judged: 25 drawn networks to learn from and 20 others are needed.\n\n");
        return;
    }
    let _ = writeln!(text, "How the predictor `{predictor}` ranks networks that it has not seen:\n");
    let mut rows = table(&["fidelity", "trainings", "held out", "Spearman", "within 90 %"]);
    for Learned { fidelity, trainings, held_out, spearman, within } in learned {
        rows.row(vec![
            cell(&study.fidelities[*fidelity].name),
            trainings.to_string(),
            held_out.to_string(),
            told(*spearman, |rho| format!("{rho:.2}")),
            told(*within, percent),
        ]);
    }
    text.push_str(&rows.render());
    text.push_str("\nWithin 90 %: share of the held-out networks whose figure lies in the interval of 90 % that the predictor gave.\n\n");
}

/// Networks written by hand, beside the best that was drawn.
fn references(text: &mut String, study: &Study) {
    let mut heads = vec!["network"];
    heads.extend(study.fidelities.iter().map(|fidelity| fidelity.name.as_str()));
    heads.extend(["params", "macs", "layers"]);
    let mut rows = table(&heads.iter().map(|head| &**head).collect::<Vec<_>>());
    let mut line = |name: &str, network: &Trained| {
        let accuracies = network.outcomes.iter().map(|outcome| told(outcome.as_ref().map(Outcome::accuracy), percent));
        let costs = [CostKind::Params, CostKind::Macs].map(|kind| told(network.costs.get(&kind), |cost| quantity(*cost)));
        let summary = code_in_cell(&network.architecture.summary());
        rows.row(std::iter::once(name.to_owned()).chain(accuracies).chain(costs).chain([summary]).collect());
    };
    for network in &study.networks {
        if let Some(family) = network.reference {
            line(family.word(), network);
        }
    }
    let last = study.fidelities.len() - 1;
    let ended = study.drawn().filter(|network| network.outcomes[last].is_some());
    let at_end = |network: &&Trained| network.outcomes[last].as_ref().map_or(0.0, Outcome::accuracy);
    if let Some(best) = ended.max_by(|a, b| at_end(a).total_cmp(&at_end(b))) {
        line("best drawn", best);
    }
    if !rows.is_empty() {
        text.push_str("Validation accuracy of networks written by hand, and of the best that was drawn, at each fidelity:\n\n");
        text.push_str(&rows.render());
        text.push('\n');
    }
}

fn advise(text: &mut String, study: &Study, advice: Option<&Advice>) {
    let Some(Advice { passes, for_stages, stages, is_sound }) = advice else {
        text.push_str("No stages are recommended: too little was trained at length, or the final trainings take the whole budget.\n");
        return;
    };
    let _ = writeln!(text, "For {passes:.1} passes over the training split, {for_stages:.1} of them before the final trainings:\n");
    for (fidelity, trainings) in stages {
        let fidelity = &study.fidelities[*fidelity];
        let all = *trainings as f64 * fidelity.passes();
        let _ = writeln!(text, "* {trainings} trainings like `{}` ({all:.1} passes)", fidelity.name);
    }
    if !is_sound {
        let _ = writeln!(
            text,
            "\nNo fidelity here ranks well enough (Spearman of at least .6 for the first stage, .85 for the last): try longer ones."
        );
    }
}
