//! Every strategy of the examples on every space where it makes sense.

use std::collections::BTreeSet;

use super::examples::{Start, grows, strategies, table, with_spaces};
use super::*;
use crate::arch::{Architecture, CostKind};
use crate::engine::{Policy, Score, Scores, ZeroCost};
use crate::objective::{Constraint, Enforcement, Reward, Side};
use crate::seed::Seed;
use crate::space::{Problem, SearchSpace};

/// A reward that only the network decides.
fn reward(architecture: &Architecture) -> f64 {
    f64::from(architecture.digest().to_string().bytes().map(u32::from).sum::<u32>() % 100) / 100.0
}

/// Scores that only the network decides, one of them without a difference.
fn scores(strategy: &Strategy, networks: &[&Architecture]) -> Scored {
    let of = |architecture: &Architecture| -> Scores {
        let score = |score| (Score::from(score), if score == ZeroCost::Naswot { 7.0 } else { reward(architecture).sqrt() });
        strategy.zero_cost().iter().map(score).collect()
    };
    networks.iter().map(|architecture| (architecture.digest(), of(architecture))).collect()
}

struct Simulation<'a> {
    strategy: &'a Strategy,
    problem: &'a Problem,
    space: SearchSpace<'a>,
    rejecting: &'a [Constraint],
    state: State,
    policy: Option<EditPolicy>,
}

impl Simulation<'_> {
    fn policy(&mut self) -> Option<&mut dyn Policy> {
        self.policy.as_mut().map(|policy| policy as &mut dyn Policy)
    }

    /// A round of a stage; gives the networks trained and everything as text.
    fn round(&mut self, stage: usize, proposals: usize, trainings: usize, seed: Seed) -> (Vec<Architecture>, String) {
        let (problem, space, rejecting, state, strategy) = (self.problem, self.space, self.rejecting, self.state.clone(), self.strategy);
        let request = Request { problem, space, rejecting, state: &state, count: proposals, seed: seed.child("sample") };
        let proposed = strategy.propose(&request, self.policy()).expect("it can go on");
        let scores = scores(strategy, &strategy.unscored(&state, &proposed).expect("its own memory"));
        let probed: Option<Vec<f64>> =
            strategy.shares().map(|_| proposed.proposals.iter().map(|proposal| reward(&proposal.architecture)).collect());
        let (count, seed_of_pick, probed) = (trainings, seed.child("predict"), probed.as_deref());
        let pick = Pick { space, state: &state, proposals: &proposed, count, seed: seed_of_pick, scores: &scores, probed };
        let selection = strategy.select(&pick, self.policy()).expect("it can go on");
        let chosen: Vec<&Proposal> = selection.chosen.iter().map(|chosen| &proposed.proposals[chosen.proposal]).collect();
        for proposal in &proposed.proposals {
            let architecture = &proposal.architecture;
            assert_eq!(space.contains(architecture), Ok(()), "{}", architecture.summary());
            assert_eq!(architecture, &architecture.canonical());
            assert_eq!(space.costs(architecture).as_ref(), Some(&proposal.costs));
            assert!(!rejecting.iter().any(|constraint| constraint.rejects(&proposal.costs)));
            assert!(state.stage != stage || !state.tried.contains(&architecture.digest()), "tried before in the stage");
        }
        let digests: BTreeSet<_> = proposed.proposals.iter().map(|proposal| proposal.architecture.digest()).collect();
        assert_eq!(digests.len(), proposed.proposals.len(), "proposals are distinct");
        assert!(proposed.proposals.len() <= proposals && chosen.len() <= trainings);
        let measured: Vec<Option<Measured>> = chosen
            .iter()
            .enumerate()
            .map(|(index, proposal)| {
                let Proposal { architecture, costs, .. } = *proposal;
                let value = reward(architecture);
                let reward = Reward { value, feasible: true };
                // One training in a round fails.
                (index != 2).then(|| Measured {
                    architecture: architecture.clone(),
                    costs: costs.clone(),
                    validation_accuracy: value,
                    accuracies: Vec::new(),
                    score: None,
                    reward,
                    age: None,
                })
            })
            .collect();
        let round = RoundResult { stage, proposals: &proposed, selection: &selection, measured: &measured };
        let (next, report) = strategy.update(space, &state, round, seed.child("update"), self.policy()).expect("it can go on");
        let text = serde_json::to_string(&next).expect("plain data");
        assert_eq!(serde_json::from_str::<State>(&text).expect("what was written"), next, "a state survives a round trip");
        let everything = serde_json::to_string(&(&proposed, &selection, &next, &report)).expect("plain data");
        let trained = chosen.iter().map(|proposal| proposal.architecture.clone()).collect();
        self.state = next;
        (trained, everything)
    }
}

fn simulation<'a>(
    strategy: &'a Strategy,
    problem: &'a Problem,
    space: SearchSpace<'a>,
    start: &Start,
    rejecting: &'a [Constraint],
) -> Simulation<'a> {
    let mut state = State::default();
    if let Some(start) = start {
        let costs = space.costs(start).expect("of the space");
        let measured = Measured {
            architecture: start.clone(),
            costs,
            validation_accuracy: 0.5,
            accuracies: Vec::new(),
            score: None,
            reward: Reward { value: 0.5, feasible: true },
            age: None,
        };
        state.tried.insert(start.digest());
        state.trials.push(Trial { stage: 0, origin: TrialOrigin::Given, predicted: None, measured });
    }
    let words = strategy.editor().map(|_| space.vocabulary());
    let words = words.or_else(|| strategy.decider().map(|_| Decisions::of(space).vocabulary()));
    let policy = words.map(|words| EditPolicy::new(&words, 0.1, None).expect("fresh"));
    Simulation { strategy, problem, space, rejecting, state, policy }
}

#[test]
fn a_search_is_legal_distinct_and_never_more_than_the_schedule() {
    let small = [Constraint { cost: CostKind::Params, side: Side::Max, limit: 3_000.0, enforcement: Enforcement::Reject }];
    with_spaces(|name, problem, space, start| {
        for (word, strategy) in strategies().iter().filter(|(_, strategy)| grows(strategy, name)) {
            let mut search = simulation(strategy, problem, space, &start, &small);
            let mut trained = 0;
            for round in 0..4 {
                let stage = round / 3;
                trained += search.round(stage, 9, 3, Seed::root(1).nth(round)).0.len();
            }
            assert!((10..=12).contains(&trained), "{word} on {name}: {trained} of 12 trainings");
            let failed = 4;
            assert_eq!(search.state.trials.len(), trained - failed + usize::from(start.is_some()), "{word} on {name}");
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    with_spaces(|name, problem, space, start| {
        for (word, strategy) in strategies().iter().filter(|(_, strategy)| grows(strategy, name)) {
            let run = |seed: u64| -> Vec<String> {
                let mut search = simulation(strategy, problem, space, &start, &[]);
                (0..3).map(|round| search.round(0, 6, 3, Seed::root(seed).nth(round)).1).collect()
            };
            assert_eq!(run(1), run(1), "{word} on {name}");
            assert_ne!(run(1), run(2), "{word} on {name}");
        }
    });
}

#[test]
fn a_space_that_runs_dry_gives_what_it_has() {
    let table = table(2);
    let problem = Problem::Table { table: table.search_digest() };
    let space = problem.open(Some(&table)).expect("its table");
    for (word, strategy) in strategies().iter().filter(|(_, strategy)| grows(strategy, "table")) {
        let mut search = simulation(strategy, &problem, space, &None, &[]);
        let trained: Vec<Architecture> = (0..5).flat_map(|round| search.round(0, 6, 3, Seed::root(3).nth(round)).0).collect();
        let distinct: BTreeSet<_> = trained.iter().map(Architecture::digest).collect();
        assert_eq!((trained.len(), distinct.len()), (9, 9), "{word}: nine rows, each once");
    }
}

#[test]
fn what_is_gated_is_chosen_by_chance_and_says_so() {
    let table = table(4);
    let problem = Problem::Table { table: table.search_digest() };
    let space = problem.open(Some(&table)).expect("its table");
    let (_, strategy) = &strategies()[0];
    let Strategy::Epnas(mut parameters) = *strategy else { panic!("the first is epnas") };
    parameters.predict.gate = Some(1.0);
    let strategy = Strategy::Epnas(parameters);
    let mut search = simulation(&strategy, &problem, space, &None, &[]);
    let texts: Vec<String> = (0..8).map(|round| search.round(0, 9, 3, Seed::root(4).nth(round)).1).collect();
    assert!(texts[0].contains("\"gated\":null") && texts[7].contains("\"gated\":0.") | texts[7].contains("\"gated\":-0."), "{}", texts[7]);
    assert!(!texts[7].contains("\"by\":\"prediction\""));
}

#[test]
fn scores_are_kept_of_what_was_measured_and_asked_for_once() {
    let all = strategies();
    with_spaces(|name, problem, space, start| {
        let (_, strategy) = all.iter().find(|(word, _)| *word == "epnas with scores").expect("listed");
        let mut search = simulation(strategy, problem, space, &start, &[]);
        for round in 0..4 {
            search.round(0, 9, 3, Seed::root(5).nth(round));
        }
        let memory: PredictorMemory = search.state.memory.read().expect("its own memory");
        let measured: BTreeSet<_> = search.state.trials.iter().map(|trial| trial.measured.architecture.digest()).collect();
        assert_eq!(memory.scores.keys().copied().collect::<BTreeSet<_>>(), measured, "{name}");
        let (proposals, rejected) = (Vec::new(), Vec::new());
        let nothing = Proposals { problem: problem.clone(), proposals, rejected, nearest: None, attempts: 0, rejoined: Vec::new() };
        assert_eq!(strategy.unscored(&search.state, &nothing).expect("its own memory"), Vec::<&Architecture>::new(), "{name}");
        // What is not asked for is not mentioned.
        let (_, plain) = &all[0];
        let mut search = simulation(plain, problem, space, &start, &[]);
        assert!((0..4).all(|round| !search.round(0, 9, 3, Seed::root(5).nth(round)).1.contains("scores")), "{name}");
    });
}

#[test]
fn what_reaches_the_most_with_shared_weights_is_trained() {
    with_spaces(|name, problem, space, start| {
        let strategy = Strategy::Enas(super::examples::ENAS);
        let mut search = simulation(&strategy, problem, space, &start, &[]);
        let trained = search.round(0, 9, 2, Seed::root(12)).0;
        let rewards: Vec<f64> = trained.iter().map(reward).collect();
        let request = Request { problem, space, rejecting: &[], state: &State::default(), count: 9, seed: Seed::root(12).child("sample") };
        let policy = EditPolicy::new(&Decisions::of(space).vocabulary(), 0.1, None).expect("fresh");
        let mut policy = Some(policy);
        let proposed = strategy.propose(&request, policy.as_mut().map(|policy| policy as &mut dyn Policy)).expect("it can go on");
        let mut all: Vec<f64> = proposed.proposals.iter().map(|proposal| reward(&proposal.architecture)).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(rewards, all[..2], "{name}");
        assert!(proposed.proposals.iter().all(|proposal| matches!(proposal.origin, Origin::Decided(_))), "{name}");
    });
}

#[test]
fn a_sketch_stays_within_its_vocabulary() {
    with_spaces(|name, _, space, _| {
        let vocabulary = space.vocabulary();
        let mut largest = vec![0; vocabulary.features.len()];
        for number in 0..300 {
            let sketch = space.sketch(&space.draw(&mut Seed::root(6).nth(number).stream()));
            assert!(sketch.tokens.len() <= vocabulary.tokens && sketch.numbers.len() == vocabulary.numbers, "{name}");
            for token in &sketch.tokens {
                assert_eq!(token.len(), vocabulary.features.len(), "{name}");
                largest.iter_mut().zip(token).for_each(|(most, value)| *most = (*most).max(*value));
            }
        }
        assert!(
            largest.iter().zip(&vocabulary.features).all(|(most, size)| most < size),
            "{name}: {largest:?} of {:?}",
            vocabulary.features
        );
    });
}

#[test]
fn evolution_draws_until_its_population_is_full_and_mutates_then() {
    with_spaces(|name, problem, space, _| {
        let strategy = Strategy::RegularizedEvolution(EvolutionParameters { population: 5, sample: 2 });
        let mut search = simulation(&strategy, problem, space, &None, &[]);
        search.round(0, 3, 3, Seed::root(7));
        let missing = 5 - search.state.trials.len();
        let request = Request { problem, space, rejecting: &[], state: &search.state, count: missing + 2, seed: Seed::root(8) };
        let proposed = strategy.propose(&request, None).expect("it can go on");
        let mutated: Vec<bool> = proposed.proposals.iter().map(|proposal| proposal.origin == Origin::Mutated).collect();
        assert_eq!(mutated, [vec![false; missing], vec![true; 2]].concat(), "{name}");
    });
}

#[test]
fn what_is_predicted_is_held_against_what_came_of_it() {
    with_spaces(|name, problem, space, start| {
        let (_, strategy) = &strategies()[0];
        let mut search = simulation(strategy, problem, space, &start, &[]);
        let told = [0, 1].map(|round| search.round(0, 20, 10, Seed::root(9).nth(round)).1);
        assert!(told[1].contains("\"predictions\":{\"networks\":"), "{name}: {}", told[1]);
    });
}

#[test]
fn scores_are_asked_for_by_predictors_that_read_them() {
    for (predictor, reads) in [
        (Predictor::Gaussian, true),
        (Predictor::Forest, true),
        (Predictor::MlpEnsemble, true),
        (Predictor::Random, false),
        (Predictor::ValueHead, false),
        (Predictor::None, false),
    ] {
        let zero_cost = BTreeSet::from([ZeroCost::Synflow]).into();
        let Strategy::Epnas(parameters) = strategies()[0].1 else { panic!("the first is epnas") };
        let predict = Predict { predictor, zero_cost, ..parameters.predict };
        let asked = Strategy::Epnas(EpnasParameters { predict, ..parameters }).zero_cost();
        assert_eq!(asked.iter().count(), usize::from(reads), "{predictor:?}");
    }
}

#[test]
fn candidates_are_edited_as_often_as_the_parameters_allow() {
    with_spaces(|name, problem, space, start| {
        let Strategy::Epnas(parameters) = strategies()[0].1 else { panic!("the first is epnas") };
        let strategy = Strategy::Epnas(EpnasParameters { pool: 80, ..parameters });
        let mut search = simulation(&strategy, problem, space, &start, &[]);
        (0..2).for_each(|round| drop(search.round(0, 9, 9, Seed::root(10).nth(round))));
        let state = search.state.clone();
        let request = Request { problem, space, rejecting: &[], state: &state, count: 80, seed: Seed::root(11) };
        let proposed = strategy.propose(&request, search.policy()).expect("it can go on");
        let edits = |proposal: &Proposal| if let Origin::Lane(lane) = &proposal.origin { Some(lane.edits.len()) } else { None };
        let edits: BTreeSet<usize> = proposed.proposals.iter().filter_map(edits).collect();
        assert_eq!(edits, [1, 2].into(), "{name}");
    });
}
