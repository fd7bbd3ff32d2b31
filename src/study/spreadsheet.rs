//! All networks of a study as CSV, which a spec can name as its table.

use super::Study;
use crate::arch::{CostKind, NO_WORD};

/// One line a network: what it is, what it costs, and the accuracies of its trainings at each fidelity.
pub fn csv(study: &Study) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: Vec<String>| table.write_record(cells).expect("writing to memory cannot fail");
    let costs = CostKind::NAMED.into_iter().filter(|kind| !kind.is_measured());
    let fixed = ["number", "reference", "digest", "architecture", "choices"].map(str::to_owned).into_iter();
    let named =
        study.fidelities.iter().flat_map(|fidelity| ["accuracy", "trainings", "seconds"].map(|word| format!("{}-{word}", fidelity.name)));
    write(fixed.chain(costs.clone().map(|kind| kind.word().to_owned())).chain(named).collect());
    for (index, (network, choices)) in study.networks.iter().zip(choices(study)).enumerate() {
        let reference = network.reference.map_or_else(String::new, |family| family.word().to_owned());
        let digest = network.architecture.digest().to_string();
        let mut cells = vec![(index + 1).to_string(), reference, digest, network.architecture.summary(), choices];
        cells.extend(costs.clone().map(|kind| network.costs.get(&kind).map_or_else(String::new, f64::to_string)));
        for outcome in &network.outcomes {
            cells.extend(outcome.as_ref().map_or_else(Default::default, |outcome| {
                [format!("{:.5}", outcome.accuracy()), outcome.accuracies.len().to_string(), format!("{:.2}", outcome.seconds)]
            }));
        }
        write(cells);
    }
    table.into_inner().expect("writing to memory cannot fail")
}

/// The choices of each network, as many words for all: those in which no two networks differ are left out.
fn choices(study: &Study) -> Vec<String> {
    let words: Vec<Vec<String>> = study.networks.iter().map(|network| network.architecture.words()).collect();
    let word = |network: &[String], place: usize| network.get(place).map_or(NO_WORD, |word| word).to_owned();
    let places = 0..words.iter().map(Vec::len).max().unwrap_or(0);
    let differ = |&place: &usize| words.iter().any(|network| word(network, place) != word(&words[0], place));
    let kept: Vec<usize> = places.filter(differ).collect();
    let line = |network: &Vec<String>| kept.iter().map(|&place| word(network, place)).collect::<Vec<_>>().join(" ");
    words.iter().map(line).collect()
}
