//! The tasks that steer: sample, predict, update.

use std::sync::Arc;

use super::evaluate::MAX_FINAL_NETWORKS;
use super::shared::{Probing, add_scores, probe};
use super::steering::{Steering, as_policy, open};
use super::{Inputs, Outputs, Port, Sample, SampleSource, SplitName, World, score, without_tensors};
use crate::arch::Architecture;
use crate::engine::TaskFailure;
use crate::space::{Family, Problem, SearchSpace};
use crate::strategy::{self, Carried, Measured, Pick, Proposal, Proposals, Request, Selection, State};

pub(super) fn sample(sample: &Sample, inputs: &Inputs, world: World<'_>) -> Result<Outputs, TaskFailure> {
    let World { data, engines, states, .. } = world;
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
        SampleSource::BestFeasible => {
            let references = inputs.measured(Family::ALL.len())?;
            finalists(&state, sample.count, best_reference(&references)).iter().map(|network| space.at_length(network)).collect()
        }
        SampleSource::Strategy { strategy, rejecting, seed } => {
            let steering = Steering { problem: &sample.problem, strategy, seed: *seed };
            let mut policy = steering.policy(&space, inputs, engines)?;
            let request = Request { problem: &sample.problem, space, rejecting, state: &state, count: sample.count, seed: *seed };
            outputs.put(Port::Proposals, &strategy.propose(&request, as_policy(&mut policy))?);
            return Ok(outputs);
        }
    };
    // Those besides have their numbers however few are given: the plan knows them by these.
    let numbered = (1..).zip(&given).chain((sample.count + 1..).zip(&sample.besides));
    for (number, architecture) in numbered {
        outputs.put(Port::Chosen(number), architecture);
    }
    // The search knows nothing of networks that its space does not hold, and of each network once.
    let mut known = given;
    for network in sample.besides.iter().filter(|network| space.contains(network).is_ok()) {
        if !known.contains(network) {
            known.push(network.clone());
        }
    }
    outputs.put(Port::Proposals, &as_proposals(&sample.problem, &space, known));
    Ok(outputs)
}

/// The feasible one with the best reward.
fn best_reference(references: &[Option<Measured>]) -> Option<&Architecture> {
    let feasible = references.iter().flatten().filter(|measured| measured.reward.feasible);
    let best = feasible.max_by(|a, b| a.reward.value.total_cmp(&b.reward.value));
    best.map(|measured| &measured.architecture)
}

/// The best networks of a search, with the reference in the last place where it is not among them.
fn finalists(state: &State, count: usize, reference: Option<&Architecture>) -> Vec<Architecture> {
    let mut best = state.best_feasible(count);
    if let Some(reference) = reference.filter(|reference| !best.contains(reference)) {
        best.truncate(count - 1);
        best.push(reference.clone());
    }
    best
}

/// Networks that are trained whatever a strategy thinks of them; without those that are of no space, such as a reference
/// among cells.
fn as_proposals(problem: &Problem, space: &SearchSpace<'_>, networks: Vec<Architecture>) -> Proposals {
    let attempts = networks.len();
    let proposal = |architecture: Architecture| {
        let costs = space.costs(&architecture)?;
        Some(Proposal { architecture, costs, origin: strategy::Origin::Given })
    };
    let proposals = networks.into_iter().filter_map(proposal).collect();
    Proposals { problem: problem.clone(), proposals, rejected: Vec::new(), nearest: None, attempts, rejoined: Vec::new() }
}

pub(super) fn predict(
    steering: &Steering<'_>,
    count: usize,
    (minibatch, probing): (Option<&SplitName>, Option<&Probing>),
    inputs: &Inputs,
    world: World<'_>,
) -> Result<Outputs, TaskFailure> {
    let World { data, mut engines, states, .. } = world;
    let state = states.read(inputs)?;
    let proposals: Proposals = inputs.json(Port::Proposals)?;
    let unscored = steering.strategy.unscored(&state, &proposals)?;
    let mut scores = score::scores(steering, &unscored, minibatch, data, engines.as_mut())?;
    let mut probed = None;
    if let Some(probing) = probing {
        let engines = engines.as_mut().ok_or_else(without_tensors)?;
        match (steering.strategy.shares(), steering.strategy.scores_with()) {
            // Where no shared weights came to be, proposals are trained in their order.
            (Some(enas), _) => {
                let networks: Vec<&Architecture> = proposals.proposals.iter().map(|proposal| &proposal.architecture).collect();
                probed = probe((probing, enas.chains), &networks, steering.problem, inputs, (data, engines))?;
            }
            (None, Some(shared)) if !unscored.is_empty() => {
                add_scores((probing, shared.chains), &unscored, &mut scores, inputs, (data, engines))?;
            }
            _ => {}
        }
    }
    let space = open(steering.problem, data)?;
    let mut policy = steering.edit_policy(&space, inputs, engines)?;
    let (seed, probed) = (steering.seed, probed.as_deref());
    let pick = Pick { space, state: &state, proposals: &proposals, count, seed, scores: &scores, probed };
    let selection = steering.strategy.select(&pick, as_policy(&mut policy))?;
    let mut outputs = Outputs::default();
    for (index, chosen) in selection.chosen.iter().enumerate() {
        outputs.put(Port::Chosen(index + 1), &proposals.proposals[chosen.proposal].architecture);
    }
    outputs.put(Port::Selection, &selection);
    Ok(outputs)
}

/// What was measured of each of the networks that a stage begins with. Their numbers have gaps where fewer were carried than
/// there was room for.
fn began(proposals: &Proposals, inputs: &Inputs) -> Result<Vec<Option<Measured>>, TaskFailure> {
    let measured = inputs.measured(MAX_FINAL_NETWORKS + Family::ALL.len())?;
    let of = |proposal: &Proposal| measured.iter().flatten().find(|measured| measured.architecture == proposal.architecture).cloned();
    Ok(proposals.proposals.iter().map(of).collect())
}

pub(super) fn update(steering: &Steering<'_>, stage: usize, inputs: &Inputs, world: World<'_>) -> Result<Outputs, TaskFailure> {
    let World { data, engines, states, .. } = world;
    let space = open(steering.problem, data)?;
    let state = states.read(inputs)?;
    let proposals: Proposals = inputs.json(Port::Proposals)?;
    let (selection, measured) = match inputs.optional(Port::Selection) {
        Some(_) => {
            let selection: Selection = inputs.json(Port::Selection)?;
            let measured = inputs.measured(selection.chosen.len())?;
            (selection, measured)
        }
        None => (Selection::carried(proposals.proposals.len()), began(&proposals, inputs)?),
    };
    let mut policy = steering.edit_policy(&space, inputs, engines)?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::arch::{Costs, Layer, LayerNetwork, Operation, OperationKind, Shape};
    use crate::digest::{Digest, Domain};
    use crate::objective::Reward;
    use crate::space::{Choices, LayerSpace, Limits};
    use crate::strategy::{Origin, Trial, TrialOrigin};
    use crate::task::StateCache;
    use crate::task::evaluate::tests::NoData;

    fn network(channels: usize) -> Architecture {
        let layer = Layer { operation: Operation::convolution(3, channels, 1), sources: vec![] };
        LayerNetwork { layers: vec![layer] }.into()
    }

    fn measured(channels: usize, validation_accuracy: f64, feasible: bool) -> Measured {
        let reward = Reward { value: validation_accuracy, feasible };
        Measured {
            architecture: network(channels),
            costs: Costs::new(),
            validation_accuracy,
            accuracies: Vec::new(),
            score: None,
            reward,
            age: None,
        }
    }

    fn state() -> State {
        let trial = |channels: usize| Trial {
            stage: 0,
            origin: TrialOrigin::Drawn,
            predicted: None,
            measured: measured(channels, channels as f64 / 100.0, true),
        };
        State { trials: [10, 20, 30, 40].map(trial).to_vec(), ..State::default() }
    }

    #[test]
    fn the_best_feasible_reference_has_a_place_among_those_trained_at_length() {
        let references = [Some(measured(1, 0.3, true)), None, Some(measured(2, 0.9, false)), Some(measured(3, 0.4, true))];
        let best = best_reference(&references);
        assert_eq!(best, Some(&network(3)));
        assert_eq!(finalists(&state(), 3, best), [40, 30, 3].map(network));
        // One that the search knows, and found to be the best, takes no place of another.
        assert_eq!(finalists(&state(), 3, Some(&network(40))), [40, 30, 20].map(network));
        assert_eq!(finalists(&state(), 3, best_reference(&[None])), [40, 30, 20].map(network));
        assert_eq!(finalists(&State::default(), 2, best), [network(3)]);
    }

    #[test]
    fn networks_outside_the_space_are_trained_and_not_proposed() {
        let space = LayerSpace {
            stem: Operation::convolution(3, 8, 1),
            operations: vec![OperationKind::Convolution],
            choices: Choices::of([&[3], &[8], &[1]]),
            skips: false,
            min_depth: 0,
            min_resolution: 1,
        };
        let limits = Limits { image: Shape { channels: 1, height: 8, width: 8 }, classes: 2, depth: 2 };
        let problem = Problem::Layers { space, limits };
        let from = SampleSource::Start { networks: vec![network(8)] };
        let task = Sample { problem, from, count: 1, besides: vec![network(9)] };
        let world = World { data: &mut NoData, engines: None, meter: None, states: &mut StateCache::default() };
        let outputs = sample(&task, &Inputs(BTreeMap::new()), world).expect("a sample");
        let names: Vec<&str> = outputs.blobs.keys().map(String::as_str).collect();
        assert_eq!(names, ["candidate-1", "candidate-2", "proposals"]);
        // Where fewer are there than there is room for, those besides have the same numbers.
        let fewer = Sample { count: 3, ..task };
        let world = World { data: &mut NoData, engines: None, meter: None, states: &mut StateCache::default() };
        let of_fewer = sample(&fewer, &Inputs(BTreeMap::new()), world).expect("a sample").blobs;
        assert_eq!(
            (&of_fewer["candidate-1"], &of_fewer["candidate-4"], of_fewer.len()),
            (&outputs.blobs["candidate-1"], &outputs.blobs["candidate-2"], 3)
        );
        let proposals: Proposals = serde_json::from_slice(&outputs.blobs["proposals"]).expect("JSON");
        assert_eq!(proposals.proposals.iter().map(|proposal| &proposal.architecture).collect::<Vec<_>>(), [&network(8)]);
    }

    #[test]
    fn what_a_stage_begins_with_is_known_by_its_network_whatever_its_number() {
        let [first, second] =
            [8, 9].map(|channels| Proposal { architecture: network(channels), costs: Costs::new(), origin: Origin::Given });
        let problem = Problem::Table { table: Digest::of(Domain::Table, b"") };
        let proposals =
            Proposals { problem, proposals: vec![first, second], rejected: Vec::new(), nearest: None, attempts: 0, rejoined: Vec::new() };
        let of = |number, channels| {
            (Port::MeasuredOf(number).name().into_owned(), serde_json::to_vec(&measured(channels, 0.5, true)).expect("JSON"))
        };
        let found = began(&proposals, &Inputs(BTreeMap::from([of(1, 8), of(9, 9)]))).expect("readable");
        assert_eq!(found, [8, 9].map(|channels| Some(measured(channels, 0.5, true))));
        let found = began(&proposals, &Inputs(BTreeMap::from([of(9, 9)]))).expect("readable");
        assert_eq!(found, [None, Some(measured(9, 0.5, true))]);
    }
}
