//! Scores of untrained networks, features of predictors. Always on the processor and on one thread, so that they depend
//! neither on the number of threads nor on whether there is a GPU.

use tch::{Device, Kind, Tensor};

use super::augment;
use super::data::Statistics;
use super::loader::{Loader, indices};
use super::model::{Model, Pass};
use super::weights::Group;
use epnas::arch::{Network, Primitive};
use epnas::dataset::Images;
use epnas::engine::Minibatch;
use epnas::seed::Seed;

/// What weights are drawn from: for all networks the same.
pub fn seed() -> Seed {
    Seed::root(0).child("zero-cost")
}

/// ln Σ|w·∂R/∂w| over the weights of convolutions and of the classifier, where R is the sum of the logits of an image of
/// ones, all weights are taken by their absolute value, and nothing is normalised: algorithm 1 of Tanaka et al. (arXiv
/// 2006.05467, §6) without its pruning, added up to a score of the network as in Abdelfattah et al. (arXiv 2101.08134,
/// §3.2). The logarithm is ours: flows grow exponentially with depth, and 32-bit numbers do not hold them. A sum that
/// 64-bit numbers do not hold either counts as their largest, one of zero as their smallest.
pub fn synflow(network: &Network, seed: Seed) -> f64 {
    let _alone = Alone::new();
    let mut model = Model::new(network, seed, Device::Cpu, Kind::Double);
    for group in Group::ALL {
        let weights = &mut model.groups[group as usize].tensor;
        *weights = weights.detach().to_kind(Kind::Double).abs().set_requires_grad(is_weight(group));
    }
    let shape = network.nodes[0].shape;
    let ones = Tensor::ones([1, shape.channels as i64, shape.height as i64, shape.width as i64], (Kind::Double, Device::Cpu));
    let logits = model.forward(&ones, Pass::Flow);
    let weights = Group::ALL.into_iter().filter(|&group| is_weight(group)).map(|group| &model.groups[group as usize]);
    let leaves: Vec<&Tensor> = weights.filter(|weights| !weights.is_empty()).map(|weights| &weights.tensor).collect();
    let gradients = Tensor::run_backward(&[&logits.sum(Kind::Double)], &leaves, false, false);
    let flow = |(weights, gradient): (&&Tensor, &Tensor)| (*weights * gradient).abs().sum(Kind::Double).double_value(&[]);
    let sum: f64 = leaves.iter().zip(&gradients).map(flow).sum();
    logarithm(sum)
}

/// Always finite.
fn logarithm(sum: f64) -> f64 {
    if sum.is_finite() { sum.max(f64::MIN_POSITIVE).ln() } else { f64::MAX.ln() }
}

/// Biases and what belongs to normalisation are none.
const fn is_weight(group: Group) -> bool {
    matches!(group, Group::Kernel | Group::Matrix)
}

/// ln|det K| with `K_ij` the number of rectifiers minus the Hamming distance between the codes of images i and j, a code
/// saying which rectifiers let an image through: Mellor et al. (arXiv 2006.04647, §3). Normalisation is by the minibatch,
/// whose images have mean 0 and deviation 1. K holds whole numbers, so |det K| is 0 or at least 1; where it is 0, because
/// two images have one code, the score is 0 in place of −∞: still the least there is.
pub fn naswot(network: &Network, minibatch: &Minibatch<'_>, seed: Seed) -> f64 {
    let _alone = Alone::new();
    let _guard = tch::no_grad_guard();
    let model = Model::new(network, seed, Device::Cpu, Kind::Float);
    log_determinant(agreements(&model, network, &shown(minibatch)), minibatch.examples.len())
}

/// Of every two images, the number of rectifiers that treat them alike.
fn agreements(model: &Model<'_>, network: &Network, images: &Tensor) -> Vec<f64> {
    let count = images.size()[0];
    let mut kernel = vec![0.0; (count * count) as usize];
    let _ = model.walk(images, Pass::Training { paths: None }, &mut |index, value| {
        if network.nodes[index].primitive == Primitive::Relu {
            // With codes of ±1 the Hamming distance of two is (length − product) / 2. Sums of so few are exact in 32 bits.
            let codes = (value.gt(0.0).to_kind(Kind::Float) * 2.0 - 1.0).reshape([count, -1]);
            let products = Vec::<f64>::try_from(codes.matmul(&codes.tr()).to_kind(Kind::Double).reshape([-1])).expect("64-bit numbers");
            let length = codes.size()[1] as f64;
            kernel.iter_mut().zip(products).for_each(|(sum, product)| *sum += f64::midpoint(length, product));
        }
    });
    kernel
}

/// The images of a minibatch as a network sees them.
fn shown(minibatch: &Minibatch<'_>) -> Tensor {
    let Minibatch { images, examples } = *minibatch;
    let pixels = examples.iter().flat_map(|&example| images.image(example as usize).into_owned()).collect::<Vec<u8>>();
    let labels: Vec<u16> = examples.iter().map(|&example| images.labels[example as usize]).collect();
    let few = Images { shape: images.shape, classes: images.classes, pixels: pixels.into(), labels };
    let all: Vec<u32> = (0..few.len() as u32).collect();
    let normalizer = Statistics::of(&few, &all).on(Device::Cpu);
    augment::plain(&Loader::new(&few, Device::Cpu).at(&indices(&all, Device::Cpu)), &normalizer)
}

/// Of a symmetric matrix of whole numbers without negative eigenvalues, by elimination; 0 where it is singular.
fn log_determinant(mut matrix: Vec<f64>, count: usize) -> f64 {
    let mut logarithm = 0.0;
    for step in 0..count {
        let pivot_row = matrix[step * count..(step + 1) * count].to_vec();
        // Smaller ones are what rounding leaves of zero.
        if pivot_row[step] < 1e-6 {
            return 0.0;
        }
        logarithm += pivot_row[step].ln();
        for row in matrix[(step + 1) * count..].chunks_mut(count) {
            let factor = row[step] / pivot_row[step];
            row.iter_mut().zip(&pivot_row).skip(step).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    logarithm.max(0.0)
}

/// One thread for libtorch while it lives.
pub(super) struct Alone {
    threads: i32,
}

impl Alone {
    pub(super) fn new() -> Self {
        let threads = tch::get_num_threads();
        tch::set_num_threads(1);
        Self { threads }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        tch::set_num_threads(self.threads);
    }
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
