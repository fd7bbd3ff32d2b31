//! Scores against values computed by hand, and what they must not depend on.

use super::*;
use crate::torch::TorchTrainer;
use crate::torch::flat::host;
use crate::torch::model::tests::{cell_networks, networks};
use epnas::arch::{Layer, LayerNetwork, Operation, Shape};
use epnas::engine::Trainer;

/// Convolutions of 1×1 without skips, then the classifier.
fn chain(shape: Shape, channels: &[usize], classes: usize) -> Network {
    let layer = |(index, &channels): (usize, &usize)| Layer {
        operation: Operation::convolution(1, channels, 1),
        sources: if index == 0 { vec![] } else { vec![index - 1] },
    };
    LayerNetwork { layers: channels.iter().enumerate().map(layer).collect() }.build(shape, classes).expect("well-formed")
}

const SHAPE: Shape = Shape { channels: 1, height: 2, width: 2 };

#[test]
fn synflow_is_what_it_is_by_hand() {
    let network = chain(SHAPE, &[2], 3);
    let seed = Seed::root(5);
    let model = Model::new(&network, seed, Device::Cpu, Kind::Float);
    let [first, second] = [Group::Kernel, Group::Matrix].map(|group| host(&model.groups[group as usize].pieces(Kind::Float)[0]));
    assert_eq!((first.len(), second.len()), (2, 6));
    // One kernel weight a channel, one matrix weight a class and channel: every path from a pixel to a logit has two
    // weights, and the mean over the pixels of an image of ones is 1.
    let flow: f64 = (0..6).map(|place| f64::from(first[place % 2].abs()) * f64::from(second[place].abs())).sum();
    assert!((synflow(&network, seed) - (2.0 * flow).ln()).abs() < 1e-12);
    // Where weights are multiplied only, Σ|w·∂R/∂w| of each layer is R: the flow is conserved.
    let deep = chain(SHAPE, &[3, 4, 5], 2);
    let mut model = Model::new(&deep, seed, Device::Cpu, Kind::Double);
    for group in Group::ALL {
        let weights = &mut model.groups[group as usize].tensor;
        *weights = if group == Group::Scale { weights.zeros_like() } else { weights.abs() }.detach();
    }
    let through = model.forward(&Tensor::ones([1, 1, 2, 2], (Kind::Double, Device::Cpu)), Pass::Flow);
    assert!((synflow(&deep, seed) - (4.0 * through.sum(Kind::Double).double_value(&[])).ln()).abs() < 1e-6);
}

#[test]
fn flows_of_any_size_are_finite() {
    // Far beyond 32 bits, whose largest logarithm is 89.
    let deep = synflow(&chain(Shape { channels: 3, height: 1, width: 1 }, &[64; 256], 10), Seed::root(1));
    assert!((400.0..700.0).contains(&deep), "{deep}");
    let (largest, smallest) = (f64::MAX.ln(), f64::MIN_POSITIVE.ln());
    assert_eq!((logarithm(f64::INFINITY), logarithm(f64::NAN), logarithm(0.0)), (largest, largest, smallest));
}

/// Images of one channel.
fn images(shape: Shape, pixels: &[u8]) -> Images {
    let count = pixels.len() / shape.elements();
    Images { shape, classes: 4, pixels: pixels.to_vec().into(), labels: vec![0; count] }
}

#[test]
fn naswot_is_what_it_is_by_hand() {
    // Normalisation subtracts the mean, here 100, so that a rectifier lets the brighter pixels through, or the darker
    // ones: two images agree in all channels of a pixel or in none.
    let images = images(SHAPE, &[200, 200, 0, 0, 180, 20, 180, 20, 150, 150, 150, 50, 9, 9, 9, 9]);
    let network = chain(SHAPE, &[5], 4);
    let few = Minibatch { images: &images, examples: &[0, 1, 2] };
    // Of four pixels agree: 2 of images 0 and 1, 3 of 0 and 2, 3 of 1 and 2; five channels each.
    let [a, b, c] = [10.0, 15.0, 15.0];
    let determinant: f64 = 20.0_f64.powi(3) + 2.0 * a * b * c - 20.0 * (a * a + b * b + c * c);
    assert!((naswot(&network, &few, Seed::root(3)) - determinant.ln()).abs() < 1e-9);
    // The other order of the images changes nothing, and an image that is there twice leaves no volume.
    let turned = Minibatch { images: &images, examples: &[2, 0, 1] };
    assert!((naswot(&network, &turned, Seed::root(3)) - determinant.ln()).abs() < 1e-9);
    let twice = Minibatch { images: &images, examples: &[0, 1, 0, 2] };
    assert_eq!(naswot(&network, &twice, Seed::root(3)).to_bits(), 0);
}

#[test]
fn codes_do_not_depend_on_running_statistics() {
    let network = chain(SHAPE, &[5, 4], 4);
    let images = Tensor::arange(12, (Kind::Float, Device::Cpu)).sin().view([3, 1, 2, 2]);
    let kernels = [0.0, 3.0].map(|statistic| {
        let mut model = Model::new(&network, Seed::root(4), Device::Cpu, Kind::Float);
        let statistics = &mut model.groups[Group::Statistic as usize];
        let values = statistics.tensor.full_like(statistic);
        statistics.set(&values);
        tch::no_grad(|| agreements(&model, &network, &images))
    });
    assert!(kernels[0] == kernels[1] && kernels[0].len() == 9);
}

#[test]
fn determinants_agree_with_those_of_libtorch() {
    let codes = Tensor::arange(6 * 40, (Kind::Double, Device::Cpu)).sin().gt(0.0).to_kind(Kind::Double).view([6, 40]);
    let other = codes.ones_like() - &codes;
    let kernel = codes.matmul(&codes.tr()) + other.matmul(&other.tr());
    let expected = kernel.det().double_value(&[]).ln();
    let values = Vec::<f64>::try_from(kernel.view([-1])).expect("64-bit numbers");
    assert!((log_determinant(values, 6) - expected).abs() < 1e-9);
    assert_eq!((log_determinant(Vec::new(), 0), log_determinant(vec![0.0; 4], 2)), (0.0, 0.0));
}

#[test]
fn scores_are_the_same_bits_on_any_number_of_threads_and_whatever_came_before() {
    let shape = networks()[0].nodes[0].shape;
    let mut stream = Seed::root(8).stream();
    let pixels: Vec<u8> = (0..16 * shape.elements()).map(|_| epnas::seed::below(&mut stream, 256) as u8).collect();
    let images = images(shape, &pixels);
    let examples: Vec<u32> = (0..16).collect();
    let minibatch = Minibatch { images: &images, examples: &examples };
    let of_shape = || networks().into_iter().chain(cell_networks()).filter(|network| network.nodes[0].shape == shape);
    let scored = |threads| -> Vec<[u64; 2]> {
        let mut trainer = TorchTrainer::new("cpu", threads).expect("the processor");
        let mut both = |network: &Network| [trainer.synflow(network), trainer.naswot(network, &minibatch)];
        of_shape().map(|network| both(&network).map(|score| score.expect("a score").to_bits())).collect()
    };
    let one = scored(1);
    assert_eq!(scored(2), one);
    assert!(one.iter().flatten().all(|&bits| f64::from_bits(bits).is_finite()));
    let another = |network: &Network| naswot(network, &minibatch, Seed::root(9)).to_bits() != naswot(network, &minibatch, seed()).to_bits();
    assert!(
        of_shape().all(|network| another(&network) && synflow(&network, Seed::root(9)).to_bits() != synflow(&network, seed()).to_bits())
    );
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let images = images(SHAPE, &[1, 2, 3, 4]);
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    assert!(trainer.naswot(&networks()[0], &Minibatch { images: &images, examples: &[0] }).is_err());
    assert!(trainer.naswot(&chain(SHAPE, &[2], 4), &Minibatch { images: &images, examples: &[1] }).is_err());
}
