//! The page of a study.

mod fidelities;
mod networks;

use super::render::Page;
use super::section::{Block, Fact};
use super::table::Table;
use crate::study::tables::Rows;
use crate::study::{Findings, Recommended, grown, recommended};

/// The page of a study; its sections in the order in which they stand.
pub fn of_study(findings: &Findings) -> Page {
    let study = &findings.study;
    let last = study.last();
    let at_length = study.networks.iter().filter(|network| network.outcomes[last].is_some()).count();
    let sections = [Some(fidelities::section(findings)), Some(networks::predictor(findings)), networks::section(findings)];
    Page {
        kind: "Study".to_owned(),
        title: study.name.clone(),
        lead: lead(findings),
        figures: vec![
            Fact::new("networks", study.networks.len().to_string()),
            Fact::new("trained at length", at_length.to_string()),
            Fact::new("fidelities", study.fidelities.len().to_string()),
        ],
        sections: sections.into_iter().flatten().collect(),
    }
}

/// How networks grow and what is recommended, in sentences.
fn lead(findings: &Findings) -> String {
    let Recommended { lead, stages, doubt } = recommended(findings);
    let stages = stages.join(", then ").replace('`', "");
    let grown = grown(findings).unwrap_or_default().replace('\n', " ").replace('`', "");
    [grown, lead, if stages.is_empty() { stages } else { stages + "." }, doubt.unwrap_or_default()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn table(caption: &str, file: &str, Rows { heads, lines }: Rows) -> Block {
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    Block::Table { table: Table::new(caption, file, &heads, lines) }
}
