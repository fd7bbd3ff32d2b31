//! What the tasks of a study gave.

use std::collections::BTreeMap;

use crate::cache::{Cache, CacheError};
use crate::engine::Metrics;
use crate::event::TaskResult;
use crate::plan::Plan;
use crate::spec::ResolvedSpec;
use crate::strategy::Measured;
use crate::study::{Fidelity, Outcome, Study, Trained};
use crate::task::{Port, TaskKind};

/// Every network of which anything was measured, in the order of the plan.
pub(super) fn collect(spec: &ResolvedSpec, plan: &Plan, results: &[Option<TaskResult>], cache: &Cache) -> Result<Study, CacheError> {
    let mut fidelities: Vec<Fidelity> = spec
        .stages
        .iter()
        .map(|stage| {
            let (epochs, examples) = (stage.recipe.epochs, stage.recipe.examples);
            Fidelity { name: stage.name.clone(), epochs, examples, size: stage.size, inherits: stage.inherits }
        })
        .collect();
    let last = &spec.last.recipe;
    fidelities.push(Fidelity { name: "final".to_owned(), epochs: last.epochs, examples: last.examples, size: None, inherits: false });
    let mut outcomes: BTreeMap<(usize, usize), Outcome> = BTreeMap::new();
    let mut networks: BTreeMap<usize, Trained> = BTreeMap::new();
    let tasks =
        plan.tasks().zip(results).filter_map(|(planned, result)| Some((planned, Plan::studied_network(spec, planned)?, result.as_ref()?)));
    for (planned, number, result) in tasks {
        match planned.task.kind() {
            TaskKind::Train => {
                let Some(digest) = result.output(Port::Metrics { replicate: 1 }) else { continue };
                let metrics: Metrics = cache.get_json(&digest)?;
                let outcome =
                    outcomes.entry((number, planned.stage)).or_insert_with(|| Outcome { accuracies: Vec::new(), seconds: 0.0, age: 0.0 });
                outcome.accuracies.push(metrics.score());
                outcome.seconds += result.seconds;
            }
            TaskKind::Reward => {
                let Some(digest) = result.output(Port::Measured) else { continue };
                let Measured { architecture, costs, age, .. } = cache.get_json(&digest)?;
                if let Some(outcome) = outcomes.get_mut(&(number, planned.stage)) {
                    outcome.age = age.unwrap_or(0.0);
                }
                networks.entry(number).or_insert_with(|| {
                    let reference = spec.references.get(number - 1).map(|reference| reference.family);
                    Trained { architecture, costs, reference, outcomes: vec![None; fidelities.len()] }
                });
            }
            _ => {}
        }
    }
    for ((number, stage), mut outcome) in outcomes {
        outcome.seconds /= outcome.accuracies.len() as f64;
        if let Some(network) = networks.get_mut(&number) {
            network.outcomes[stage] = Some(outcome);
        }
    }
    Ok(Study { name: spec.name.clone(), fidelities, networks: networks.into_values().collect() })
}
