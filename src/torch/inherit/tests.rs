//! Edits that keep a function, on networks with weights and statistics as after a training.

use super::*;
use crate::torch::train::tests as plain;
use epnas::arch::cells::{Block, Cell, CellNetwork, CellOperation, Combine, Skeleton};
use epnas::arch::{Architecture, Group, Inheritance, Layer, LayerNetwork, Operation, OperationKind, Shape};
use epnas::seed::{normal, unit};
use tch::Tensor;

use super::super::data::Statistics;
use super::super::model::Pass;

const IMAGE: Shape = Shape { channels: 3, height: 16, width: 16 };

fn layers(operations: &[Operation]) -> Architecture {
    let layer =
        |(index, operation): (usize, &Operation)| Layer { operation: *operation, sources: index.checked_sub(1).into_iter().collect() };
    Architecture::from(LayerNetwork { layers: operations.iter().enumerate().map(layer).collect() })
}

/// Weights and statistics as if from a training.
fn trained(network: &Network, seed: u64) -> Vec<u8> {
    let mut stream = Seed::root(seed).stream();
    let mut model = Model::new(network, Seed::root(seed), Device::Cpu, Kind::Float);
    let count = |model: &Model<'_>, group: Group| model.groups[group as usize].tensor.size()[0] as usize;
    let scales: Vec<f32> = (0..count(&model, Group::Scale)).map(|_| (0.3 + 0.5 * normal(&mut stream)) as f32).collect();
    let statistics: Vec<f32> = (0..count(&model, Group::Statistic)).map(|_| (0.2 + unit(&mut stream)) as f32).collect();
    model.groups[Group::Scale as usize].set(&Tensor::from_slice(&scales));
    model.groups[Group::Statistic as usize].set(&Tensor::from_slice(&statistics));
    let images = plain::images(4, 1);
    model.save(&Statistics::of(&images, &[0, 1, 2, 3]))
}

/// The largest difference between the logits of a network and those of its child, and their largest absolute value.
fn moved(parent: &Architecture, child: &Architecture) -> (f64, f64) {
    let build = |architecture: &Architecture| architecture.network(IMAGE, 10).expect("well-formed");
    let (old, new) = (build(parent), build(child));
    let weights = trained(&old, 3);
    let inheritance = Inheritance::new(parent, child, IMAGE, 10).expect("well-formed");
    let taken = Parent { inheritance: &inheritance, weights: &weights };
    let heir = model(&new, taken, &Seed::root(9), Device::Cpu, Kind::Float).expect("weights of the parent");
    let mut blob = Blob::from_bytes(&weights).expect("weights");
    let origin = Model::load(&old, &mut blob, Device::Cpu, Kind::Float).expect("weights of its own");
    let mut stream = Seed::root(4).stream();
    let pixels: Vec<f32> = (0..8 * IMAGE.elements()).map(|_| normal(&mut stream) as f32).collect();
    let images = Tensor::from_slice(&pixels).view([8, 16, 16, 3]).permute([0, 3, 1, 2]);
    let [before, after] = [&origin, &heir].map(|model| tch::no_grad(|| model.forward(&images, Pass::Inference)));
    ((&after - &before).abs().max().double_value(&[]), before.abs().max().double_value(&[]))
}

#[test]
fn edits_that_can_keep_a_function_keep_it() {
    let convolution = Operation::convolution;
    let bottleneck = |channels, expansion| OperationKind::InvertedBottleneck.of(&[3, channels, 1, expansion]);
    let pool = OperationKind::MaxPool.of(&[3, 2]);
    let (stem, separable) = (convolution(3, 8, 1), OperationKind::SeparableConvolution.of(&[3, 16, 1]));
    let gated = OperationKind::Convolution.of(&[3, 16, 1, 4]);
    let base = [stem, convolution(3, 16, 2), pool, convolution(3, 16, 1), gated];
    let with = |place: usize, operation| {
        let mut layers = base.to_vec();
        layers.insert(place, operation);
        layers
    };
    let instead = |place: usize, operation| {
        let mut layers = base.to_vec();
        layers[place] = operation;
        layers
    };
    let wide = [stem, bottleneck(8, 2), bottleneck(12, 2), separable];
    for (what, before, after) in [
        ("nothing", base.to_vec(), base.to_vec()),
        ("a convolution is added", base.to_vec(), with(2, convolution(3, 16, 1))),
        ("two are added", base.to_vec(), [&with(2, convolution(5, 16, 1))[..], &[convolution(3, 16, 1)]].concat()),
        ("a separable convolution is added", base.to_vec(), with(4, separable)),
        ("a bottleneck is added", base.to_vec(), with(2, bottleneck(16, 2))),
        ("a layer is wider", base.to_vec(), instead(1, convolution(3, 24, 2))),
        ("another is three times as wide", base.to_vec(), instead(3, convolution(3, 48, 1))),
        ("the last one is wider", base.to_vec(), instead(4, OperationKind::Convolution.of(&[3, 32, 1, 8]))),
        ("a kernel is larger", base.to_vec(), instead(3, convolution(5, 16, 1))),
        ("a kernel is larger and the layer wider", base.to_vec(), instead(3, convolution(7, 20, 1))),
        ("bottlenecks are wider inside", wide.to_vec(), vec![stem, bottleneck(8, 4), bottleneck(12, 3), separable]),
        ("what a separable convolution reads is wider", wide.to_vec(), vec![stem, bottleneck(8, 2), bottleneck(20, 2), separable]),
    ] {
        let (difference, scale) = moved(&layers(&before), &layers(&after));
        assert!(difference < 1e-5 && scale > 0.1, "{what}: {difference} of {scale}");
    }
}

#[test]
fn wider_residual_layers_keep_their_sums() {
    let layer = |operation, sources: &[usize]| Layer { operation, sources: sources.to_vec() };
    let network = |channels| {
        let wide = Operation::convolution(3, channels, 1);
        let layers = vec![layer(Operation::convolution(3, 8, 1), &[]), layer(wide, &[0]), layer(wide, &[1]), layer(wide, &[2, 1])];
        Architecture::from(LayerNetwork { layers })
    };
    let (difference, scale) = moved(&network(12), &network(16));
    assert!(difference < 1e-5 && scale > 0.1, "{difference} of {scale}");
}

#[test]
fn an_edit_that_cannot_keep_the_function_takes_over_what_fits() {
    let convolution = Operation::convolution;
    let before = layers(&[convolution(3, 8, 1), convolution(3, 16, 1)]);
    let after = layers(&[convolution(3, 8, 1), OperationKind::MaxPool.of(&[3, 2]), convolution(3, 12, 1)]);
    assert!(moved(&before, &after).0 > 1e-3);
    let inheritance = Inheritance::new(&before, &after, IMAGE, 10).expect("well-formed");
    assert!(inheritance.share() > 0.9, "{}", inheritance.share());
}

#[test]
fn a_cell_keeps_its_function_and_damaged_weights_are_refused() {
    let block = |inputs, operations| Block { inputs, operations, combine: Combine::Concat };
    let first = block([0, 1], [CellOperation::Convolution3x3, CellOperation::SeparableConvolution3x3]);
    let skeleton = Skeleton { channels: 8, cells: 1, reductions: 1, stem_stride: 1 };
    let cell = Architecture::from(CellNetwork { cell: Cell { blocks: vec![first] }, skeleton }).canonical();
    assert!(moved(&cell, &cell).0 < 1e-6);
    let network = cell.network(IMAGE, 10).expect("well-formed");
    let (weights, inheritance) = (trained(&network, 3), Inheritance::new(&cell, &cell, IMAGE, 10).expect("well-formed"));
    let taken = Parent { inheritance: &inheritance, weights: &weights[..weights.len() - 1] };
    let failure = model(&network, taken, &Seed::root(9), Device::Cpu, Kind::Float).expect_err("cut off");
    assert!(failure.to_string().contains("the weights are not safetensors"), "{failure}");
}
