//! What the page of a run is made from, and what several of its sections ask of it.

use crate::arch::CostKind;
use crate::digest::Digest;
use crate::report::slots::Span;
use crate::report::{Learning, Report, Row};
use crate::spec::ResolvedSpec;
use crate::strategy::Measured;
use crate::text::{percent_with, quantity};

#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    pub spec: &'a ResolvedSpec,
    pub report: &'a Report,
    pub learning: &'a [Learning],
    pub spans: &'a [Span],
}

impl<'a> Run<'a> {
    pub fn stage(&self, stage: usize) -> &'a str {
        self.spec.stages.get(stage).map_or("final", |stage| &stage.name)
    }

    /// Whether a row is of a final training.
    pub const fn is_last(&self, row: &Row) -> bool {
        row.stage >= self.spec.stages.len()
    }

    /// The stage whose networks are held against each other: the last of the search that measured any.
    pub fn latest(&self) -> Option<usize> {
        let stages = self.report.rows.iter().map(|row| row.stage);
        stages.clone().filter(|stage| *stage < self.spec.stages.len()).max().or_else(|| stages.max())
    }

    /// The costs that networks are held against accuracy by: the bounded ones, or the first that is known; two at most.
    pub fn costs(&self) -> Vec<CostKind> {
        let mut kinds: Vec<CostKind> = self.spec.constraints.iter().map(|constraint| constraint.cost).collect();
        kinds.dedup();
        if kinds.is_empty() {
            kinds.extend(self.report.rows.first().and_then(|row| row.network.costs.keys().next()));
        }
        kinds.truncate(2);
        kinds
    }
}

/// A chart with more points than this shows a share of them.
const MOST_POINTS: usize = 500;

/// A chart of `count` points shows every n-th of them: n, and the sentence that says so, empty where all are shown.
pub(super) fn thinned(count: usize) -> (usize, String) {
    let every = count.div_ceil(MOST_POINTS).max(1);
    (every, if every > 1 { format!(" One point in {every} is shown.") } else { String::new() })
}

/// Where the drawing of a network stands in the page.
pub(super) fn place(digest: &Digest) -> String {
    format!("network-{}", digest.short())
}

/// A network in a few lines: its task, its figures, what it is.
pub(super) fn tooltip(row: &Row) -> String {
    format!("{}\n{}\n{}", row.task, figures(&row.network), row.network.architecture.summary())
}

/// The same without the network, which the charts of the front name.
pub(super) fn short_tooltip(row: &Row) -> String {
    format!("{}\n{}", row.task, figures(&row.network))
}

/// `91.20 %, params 98.3k, macs 9.61M`
pub(super) fn figures(network: &Measured) -> String {
    let costs = CostKind::told(&network.costs).map(|(word, cost)| format!(", {word} {}", quantity(cost)));
    format!("{}{}", percent_with(network.validation_accuracy, network.deviation()), costs.collect::<String>())
}
