//! The tasks around weights that networks share: training them, and teaching the controller by what networks reach with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::steering::as_policy;
use super::{Engines, Inputs, Outputs, Port, SplitName, World, refused, unreadable, with_tensors};
use crate::arch::{Architecture, PlacedNetwork};
use crate::dataset::{Images, Split};
use crate::digest::Digest;
use crate::engine::{
    Callback, Control, Metric, PolicyParameters, ProbeJob, Progress, Score, ShareJob, SharedBytes, TaskFailure, TrainRecipe, Trainer,
};
use crate::objective::{Constraint, Reward};
use crate::seed::{Seed, shuffle};
use crate::space::{Problem, SearchSpace};
use crate::strategy::{Carried, Controller, Decisions, Drawn, EnasParameters, Scored};

/// How networks are measured with shared weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probing {
    pub dataset: SplitName,
    /// Batches, precision and class weights are those of the separate trainings.
    pub recipe: TrainRecipe,
    /// Training images that statistics are taken from, see [`ProbeJob::statistics`].
    pub statistics: usize,
    /// Validation images; 0: all.
    pub validation: usize,
    #[serde(default, skip_serializing_if = "Metric::is_accuracy")]
    pub metric: Metric,
    /// What rewards weigh beside the metric.
    pub constraints: Vec<Constraint>,
}

/// A stretch of the training of shared weights.
pub(super) struct Stretch<'a> {
    pub problem: &'a Problem,
    /// Of the controller that draws the paths, where there is one.
    pub policy: Option<&'a PolicyParameters>,
    pub dataset: &'a SplitName,
    pub recipe: &'a TrainRecipe,
    pub seed: Seed,
}

/// Trains shared weights along paths that the controller draws; without one, uniformly drawn ones. The learning rate has one
/// schedule over all passes.
pub(super) fn share(stretch: &Stretch<'_>, inputs: &Inputs, world: World<'_>, callback: &mut dyn Callback) -> Result<Outputs, TaskFailure> {
    let World { data, engines, .. } = world;
    let Engines { trainer, policies } = with_tensors(engines)?;
    let Stretch { problem, dataset, recipe, seed, .. } = *stretch;
    let space = opened(problem)?;
    let decisions = Decisions::of(space);
    let saved = inputs.optional(Port::Carried(Carried::Policy));
    let mut policy = match (saved, stretch.policy) {
        (Some(_), Some(parameters)) => Some(policies.policy(&decisions.vocabulary(), parameters, seed, saved)?),
        _ => None,
    };
    let (images, split) = images(dataset, data)?;
    let batch = recipe.batch_size.clamp(1, split.train.len().max(1));
    let a_pass = ((split.train.len() as f64 * recipe.examples) as usize / batch).max(1);
    let mut train = Vec::new();
    for pass in 0..recipe.epochs {
        let of_pass = seed.child("order");
        let mut order = split.train.clone();
        shuffle(&mut if pass == 0 { of_pass.stream() } else { of_pass.nth(pass).stream() }, &mut order);
        train.extend_from_slice(&order[..(a_pass * batch).min(order.len())]);
    }
    let steps = recipe.epochs * a_pass;
    let paths = seed.child("paths");
    let placed = |step| placed(&decisions.path(as_policy(&mut policy), paths.nth(step)), images);
    let paths: Vec<PlacedNetwork> = (0..steps).map(placed).collect::<Result<_, _>>()?;
    let before = match inputs.optional(Port::Shared { chain: 1 }) {
        Some(weights) => Some(SharedBytes { weights, momentum: inputs.bytes(Port::Momentum)? }),
        None => None,
    };
    let dataset = dataset.name_of_images();
    let job = ShareJob { paths: &paths, recipe, dataset, images, split: &split.train, train: &train, seed, before };
    let shared = trainer.share(&job, callback)?;
    let mut outputs = Outputs { environment: shared.environment, ..Outputs::default() };
    outputs.put(Port::Loss, &shared.train_loss);
    outputs.put_bytes(Port::Shared { chain: 1 }, shared.weights);
    outputs.put_bytes(Port::Momentum, shared.momentum);
    Ok(outputs)
}

fn opened(problem: &Problem) -> Result<SearchSpace<'_>, TaskFailure> {
    problem.open(None).ok_or_else(|| refused("rows of a table share no weights".to_owned()))
}

fn images<'a>(name: &SplitName, data: &'a mut dyn super::DataStore) -> Result<(&'a Images, Split), TaskFailure> {
    let images = name.images(data)?;
    let split = name.split(&images.labels)?;
    Ok((images, split))
}

fn placed(architecture: &Architecture, images: &Images) -> Result<PlacedNetwork, TaskFailure> {
    architecture.placed(images.shape, images.classes).map_err(|malformed| refused(malformed.0))
}

/// What networks are measured by.
struct Bench<'a> {
    probing: &'a Probing,
    images: &'a Images,
    split: Split,
    /// Of each chain that came to be.
    weights: Vec<&'a [u8]>,
}

impl<'a> Bench<'a> {
    /// With the weights of so many chains; `None` where there are none.
    fn new(
        probing: &'a Probing,
        chains: usize,
        inputs: &'a Inputs,
        data: &'a mut dyn super::DataStore,
    ) -> Result<Option<Self>, TaskFailure> {
        let weights: Vec<&[u8]> = (1..=chains).filter_map(|chain| inputs.optional(Port::Shared { chain })).collect();
        let (images, split) = images(&probing.dataset, data)?;
        Ok((!weights.is_empty()).then_some(Self { probing, images, split, weights }))
    }

    /// The metric of each of the networks: its mean over the chains.
    fn figures(&self, networks: &[&Architecture], trainer: &mut dyn Trainer) -> Result<Vec<f64>, TaskFailure> {
        let Self { probing, images, split, weights } = self;
        let validation = if probing.validation == 0 { split.validation.len() } else { probing.validation.min(split.validation.len()) };
        let placed: Vec<PlacedNetwork> = networks.iter().map(|network| placed(network, images)).collect::<Result<_, _>>()?;
        let mut probe = |weights: &&[u8]| {
            let job = ProbeJob {
                weights,
                recipe: &probing.recipe,
                metric: probing.metric,
                dataset: probing.dataset.name_of_images(),
                images,
                split: &split.train,
                // The order of a split is random, and decided by the split alone.
                statistics: &split.train[..probing.statistics.min(split.train.len())],
                validation: &split.validation[..validation],
            };
            trainer.probe(&job, &placed)
        };
        let of_chains: Vec<Vec<f64>> = weights.iter().map(&mut probe).collect::<Result<_, _>>()?;
        let of_network = |network: usize| of_chains.iter().map(|figures| figures[network]).sum::<f64>() / of_chains.len() as f64;
        Ok((0..networks.len()).map(of_network).collect())
    }

    /// The reward of each of the networks, of which the space knows the costs.
    fn rewards(&self, networks: &[&Architecture], space: &SearchSpace<'_>, trainer: &mut dyn Trainer) -> Result<Vec<f64>, TaskFailure> {
        let reward = |(network, figure): (&&Architecture, f64)| {
            Reward::new(figure, &space.costs(network).unwrap_or_default(), &self.probing.constraints).value
        };
        Ok(networks.iter().zip(self.figures(networks, trainer)?).map(reward).collect())
    }
}

/// The reward of each network with shared weights; `None` where none came to be.
pub(super) fn probe(
    (probing, chains): (&Probing, usize),
    networks: &[&Architecture],
    problem: &Problem,
    inputs: &Inputs,
    (data, engines): (&mut dyn super::DataStore, &mut Engines<'_>),
) -> Result<Option<Vec<f64>>, TaskFailure> {
    let space = opened(problem)?;
    let bench = Bench::new(probing, chains, inputs, data)?;
    bench.map(|bench| bench.rewards(networks, &space, &mut *engines.trainer)).transpose()
}

/// Adds to the scores of networks what they reach with shared weights.
pub(super) fn add_scores(
    (probing, chains): (&Probing, usize),
    networks: &[&Architecture],
    scores: &mut Scored,
    inputs: &Inputs,
    (data, engines): (&mut dyn super::DataStore, &mut Engines<'_>),
) -> Result<(), TaskFailure> {
    let Some(bench) = Bench::new(probing, chains, inputs, data)? else { return Ok(()) };
    for (network, figure) in networks.iter().zip(bench.figures(networks, &mut *engines.trainer)?) {
        scores.entry(network.digest()).or_default().insert(Score::SharedWeights, figure);
    }
    Ok(())
}

/// What is saved of the lessons of a controller on their way: a line of JSON, and the policy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lessons {
    steps: usize,
    controller: Controller,
    /// Rewards of the networks that were met: with fixed images they stay.
    met: BTreeMap<Digest, f64>,
}

/// Teaches the controller by the rewards of networks that it draws.
pub(super) fn steer(
    (problem, parameters, probing): (&Problem, &EnasParameters, &Probing),
    seed: Seed,
    inputs: &Inputs,
    world: World<'_>,
    callback: &mut dyn Callback,
) -> Result<Outputs, TaskFailure> {
    let World { data, engines, .. } = world;
    let Engines { trainer, policies } = with_tensors(engines)?;
    let space = opened(problem)?;
    let decisions = Decisions::of(space);
    let bench = Bench::new(probing, parameters.chains, inputs, data)?;
    let bench = bench.ok_or_else(|| unreadable(format!("its input `{}` is missing", Port::Shared { chain: 1 })))?;
    let saved = inputs.optional(Port::Carried(Carried::Policy));
    let controller = if saved.is_some() { inputs.json(Port::Controller)? } else { Controller::default() };
    let mut lessons = Lessons { controller, ..Lessons::default() };
    let mut open = |saved: Option<&[u8]>| policies.policy(&decisions.vocabulary(), &parameters.policy, seed.child("policy"), saved);
    let mut policy = open(saved)?;
    if let Some((resumed, bytes)) = callback.saved().as_deref().and_then(read)
        && let Ok(resumed_policy) = open(Some(bytes))
    {
        (lessons, policy) = (resumed, resumed_policy);
    }
    while lessons.steps < parameters.steps {
        let of_step = seed.child("step").nth(lessons.steps);
        let mut draw = |number: usize| decisions.draw(Some(&mut *policy), &mut of_step.nth(number).stream());
        let drawn: Vec<Drawn> = (0..parameters.samples).map(&mut draw).collect();
        let mut unmet: BTreeMap<Digest, &Architecture> = BTreeMap::new();
        for Drawn { architecture, .. } in &drawn {
            let digest = architecture.digest();
            let costs = space.contains(architecture).ok().and_then(|()| space.costs(architecture));
            if costs.is_none_or(|costs| probing.constraints.iter().any(|constraint| constraint.rejects(&costs))) {
                // Never trained, so worth nothing; the controller learns that, and nothing is measured.
                lessons.met.insert(digest, 0.0);
            } else if !lessons.met.contains_key(&digest) {
                unmet.insert(digest, architecture);
            }
        }
        let rewards = bench.rewards(&unmet.values().copied().collect::<Vec<_>>(), &space, &mut *trainer)?;
        lessons.met.extend(unmet.into_keys().zip(rewards));
        let rewarded = |one: Drawn| (lessons.met[&one.architecture.digest()], one);
        let drawn: Vec<(Drawn, f64)> = drawn.into_iter().map(rewarded).map(|(reward, one)| (one, reward)).collect();
        lessons.controller.learn(parameters, &decisions, &drawn, (&mut *policy, of_step));
        lessons.steps += 1;
        let wish = callback.on_step(Progress { done_steps: lessons.steps, total_steps: parameters.steps });
        if wish != Control::Continue {
            callback.save(&write(&lessons, &policy.save()))?;
        }
        if wish == Control::Pause {
            return Err(TaskFailure::Paused);
        }
    }
    let mut outputs = Outputs::default();
    outputs.put(Port::Controller, &lessons.controller);
    outputs.put_bytes(Port::Carried(Carried::Policy), policy.save());
    Ok(outputs)
}

fn write(lessons: &Lessons, policy: &[u8]) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(lessons).expect("plain data always serialises");
    bytes.push(b'\n');
    bytes.extend(policy);
    bytes
}

/// `None` for what is no such state.
fn read(bytes: &[u8]) -> Option<(Lessons, &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((serde_json::from_slice(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
