//! How well each fidelity ranks networks.

use super::table;
use crate::page::chart::{Axis, Chart, Mark, Point};
use crate::page::figure::Figure;
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::study::{Findings, RANKED, SPREAD, Study, Trained, tables, too_few};
use crate::text::percent;

pub(super) fn section(findings: &Findings) -> Section {
    let study = &findings.study;
    let mut blocks = vec![
        Block::text(RANKED),
        table("Fidelities", &format!("{}-fidelities", study.name), tables::fidelities(findings)),
        Block::text(SPREAD),
    ];
    blocks.extend(too_few(findings).map(Block::text));
    let last = study.last();
    let figures: Vec<(String, Figure)> =
        (0..last).filter_map(|fidelity| Some((study.fidelities[fidelity].name.clone(), scatter(study, fidelity)?))).collect();
    if !figures.is_empty() {
        blocks.push(Block::Choice { label: "Fidelity".to_owned(), figures });
    }
    Section { id: "fidelities", title: "What each fidelity says of where networks end".to_owned(), blocks }
}

/// The accuracy after the final recipe against that at a fidelity; `None` where fewer than two networks have both.
fn scatter(study: &Study, fidelity: usize) -> Option<Figure> {
    let last = study.last();
    let both = |network: &'_ Trained| Some((100.0 * network.accuracy(fidelity)?, 100.0 * network.accuracy(last)?));
    let pairs: Vec<(&Trained, (f64, f64))> = study.networks.iter().filter_map(|network| Some((network, both(network)?))).collect();
    if pairs.len() < 2 {
        return None;
    }
    let name = &study.fidelities[fidelity].name;
    let (across, upward) = (format!("accuracy at `{name}`, %"), "accuracy after the final recipe, %");
    let x = Axis { label: &across, reach: Reach::around(pairs.iter().map(|(_, at)| at.0)), format: None };
    let y = Axis { label: upward, reach: Reach::around(pairs.iter().map(|(_, at)| at.1)), format: None };
    let mut chart = Chart::new(&x, &y, &[(Mark::Dot, "dot c0", "drawn at random"), (Mark::Dot, "dot c1", "written by hand")]);
    for (network, at) in &pairs {
        let title = format!("{} → {}\n{}", percent(at.0 / 100.0), percent(at.1 / 100.0), network.architecture.summary());
        let class = if network.reference.is_some() { "dot c1" } else { "dot c0" };
        chart.point(&Point { at: *at, class, diamond: network.reference.is_some(), title, link: None });
    }
    let description = format!("Accuracy after the final recipe against that at `{name}`, of {} networks.", pairs.len());
    Some(chart.figure(&format!("fidelity-{fidelity}"), &format!("`{name}` against the end"), &description).with_caption(description))
}
