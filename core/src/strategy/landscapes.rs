//! Every strategy searches: on small landscapes whose best networks are known it trains better networks than chance does,
//! and finds the best one more often. A strategy that compares the wrong way round fails here.

use super::examples::{pnas, problem, table};
use super::*;
use crate::arch::cells::{CellOperation, Combine, Skeleton};
use crate::arch::{Architecture, OperationKind, Parameter};
use crate::engine::Policy;
use crate::objective::Reward;
use crate::seed::Seed;
use crate::space::{CellSpace, Limits, Problem};
use crate::statistics::mean;
use crate::table::Table;

/// A space with a reward for each of its networks: 1 for the best, near 0 for the worst.
struct Landscape {
    name: &'static str,
    /// Of each stage: networks may become larger from one to the next.
    stages: Vec<Problem>,
    table: Option<Table>,
    reward: fn(&Architecture) -> f64,
}

const TABLE: fn() -> Landscape = || {
    let table = table(6);
    Landscape { name: "table", stages: vec![Problem::Table { table: table.search_digest() }], table: Some(table), reward: digits }
};

/// 729 rows; the best has a 2 everywhere. Neighbours that are both 2 count twice, so that decisions depend on each other.
fn digits(architecture: &Architecture) -> f64 {
    let Architecture::Row(row) = architecture else { panic!("a row of the table") };
    let twos: Vec<bool> = row.0.iter().map(|digit| digit == "2").collect();
    let pairs = twos.windows(2).filter(|pair| pair[0] && pair[1]).count();
    (twos.iter().filter(|two| **two).count() + pairs) as f64 / (2 * twos.len() - 1) as f64
}

const LAYERS: fn() -> Landscape = || {
    let Problem::Layers { space, limits } = problem() else { panic!("a problem of layers") };
    let of_depth = |depth| Problem::Layers { space: space.clone(), limits: Limits { depth, ..limits } };
    Landscape { name: "layers", stages: [2, 3, 4].map(of_depth).into(), table: None, reward: wide_and_separable }
};

/// The best network has the stem and four separable convolutions of 5×5 with 16 channels.
fn wide_and_separable(architecture: &Architecture) -> f64 {
    let Architecture::Layers(network) = architecture else { panic!("a network of layers") };
    let worth = |operation: crate::arch::Operation| {
        let separable = f64::from(u8::from(operation.kind() == OperationKind::SeparableConvolution));
        let large = f64::from(u8::from(operation.get(Parameter::Kernel) == Some(5)))
            + f64::from(u8::from(operation.get(Parameter::Channels) == Some(16)));
        0.5 * separable + 0.25 * large
    };
    network.layers.iter().skip(1).map(|layer| worth(layer.operation)).sum::<f64>() / 4.0
}

const CELLS: fn() -> Landscape = || {
    let Problem::Layers { limits, .. } = problem() else { panic!("a problem of layers") };
    let skeleton = Skeleton { channels: 4, cells: 1, reductions: 1, stem_stride: 2 };
    let operations = vec![
        CellOperation::Identity,
        CellOperation::SeparableConvolution3x3,
        CellOperation::MaxPool3x3,
        CellOperation::Convolution3x3,
        CellOperation::AveragePool3x3,
    ];
    let space = CellSpace { operations, combines: Combine::ALL.to_vec(), min_blocks: 1, skeleton, last: skeleton };
    let of_blocks = |depth| Problem::Cells { space: space.clone(), limits: Limits { depth, ..limits } };
    Landscape { name: "cells", stages: [1, 2, 3].map(of_blocks).into(), table: None, reward: added_and_separable }
};

/// The best cell has three blocks that add two separable convolutions each.
fn added_and_separable(architecture: &Architecture) -> f64 {
    let Architecture::Cells(network) = architecture else { panic!("a network of cells") };
    let worth = |block: &crate::arch::cells::Block| {
        let separable = block.operations.iter().filter(|operation| **operation == CellOperation::SeparableConvolution3x3).count();
        0.4 * separable as f64 + 0.2 * f64::from(u8::from(block.combine == Combine::Add))
    };
    network.cell.blocks.iter().map(worth).sum::<f64>() / 3.0
}

/// How much is tried.
#[derive(Clone, Copy)]
struct Effort {
    /// Rounds of all stages together.
    rounds: usize,
    proposals: usize,
    trainings: usize,
}

/// Rewards of the networks trained, in order.
fn search(strategy: &Strategy, landscape: &Landscape, effort: Effort, seed: Seed) -> Vec<f64> {
    let mut state = State::default();
    let mut rewards = Vec::new();
    let open = |problem| Problem::open(problem, landscape.table.as_ref()).expect("its table");
    let vocabulary = open(landscape.stages.last().expect("a stage")).vocabulary();
    let mut policy = strategy.editor().map(|_| EditPolicy::new(&vocabulary, 0.1, None).expect("fresh"));
    for round in 0..effort.rounds {
        let stage = round * landscape.stages.len() / effort.rounds;
        let problem = &landscape.stages[stage];
        let (space, seed, scores) = (open(problem), seed.nth(round), Scored::new());
        let request = Request { problem, space, rejecting: &[], state: &state, count: effort.proposals, seed: seed.child("sample") };
        let proposals = strategy.propose(&request, borrowed(&mut policy)).expect("it can go on");
        let (count, of_selection) = (effort.trainings, seed.child("predict"));
        let pick = Pick { space, state: &state, proposals: &proposals, count, seed: of_selection, scores: &scores, probed: None };
        let selection = strategy.select(&pick, borrowed(&mut policy)).expect("it can go on");
        let measured: Vec<Option<Measured>> = selection
            .chosen
            .iter()
            .map(|chosen| {
                let Proposal { architecture, costs, .. } = proposals.proposals[chosen.proposal].clone();
                let value = (landscape.reward)(&architecture);
                let reward = Reward { value, feasible: true };
                Some(Measured { architecture, costs, validation_accuracy: value, accuracies: Vec::new(), score: None, reward, age: None })
            })
            .collect();
        rewards.extend(measured.iter().flatten().map(|measured| measured.reward.value));
        let result = RoundResult { stage, proposals: &proposals, selection: &selection, measured: &measured };
        (state, _) = strategy.update(space, &state, result, seed.child("update"), borrowed(&mut policy)).expect("it can go on");
    }
    rewards
}

fn borrowed(policy: &mut Option<EditPolicy>) -> Option<&mut dyn Policy> {
    policy.as_mut().map(|policy| policy as &mut dyn Policy)
}

/// What searches over several seeds came to.
#[derive(Debug)]
struct Course {
    /// Mean reward of the better half of the networks: what a search does once it has found the best does not count.
    upper: f64,
    /// Mean reward of the best network.
    best: f64,
}

const SEEDS: u64 = 4;

fn course(strategy: &Strategy, landscape: &Landscape, effort: Effort) -> Course {
    let searches: Vec<Vec<f64>> = (0..SEEDS).map(|seed| search(strategy, landscape, effort, Seed::root(seed))).collect();
    let of = |figure: &dyn Fn(&[f64]) -> f64| mean(&searches.iter().map(|rewards| figure(rewards)).collect::<Vec<_>>()).expect("seeds");
    Course {
        upper: of(&|rewards| {
            let mut sorted = rewards.to_vec();
            sorted.sort_by(f64::total_cmp);
            mean(&sorted[sorted.len() / 2..]).expect("trainings")
        }),
        best: of(&|rewards| rewards.iter().copied().fold(0.0, f64::max)),
    }
}

/// Searches, and holds the figures against those of random search with the same number of trainings.
fn beats_chance(strategy: &Strategy, landscape: &Landscape, effort: Effort, upper: f64, best: f64) {
    let (searched, random) = (course(strategy, landscape, effort), course(&Strategy::Random, landscape, effort));
    let gains = (searched.upper - random.upper, searched.best - random.best);
    assert!(gains.0 >= upper && gains.1 >= best, "{} on {}: {searched:?} against {random:?}", strategy.word(), landscape.name);
}

fn extended(predictor: Predictor, acquisition: Acquisition, pool: usize) -> Strategy {
    Strategy::Epnas(EpnasParameters {
        initial: 6,
        edits: 2,
        parents: 3,
        pool,
        enlarged: 0.0,
        from_given: 0.0,
        regular: 0.0,
        imagined: 0,
        rejected: Rejected::Zero,
        editor: Editor::Logits { learning_rate: 0.1 },
        predict: Predict {
            predictor,
            acquisition,
            random_share: 0.0,
            gate: None,
            zero_cost: crate::engine::ZeroCosts::NONE,
            shared_weights: None,
        },
    })
}

const FEW: Effort = Effort { rounds: 9, proposals: 8, trainings: 3 };
const MANY: Effort = Effort { rounds: 15, proposals: 4, trainings: 4 };

#[test]
fn epnas_with_a_surrogate_finds_the_best_and_stays_near_it() {
    for landscape in [TABLE(), LAYERS(), CELLS()] {
        beats_chance(&extended(Predictor::Gaussian, Acquisition::ExpectedImprovement, 24), &landscape, FEW, 0.15, 0.2);
    }
}

#[test]
fn epnas_climbs_from_the_best_of_a_small_pool() {
    let strategy = extended(Predictor::Gaussian, Acquisition::Mean, 4);
    for landscape in [LAYERS(), CELLS()] {
        beats_chance(&strategy, &landscape, Effort { proposals: 3, ..FEW }, 0.3, 0.3);
    }
}

#[test]
fn epnas_trains_what_a_surrogate_ranks_first_among_lanes() {
    let strategy = extended(Predictor::Gaussian, Acquisition::Mean, 0);
    for landscape in [TABLE(), CELLS()] {
        beats_chance(&strategy, &landscape, Effort { proposals: 16, trainings: 4, ..FEW }, 0.3, 0.2);
    }
}

#[test]
fn epnas_by_lanes_and_a_forest_beats_chance() {
    for landscape in [TABLE(), LAYERS(), CELLS()] {
        beats_chance(&extended(Predictor::Forest, Acquisition::Mean, 0), &landscape, FEW, 0.12, 0.1);
    }
}

#[test]
fn epnas_without_a_predictor_lives_from_its_lanes() {
    for landscape in [TABLE(), LAYERS(), CELLS()] {
        beats_chance(&extended(Predictor::None, Acquisition::Mean, 0), &landscape, MANY, 0.15, 0.1);
    }
}

#[test]
fn pnas_grows_the_best_and_trains_what_is_predicted_best() {
    for landscape in [LAYERS(), CELLS()] {
        beats_chance(&pnas(Predictor::Forest), &landscape, Effort { rounds: 9, proposals: 12, trainings: 4 }, 0.1, 0.1);
    }
}

#[test]
fn regularized_evolution_beats_chance() {
    let strategy = Strategy::RegularizedEvolution(EvolutionParameters { population: 8, sample: 5 });
    for landscape in [TABLE(), LAYERS(), CELLS()] {
        beats_chance(&strategy, &landscape, MANY, 0.15, 0.1);
    }
}

#[test]
fn local_search_climbs_to_the_top() {
    for landscape in [TABLE(), LAYERS(), CELLS()] {
        beats_chance(&Strategy::LocalSearch(LocalSearchParameters { initial: 4 }), &landscape, MANY, 0.2, 0.15);
    }
}

#[test]
fn reinforce_learns_which_decisions_pay() {
    let strategy = Strategy::Reinforce(ReinforceParameters { learning_rate: 0.4, baseline_decay: 0.9 });
    for landscape in [TABLE(), LAYERS(), CELLS()] {
        beats_chance(&strategy, &landscape, MANY, 0.15, 0.05);
    }
}
