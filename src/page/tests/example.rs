//! A made-up run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::arch::{Architecture, Cost, Layer, LayerNetwork, Operation, OperationKind, Shape};
use crate::engine::Confusion;
use crate::engine::{Metrics, PolicyReport};
use crate::event::{Best, Counts, Ending, Summary};
use crate::objective::Reward;
use crate::page::render::Page;
use crate::page::{Run, of_run};
use crate::report::slots::Span;
use crate::report::{Learning, Made, Report, Row};
use crate::spec::ResolvedSpec;
use crate::strategy::{ChosenBy, Measured, UpdateReport};
use crate::task::{FinalResult, TaskKind};

/// Words that would act if they were not escaped.
pub const HOSTILE: &str = "</script><script>alert(1)</script>|a|\n]]>\"'&amp;\u{1b}[31m\u{ffff}";

const IMAGE: Shape = Shape { channels: 1, height: 28, width: 28 };

pub fn layers(index: usize) -> Architecture {
    let layer = |operation, sources: &[usize]| Layer { operation, sources: sources.to_vec() };
    let width = 4 + index % 37;
    LayerNetwork {
        layers: vec![
            layer(Operation::convolution(3, width, 2), &[]),
            layer(OperationKind::InvertedBottleneck.of(&[5, width + index % 5, 1, 2, 4]), &[0]),
            layer(OperationKind::MaxPool.of(&[3, 2]), &[1]),
            layer(OperationKind::SeparableConvolution.of(&[3, 8 + index % 11, 1]), &[2, 0]),
        ],
    }
    .into()
}

pub struct Example {
    spec: ResolvedSpec,
    report: Report,
    learning: Vec<Learning>,
    spans: Vec<Span>,
}

impl Example {
    pub fn page(&self) -> Page {
        let Self { spec, report, learning, spans } = self;
        of_run(&Run { spec, report, learning, spans })
    }
}

pub fn spec(text: &str) -> ResolvedSpec {
    crate::spec::read(text.as_bytes()).resolved.expect("a spec without faults")
}

fn measured(architecture: Architecture, index: usize, spec: &ResolvedSpec) -> Measured {
    let costs = architecture.network(IMAGE, 10).map(|network| Cost::of(&network).costs()).unwrap_or_default();
    let validation_accuracy = 0.7 + 0.2 * ((index * 7_919) % 1_000) as f64 / 1_000.0;
    let reward = Reward::new(validation_accuracy, &costs, &spec.constraints);
    Measured { architecture, costs, validation_accuracy, accuracies: Vec::new(), score: None, reward, age: None }
}

fn metrics() -> Metrics {
    Metrics { validation_accuracy: 0.9, validation_loss: Some(0.3), train_loss: vec![1.5, 0.9, 0.7], diverged: None, score: None }
}

/// A run that trained so many networks, and said `word` wherever words of others come in.
pub fn run(trials: usize, word: &str, architecture: impl Fn(usize) -> Architecture, spec: ResolvedSpec) -> Example {
    let last = spec.stages.len();
    let row = |index: usize| {
        let stage = if index + 1 == trials { last } else { index * last / trials };
        Row {
            task: format!("{word}/round-{:02}/train-{index}", index / 8),
            stage,
            round: index / 8,
            network: measured(architecture(index), index, &spec),
            epochs: 1,
            examples: 0.2,
            trainings: 1,
            chosen: Some(ChosenBy::Carried),
            reference: None,
            predicted: (stage < last).then_some((index % 13) as f64 / 6.0 - 1.0),
            cached: index.is_multiple_of(3),
            failed: None,
            seconds: 1.5,
            environment: BTreeMap::from([("device".to_owned(), "cpu".to_owned()), ("precision".to_owned(), word.to_owned())]),
            on_front: index % 97 == 1 && index + 1 < trials,
        }
    };
    let rows: Vec<Row> = (0..trials).map(row).collect();
    let network = rows.last().expect("there is one").network.clone();
    let best = Best {
        test_accuracy: Some(0.9),
        validation_accuracy: 0.91,
        test_deviation: None,
        validation_deviation: None,
        costs: network.costs.clone(),
        architecture: word.to_owned(),
    };
    let learning: Vec<Learning> = rows
        .iter()
        .map(|row| Learning {
            task: row.task.clone(),
            stage: row.stage,
            round: row.round,
            is_last: row.stage == last,
            metrics: metrics(),
            seconds: 1.5,
            environment: row.environment.clone(),
        })
        .collect();
    let span = |(index, row): (usize, &Row)| Span {
        slot: index % 2,
        task: row.task.clone(),
        kind: TaskKind::Train,
        began: index as f64,
        ended: index as f64 + 1.9,
        outcome: if index % 50 == 3 { "failed" } else { "executed" }.to_owned(),
    };
    let spans: Vec<Span> = rows.iter().enumerate().map(span).collect();
    let policy = |round: usize| UpdateReport {
        policy: Some(PolicyReport { entropy: Some(1.0 / (1.0 + round as f64)), value_error: None }),
        predictions: None,
        gated: None,
        shared_weights: None,
    };
    let summary = Summary {
        name: spec.name.clone(),
        tasks: BTreeMap::from([(TaskKind::Train, Counts { executed: trials, cached: 3, failed: 1, skipped: 2 })]),
        ending: Ending::Found,
        failures: BTreeMap::new(),
        remembered_failures: 0,
        pools: BTreeMap::new(),
        unproposed: 0,
        at_chance: false,
        best: Some(best),
        networks: trials - 1,
        search_seconds: 100.0,
        final_seconds: 20.0,
        seconds: 60.0,
        predictor: Vec::new(),
        predictor_mean: None,
        results: PathBuf::new(),
    };
    let made = Made {
        spec: word.to_owned(),
        digest: "abc".to_owned(),
        version: "0.1.0".to_owned(),
        date: Some(1_000_000_000),
        budget: Some(word.to_owned()),
    };
    let report = Report {
        saved_seconds: 0.0,
        final_result: Some(FinalResult { number: 1, network, test_accuracy: Some(0.9), test_accuracies: Vec::new(), test_top_5: None }),
        rows,
        confusion: Some(Confusion::of(3, [(0, 0), (0, 1), (1, 1), (2, 2)])),
        found: None,
        nearest: None,
        failures: vec![(word.to_owned(), word.to_owned())],
        updates: (1..5).map(|round| (0, round, policy(round))).collect(),
        why: vec![word.to_owned()],
        made: Some(made),
        summary,
    };
    Example { spec, report, learning, spans }
}

pub fn images() -> ResolvedSpec {
    spec(
        "name: a\ndataset: {name: mnist}\nconstraints: {params: {max: 4k, enforcement: penalty}, macs: {max: 10M}}\nstages: [{name: grow, rounds: 2, trainings: 2}, {name: refine, rounds: 2, trainings: 2}]\n",
    )
}
