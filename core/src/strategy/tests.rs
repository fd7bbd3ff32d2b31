//! Every strategy on the space of layers: legal, distinct, repeatable proposals, and states that survive a round trip.

use std::collections::BTreeSet;

use super::enlarged::enlarged;
use super::examples::{EvenPolicy, ending_with, of_paper, problem, start};
use super::from_given::from_given;
use super::scale::Scale;
use super::*;
use crate::arch::{Architecture, CostKind, OperationKind};
use crate::objective::{Constraint, Enforcement, Reward, Side};
use crate::seed::Seed;
use crate::space::{Problem, SearchSpace};

fn depth(architecture: &Architecture) -> usize {
    let Architecture::Layers(network) = architecture else { panic!("a network of layers") };
    network.layers.len()
}

fn open(problem: &Problem) -> SearchSpace<'_> {
    problem.open(None).expect("no table is needed")
}

/// A measurement whose reward is `value`.
fn measured(architecture: &Architecture, value: f64) -> Measured {
    let costs = open(&problem()).costs(architecture).expect("of the space");
    Measured {
        architecture: architecture.clone(),
        costs,
        validation_accuracy: value,
        accuracies: Vec::new(),
        score: None,
        reward: Reward { value, feasible: true },
        age: None,
    }
}

fn trial(stage: usize, measured: Measured) -> Trial {
    Trial { stage, origin: TrialOrigin::Given, predicted: None, measured }
}

pub fn trial_of(architecture: &Architecture, origin: TrialOrigin) -> Trial {
    Trial { origin, ..trial(0, measured(architecture, 0.5)) }
}

fn state() -> State {
    State { trials: vec![trial(0, measured(&start(), 0.5))], tried: [start().digest()].into(), ..State::default() }
}

fn small() -> Constraint {
    Constraint { cost: CostKind::Params, side: Side::Max, limit: 2_000.0, enforcement: Enforcement::Reject }
}

#[test]
fn an_enlarged_network_is_larger_and_keeps_the_limits() {
    let (problem, state) = (problem(), state());
    let space = open(&problem);
    let request = |rejecting| Request { problem: &problem, space, rejecting, state: &state, count: 1, seed: Seed::root(0) };
    let macs = |network: &Architecture| space.costs(network).expect("of the space")[&CostKind::Macs];
    let limits = [small()];
    let mut grown = 0;
    for index in 0..20 {
        let stream = || Seed::root(3).nth(index).stream();
        let plain = space.draw(&mut stream());
        if !small().rejects(&space.costs(&plain).expect("of the space")) {
            let large = enlarged(&request(&limits), plain.clone(), &mut stream());
            assert!(space.contains(&large).is_ok() && !small().rejects(&space.costs(&large).expect("of the space")));
            assert!(macs(&large) >= macs(&plain), "{} became {}", plain.summary(), large.summary());
            grown += usize::from(macs(&large) > macs(&plain));
        }
        // Without a limit there is nothing to come near to, and the share of nothing changes no draw.
        assert_eq!(enlarged(&request(&[]), plain.clone(), &mut stream()), plain);
        assert_eq!(random::drawn(&request(&limits), &mut stream(), random::Shares::default()).0, plain);
    }
    assert!(grown >= 5, "{grown} of 20");
}

#[test]
fn what_is_made_larger_may_grow_and_is_of_the_stage_before_where_this_one_has_too_little() {
    let problem = problem();
    let space = open(&problem);
    let mut deepest = (0..200).map(|number| space.draw(&mut Seed::root(4).nth(number).stream()));
    let deepest = deepest.find(|network| depth(network) == 5 && space.contains(network).is_ok()).expect("one of many");
    assert!(space.can_grow(&start()) && !space.can_grow(&deepest));
    let trials = vec![trial(0, measured(&start(), 0.5)), trial(1, measured(&deepest, 0.9))];
    let state = State { stage: 1, trials, ..State::default() };
    let request = Request { problem: &problem, space, rejecting: &[], state: &state, count: 4, seed: Seed::root(1) };
    let proposals = examples::pnas(Predictor::Forest).propose(&request, None).expect("it needs nothing").proposals;
    assert_eq!(proposals.len(), 4);
    assert!(proposals.iter().all(|proposal| proposal.origin == Origin::Grown && depth(&proposal.architecture) == 3), "{proposals:?}");
}

#[test]
fn edits_of_given_networks_keep_the_limits_and_need_a_network_that_was_given() {
    let (problem, limits) = (problem(), [small()]);
    let space = open(&problem);
    let given = State { trials: vec![trial_of(&start(), TrialOrigin::Given)], ..State::default() };
    let drawn = State { trials: vec![trial_of(&start(), TrialOrigin::Drawn)], ..State::default() };
    let edited = |state, index| {
        let request = Request { problem: &problem, space, rejecting: &limits, state, count: 1, seed: Seed::root(0) };
        from_given(&request, &mut Seed::root(4).nth(index).stream())
    };
    let networks: Vec<Architecture> = (0..20).filter_map(|index| edited(&given, index)).collect();
    assert_eq!(networks.len(), 20);
    assert!(networks.iter().all(|network| !small().rejects(&space.costs(network).expect("of the space"))));
    assert!(networks.iter().filter(|network| **network != start()).count() >= 15, "edits change something");
    assert_eq!(edited(&drawn, 0), None);
}

#[test]
fn proposals_are_legal_distinct_new_within_bounds_and_repeatable() {
    let (problem, state) = (problem(), state());
    for strategy in [Strategy::Random, of_paper(Rejected::Ignore)] {
        let propose = |seed| {
            let request = Request {
                problem: &problem,
                space: open(&problem),
                rejecting: &[small()],
                state: &state,
                count: 20,
                seed: Seed::root(seed),
            };
            strategy.propose(&request, Some(&mut EvenPolicy::default())).expect("it can go on")
        };
        let proposals = propose(1);
        assert_eq!(proposals.proposals.len(), 20, "{}", strategy.word());
        let digests: BTreeSet<_> = proposals.proposals.iter().map(|proposal| proposal.architecture.digest()).collect();
        assert_eq!(digests.len(), 20);
        assert!(!digests.contains(&start().digest()), "the start network was tried before");
        for proposal in &proposals.proposals {
            assert_eq!(open(&problem).contains(&proposal.architecture), Ok(()));
            assert_eq!(proposal.architecture, proposal.architecture.canonical());
            assert!(proposal.costs[&CostKind::Params] <= 2_000.0);
        }
        assert_eq!(proposals, propose(1));
        assert_ne!(proposals, propose(2));
        let text = serde_json::to_string(&proposals).expect("plain data");
        assert_eq!(serde_json::from_str::<Proposals>(&text).expect("what was written"), proposals);
    }
}

#[test]
fn a_space_that_runs_dry_gives_what_it_has() {
    let Problem::Layers { mut space, mut limits } = problem() else { panic!("the space of layers") };
    space.operations = vec![OperationKind::MaxPool];
    space.skips = false;
    limits.depth = 1;
    let problem = Problem::Layers { space, limits };
    let state = State::default();
    let request = Request { problem: &problem, space: open(&problem), rejecting: &[], state: &state, count: 50, seed: Seed::root(1) };
    // Two kernels times two strides.
    assert_eq!(Strategy::Random.propose(&request, None).expect("it needs nothing").proposals.len(), 4);
}

#[test]
fn no_more_rejected_lanes_teach_than_proposals_are_wanted() {
    let (problem, state) = (problem(), state());
    let nothing_fits = Constraint { limit: 1.0, ..small() };
    let rejected = |rejected| {
        let rejecting = [nothing_fits];
        let request =
            Request { problem: &problem, space: open(&problem), rejecting: &rejecting, state: &state, count: 5, seed: Seed::root(1) };
        let proposals = of_paper(rejected).propose(&request, Some(&mut EvenPolicy::default())).expect("it can go on");
        assert!(proposals.proposals.is_empty() && proposals.nearest.is_some());
        proposals.rejected.len()
    };
    assert_eq!([Rejected::Zero, Rejected::Ignore].map(rejected), [5, 0]);
}

#[test]
fn predictions_choose_most_and_chance_the_declared_share() {
    let (problem, mut state) = (problem(), state());
    let given = State { trials: vec![state.trials[0].clone(); 3], ..state.clone() };
    state.trials = vec![trial_of(&start(), TrialOrigin::Drawn); 3];
    let request = Request { problem: &problem, space: open(&problem), rejecting: &[], state: &state, count: 20, seed: Seed::root(3) };
    let strategy = of_paper(Rejected::Ignore);
    let mut proposals = strategy.propose(&request, Some(&mut EvenPolicy::default())).expect("it can go on");
    // Three that no prediction chooses were drawn at random.
    let mut shallow: Vec<usize> = (0..20).collect();
    shallow.sort_by_key(|&proposal| depth(&proposals.proposals[proposal].architecture));
    shallow.truncate(3);
    for &proposal in &shallow {
        proposals.proposals[proposal].origin = Origin::Drawn;
    }
    let scores = Scored::new();
    let pick =
        Pick { space: open(&problem), state: &state, proposals: &proposals, count: 8, seed: Seed::root(4), scores: &scores, probed: None };
    let selection = strategy.select(&pick, Some(&mut EvenPolicy::default())).expect("it can go on");
    let by_chance = selection.chosen.iter().filter(|chosen| chosen.by == ChosenBy::Random);
    let by_chance: Vec<bool> = by_chance.map(|chosen| shallow.contains(&chosen.proposal)).collect();
    assert_eq!(by_chance, [true, true], "those drawn at random come first");
    let deepest = proposals.proposals.iter().map(|proposal| depth(&proposal.architecture)).max();
    assert_eq!(selection.chosen.first().map(|chosen| depth(&proposals.proposals[chosen.proposal].architecture)), deepest);
    let distinct: BTreeSet<usize> = selection.chosen.iter().map(|chosen| chosen.proposal).collect();
    assert_eq!(distinct.len(), 8);
    let random = Strategy::Random.select(&pick, None).expect("it needs nothing");
    let early = strategy.select(&Pick { state: &given, ..pick }, Some(&mut EvenPolicy::default())).expect("it can go on");
    for unpredicted in [random, early] {
        assert!(unpredicted.chosen.iter().all(|chosen| chosen.by == ChosenBy::Order && chosen.predicted.is_none()));
    }
}

#[test]
fn lanes_are_credited_against_the_value_of_their_start() {
    let problem = problem();
    let state = state();
    let request = Request { problem: &problem, space: open(&problem), rejecting: &[small()], state: &state, count: 6, seed: Seed::root(5) };
    let strategy = of_paper(Rejected::Zero);
    let proposals = strategy.propose(&request, Some(&mut EvenPolicy::default())).expect("it can go on");
    let selection = Selection {
        chosen: (0..6).map(|proposal| Chosen { proposal, by: ChosenBy::Random, predicted: None }).collect(),
        predicted: None,
        gated: None,
        shared_weights: None,
        scores: Scored::new(),
    };
    let mut results: Vec<Option<Measured>> = proposals
        .proposals
        .iter()
        .enumerate()
        .map(|(index, proposal)| Some(measured(&proposal.architecture, 0.5 + 0.01 * index as f64)))
        .collect();
    results[2] = None;
    let round = RoundResult { stage: 0, proposals: &proposals, selection: &selection, measured: &results };
    let mut policy = EvenPolicy::default();
    let (next, _) = strategy.update(open(&problem), &state, round, Seed::root(6), Some(&mut policy)).expect("it can go on");
    assert_eq!(next.trials.len(), 1 + 5, "a failed training is no trial");
    assert_eq!(next.tried.len(), 1 + 6, "but it is not proposed again");
    let lesson = &policy.lessons[0];
    assert_eq!(lesson.episodes.len(), 5 + proposals.rejected.len());
    assert_eq!(lesson.observations.len(), 6);
    // The start has two layers, so its value is 2; a rejected lane is worth the least.
    assert!(lesson.episodes[5..].iter().all(|episode| (episode.advantage - (-3.0 - 2.0)).abs() < 1e-12));
    let text = serde_json::to_string(&next).expect("plain data");
    assert_eq!(serde_json::from_str::<State>(&text).expect("what was written"), next);
}

#[test]
fn carried_networks_bring_earlier_rewards_to_the_present_level() {
    let other = ending_with(OperationKind::MaxPool.of(&[3, 2]));
    let trial = |stage, architecture: &Architecture, value| trial(stage, measured(architecture, value));
    let trials = vec![trial(0, &start(), 0.5), trial(0, &other, 0.4), trial(1, &start(), 0.8)];
    let state = State { stage: 1, trials, ..State::default() };
    let (_, levelled) = Scale::of(&state);
    let values: Vec<f64> = levelled.iter().map(|(_, value)| *value).collect();
    assert!((values[0] - 0.8).abs() < 1e-12 && (values[1] - 0.7).abs() < 1e-12, "{values:?}");
}

#[test]
fn the_rise_of_rewards_is_told_by_networks_that_were_not_chosen_for_them() {
    let given = [ending_with(OperationKind::MaxPool.of(&[3, 2])), ending_with(OperationKind::MaxPool.of(&[3, 1]))];
    let [lucky, poor] = [OperationKind::AveragePool.of(&[3, 2]), OperationKind::AveragePool.of(&[3, 1])].map(ending_with);
    let drawn = |architecture: &Architecture, value| Trial { origin: TrialOrigin::Drawn, ..trial(0, measured(architecture, value)) };
    let mut trials: Vec<Trial> = given.iter().map(|architecture| trial(0, measured(architecture, 0.5))).collect();
    trials.extend([drawn(&lucky, 0.6), drawn(&poor, 0.4)]);
    trials.extend(given.iter().map(|architecture| trial(1, measured(architecture, 0.8))));
    trials.push(trial(1, measured(&lucky, 0.8)));
    let state = State { stage: 1, trials, ..State::default() };
    let (_, levelled) = Scale::of(&state);
    let level = |network: &Architecture| levelled.iter().find(|(other, _)| other.architecture == *network).expect("measured").1;
    assert!((level(&poor) - 0.7).abs() < 1e-12, "a rise of .3 and not of .27: {}", level(&poor));
}

#[test]
fn the_best_feasible_networks_come_from_the_latest_stage_first() {
    let other = ending_with(OperationKind::MaxPool.of(&[3, 2]));
    let third = ending_with(OperationKind::AveragePool.of(&[3, 2]));
    let mut infeasible = measured(&third, 0.99);
    infeasible.reward.feasible = false;
    let state = State {
        stage: 1,
        trials: vec![
            trial(0, measured(&other, 0.9)),
            trial(0, measured(&start(), 0.7)),
            trial(1, infeasible),
            trial(1, measured(&start(), 0.8)),
        ],
        ..State::default()
    };
    assert_eq!(state.best_feasible(5), [start(), other]);
}

#[test]
fn a_memory_is_refused_by_another_strategy() {
    let memory = Memory::of(&vec![1, 2]);
    assert_eq!(memory.read::<Vec<usize>>(), Ok(vec![1, 2]));
    let (problem, state) = (problem(), State { memory, ..state() });
    let request = Request { problem: &problem, space: open(&problem), rejecting: &[], state: &state, count: 2, seed: Seed::root(8) };
    let reinforce = Strategy::Reinforce(ReinforceParameters { learning_rate: 0.1, baseline_decay: 0.9 });
    assert!(matches!(reinforce.propose(&request, None), Err(StrategyError::Memory(_))));
    assert!(Strategy::Random.propose(&request, None).is_ok(), "it remembers nothing and reads nothing");
    assert_eq!(of_paper(Rejected::Zero).propose(&request, None), Err(StrategyError::NoPolicy));
}
