//! Training of networks of cells: second classifiers and path dropout.

use epnas::arch::cells::{Block, Cell, CellNetwork, CellOperation, Combine, Skeleton};

use super::*;

pub fn some() -> Network {
    let block = |inputs, operations, combine| Block { inputs, operations, combine };
    let blocks = vec![
        block([0, 1], [CellOperation::SeparableConvolution3x3, CellOperation::Identity], Combine::Add),
        block([2, 1], [CellOperation::DilatedConvolution3x3, CellOperation::MaxPool3x3], Combine::Concat),
        block([0, 1], [CellOperation::Convolution1x7_7x1, CellOperation::AveragePool3x3], Combine::Add),
    ];
    stacked(blocks)
}

fn stacked(blocks: Vec<Block>) -> Network {
    let skeleton = Skeleton { channels: 8, cells: 1, reductions: 1, stem_stride: 1 };
    CellNetwork { cell: Cell { blocks }, skeleton }.build(SHAPE, 4).expect("well-formed")
}

/// The sum is the output of the cell: the next cells, a rectifier and the second classifier read it.
#[test]
fn cells_that_end_in_a_sum_are_learnt_with_a_second_classifier() {
    let operations = [CellOperation::Convolution3x3, CellOperation::Identity];
    let network = stacked(vec![Block { inputs: [1, 0], operations, combine: Combine::Add }]);
    let recipe = TrainRecipe { epochs: 3, auxiliary: 0.4, ..recipe() };
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let trained = train_network(&mut trainer, &network, &recipe, 1);
    let losses = &trained.metrics.train_loss;
    assert!(losses[2] < losses[0] && trained.metrics.validation_accuracy > 0.8, "{:?}", trained.metrics);
    let validation = only(&images(500, 1), |example| example % 5 == 0);
    let again = trainer.evaluate(&network, &trained.weights, &recipe, dataset(&validation), &validation);
    assert_eq!(again.map(|tested| tested.confusion.accuracy()), Ok(trained.metrics.validation_accuracy));
}

#[test]
fn cells_are_learnt_with_a_second_classifier_and_path_dropout() {
    let plain = TrainRecipe { epochs: 3, ..recipe() };
    let full = TrainRecipe { auxiliary: 0.4, path_dropout: 0.2, ema: 0.9, ..plain };
    let network = some();
    let validation = only(&images(500, 1), |example| example % 5 == 0);
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let mut weights = Vec::new();
    for recipe in [full, TrainRecipe { precision: Precision::Bf16, ..full }, plain, TrainRecipe { auxiliary: 0.4, ..plain }] {
        let trained = train_network(&mut trainer, &network, &recipe, 1);
        let losses = &trained.metrics.train_loss;
        assert!(losses[2] < losses[0] && trained.metrics.validation_accuracy > 0.8, "{:?} by {recipe:?}", trained.metrics);
        let again = trainer.evaluate(&network, &trained.weights, &recipe, dataset(&validation), &validation);
        assert_eq!(again.map(|tested| tested.confusion.accuracy()), Ok(trained.metrics.validation_accuracy));
        assert!(!weights.contains(&trained.weights), "{recipe:?} changes nothing");
        weights.push(trained.weights);
    }
    let again = train_network(&mut trainer, &network, &full, 1);
    assert!(again.weights == weights[0], "one seed gives one result");
}

#[test]
fn what_is_for_cells_changes_nothing_elsewhere() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let plain = TrainRecipe { epochs: 1, ..recipe() };
    let asked = TrainRecipe { auxiliary: 0.4, path_dropout: 0.3, ..plain };
    assert!(train(&mut trainer, &plain, 1).weights == train(&mut trainer, &asked, 1).weights);
}
