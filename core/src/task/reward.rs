//! The task that weighs what trainings measured against the constraints.

use super::evaluate::{no_row, several};
use super::{CostBasis, DataStore, Inputs, Outputs, Port, measure, refused};
use crate::arch::{Architecture, Cost, CostKind, Costs};
use crate::engine::{Metrics, TaskFailure};
use crate::objective::{Constraint, Extrapolation, Reward};
use crate::space::SearchSpace;
use crate::statistics::mean;
use crate::strategy::Measured;

/// Of the trainings that ended: one that failed or diverged is left out, and where all did there is no reward.
pub(super) fn reward(
    setting: &CostBasis,
    (constraints, extrapolation): (&[Constraint], Option<&Extrapolation>),
    inputs: &Inputs,
    data: &mut dyn DataStore,
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json(Port::Candidate)?;
    let trainings: Vec<Metrics> =
        inputs.replicates(|replicate| Port::Metrics { replicate }).map(|port| inputs.json(port)).collect::<Result<_, TaskFailure>>()?;
    let accuracies: Vec<f64> = trainings.iter().map(|metrics| metrics.validation_accuracy).collect();
    let validation_accuracy = mean(&accuracies).ok_or_else(|| refused("no training of the network ended".to_owned()))?;
    let mut costs: Costs = match (setting, measure::counted(setting, &architecture)?) {
        (CostBasis::Table { table }, _) => {
            SearchSpace::Table(data.table(*table)?).costs(&architecture).ok_or_else(|| no_row(&architecture))?
        }
        (_, Some(network)) => Cost::of(&network).costs(),
        (_, None) => return Err(refused("it is no network".to_owned())),
    };
    if inputs.optional(Port::Latency).is_some() {
        costs.insert(CostKind::Latency, inputs.json(Port::Latency)?);
    }
    costs.extend(inputs.measured_costs()?);
    let others = trainings.iter().any(|metrics| metrics.score.is_some());
    let score = others.then(|| mean(&trainings.iter().map(Metrics::score).collect::<Vec<_>>())).flatten();
    let age: Option<f64> = if inputs.optional(Port::Age).is_some() { Some(inputs.json(Port::Age)?) } else { None };
    let extrapolated = extrapolation.map(|rule| rule.accuracy(score.unwrap_or(validation_accuracy), &costs, age.unwrap_or(0.0)));
    let score = extrapolated.or(score);
    let reward = Reward::new(score.unwrap_or(validation_accuracy), &costs, constraints);
    let mut outputs = Outputs::default();
    outputs
        .put(Port::Measured, &Measured { architecture, costs, validation_accuracy, accuracies: several(accuracies), score, reward, age });
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::arch::Shape;
    use crate::objective::Growth;
    use crate::task::evaluate::tests::NoData;

    const CANDIDATE: &str = r#"{"layers":{"layers":[{"operation":{"convolution":{"kernel":3,"channels":8,"stride":2}},"sources":[]}]}}"#;

    /// The reward of a network of which these trainings ended, as it is stored.
    fn measured(accuracies: &[(&str, f64)]) -> Result<String, TaskFailure> {
        let none = |&(name, accuracy): &(_, f64)| (name, accuracy, None);
        measured_by(&accuracies.iter().map(none).collect::<Vec<_>>(), None)
    }

    /// The same with what the search goes by.
    fn measured_by(figures: &[(&str, f64, Option<f64>)], extrapolation: Option<&Extrapolation>) -> Result<String, TaskFailure> {
        let setting = CostBasis::Images { shape: Shape { channels: 1, height: 8, width: 8 }, classes: 10 };
        let mut inputs = BTreeMap::from([("candidate".to_owned(), CANDIDATE.as_bytes().to_vec())]);
        for &(name, validation_accuracy, score) in figures {
            let metrics = Metrics { validation_accuracy, validation_loss: None, train_loss: Vec::new(), diverged: None, score };
            inputs.insert(name.to_owned(), serde_json::to_vec(&metrics).expect("plain data"));
        }
        let outputs = reward(&setting, (&[], extrapolation), &Inputs(inputs), &mut NoData)?;
        Ok(String::from_utf8(outputs.blobs["measured"].clone()).expect("JSON"))
    }

    #[test]
    fn the_reward_is_of_the_mean_of_the_trainings_that_ended() {
        let of = |accuracies| serde_json::from_str::<Measured>(&measured(accuracies).expect("a reward")).expect("what was written");
        let three = of(&[("metrics", 0.5), ("metrics-r2", 0.75), ("metrics-r3", 1.0)]);
        assert_eq!((three.validation_accuracy, three.reward.value, three.deviation()), (0.75, 0.75, Some(0.25)));
        assert_eq!(three.accuracies, [0.5, 0.75, 1.0]);
        // The second failed, or the first.
        assert_eq!(of(&[("metrics", 0.5), ("metrics-r3", 1.0)]).accuracies, [0.5, 1.0]);
        assert_eq!(of(&[("metrics-r2", 0.5), ("metrics-r11", 0.7)]).accuracies, [0.5, 0.7]);
        let failure = measured(&[]).expect_err("nothing was measured");
        assert_eq!(failure.to_string(), "no training of the network ended");
    }

    #[test]
    fn the_reward_is_of_the_metric_where_that_is_not_the_accuracy() {
        let of = |figures| serde_json::from_str::<Measured>(&measured_by(figures, None).expect("a reward")).expect("what was written");
        let two = of(&[("metrics", 0.5, Some(0.25)), ("metrics-r2", 1.0, Some(0.75))]);
        assert_eq!((two.validation_accuracy, two.score, two.reward.value), (0.75, Some(0.5), 0.5));
        // What stands in for a training that diverged has no figure of its own.
        let failed = of(&[("metrics", 0.0, None), ("metrics-r2", 1.0, Some(0.75))]);
        assert_eq!((failed.score(), failed.reward.value), (0.375, 0.375));
    }

    #[test]
    fn one_training_is_stored_as_it_was_before_there_were_replicates() {
        let text = measured(&[("metrics", 0.5)]).expect("a reward");
        assert!(text.ends_with(r#""validation_accuracy":0.5,"reward":{"value":0.5,"feasible":true}}"#), "{text}");
        assert_eq!(measured(&[("metrics-r2", 0.5)]).expect("a reward"), text);
    }

    #[test]
    fn an_extrapolated_accuracy_is_what_the_search_goes_by() {
        let growth = Growth { passes: 0.2, macs: 0.0 };
        let ahead = Extrapolation { times: 10.0, growth, passes: None };
        let of = |score| {
            let text = measured_by(&[("metrics", 0.5, score)], Some(&ahead)).expect("a reward");
            serde_json::from_str::<Measured>(&text).expect("what was written")
        };
        // logit .5 = 0; .2 × ln 10 = .4605; 1 / (1 + e^−.4605) = .6131.
        assert!((of(None).reward.value - 0.6131).abs() < 1e-4);
        assert_eq!((of(None).validation_accuracy, of(None).score()), (0.5, of(None).reward.value));
        // Of the metric, where there is another.
        assert!(of(Some(0.25)).reward.value < 0.5);
    }
}
