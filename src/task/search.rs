//! The tasks that steer: sample, predict, update.

use std::sync::Arc;

use super::steering::{Steering, as_policy, open};
use super::{Inputs, Outputs, Port, Sample, SampleSource, SplitName, World, refused, score, unreadable};
use crate::arch::Architecture;
use crate::engine::TaskFailure;
use crate::space::{Problem, SearchSpace};
use crate::strategy::{self, Carried, Pick, Proposal, Proposals, Request, Selection, StrategyError};

pub(super) fn sample(sample: &Sample, inputs: &Inputs, world: World<'_>) -> Result<Outputs, TaskFailure> {
    let World { data, engines, states } = world;
    let space = open(&sample.problem, data)?;
    let mut state = states.read(inputs)?;
    // Being trained at this moment: as good as tried.
    for network in inputs.pending() {
        Arc::make_mut(&mut state).tried.insert(network?.digest());
    }
    let mut outputs = Outputs::default();
    let given = match &sample.from {
        SampleSource::Start { networks } => networks.clone(),
        SampleSource::Carried => state.ranked().iter().take(sample.count).map(|measured| measured.architecture.clone()).collect(),
        SampleSource::BestFeasible => state.best_feasible(sample.count).iter().map(|network| space.at_length(network)).collect(),
        SampleSource::Strategy { strategy, rejecting, seed } => {
            let steering = Steering { problem: &sample.problem, strategy, seed: *seed };
            let mut policy = steering.policy(&space, inputs, engines)?;
            let request = Request { problem: &sample.problem, space, rejecting, state: &state, count: sample.count, seed: *seed };
            outputs.put(Port::Proposals, &strategy.propose(&request, as_policy(&mut policy))?);
            return Ok(outputs);
        }
    };
    for (index, architecture) in given.iter().enumerate() {
        outputs.put(Port::Chosen(index + 1), architecture);
    }
    outputs.put(Port::Proposals, &as_proposals(&sample.problem, &space, given)?);
    Ok(outputs)
}

/// Networks that are trained whatever a strategy thinks of them.
fn as_proposals(problem: &Problem, space: &SearchSpace<'_>, networks: Vec<Architecture>) -> Result<Proposals, TaskFailure> {
    let proposal = |architecture: Architecture| {
        let costs = space.costs(&architecture).ok_or_else(|| refused(format!("`{}` makes no network", architecture.summary())))?;
        Ok(Proposal { architecture, costs, origin: strategy::Origin::Given })
    };
    let attempts = networks.len();
    let proposals = networks.into_iter().map(proposal).collect::<Result<_, TaskFailure>>()?;
    Ok(Proposals { problem: problem.clone(), proposals, rejected: Vec::new(), nearest: None, attempts, rejoined: Vec::new() })
}

pub(super) fn predict(
    steering: &Steering<'_>,
    count: usize,
    minibatch: Option<&SplitName>,
    inputs: &Inputs,
    world: World<'_>,
) -> Result<Outputs, TaskFailure> {
    let World { data, mut engines, states } = world;
    let state = states.read(inputs)?;
    let proposals: Proposals = inputs.json(Port::Proposals)?;
    let unscored = steering.strategy.unscored(&state, &proposals)?;
    let scores = score::scores(steering, &unscored, minibatch, data, engines.as_mut())?;
    let space = open(steering.problem, data)?;
    let mut policy = steering.policy(&space, inputs, engines)?;
    let pick = Pick { space, state: &state, proposals: &proposals, count, seed: steering.seed, scores: &scores };
    let selection = steering.strategy.select(&pick, as_policy(&mut policy))?;
    let mut outputs = Outputs::default();
    for (index, chosen) in selection.chosen.iter().enumerate() {
        outputs.put(Port::Chosen(index + 1), &proposals.proposals[chosen.proposal].architecture);
    }
    outputs.put(Port::Selection, &selection);
    Ok(outputs)
}

pub(super) fn update(steering: &Steering<'_>, stage: usize, inputs: &Inputs, world: World<'_>) -> Result<Outputs, TaskFailure> {
    let World { data, engines, states } = world;
    let space = open(steering.problem, data)?;
    let state = states.read(inputs)?;
    let proposals: Proposals = inputs.json(Port::Proposals)?;
    let selection = match inputs.optional(Port::Selection) {
        Some(_) => inputs.json(Port::Selection)?,
        None => Selection::carried(proposals.proposals.len()),
    };
    let measured = inputs.measured(selection.chosen.len())?;
    let mut policy = steering.policy(&space, inputs, engines)?;
    let round = strategy::RoundResult { stage, proposals: &proposals, selection: &selection, measured: &measured };
    let (state, report) = steering.strategy.update(space, &state, round, steering.seed, as_policy(&mut policy))?;
    let mut outputs = Outputs::default();
    states.put(state, &mut outputs);
    outputs.put(Port::Report, &report);
    if let Some(policy) = policy {
        outputs.put_bytes(Port::Carried(Carried::Policy), policy.save());
    }
    Ok(outputs)
}

impl From<StrategyError> for TaskFailure {
    /// The state is that of another strategy, or damaged.
    fn from(error: StrategyError) -> Self {
        unreadable(format!("its inputs are not those of the strategy: {error}"))
    }
}
