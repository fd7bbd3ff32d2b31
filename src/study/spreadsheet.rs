//! All networks of a study as CSV.

use super::Study;
use crate::arch::CostKind;

/// One line a network: what it is, what it costs, and the accuracies of its trainings at each fidelity.
pub fn csv(study: &Study) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: Vec<String>| table.write_record(cells).expect("writing to memory cannot fail");
    let costs = CostKind::NAMED.into_iter().filter(|kind| !kind.is_measured());
    let fixed = ["number", "reference", "digest", "architecture"].map(str::to_owned).into_iter();
    let named =
        study.fidelities.iter().flat_map(|fidelity| ["accuracy", "trainings", "seconds"].map(|word| format!("{}-{word}", fidelity.name)));
    write(fixed.chain(costs.clone().map(|kind| kind.word().to_owned())).chain(named).collect());
    for (index, network) in study.networks.iter().enumerate() {
        let reference = network.reference.map_or_else(String::new, |family| family.word().to_owned());
        let digest = network.architecture.digest().to_string();
        let mut cells = vec![(index + 1).to_string(), reference, digest, network.architecture.summary()];
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
