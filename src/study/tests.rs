//! Studies of made-up accuracies: correlations, advice and files come out as worked out by hand.

use super::*;
use crate::arch::{Architecture, Cost, Operation};
use crate::objective::{Constraint, Enforcement, Growth, Side};
use crate::seed::Seed;
use crate::space::{Choices, LayerSpace, Limits, SearchSpace};
use crate::strategy::Predictor;
use crate::table::{self, Column, Layout, Table, Unit};

const LIMITS: Limits = Limits { image: crate::arch::Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 4 };

fn space() -> LayerSpace {
    LayerSpace {
        stem: Operation::convolution(3, 8, 2),
        operations: vec![crate::arch::OperationKind::Convolution],
        choices: Choices::of([&[3, 5], &[8, 16, 32], &[1, 2]]),
        skips: false,
        min_depth: 1,
        min_resolution: 4,
    }
}

/// Networks whose accuracy grows with their parameters at the end, the other way round in the first stage.
fn study(count: usize) -> Study {
    let space = space();
    let opened = SearchSpace::Layers(&space, LIMITS);
    let networks = draw(&opened, &[], count, &Seed::root(0)).expect("a large space");
    let trained = |architecture: Architecture| {
        let costs = Cost::of(&architecture.network(LIMITS.image, 10).expect("well-formed")).costs();
        let good = costs[&crate::arch::CostKind::Params].ln() / 20.0;
        let outcome = |accuracies: &[f64], seconds| Some(Outcome { accuracies: accuracies.to_vec(), seconds, age: 0.0 });
        let outcomes = vec![outcome(&[1.0 - good - 0.01, 1.0 - good + 0.01], 1.0), outcome(&[good], 10.0), outcome(&[good], 100.0)];
        Trained { architecture, costs, reference: None, outcomes }
    };
    let fidelity = |name: &str, epochs, examples, size| Fidelity { name: name.to_owned(), epochs, examples, size, inherits: false };
    Study {
        name: "a".to_owned(),
        fidelities: vec![fidelity("short", 1, 0.1, Some(32)), fidelity("longer", 1, 1.0, None), fidelity("final", 10, 1.0, None)],
        networks: networks.into_iter().map(trained).collect(),
    }
}

#[test]
fn a_fidelity_is_ranked_by_where_networks_end() {
    let rankings = rankings(&study(30));
    let rho = |fidelity: usize| rankings[fidelity].spearman.expect("thirty pairs").value;
    assert!(rho(0) < -0.99 && rho(1) > 0.99);
    assert_eq!((rankings[0].kept, rankings[1].kept), (Some(0.0), Some(1.0)));
    let noise = rankings[0].noise.expect("two trainings each");
    assert!((noise - 0.02 / 2.0_f64.sqrt()).abs() < 1e-9, "{noise}");
    assert_eq!((rankings[1].noise, rankings[2].spearman), (None, None));
}

/// Log-odds that grow by .1 and .05 more for each e-fold of macs, in every fidelity.
#[test]
fn the_growth_of_larger_networks_is_fitted() {
    let mut study = study(30);
    let passes: Vec<f64> = study.fidelities.iter().map(Fidelity::passes).collect();
    for network in &mut study.networks {
        let size = Growth::size(&network.costs).expect("convolutions");
        for (fidelity, (outcome, passes)) in network.outcomes.iter_mut().zip(&passes).enumerate() {
            // The weights of the first fidelity have seen images before.
            let age = if fidelity == 0 { 0.5 } else { 0.0 };
            let log_odds = 1.0 + (passes + age).ln() * 0.05_f64.mul_add(size, 0.1);
            *outcome = Some(Outcome { accuracies: vec![1.0 / (1.0 + (-log_odds).exp())], seconds: 1.0, age });
        }
    }
    let Fitted { passes, macs, networks } = growth(&study).expect("thirty networks");
    assert!((passes - 0.1).abs() < 1e-6 && (macs.value - 0.05).abs() < 1e-6, "{passes} {macs:?}");
    assert!(macs.low > 0.0499 && macs.high < 0.0501, "{macs:?}");
    assert_eq!(networks, 30);
    let told = |growth| {
        grown(&Findings { study: study.clone(), rankings: Vec::new(), learned: Vec::new(), predictor: String::new(), growth, advice: None })
    };
    let fitted = |passes| Some(Fitted { passes, macs, networks });
    assert!(told(fitted(0.1)).is_some_and(|text| text.contains("`extrapolate: {passes: 0.100, macs: 0.050}`")));
    // What specs do not take is not recommended.
    assert!(told(fitted(6.7)).is_some_and(|text| text.contains("cannot look ahead") && !text.contains("`extrapolate: {")));
    study.networks.truncate(3);
    assert_eq!(growth(&study), None);
}

#[test]
fn stages_are_recommended_that_rank_well_and_fit_the_budget() {
    let study = study(30);
    let advice = |passes| advice(&study, &rankings(&study), passes, 2);
    let found = advice(60.0).expect("there is room");
    // The short one ranks the wrong way round.
    assert_eq!((found.stages, found.is_sound), (vec![(1, 40)], true));
    assert_eq!(advice(20.0), None, "two final trainings take it all");
}

#[test]
fn a_predictor_is_judged_on_networks_that_it_has_not_seen() {
    let space = space();
    let opened = SearchSpace::Layers(&space, LIMITS);
    let found = learned(&study(50), &opened, Predictor::Gaussian);
    let trainings: Vec<(usize, usize, usize)> =
        found.iter().map(|learned| (learned.fidelity, learned.trainings, learned.held_out)).collect();
    assert_eq!(trainings, [(0, 25, 25), (1, 25, 25)]);
    assert!(found.iter().all(|learned| learned.spearman.is_some_and(|rho| rho > 0.8)), "{found:?}");
    assert!(found.iter().all(|learned| learned.within.is_some()));
    assert_eq!(learned(&study(44), &opened, Predictor::Gaussian), []);
}

#[test]
fn more_networks_begin_with_the_same_and_keep_all_limits() {
    let space = space();
    let opened = SearchSpace::Layers(&space, LIMITS);
    let limit = Constraint { cost: crate::arch::CostKind::Params, side: Side::Max, limit: 5_000.0, enforcement: Enforcement::Filter };
    let drawn = |count| draw(&opened, &[limit], count, &Seed::root(3)).expect("enough");
    let more = drawn(20);
    assert_eq!(drawn(8), more[..8]);
    assert!(more.iter().all(|network| opened.costs(network).is_some_and(|costs| limit.holds(&costs))));
    let shallow = SearchSpace::Layers(&space, Limits { depth: 1, ..LIMITS });
    let few = draw(&shallow, &[], 100, &Seed::root(0)).expect_err("a small space");
    assert_eq!(few.found, 12);
}

#[test]
fn the_text_and_the_table_tell_of_every_fidelity_and_network() {
    let mut study = study(6);
    study.networks[0].reference = Some(Family::Vgg);
    let rankings = rankings(&study);
    let findings = Findings {
        study: study.clone(),
        rankings,
        learned: Vec::new(),
        predictor: "gaussian".to_owned(),
        growth: growth(&study),
        advice: None,
    };
    let text = markdown(&findings);
    for told in [
        "| short    | 1 × 0.1 at 32 px |",
        "| longer ",
        "| final ",
        "best drawn",
        "The predictor is not judged",
        "No stages are recommended",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    study.networks[0].reference = None;
    let alone = markdown(&Findings { study: study.clone(), ..findings });
    assert!(!alone.contains("best drawn") && !alone.contains("written by hand"), "{alone}");
    let table = String::from_utf8(csv(&study)).expect("text");
    assert_eq!(table.lines().count(), 1 + 6);
    assert!(table.starts_with("number,reference,digest,architecture,choices,params,"), "{table}");
}

#[test]
fn the_networks_of_a_study_are_a_table_to_search() {
    let study = study(40);
    let layout = Layout {
        choices: table::Choices::Split { column: "choices".to_owned(), separator: " ".to_owned() },
        metric: Column { name: "short-accuracy".to_owned(), unit: Unit::Fraction },
        validation: Some(Column { name: "final-accuracy".to_owned(), unit: Unit::Fraction }),
        test: None,
        costs: [("params".to_owned(), "params".to_owned())].into(),
        graph: None,
    };
    let table = Table::read(&csv(&study), &layout).expect("a table");
    assert_eq!(table.len(), 40);
    assert!(table.decisions().iter().all(|decision| decision.options.len() > 1), "{:?}", table.decisions());
    let longest = study.networks.iter().map(|network| network.architecture.words().len()).max();
    assert!(longest.is_some_and(|longest| table.decisions().len() < longest), "what is alike in all is left out");
    let mut accuracies: Vec<f64> = (0..table.len()).map(|row| table.metric(row)).collect();
    let mut expected: Vec<f64> = study.networks.iter().filter_map(|network| network.accuracy(0)).collect();
    accuracies.sort_by(f64::total_cmp);
    expected.sort_by(f64::total_cmp);
    assert!(accuracies.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-5), "{accuracies:?}");
}
