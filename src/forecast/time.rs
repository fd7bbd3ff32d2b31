//! What the tasks of a plan take: each by itself, then all together.

use petgraph::graph::NodeIndex;

use super::counting::Chances;
use super::gauge::Gauge;
use super::networks::{Networks, Unknown};
use super::schedule::{Demand, Load, makespan};
use super::{Basis, Forecast, Range};
use crate::arch::Architecture;
use crate::engine::TrainRecipe;
use crate::plan::Planned;
use crate::run::{Status, spends};
use crate::spec::Budget;
use crate::statistics::mean;
use crate::task::{Port, Probing, SplitName, Task};

/// Until the program, its data and its workers are ready, in seconds: usually, and at most.
const START: [f64; 2] = [1.0, 20.0];
/// The same where nothing needs a worker.
const START_ALONE: [f64; 2] = [0.1, 5.0];
/// A task that is no training, of which nothing was measured: usually, and at most; without and with a worker.
const UNKNOWN: [f64; 2] = [0.01, 1.0];
const UNKNOWN_ON_WORKER: [f64; 2] = [1.0, 60.0];
/// How much longer than the longest of its kind such a task may take: what is learned from grows.
const LONGER: f64 = 3.0;
/// What handing out a task and keeping its result takes beside it: usually, and at most.
const BESIDE: [f64; 2] = [0.002, 0.05];
/// How often the proof of an export, which follows the test, goes over its images, on one core: four times, and usually on
/// several. What its workers take to start: usually, and at most.
const PROOFS: [f64; 2] = [2.0, 4.0];
const PROVING: [f64; 2] = [1.0, 30.0];
/// So many of the networks that are known say what networks of the search are like.
const MOST_KNOWN: usize = 500;

/// Times of all tasks of a plan.
struct Times {
    /// By place in the plan.
    least: Vec<f64>,
    expected: Vec<Load>,
    most: Vec<Load>,
}

pub(super) fn tell(basis: &Basis<'_>, chances: &Chances, forecast: &mut Forecast) {
    let clock = Clock::new(basis);
    let count = basis.replay.standings.len();
    let mut times = Times { least: vec![0.0; count], expected: vec![Load::default(); count], most: vec![Load::default(); count] };
    for (node, planned) in basis.plan.tasks().enumerate() {
        if !chances.possible[node] {
            continue;
        }
        let chance = chances.expected[node];
        let Some(Range { at_least, expected, at_most }) = clock.seconds(node, planned) else {
            forecast.unmeasured += 1;
            continue;
        };
        let on_worker = planned.task.needs_tensors();
        times.least[node] = at_least;
        times.expected[node] = Load { seconds: chance * expected, on_worker };
        times.most[node] = Load { seconds: at_most, on_worker };
        let bytes = clock.bytes(planned);
        forecast.bytes.expected += chance * bytes;
        forecast.bytes.at_most += bytes;
    }
    for (nodes, least) in &chances.least {
        let Some(first) = nodes.first() else { continue };
        // The cheapest of those that are asked the same.
        let mut seconds: Vec<f64> = nodes.iter().map(|node| times.least[*node]).collect();
        seconds.sort_by(f64::total_cmp);
        let sum: f64 = seconds.iter().take(*least as usize).sum();
        let on_worker = basis.plan.graph[NodeIndex::new(*first)].task.needs_tensors();
        let seconds = if on_worker { &mut forecast.worker_seconds } else { &mut forecast.own_seconds };
        seconds.at_least += sum;
        forecast.bytes.at_least += *least * clock.bytes(&basis.plan.graph[NodeIndex::new(*first)]);
    }
    together(basis, times, forecast);
}

/// What all take together, within the budget.
fn together(basis: &Basis<'_>, mut times: Times, forecast: &mut Forecast) {
    let (plan, workers) = (basis.plan, basis.workers);
    let Budget { trainings: _, device_seconds, wall_seconds, disk_bytes: _ } = basis.spec.execution.budget;
    let searched: Vec<bool> = plan.tasks().map(spends).collect();
    let sum = |loads: &[Load], of_search: bool| -> f64 {
        let chosen = loads.iter().zip(&searched).filter(|(load, searched)| load.on_worker && **searched == of_search);
        chosen.map(|(load, _)| load.seconds).sum()
    };
    let dearest = times.most.iter().zip(&searched).filter(|(_, searched)| **searched).map(|(load, _)| load.seconds).fold(0.0, f64::max);
    let mut demand = Demand::of(plan, &times.most);
    if let Some(limit) = device_seconds {
        let results = basis.replay.results().iter().zip(&searched).filter(|(_, searched)| **searched);
        let used: f64 = results.filter_map(|(result, _)| result.as_ref()).map(|result| result.seconds).sum();
        let left = (limit - used).max(0.0);
        // Whatever has begun goes on to its end.
        let most = sum(&times.most, true).min(left + workers as f64 * dearest);
        demand.sum = most + sum(&times.most, false);
        let expected = sum(&times.expected, true);
        if expected > left {
            let nodes = times.expected.iter_mut().zip(&searched).filter(|(load, searched)| load.on_worker && **searched);
            nodes.for_each(|(load, _)| load.seconds *= left / expected);
        }
    }
    let on_workers = demand.sum > 0.0 || forecast.unmeasured > 0;
    let [start, latest] = if on_workers { START } else { START_ALONE };
    let mut seconds = Range {
        at_least: forecast.worker_seconds.at_least / workers.max(1) as f64 + forecast.own_seconds.at_least,
        expected: start + makespan(plan, &times.expected, workers),
        at_most: latest + demand.most(workers),
    };
    if let Some(limit) = wall_seconds {
        let last = |loads: &[Load]| -> Vec<Load> {
            plan.tasks().zip(loads).map(|(planned, load)| if planned.is_last { *load } else { Load::default() }).collect()
        };
        let behind = Demand::of(plan, &last(&times.most)).most(workers);
        seconds.at_most = seconds.at_most.min(latest + limit as f64 + dearest + demand.own + behind);
        seconds.expected = seconds.expected.min(start + limit as f64 + makespan(plan, &last(&times.expected), workers));
    }
    forecast.seconds = Range { at_least: seconds.at_least.min(seconds.expected), ..seconds };
    forecast.worker_seconds.expected = sum(&times.expected, true) + sum(&times.expected, false);
    forecast.worker_seconds.at_most = demand.sum;
    forecast.own_seconds.expected = times.expected.iter().filter(|load| !load.on_worker).map(|load| load.seconds).sum();
    forecast.own_seconds.at_most = demand.own;
}

/// What single tasks take.
struct Clock<'a> {
    basis: &'a Basis<'a>,
    /// With the images and how they are split; `None` for a table.
    gauge: Option<(Gauge, SplitName, Networks)>,
}

impl<'a> Clock<'a> {
    fn new(basis: &'a Basis<'a>) -> Self {
        let split = basis.plan.tasks().find_map(|planned| match &planned.task {
            Task::Train { dataset, .. } => Some(dataset.clone()),
            _ => None,
        });
        let gauge = Gauge::of(basis.spec).zip(split).map(|(gauge, split)| {
            let trainings = basis.plan.tasks().enumerate().filter(|(_, planned)| matches!(planned.task, Task::Train { .. }));
            let known: Vec<(usize, Architecture)> =
                trainings.filter_map(|(node, planned)| Some((planned.stage, candidate(basis, node)?))).take(MOST_KNOWN).collect();
            let networks = Networks::new(basis.spec, &gauge, &known, basis.history, &split);
            (gauge, split, networks)
        });
        Self { basis, gauge }
    }

    /// `None` where nothing like it was measured, or where nothing bounds it.
    fn seconds(&self, node: usize, planned: &Planned) -> Option<Range> {
        let trained = |images: f64, recipe, split, work: Unknown| {
            let rate = self.basis.history.rate(split, recipe)?;
            Some(Range {
                at_least: rate.least(images * work.least),
                expected: rate.typical(images * work.typical),
                at_most: rate.most(images * work.most),
            })
        };
        match (&planned.task, &self.gauge) {
            (Task::Train { dataset, recipe, .. }, Some((gauge, _, networks))) => {
                let known = match self.basis.replay.standings[node].status {
                    Status::Runs { .. } => candidate(self.basis, node).and_then(|network| gauge.work(&network, recipe, dataset.size)),
                    _ => None,
                };
                let known = known.map(|work| Unknown { least: work, typical: work, most: work });
                let unknown = |unknown| self.rehearsed(node, |network| gauge.work(network, recipe, dataset.size), unknown);
                let work = known.or_else(|| networks.unknown(planned.stage).map(unknown))?;
                trained(gauge.images(dataset, recipe), recipe, dataset, work)
            }
            (Task::Final { recipe, .. }, Some((gauge, split, networks))) => {
                let times = self.basis.spec.last.replicates as f64;
                let work = networks.unknown(planned.stage)?;
                let Range { at_least, expected, at_most } = trained(times * gauge.tested(), recipe, split, work)?;
                let [usual, most] = PROOFS;
                let usual = trained(usual * Gauge::proven(split), recipe, split, work)?;
                let most = trained(most * Gauge::proven(split), recipe, split, work)?;
                Some(Range {
                    at_least,
                    expected: expected + usual.expected + PROVING[0],
                    at_most: at_most + BESIDE[1] + most.at_most + PROVING[1],
                })
            }
            // Weighs what is known.
            (Task::Admit { .. }, _) => Some(Range { at_least: 0.0, expected: UNKNOWN[0], at_most: UNKNOWN[1] }),
            (task, gauge) => {
                let shared = gauge.as_ref().and_then(|(gauge, _, networks)| {
                    let (images, recipe, split) = self.shared(gauge, planned)?;
                    trained(images, recipe, split, networks.unknown(planned.stage)?)
                });
                Some(shared.unwrap_or_else(|| self.like(task)))
            }
        }
    }

    /// Images that a task with shared weights takes, in those that are trained on; `None` for any other.
    fn shared<'b>(&self, gauge: &Gauge, planned: &'b Planned) -> Option<(f64, &'b TrainRecipe, &'b SplitName)> {
        let probed = |probing: &'b Probing, networks| Some((Gauge::probed(probing, networks), &probing.recipe, &probing.dataset));
        match &planned.task {
            Task::Share { dataset, recipe, .. } => Some((gauge.shared(dataset, recipe), recipe, dataset)),
            Task::Steer { parameters, probing, .. } => probed(probing, parameters.chains * parameters.steps * parameters.samples),
            Task::Predict { probing: Some(probing), strategy, .. } => {
                let sets =
                    strategy.shares().map(|enas| enas.chains).or_else(|| strategy.scores_with().map(|shared| shared.chains)).unwrap_or(1);
                probed(probing, sets * self.basis.spec.stages.get(planned.stage)?.proposals)
            }
            _ => None,
        }
    }

    /// What a task takes by those that were like it.
    fn like(&self, task: &Task) -> Range {
        let [usual, most] = if task.needs_tensors() || task.measure().is_some() { UNKNOWN_ON_WORKER } else { UNKNOWN };
        let price = self.basis.history.price(task);
        price.map_or(Range { at_least: 0.0, expected: usual, at_most: most }, |price| Range {
            at_least: 0.0,
            expected: price.seconds + BESIDE[0],
            at_most: LONGER * price.most + BESIDE[1],
        })
    }

    /// The work of a network that is not known yet, typically that of those in rehearsals.
    fn rehearsed(&self, node: usize, work: impl Fn(&Architecture) -> Option<f64>, unknown: Unknown) -> Unknown {
        let Basis { plan, rehearsals, network, .. } = self.basis;
        let works: Vec<f64> = rehearsals.candidates(plan, node, network).iter().filter_map(work).collect();
        Unknown { typical: mean(&works).map_or(unknown.typical, |work| work.clamp(unknown.least, unknown.most)), ..unknown }
    }

    fn bytes(&self, planned: &Planned) -> f64 {
        match &planned.task {
            Task::Train { keep_weights, .. } => self.basis.history.bytes(*keep_weights),
            task => self.basis.history.price(task).map_or(0.0, |price| price.bytes),
        }
    }
}

/// The network that a training is of, where that is known.
fn candidate(basis: &Basis<'_>, node: usize) -> Option<Architecture> {
    let fingerprint = basis.replay.fingerprint(basis.plan, NodeIndex::new(node))?;
    (basis.network)(fingerprint.inputs.get(Port::Candidate.name().as_ref())?)
}
