//! All contestants at chosen moments and at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::measure::{At, Curves, OverSeeds, Reach, measure, reaches, signals};
use super::{Ceiling, Comparison, SearchCost};
use crate::statistics::{Spread, mean};

/// A comparison in numbers. Plain data, for storing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub name: String,
    pub signal: String,
    /// What the others are held against; empty without contestants.
    pub reference: String,
    pub seeds: Vec<u64>,
    /// Numbers of trainings at which the contestants are looked at, the last one being the end.
    pub checkpoints: Vec<usize>,
    pub contestants: Vec<Contestant>,
    pub ceiling: Option<Ceiling>,
    pub unlike: Option<[String; 2]>,
}

/// One contestant over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contestant {
    pub name: String,
    /// Seeds it has a curve of.
    pub seeds: usize,
    /// At each checkpoint; empty where nothing was searched.
    pub at: Vec<At>,
    /// Of the networks given back, trained in full.
    pub final_validation: Option<OverSeeds>,
    pub final_test: Option<OverSeeds>,
    pub costs: BTreeMap<String, Spread>,
    /// Of the search and its final trainings: passes over the training split, and worker time in seconds.
    pub passes: Option<Spread>,
    pub seconds: Option<Spread>,
    /// When its mean came up to the final mean of the reference; `None` where it never did.
    pub reach: Option<Reach>,
    /// Mean rank correlation of what it predicted.
    pub predictor: Option<f64>,
}

impl Summary {
    /// Looks at the contestants after each number of trainings in `checkpoints`, usually
    /// [`Comparison::checkpoints`]; numbers past the end are the end. Intervals hang on the name alone.
    pub fn new(comparison: &Comparison, checkpoints: &[usize]) -> Self {
        let budget = comparison.budget();
        let mut checkpoints: BTreeSet<usize> = checkpoints.iter().map(|count| (*count).min(budget)).filter(|count| *count > 0).collect();
        checkpoints.extend((budget > 0).then_some(budget));
        let checkpoints: Vec<usize> = checkpoints.into_iter().collect();
        let name = comparison.reference().unwrap_or_default();
        let reference = comparison.of(name);
        let target = mean(&signals(&reference, budget));
        let needed = target.and_then(|target| reaches(&reference, target));
        let contestant = |contestant: &String| {
            let curves = comparison.of(contestant);
            let against = (contestant != name).then_some(&reference);
            let reach = || {
                let trainings = reaches(&curves, target?)?;
                Some(Reach { trainings, speed_up: needed? as f64 / trainings.max(1) as f64 })
            };
            let at = |&count: &usize| At::new(count, &curves, against);
            Contestant {
                name: contestant.clone(),
                seeds: curves.len(),
                // One network trained at length is no search.
                at: if curves.values().all(|curve| curve.points.is_empty()) { Vec::new() } else { checkpoints.iter().map(at).collect() },
                final_validation: measure(&curves, against, |curve| Some(curve.last.as_ref()?.validation)),
                final_test: measure(&curves, against, |curve| curve.last.as_ref()?.test),
                costs: costs(&curves),
                passes: spent(&curves, |cost| cost.passes),
                seconds: spent(&curves, |cost| cost.seconds),
                reach: reach(),
                predictor: comparison.predictor.get(contestant).copied(),
            }
        };
        Self {
            name: comparison.name.clone(),
            signal: comparison.signal.clone(),
            reference: name.to_owned(),
            seeds: comparison.seeds.clone(),
            contestants: comparison.contestants.iter().map(contestant).collect(),
            checkpoints,
            ceiling: comparison.ceiling,
            unlike: comparison.unlike.clone(),
        }
    }
}

fn spent(curves: &Curves<'_>, figure: fn(SearchCost) -> f64) -> Option<Spread> {
    Spread::of(&curves.values().filter_map(|curve| curve.cost.map(figure)).collect::<Vec<_>>())
}

fn costs(curves: &Curves<'_>) -> BTreeMap<String, Spread> {
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, value) in curves.values().filter_map(|curve| curve.last.as_ref()).flat_map(|last| &last.costs) {
        values.entry(name.clone()).or_default().push(*value);
    }
    values.into_iter().filter_map(|(name, values)| Some((name, Spread::of(&values)?))).collect()
}
