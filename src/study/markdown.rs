//! What a study found, as Markdown: the same text goes to the screen and to `study.md`.

use std::fmt::Write as _;

use super::tables::{self, Rows};
use super::{Advice, Findings, Fitted};
use crate::statistics::FEWEST;
use crate::text::Table;
use crate::text::markdown::{cell, code_in_cell};

/// What the columns of the fidelities mean.
pub const SPREAD: &str =
    "Spread and noise are standard deviations of the validation accuracy in points: over networks, and over trainings of one.";
pub const RANKED: &str =
    "How each fidelity ranks networks drawn at random, against their ranks by the final recipe (95 % bootstrap intervals):";
/// What the last column of the predictions means.
pub const WITHIN: &str = "Within 90 %: share of the held-out networks whose figure lies in the interval of 90 % that the predictor gave.";
pub const WRITTEN: &str = "Validation accuracy of networks written by hand, and of the best that was drawn, at each fidelity:";

/// The whole text.
pub fn markdown(findings: &Findings) -> String {
    let mut text = format!("# Study of {}\n\n", findings.study.name);
    let _ = write!(text, "{RANKED}\n\n{}\n{SPREAD}\n\n", table(tables::fidelities(findings), cell));
    if let Some(few) = too_few(findings) {
        let _ = writeln!(text, "{few}\n");
    }
    let _ = writeln!(text, "{}\n", judged(findings));
    if !findings.learned.is_empty() {
        let _ = write!(text, "{}\n{WITHIN}\n\n", table(tables::predictions(findings), cell));
    }
    let rows = tables::references(findings);
    if !rows.lines.is_empty() {
        let _ = writeln!(text, "{WRITTEN}\n\n{}", table(rows, code_in_cell));
    }
    if let Some(grown) = grown(findings) {
        let _ = writeln!(text, "{grown}\n");
    }
    let Recommended { lead, stages, doubt } = recommended(findings);
    let _ = writeln!(text, "{lead}");
    for (place, stage) in stages.iter().enumerate() {
        let _ = writeln!(text, "{}* {stage}", if place == 0 { "\n" } else { "" });
    }
    if let Some(doubt) = doubt {
        let _ = writeln!(text, "\n{doubt}");
    }
    text
}

/// Rows as a table; `last` writes the cells of the last column.
fn table(Rows { heads, lines }: Rows, last: fn(&str) -> String) -> String {
    let end = heads.len() - 1;
    let mut table = Table::new(heads.iter().map(|head| cell(head)).collect());
    for line in lines {
        table.row(line.iter().enumerate().map(|(column, text)| if column == end { last(text) } else { cell(text) }).collect());
    }
    table.render()
}

/// Why there are no rank correlations, if there are none.
pub fn too_few(findings: &Findings) -> Option<String> {
    let few = findings.rankings.iter().all(|ranking| ranking.pairs < FEWEST);
    few.then(|| format!("Rank correlations need at least {FEWEST} drawn networks that are trained at length."))
}

/// Whether larger networks gain more by longer trainings, and how a search can know it.
pub fn grown(findings: &Findings) -> Option<String> {
    let fitted = findings.growth.as_ref()?;
    let Fitted { passes, macs, networks } = fitted;
    let found = format!("{:.3} (95 % bootstrap interval {:.3} to {:.3}; {networks} networks)", macs.value, macs.low, macs.high);
    let lead = "Larger networks gain more by longer trainings: each e-fold of macs adds";
    Some(if fitted.is_sure() && [*passes, macs.value].iter().all(|figure| (0.0..=1.0).contains(figure)) {
        format!(
            "{lead} {found} to the growth of their log-odds.\n\
             A search looks ahead with `extrapolate: {{passes: {passes:.3}, macs: {:.3}}}`.",
            macs.value
        )
    } else if fitted.is_sure() {
        format!(
            "{lead} {found} to the growth of their log-odds, and each e-fold of passes {passes:.3}.\n\
             A search cannot look ahead by these figures, for `extrapolate` takes 0 to 1: give the stages longer trainings."
        )
    } else {
        format!(
            "It is not sure that larger networks gain more by longer trainings: each e-fold of macs adds {found} to the growth of their log-odds."
        )
    })
}

/// What the table of the predictions shows, or why there is none.
pub fn judged(findings: &Findings) -> String {
    if findings.learned.is_empty() {
        return "The predictor is not judged: 25 drawn networks to learn from and 20 others are needed.".to_owned();
    }
    format!("How the predictor `{}` ranks networks that it has not seen:", findings.predictor)
}

/// The stages that a study recommends, in words.
pub struct Recommended {
    pub lead: String,
    pub stages: Vec<String>,
    /// Why they may not do.
    pub doubt: Option<String>,
}

pub fn recommended(findings: &Findings) -> Recommended {
    let Some(Advice { passes, for_stages, stages, is_sound }) = &findings.advice else {
        let lead = "No stages are recommended: too little was trained at length, or the final trainings take the whole budget.";
        return Recommended { lead: lead.to_owned(), stages: Vec::new(), doubt: None };
    };
    let stage = |(fidelity, trainings): &(usize, usize)| {
        let fidelity = &findings.study.fidelities[*fidelity];
        format!("{trainings} trainings like `{}` ({:.1} passes)", fidelity.name, *trainings as f64 * fidelity.passes())
    };
    let doubt =
        "That may not do: the first stage should rank with a Spearman of at least .6, and the last with .85. Longer ones rank better.";
    Recommended {
        lead: format!("For {passes:.1} passes over the training split, {for_stages:.1} of them before the final trainings:"),
        stages: stages.iter().map(stage).collect(),
        doubt: (!is_sound).then(|| doubt.to_owned()),
    }
}
