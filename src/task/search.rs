//! The tasks that steer: sample, predict, update.

use super::{Engines, Inputs, Origin, Outputs, Sample, refused};
use crate::arch::{Architecture, Cost, Network};
use crate::engine::{Policy, TaskFailure};
use crate::seed::Seed;
use crate::strategy::{self, Problem, Proposal, Proposals, Request, Selection, State, Strategy};

pub(super) fn sample(sample: &Sample, inputs: &Inputs, engines: Option<&mut Engines<'_>>) -> Result<Outputs, TaskFailure> {
    let state: State = inputs.json_or_default("state")?;
    let mut outputs = Outputs::default();
    let given = match &sample.from {
        Origin::Start { network } => vec![network.clone()],
        Origin::Carried => state.ranked().iter().take(sample.count).map(|measured| measured.architecture.clone()).collect(),
        Origin::BestFeasible => state.best_feasible(sample.count),
        Origin::Strategy { strategy, rejecting, seed } => {
            let mut policy = policy(strategy, &sample.problem, *seed, inputs, engines)?;
            let request = Request { problem: &sample.problem, rejecting, state: &state, count: sample.count, seed: *seed };
            outputs.put("proposals", &strategy::propose(strategy, &request, as_policy(&mut policy)));
            return Ok(outputs);
        }
    };
    for (index, architecture) in given.iter().enumerate() {
        outputs.put(format!("candidate-{}", index + 1), architecture);
    }
    outputs.put("proposals", &as_proposals(&sample.problem, given)?);
    Ok(outputs)
}

/// Networks that are trained whatever a strategy thinks of them.
fn as_proposals(problem: &Problem, networks: Vec<Architecture>) -> Result<Proposals, TaskFailure> {
    let proposal = |architecture: Architecture| {
        let network =
            Network::new(&architecture, problem.limits.image, problem.limits.classes).map_err(|malformed| refused(malformed.0))?;
        Ok(Proposal { architecture, cost: Cost::of(&network), lane: None })
    };
    let attempts = networks.len();
    let proposals = networks.into_iter().map(proposal).collect::<Result<_, TaskFailure>>()?;
    Ok(Proposals { problem: problem.clone(), proposals, rejected: Vec::new(), attempts })
}

pub(super) fn predict(
    strategy: &Strategy,
    count: usize,
    seed: Seed,
    inputs: &Inputs,
    engines: Option<&mut Engines<'_>>,
) -> Result<Outputs, TaskFailure> {
    let state: State = inputs.json_or_default("state")?;
    let proposals: Proposals = inputs.json("proposals")?;
    let mut policy = policy(strategy, &proposals.problem, seed, inputs, engines)?;
    let selection = strategy::select(strategy, &state, &proposals, count, seed, as_policy(&mut policy));
    let mut outputs = Outputs::default();
    for (index, chosen) in selection.chosen.iter().enumerate() {
        outputs.put(format!("candidate-{}", index + 1), &proposals.proposals[chosen.proposal].architecture);
    }
    outputs.put("selection", &selection);
    Ok(outputs)
}

pub(super) fn update(
    strategy: &Strategy,
    stage: usize,
    seed: Seed,
    inputs: &Inputs,
    engines: Option<&mut Engines<'_>>,
) -> Result<Outputs, TaskFailure> {
    let state: State = inputs.json_or_default("state")?;
    let proposals: Proposals = inputs.json("proposals")?;
    let selection = match inputs.optional("selection") {
        Some(_) => inputs.json("selection")?,
        None => Selection::carried(proposals.proposals.len()),
    };
    let measured = inputs.numbered("measured", selection.chosen.len())?;
    let mut policy = policy(strategy, &proposals.problem, seed, inputs, engines)?;
    let round = strategy::RoundResult { stage, proposals: &proposals, selection: &selection, measured: &measured };
    let (state, report) = strategy::update(strategy, &state, &round, seed, as_policy(&mut policy));
    let mut outputs = Outputs::default();
    outputs.put("state", &state);
    outputs.put("report", &report);
    if let Some(policy) = policy {
        outputs.blobs.insert("policy".to_owned(), policy.save());
    }
    Ok(outputs)
}

/// The policy of a strategy that has one: as saved, or fresh before the first update.
fn policy(
    strategy: &Strategy,
    problem: &Problem,
    seed: Seed,
    inputs: &Inputs,
    engines: Option<&mut Engines<'_>>,
) -> Result<Option<Box<dyn Policy>>, TaskFailure> {
    match strategy {
        Strategy::Random => Ok(None),
        Strategy::Epnas(parameters) => {
            let engines = engines.ok_or_else(|| refused("it needs a worker with tensors".to_owned()))?;
            engines.policies.policy(&problem.space, &parameters.policy, seed, inputs.optional("policy")).map(Some)
        }
    }
}

fn as_policy(policy: &mut Option<Box<dyn Policy>>) -> Option<&mut dyn Policy> {
    match policy {
        Some(policy) => Some(policy.as_mut()),
        None => None,
    }
}
