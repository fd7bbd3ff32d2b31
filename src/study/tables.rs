//! What a study found, as rows: the same figures stand in the text and on the page.

use super::{Findings, Learned, Outcome, Trained};
use crate::arch::CostKind;
use crate::statistics::Estimate;
use crate::text::{percent, quantity};

/// Rows of plain text under their heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    pub heads: Vec<String>,
    pub lines: Vec<Vec<String>>,
}

impl Rows {
    fn new(heads: &[&str], lines: Vec<Vec<String>>) -> Self {
        Self { heads: heads.iter().map(|&head| head.to_owned()).collect(), lines }
    }
}

/// A figure or nothing.
fn told<T>(value: Option<T>, tell: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), tell)
}

/// How each fidelity ranks networks drawn at random.
pub fn fidelities(findings: &Findings) -> Rows {
    let interval =
        |estimate: Option<Estimate>| told(estimate, |Estimate { value, low, high }| format!("{value:.2} ({low:.2} to {high:.2})"));
    let points = |share: Option<f64>| told(share, |share| format!("{:.2}", 100.0 * share));
    let line = |(fidelity, ranking): (&super::Fidelity, &super::Ranking)| {
        let size = fidelity.size.map_or_else(String::new, |size| format!(" at {size} px"));
        vec![
            fidelity.name.clone(),
            format!("{} × {}{size}{}", fidelity.epochs, fidelity.examples, if fidelity.inherits { ", inherited" } else { "" }),
            told(ranking.seconds, |seconds| format!("{seconds:.1}")),
            ranking.networks.to_string(),
            ranking.pairs.to_string(),
            interval(ranking.spearman),
            interval(ranking.kendall),
            told(ranking.kept, percent),
            points(ranking.spread),
            points(ranking.noise),
        ]
    };
    let heads =
        ["fidelity", "epochs × share", "seconds", "networks", "at length", "Spearman", "Kendall", "top third kept", "spread", "noise"];
    Rows::new(&heads, findings.study.fidelities.iter().zip(&findings.rankings).map(line).collect())
}

/// How the predictor ranks networks that it has not seen.
pub fn predictions(findings: &Findings) -> Rows {
    let line = |Learned { fidelity, trainings, held_out, spearman, within }: &Learned| {
        vec![
            findings.study.fidelities[*fidelity].name.clone(),
            trainings.to_string(),
            held_out.to_string(),
            told(*spearman, |rho| format!("{rho:.2}")),
            told(*within, percent),
        ]
    };
    Rows::new(&["fidelity", "trainings", "held out", "Spearman", "within 90 %"], findings.learned.iter().map(line).collect())
}

/// Networks written by hand, then the best that was drawn; the layers come last. No lines where none was written by hand.
pub fn references(findings: &Findings) -> Rows {
    let study = &findings.study;
    let mut heads = vec!["network"];
    heads.extend(study.fidelities.iter().map(|fidelity| fidelity.name.as_str()));
    heads.extend(["params", "macs", "layers"]);
    let line = |name: &str, network: &Trained| {
        let accuracies = network.outcomes.iter().map(|outcome| told(outcome.as_ref().map(Outcome::accuracy), percent));
        let costs = [CostKind::Params, CostKind::Macs].map(|kind| told(network.costs.get(&kind), |cost| quantity(*cost)));
        std::iter::once(name.to_owned()).chain(accuracies).chain(costs).chain([network.architecture.summary()]).collect()
    };
    let written = study.networks.iter().filter_map(|network| Some(line(network.reference?.word(), network)));
    let last = study.last();
    let at_end = |network: &&Trained| network.accuracy(last).unwrap_or(0.0);
    let ended = study.drawn().filter(|network| network.outcomes[last].is_some());
    let best = ended.max_by(|a, b| at_end(a).total_cmp(&at_end(b))).filter(|_| written.clone().next().is_some());
    Rows::new(&heads, written.chain(best.map(|best| line("best drawn", best))).collect())
}
