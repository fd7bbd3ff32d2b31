//! What other constraints would say of everything that a search has measured: rewards are pure, so they are computed
//! anew in memory. Runs no training and writes nothing. Everything else about a spec is the same here.

mod trajectory;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::arch::{CostKind, Costs};
use crate::cache::{CacheError, CacheReader};
use crate::event::TaskResult;
use crate::objective::{Constraint, Reward, network_front};
use crate::plan::Plan;
use crate::run::{Remembered, replay};
use crate::strategy::Measured;
use crate::task::{DataStore, Port, TaskKind};

pub use trajectory::{Fork, Round, Trajectory};

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("nothing has been measured yet")]
    NothingMeasured,
    /// A bound on what nobody measured.
    #[error("`{}` was not measured in this search, so that nobody knows which networks would keep a bound on it", .cost.word())]
    Unknown { cost: CostKind },
}

/// A plan with the constraints it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Variant<'a> {
    pub plan: &'a Plan,
    pub constraints: &'a [Constraint],
}

/// A measured network with its reward under other constraints.
#[derive(Clone, Debug)]
pub struct Rescored {
    /// Of its reward.
    pub task: String,
    pub stage: usize,
    pub round: usize,
    pub network: Measured,
    /// What its reward would be.
    pub reward: Reward,
}

/// What changes in one stage; networks are indices into [`WhatIf::networks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageChange {
    pub stage: usize,
    pub best: Both<Option<usize>>,
    /// The Pareto front, over the costs that are bounded, each network once.
    pub front: Both<Vec<usize>>,
}

/// Something as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Both<T> {
    pub before: T,
    pub after: T,
}

/// What other constraints would change.
#[derive(Debug)]
pub struct WhatIf {
    /// Everything measured, in the order of the plan.
    pub networks: Vec<Rescored>,
    /// The last stage of the search that measured any, and the final trainings where there are any.
    pub stages: Vec<StageChange>,
    pub trajectory: Trajectory,
}

impl WhatIf {
    /// Holds what `cache` knows of the plan `old` against `new`, which differs in its constraints alone; `stages` of them
    /// are searched. `data` are those of both plans; failures of earlier runs count as `remembered` says.
    pub fn new(
        old: Variant<'_>,
        new: Variant<'_>,
        stages: usize,
        cache: &CacheReader,
        remembered: &Remembered,
        data: &mut dyn DataStore,
    ) -> Result<Self, WhatIfError> {
        let results = replay(old.plan, cache, remembered)?.into_results();
        let networks = rescored(old.plan, &results, new.constraints, cache)?;
        if networks.is_empty() {
            return Err(WhatIfError::NothingMeasured);
        }
        let unknown = |cost: &CostKind| networks.iter().any(|one| !one.network.costs.contains_key(cost));
        if let Some(cost) = new.constraints.iter().map(|bound| bound.cost).find(unknown) {
            return Err(WhatIfError::Unknown { cost });
        }
        let last = networks.iter().map(|one| one.stage).filter(|stage| *stage < stages).max();
        let end = networks.iter().map(|one| one.stage).find(|stage| *stage == stages);
        let change = |stage| StageChange {
            stage,
            best: Both { before: best(&networks, stage, |one| one.network.reward), after: best(&networks, stage, |one| one.reward) },
            front: Both {
                before: front(&networks, stage, old.constraints, |one| one.network.reward),
                after: front(&networks, stage, new.constraints, |one| one.reward),
            },
        };
        let stages = last.into_iter().chain(end).map(change).collect();
        let trajectory = Trajectory::new(old.plan, &results, new.plan, (cache, remembered), data)?;
        Ok(Self { networks, stages, trajectory })
    }

    /// Networks that would be feasible and are not, each once.
    pub fn newly_feasible(&self) -> Vec<&Rescored> {
        self.once(|one| one.reward.feasible && !one.network.reward.feasible)
    }

    /// Networks that are feasible and would not be, each once.
    pub fn newly_infeasible(&self) -> Vec<&Rescored> {
        self.once(|one| !one.reward.feasible && one.network.reward.feasible)
    }

    /// How many networks are and would be feasible.
    pub fn feasible(&self) -> Both<usize> {
        Both { before: self.once(|one| one.network.reward.feasible).len(), after: self.once(|one| one.reward.feasible).len() }
    }

    /// How many different networks were measured.
    pub fn different(&self) -> usize {
        self.once(|_| true).len()
    }

    /// The latest measurement of each network with a property.
    fn once(&self, has: impl Fn(&Rescored) -> bool) -> Vec<&Rescored> {
        let mut seen = BTreeSet::new();
        let latest = self.networks.iter().rev().filter(|one| seen.insert(one.network.architecture.digest()));
        let mut found: Vec<&Rescored> = latest.filter(|one| has(one)).collect();
        found.reverse();
        found
    }
}

/// Every network measured, with its reward under `constraints`.
fn rescored(
    plan: &Plan,
    results: &[Option<TaskResult>],
    constraints: &[Constraint],
    cache: &CacheReader,
) -> Result<Vec<Rescored>, CacheError> {
    let rewards = plan.tasks().zip(results).filter(|(planned, _)| planned.task.kind() == TaskKind::Reward);
    rewards
        .filter_map(|(planned, result)| Some((planned, result.as_ref()?.output(Port::Measured)?)))
        .map(|(planned, digest)| {
            let network: Measured = cache.get_json(&digest)?;
            let reward = Reward::new(network.score(), &network.costs, constraints);
            Ok(Rescored { task: planned.id.0.clone(), stage: planned.stage, round: planned.round, network, reward })
        })
        .collect()
}

/// The best feasible network of a stage; ties go to the one measured first, as in a search.
fn best(networks: &[Rescored], stage: usize, reward: impl Fn(&Rescored) -> Reward) -> Option<usize> {
    let feasible = (0..networks.len()).filter(|&index| networks[index].stage == stage && reward(&networks[index]).feasible);
    feasible.rev().max_by(|&a, &b| reward(&networks[a]).value.total_cmp(&reward(&networks[b]).value))
}

fn front(networks: &[Rescored], stage: usize, constraints: &[Constraint], reward: impl Fn(&Rescored) -> Reward) -> Vec<usize> {
    let places: Vec<usize> =
        (0..networks.len()).filter(|&index| networks[index].stage == stage && reward(&networks[index]).feasible).collect();
    let points: Vec<(f64, &Costs)> =
        places.iter().map(|&place| (networks[place].network.score(), &networks[place].network.costs)).collect();
    let mut seen = BTreeSet::new();
    let on_front = network_front(&points, constraints).into_iter().map(|index| places[index]);
    on_front.filter(|&index| seen.insert(networks[index].network.architecture.digest())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Architecture, Row};
    use crate::objective::{Enforcement, Side};

    fn rescored(stage: usize, number: usize, accuracy: f64, params: f64, bounds: [&[Constraint]; 2]) -> Rescored {
        let costs = Costs::from([(CostKind::Params, params)]);
        let [reward, other] = bounds.map(|bounds| Reward::new(accuracy, &costs, bounds));
        let architecture = Architecture::Row(Row(vec![number.to_string()]));
        let network =
            Measured { architecture, costs, validation_accuracy: accuracy, accuracies: Vec::new(), score: None, reward, age: None };
        Rescored { task: format!("reward-{number}"), stage, round: 0, network, reward: other }
    }

    #[test]
    fn the_best_and_the_front_are_of_what_is_feasible_in_a_stage() {
        let bound = |limit| [Constraint { cost: CostKind::Params, side: Side::Max, limit, enforcement: Enforcement::Reject }];
        let (wide, narrow) = (bound(100.0), bound(50.0));
        let one = |stage, number, accuracy, params| rescored(stage, number, accuracy, params, [&wide, &narrow]);
        let networks = [
            one(0, 0, 0.9, 80.0),
            one(0, 1, 0.7, 40.0),
            one(0, 2, 0.7, 40.0),
            one(0, 3, 0.95, 120.0),
            one(0, 1, 0.7, 40.0),
            one(1, 4, 1.0, 10.0),
        ];
        assert_eq!(best(&networks, 0, |one| one.network.reward), Some(0));
        assert_eq!(best(&networks, 0, |one| one.reward), Some(1), "the first of equal ones");
        assert_eq!(front(&networks, 0, &wide, |one| one.network.reward), [0, 1, 2], "each network once");
        assert_eq!(front(&networks, 0, &narrow, |one| one.reward), [1, 2]);
        assert_eq!(best(&networks, 2, |one| one.reward), None);
    }
}
