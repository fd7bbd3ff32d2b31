//! Strategies, spaces and a policy to try things with: what the tests of this crate and of others search. A strategy or a
//! space joins the tests by a line in [`strategies`] or [`with_spaces`].

use std::collections::BTreeSet;

use super::{
    Acquisition, Editor, EnasParameters, EpnasParameters, EvolutionParameters, LocalSearchParameters, PnasParameters, Predict, Predictor,
    ReinforceParameters, Rejected, Strategy,
};
use crate::arch::cells::{CellOperation, Combine, Skeleton};
use crate::arch::{Architecture, Layer, LayerNetwork, Operation, OperationKind, Shape};
use crate::engine::{Lesson, Policy, PolicyParameters, PolicyReport, ZeroCost, ZeroCosts};
use crate::space::{CellSpace, Choices, LayerSpace, Limits, Problem, Question, SearchSpace, Sketch};
use crate::table::{self, Column, Layout, Table, Unit};

/// Every strategy that searches, and every pure predictor.
pub fn strategies() -> Vec<(&'static str, Strategy)> {
    let epnas = |predictor, pool| {
        Strategy::Epnas(EpnasParameters {
            initial: 4,
            edits: 2,
            parents: 3,
            pool,
            enlarged: 0.0,
            from_given: 0.0,
            regular: 0.0,
            imagined: 0,
            rejected: Rejected::Zero,
            editor: Editor::Logits { learning_rate: 0.1 },
            predict: predict(predictor),
        })
    };
    vec![
        ("epnas", epnas(Predictor::Gaussian, 20)),
        ("epnas by lanes", epnas(Predictor::Forest, 0)),
        ("epnas with a forest", epnas(Predictor::Forest, 20)),
        ("epnas with networks", epnas(Predictor::MlpEnsemble, 20)),
        ("epnas by chance", epnas(Predictor::Random, 20)),
        ("epnas without a predictor", epnas(Predictor::None, 20)),
        ("epnas with scores", scored(epnas(Predictor::Gaussian, 20))),
        ("epnas with scores and a forest", scored(epnas(Predictor::Forest, 0))),
        ("epnas with scores and networks", scored(epnas(Predictor::MlpEnsemble, 20))),
        ("pnas", pnas(Predictor::MlpEnsemble)),
        ("regularized-evolution", Strategy::RegularizedEvolution(EvolutionParameters { population: 5, sample: 2 })),
        ("local-search", Strategy::LocalSearch(LocalSearchParameters { initial: 3 })),
        ("reinforce", Strategy::Reinforce(ReinforceParameters { learning_rate: 0.1, baseline_decay: 0.9 })),
        ("enas", Strategy::Enas(ENAS)),
        ("random", Strategy::Random),
    ]
}

/// `epnas` as the paper has it, whose policy needs tensors.
pub fn of_paper(rejected: Rejected) -> Strategy {
    let editor = Editor::Lstm(PolicyParameters {
        hidden: 8,
        learning_rate: 0.01,
        entropy: 0.0,
        value_steps: 1,
        bound: 0.0,
        without_momentum: false,
    });
    let predict = Predict {
        predictor: Predictor::ValueHead,
        acquisition: Acquisition::Mean,
        random_share: 0.25,
        gate: None,
        zero_cost: ZeroCosts::NONE,
        shared_weights: None,
    };
    Strategy::Epnas(EpnasParameters {
        initial: 0,
        edits: 3,
        parents: 2,
        pool: 0,
        enlarged: 0.0,
        from_given: 0.0,
        regular: 0.0,
        imagined: 0,
        rejected,
        editor,
        predict,
    })
}

/// ENAS with a quick controller.
pub const ENAS: EnasParameters = EnasParameters {
    warm_up: 1,
    chains: 1,
    examples: 1.0,
    learning_rate: 0.05,
    steps: 3,
    samples: 4,
    policy: PolicyParameters { hidden: 8, learning_rate: 0.1, entropy: 0.0, value_steps: 0, bound: 1.1, without_momentum: true },
    entropy: 0.0,
    baseline_decay: 0.9,
    statistics: 8,
    reward_images: 5,
};

fn predict(predictor: Predictor) -> Predict {
    let acquisition = Acquisition::ExpectedImprovement;
    Predict { predictor, acquisition, random_share: 0.25, gate: None, zero_cost: ZeroCosts::NONE, shared_weights: None }
}

pub fn pnas(predictor: Predictor) -> Strategy {
    Strategy::Pnas(PnasParameters { beam: 2, predict: predict(predictor) })
}

/// The same, whose predictor reads all scores.
fn scored(strategy: Strategy) -> Strategy {
    let Strategy::Epnas(mut parameters) = strategy else { panic!("`epnas` predicts") };
    parameters.predict.zero_cost = BTreeSet::from([ZeroCost::Synflow, ZeroCost::Naswot]).into();
    Strategy::Epnas(parameters)
}

/// A network to begin with, where the space has one.
pub type Start = Option<Architecture>;

pub fn with_spaces(check: impl Fn(&str, &Problem, SearchSpace<'_>, Start)) {
    let problem = problem();
    check("layers", &problem, problem.open(None).expect("no table is needed"), Some(start()));
    let Problem::Layers { limits, .. } = problem else { panic!("a problem of layers") };
    let skeleton = Skeleton { channels: 4, cells: 1, reductions: 1, stem_stride: 2 };
    let cells = CellSpace {
        operations: vec![CellOperation::Identity, CellOperation::SeparableConvolution3x3, CellOperation::MaxPool3x3],
        combines: Combine::ALL.to_vec(),
        min_blocks: 1,
        skeleton,
        last: skeleton,
    };
    let problem = Problem::Cells { space: cells, limits: Limits { depth: 3, ..limits } };
    check("cells", &problem, problem.open(None).expect("no table is needed"), None);
    let table = table(4);
    let problem = Problem::Table { table: table.search_digest() };
    check("table", &problem, problem.open(Some(&table)).expect("its table"), None);
}

/// All combinations of `decisions` digits from 0 to 2; the larger the better, but for noise by place.
pub fn table(decisions: u32) -> Table {
    let rows = (0..3_u32.pow(decisions)).map(|number| {
        let digits: String = (0..decisions).map(|place| char::from(b'0' + (number / 3_u32.pow(place) % 3) as u8)).collect();
        let sum: u32 = digits.bytes().map(|digit| u32::from(digit - b'0')).sum();
        format!("{digits},{},{}\n", 10 + 5 * sum + number % 4, 100 * sum + 1)
    });
    let text = format!("ops,acc,size\n{}", rows.collect::<String>());
    let layout = Layout {
        choices: table::Choices::Split { column: "ops".to_owned(), separator: String::new() },
        metric: Column { name: "acc".to_owned(), unit: Unit::Percent },
        validation: None,
        test: None,
        costs: [("params".to_owned(), "size".to_owned())].into(),
        graph: None,
    };
    Table::read(text.as_bytes(), &layout).expect("a table")
}

/// Whether a strategy searches a space: rows of a table do not grow.
pub fn grows(strategy: &Strategy, space: &str) -> bool {
    !matches!(strategy, Strategy::Pnas(_)) || space != "table"
}

/// Answers evenly, and values a network by its depth. Keeps what it was taught.
#[derive(Default)]
pub struct EvenPolicy {
    pub lessons: Vec<Lesson>,
}

impl Policy for EvenPolicy {
    fn probabilities(&mut self, _: &Sketch, question: &Question) -> Vec<f64> {
        question.legal.iter().map(|&legal| f64::from(u8::from(legal))).collect()
    }

    fn values(&mut self, networks: &[Sketch]) -> Vec<f64> {
        networks.iter().map(|network| network.tokens.len() as f64).collect()
    }

    fn learn(&mut self, lesson: &Lesson) -> PolicyReport {
        self.lessons.push(Lesson { episodes: lesson.episodes.clone(), observations: lesson.observations.clone(), seed: lesson.seed });
        PolicyReport { entropy: Some(1.0), value_error: Some(0.0) }
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }
}

pub fn problem() -> Problem {
    let space = LayerSpace {
        stem: Operation::convolution(3, 8, 2),
        operations: OperationKind::ALL.to_vec(),
        choices: Choices::of([&[3, 5], &[8, 16], &[1, 2], &[2]]),
        skips: true,
        min_depth: 1,
        min_resolution: 4,
    };
    Problem::Layers { space, limits: Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 4 } }
}

pub fn start() -> Architecture {
    ending_with(Operation::convolution(3, 8, 2))
}

/// The stem and one layer.
pub fn ending_with(operation: Operation) -> Architecture {
    let stem = Operation::convolution(3, 8, 2);
    LayerNetwork { layers: vec![Layer { operation: stem, sources: vec![] }, Layer { operation, sources: vec![0] }] }.into()
}
