//! Scores of untrained networks as features.

use std::collections::BTreeSet;

use super::*;
use crate::arch::Architecture;
use crate::engine::{Score, Scores};
use crate::objective::Reward;
use crate::seed::unit;
use crate::statistics::spearman;
use crate::strategy::ages;
use crate::strategy::examples::problem;
use crate::strategy::{EpnasParameters, Measured, Predict, SharedQuality, SharedScores, Strategy, Trial, TrialOrigin};

/// Distinct networks with a reward that nothing tells but their score.
fn networks(space: &SearchSpace<'_>, count: usize) -> Vec<(Architecture, f64)> {
    let mut stream = Seed::root(11).stream();
    let mut seen = BTreeSet::new();
    let drawn = std::iter::repeat_with(|| (space.draw(&mut stream), unit(&mut stream)));
    drawn.filter(|(network, _)| space.contains(network).is_ok() && seen.insert(network.digest())).take(count).collect()
}

/// Measurements of networks.
fn state(space: &SearchSpace<'_>, networks: &[(Architecture, f64)]) -> State {
    let trial = |(architecture, value): &(Architecture, f64)| Trial {
        stage: 0,
        origin: TrialOrigin::Drawn,
        predicted: None,
        measured: Measured {
            architecture: architecture.clone(),
            costs: space.costs(architecture).expect("of the space"),
            validation_accuracy: *value,
            accuracies: Vec::new(),
            score: None,
            reward: Reward { value: *value, feasible: true },
            age: None,
        },
    };
    State { trials: networks.iter().map(trial).collect(), ..State::default() }
}

fn scored(networks: &[(Architecture, f64)]) -> Scored {
    let scores = |reward: f64| Scores::from([(Score::Synflow, 40.0 + 5.0 * reward)]);
    networks.iter().map(|(architecture, reward)| (architecture.digest(), scores(*reward))).collect()
}

#[test]
fn a_score_that_tells_the_reward_is_learnt_from() {
    let problem = problem();
    let space = problem.open(None).expect("no table is needed");
    let networks = networks(&space, 90);
    let (seen, unseen) = networks.split_at(60);
    let asked = [Score::Synflow];
    let state = state(&space, seen);
    for predictor in [Predictor::Gaussian, Predictor::Forest, Predictor::MlpEnsemble] {
        let hyperparameters = predictor.fit(&space, &state, &asked, &scored(seen), None);
        let correlation = |asked: &[Score], scored| {
            let features = Features::of(&space, asked, scored);
            let observed = Observed::of(&state, &space, &features);
            let model = predictor.learn(&features, &observed, hyperparameters.as_deref(), Seed::root(1)).expect("enough to learn from");
            let predict = |(network, reward): &(Architecture, f64)| (model.predict(&features.see(&space, network)).mean, *reward);
            spearman(&unseen.iter().map(predict).collect::<Vec<_>>()).expect("rewards differ")
        };
        let (with, without) = (correlation(&asked, scored(&networks)), correlation(&[], Scored::new()));
        assert!(with > 0.3 && with > without + 0.15, "{predictor:?}: {with} with the score, {without} without");
    }
}

#[test]
fn of_very_many_measurements_the_best_and_the_latest_are_learnt_from() {
    let problem = problem();
    let space = problem.open(None).expect("no table is needed");
    let mut networks = networks(&space, MOST + 100);
    for (number, (_, reward)) in networks.iter_mut().enumerate() {
        // Worse and worse.
        *reward = 1.0 - number as f64 / 1000.0;
    }
    let features = Features::of(&space, &[], Scored::new());
    let observed = Observed::of(&state(&space, &networks), &space, &features);
    let rows = |range: std::ops::Range<usize>| networks[range].iter().map(|(network, _)| features.see(&space, network)).collect::<Vec<_>>();
    assert_eq!(observed.rows, [rows(0..MOST / 2), rows(MOST / 2 + 100..MOST + 100)].concat());
}

#[test]
fn the_best_target_is_that_of_the_best_reward() {
    let problem = problem();
    let space = problem.open(None).expect("no table is needed");
    let networks = networks(&space, 20);
    let features = Features::of(&space, &[], Scored::new());
    let observed = Observed::of(&state(&space, &networks), &space, &features);
    let best = (0..20).max_by(|&a, &b| networks[a].1.total_cmp(&networks[b].1)).expect("twenty of them");
    let row = features.see(&space, &networks[best].0);
    let place = observed.rows.iter().position(|other| *other == row).expect("it was measured");
    assert!((observed.best() - observed.targets[place]).abs() < 1e-12 && observed.targets.iter().all(|target| *target <= observed.best()));
    assert!(observed.best() > 0.0, "targets are centred");
}

#[test]
fn unknown_scores_count_as_the_mean_and_far_ones_are_near_enough() {
    let problem = problem();
    let space = problem.open(None).expect("no table is needed");
    let networks = networks(&space, 40);
    let mut scored = scored(&networks[..30]);
    scored.insert(networks[0].0.digest(), Scores::from([(Score::Synflow, -708.0)]));
    let features = Features::of(&space, &[Score::Synflow, Score::Naswot], scored);
    let column = |network: usize| {
        let row = features.see(&space, &networks[network].0);
        (row[row.len() - 2], row[row.len() - 1])
    };
    assert_eq!(column(35), (0.0, 0.0));
    assert_eq!(column(0), (-3.0, 0.0));
    assert!((1..30).all(|network| column(network).0 > 0.0 && column(network).1.abs() < 1e-12));
    let plain = Features::of(&space, &[], Scored::new());
    assert_eq!(features.see(&space, &networks[35].0).len(), plain.see(&space, &networks[35].0).len() + 2);
}

#[test]
fn scores_by_shared_weights_count_as_long_as_they_rank_what_was_trained_separately() {
    let problem = problem();
    let space = problem.open(None).expect("no table is needed");
    let networks = networks(&space, 30);
    let shared = SharedScores { passes: 1, chains: 1, learning_rate: 0.1, statistics: 8, images: 0, gate: 0.3 };
    let scored = |sign: f64| -> Scored {
        let scores = |reward: f64| Scores::from([(Score::SharedWeights, sign * reward)]);
        networks.iter().map(|(architecture, reward)| (architecture.digest(), scores(*reward))).collect()
    };
    let judge = |measured: usize, sign: f64| shared.judge(&state(&space, &networks[..measured]), &scored(sign));
    assert_eq!(judge(7, 1.0), SharedQuality { networks: 7, spearman: None, used: false }, "too few to judge by");
    assert_eq!(judge(8, 1.0), SharedQuality { networks: 8, spearman: Some(1.0), used: true });
    assert_eq!(judge(30, -1.0), SharedQuality { networks: 30, spearman: Some(-1.0), used: false });
    // Refused, they leave predictions as they are where no score is known.
    let predictor = Predictor::Gaussian;
    let Strategy::Epnas(EpnasParameters { predict, .. }) = crate::strategy::examples::of_paper(crate::strategy::Rejected::Ignore) else {
        panic!("`epnas`")
    };
    let predict = Predict { predictor, shared_weights: Some(shared), ..predict };
    let (seen, unseen) = networks.split_at(20);
    let unseen: Vec<&Architecture> = unseen.iter().map(|(network, _)| network).collect();
    let predicted = |scores| {
        let memory = PredictorMemory { hyperparameters: None, scores };
        predict.predict_all(&space, &state(&space, seen), &memory, &unseen, Seed::root(1)).expect("it reads features")
    };
    let unknown = predicted(Scored::new());
    assert_eq!(predicted(scored(-1.0)), unknown);
    assert_ne!(predicted(scored(1.0)), unknown);
}

#[test]
fn all_networks_that_are_not_trained_yet_are_predicted_at_one_age() {
    let problem = problem();
    let space = problem.open(None).expect("no table is needed");
    let networks = networks(&space, 12);
    let mut state = state(&space, &networks[..8]);
    let Strategy::Pnas(pnas) = crate::strategy::examples::pnas(Predictor::Gaussian) else { panic!("`pnas`") };
    assert_eq!(pnas.predict.asked(&state), []);
    state.trials[0].measured.age = Some(3.0);
    let asked = pnas.predict.asked(&state);
    assert_eq!(asked, [Score::Age]);
    let features = Features::of(&space, &asked, ages::added(Scored::new(), &state));
    let age = |network: usize| *features.see(&space, &networks[network].0).last().expect("a column");
    assert!(age(0) > 2.0 && age(1) < 0.0 && age(1).to_bits() == age(7).to_bits(), "{} {}", age(0), age(1));
    assert!((8..12).all(|unknown| age(unknown) == 0.0));
}
