//! What the predictor makes of the networks of a study, and those that were written by hand.

use super::table;
use crate::page::section::{Block, Section};
use crate::study::{Findings, WITHIN, WRITTEN, judged, tables};

pub(super) fn predictor(findings: &Findings) -> Section {
    let mut blocks = vec![Block::text(judged(findings).replace('`', ""))];
    if !findings.learned.is_empty() {
        blocks.push(table("Predictions", &format!("{}-predictions", findings.study.name), tables::predictions(findings)));
        blocks.push(Block::text(WITHIN));
    }
    Section { id: "predictor", title: "Predictor".to_owned(), blocks }
}

pub(super) fn section(findings: &Findings) -> Option<Section> {
    let rows = tables::references(findings);
    let shown = !rows.lines.is_empty();
    shown.then(|| Section {
        id: "networks",
        title: "Networks written by hand".to_owned(),
        blocks: vec![Block::text(WRITTEN), table("Networks", &format!("{}-networks", findings.study.name), rows)],
    })
}
