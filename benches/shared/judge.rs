//! Accuracies with shared weights against those of separate trainings, and what they add to a predictor.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::Path;

use epnas::arch::{Architecture, Cost, Row};
use epnas::engine::{Score, Scores};
use epnas::seed::{Seed, shuffle};
use epnas::space::{Problem, SearchSpace};
use epnas::statistics::{PairedDifference, bootstrap, kendall, mean, precision_at_k, spearman};
use epnas::strategy::{Predictor, Scored, held_out};
use epnas::table::{Choices, Column, Layout, Table, Unit};

/// Separate trainings that a predictor learns from.
const AFTER: [usize; 4] = [8, 10, 20, 50];
/// Draws of those networks.
const DRAWS: usize = 40;
const RESAMPLES: usize = 1_000;

/// What networks can be ranked by.
type Number = fn(&Known) -> f64;

/// A network of the table: what is known of it, and what it reaches with shared weights.
struct Known {
    architecture: Architecture,
    /// Mean of three trainings.
    truth: f64,
    /// One training.
    signal: f64,
    macs: f64,
    params: f64,
    shared: f64,
}

/// Prints what the accuracies of some networks tell.
pub fn tell(path: &Path, measured: &[(String, f64)]) {
    let layout = Layout {
        choices: Choices::Split { column: "arch".to_owned(), separator: String::new() },
        metric: Column { name: "test_acc_1".to_owned(), unit: Unit::Percent },
        validation: Some(Column { name: "mean_acc".to_owned(), unit: Unit::Percent }),
        test: None,
        costs: [("macs".to_owned(), "flops".to_owned()), ("params".to_owned(), "params".to_owned())].into(),
        graph: None,
    };
    let table = Table::load(path, &layout).unwrap_or_else(|error| panic!("{error}; name the table with `--table`"));
    let problem = Problem::Table { table: table.search_digest() };
    let space = problem.open(Some(&table)).unwrap();
    let known: Vec<Known> = measured.iter().map(|(name, shared)| known(&table, name, *shared)).collect();
    ranks(&known);
    beyond_macs(&known);
    features(&space, &known);
}

fn known(table: &Table, name: &str, shared: f64) -> Known {
    let choices = super::choices(name);
    let row = table.find(&choices).expect("all combinations are there");
    let cost = |kind| table.cost(kind, row).expect("a column");
    // The networks are those of the table.
    let Cost { params, macs, .. } = Cost::of(&super::macro_space::placed(&choices).network);
    assert_eq!((params as f64, macs as f64), (cost("params"), cost("macs")), "{name}");
    Known {
        architecture: Architecture::Row(Row(choices.iter().map(ToString::to_string).collect())),
        truth: table.reported(row).validation,
        signal: table.metric(row),
        macs: cost("macs"),
        params: cost("params"),
        shared,
    }
}

/// How each number alone ranks the networks.
fn ranks(known: &[Known]) {
    println!("\n{} networks, ranked by one number, against the mean of three separate trainings:\n", known.len());
    println!("| number | Spearman, 95 % interval | Kendall | of the best 1 % | 5 % | 10 % |\n|--|--|--|--|--|--|");
    let numbers: [(&str, Number); 4] = [
        ("accuracy with shared weights", |known| known.shared),
        ("multiply–accumulates", |known| known.macs),
        ("parameters", |known| known.params),
        ("one separate training", |known| known.signal),
    ];
    for (name, number) in numbers {
        let pairs: Vec<(f64, f64)> = known.iter().map(|known| (number(known), known.truth)).collect();
        let rho = bootstrap(&pairs, RESAMPLES, 0.95, &Seed::root(0), spearman).unwrap();
        let (numbers, truths): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let found = |share: f64| {
            let k = ((known.len() as f64 * share).round() as usize).max(1);
            format!("{:.0} of {k}", precision_at_k(&numbers, &truths, k).unwrap() * k as f64)
        };
        let tau = kendall(&pairs).unwrap();
        println!(
            "| {name} | {:.3} ({:.3} to {:.3}) | {tau:.3} | {} | {} | {} |",
            rho.value,
            rho.low,
            rho.high,
            found(0.01),
            found(0.05),
            found(0.1)
        );
    }
}

/// How much better networks are ranked by accuracies with shared weights than by their multiply–accumulates.
fn beyond_macs(known: &[Known]) {
    let items: Vec<&Known> = known.iter().collect();
    let rho = |known: &[&Known], number: Number| spearman(&known.iter().map(|known| (number(known), known.truth)).collect::<Vec<_>>());
    let ahead = |known: &[&Known]| Some(rho(known, |known| known.shared)? - rho(known, |known| known.macs)?);
    let ahead = bootstrap(&items, RESAMPLES, 0.95, &Seed::root(0), ahead).unwrap();
    println!("\nShared weights over multiply–accumulates: {:+.3} ({:+.3} to {:+.3})", ahead.value, ahead.low, ahead.high);
}

/// What a predictor gives that learned from a few separate trainings, with and without the accuracies as a feature.
fn features(space: &SearchSpace<'_>, known: &[Known]) {
    println!("\nSpearman of the predictor `gaussian` over the other networks, means of {DRAWS} draws:\n");
    println!("| separate trainings | without | with the accuracies | difference, 95 % interval |\n|--|--|--|--|");
    let scored: Scored =
        known.iter().map(|known| (known.architecture.digest(), Scores::from([(Score::SharedWeights, known.shared)]))).collect();
    for trainings in AFTER.into_iter().filter(|trainings| trainings + 20 <= known.len()) {
        let pairs: Vec<(f64, f64)> = (0..DRAWS)
            .map(|draw| {
                let mut order: Vec<usize> = (0..known.len()).collect();
                shuffle(&mut Seed::root(1).nth(draw).stream(), &mut order);
                let (learned, others) = order.split_at(trainings);
                let learned: Vec<(&Architecture, f64)> = learned.iter().map(|&at| (&known[at].architecture, known[at].signal)).collect();
                let others: Vec<(&Architecture, f64)> = others.iter().map(|&at| (&known[at].architecture, known[at].truth)).collect();
                let rho = |asked: &[Score]| {
                    let held = held_out((Predictor::Gaussian, asked), &scored, space, &learned, &others, Seed::root(0)).unwrap();
                    let pairs: Vec<(f64, f64)> = held.iter().zip(&others).map(|(held, (_, truth))| (held.predicted, *truth)).collect();
                    spearman(&pairs).unwrap_or(0.0)
                };
                (rho(&[Score::SharedWeights]), rho(&[]))
            })
            .collect();
        let of = |side: fn(&(f64, f64)) -> f64| mean(&pairs.iter().map(side).collect::<Vec<_>>()).unwrap();
        let difference = PairedDifference::of(&pairs).unwrap();
        let (low, high) = difference.interval().unwrap();
        println!(
            "| {trainings} | {:.3} | {:.3} | {:+.3} ({low:+.3} to {high:+.3}) |",
            of(|pair| pair.1),
            of(|pair| pair.0),
            difference.mean.value
        );
    }
}
