//! The weights of a network, read from safetensors and held against it.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};

use crate::arch::{Initial, Network, Primitive};
use crate::seed::{Seed, normal, unit};

/// ε of every normalisation.
pub(super) const EPSILON: f32 = 1e-5;

/// All numbers of a network, by node and name.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    arrays: BTreeMap<(usize, &'static str), Vec<f32>>,
    /// The normalisation that follows each convolution that one follows.
    norms: BTreeMap<usize, usize>,
    /// Of pixels from 0 to 1, for each channel.
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
}

impl Weights {
    /// Reads the weights of `network`; or what about the bytes does not fit it.
    pub fn read(bytes: &[u8], network: &Network) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| format!("it is no safetensors file: {error}"))?;
        let mut left: BTreeMap<String, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(format!("`{name}` is not of 32-bit numbers"));
            }
            let values = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            left.insert(name.to_owned(), (view.shape().to_vec(), values));
        }
        let mut take = |name: String, shape: &[usize]| match left.remove(&name) {
            None => Err(format!("it lacks `{name}`")),
            Some((found, _)) if found != shape => Err(format!("`{name}` has the shape {found:?}, the network needs {shape:?}")),
            Some((_, values)) if !values.iter().all(|value| value.is_finite()) => Err(format!("`{name}` holds what is no finite number")),
            Some((_, values)) => Ok(values),
        };
        let channels = [network.nodes[0].shape.channels];
        let (mean, deviation) = (take("input.mean".to_owned(), &channels)?, take("input.std".to_owned(), &channels)?);
        let (mut arrays, mut norms) = (BTreeMap::new(), BTreeMap::new());
        for (index, node) in network.nodes.iter().enumerate() {
            for weight in node.primitive.profile().weights {
                let values = take(format!("node.{index}.{}", weight.name), weight.shape())?;
                arrays.insert((index, weight.name), values);
            }
            if matches!(node.primitive, Primitive::BatchNorm { .. }) {
                norms.insert(node.inputs[0], index);
            }
        }
        match left.into_keys().next() {
            Some(name) => Err(format!("it holds `{name}`, which the network does not have")),
            None => Ok(Self { arrays, norms, mean, deviation }),
        }
    }

    /// Weights as they are before a training, and normalisations that change nothing.
    pub fn drawn(network: &Network, seed: &Seed) -> Self {
        let (mut arrays, mut norms) = (BTreeMap::new(), BTreeMap::new());
        for (index, node) in network.nodes.iter().enumerate() {
            let mut stream = seed.nth(index).stream();
            for weight in node.primitive.profile().weights {
                let mut draw = || match weight.initial {
                    Initial::Normal(deviation) => (deviation * normal(&mut stream)) as f32,
                    Initial::Uniform(most) => (most * (2.0 * unit(&mut stream) - 1.0)) as f32,
                    Initial::Constant(value) => value,
                };
                arrays.insert((index, weight.name), (0..weight.elements()).map(|_| draw()).collect());
            }
            if matches!(node.primitive, Primitive::BatchNorm { .. }) {
                norms.insert(node.inputs[0], index);
            }
        }
        let channels = network.nodes[0].shape.channels;
        Self { arrays, norms, mean: vec![0.5; channels], deviation: vec![0.25; channels] }
    }

    /// An array that the network has.
    pub fn of(&self, node: usize, name: &'static str) -> &[f32] {
        &self.arrays[&(node, name)]
    }

    /// The kernel of a convolution, times the scale of the normalisation behind it. Networks have a normalisation behind
    /// convolutions only, and nothing else reads such a convolution.
    pub fn kernel(&self, convolution: usize) -> Vec<f32> {
        let kernel = self.of(convolution, "weight");
        let Some(scale) = self.scale(convolution) else { return kernel.to_vec() };
        let of_channel = kernel.len() / scale.len();
        kernel.chunks(of_channel).zip(scale).flat_map(|(kernel, scale)| kernel.iter().map(move |value| value * scale)).collect()
    }

    /// What is added to each channel of a convolution by the normalisation behind it.
    pub fn shift(&self, convolution: usize) -> Option<Vec<f32>> {
        let norm = *self.norms.get(&convolution)?;
        let (bias, mean) = (self.of(norm, "bias"), self.of(norm, "running_mean"));
        let scale = self.scale(convolution)?;
        Some(bias.iter().zip(mean).zip(scale).map(|((bias, mean), scale)| bias - mean * scale).collect())
    }

    fn scale(&self, convolution: usize) -> Option<Vec<f32>> {
        let norm = *self.norms.get(&convolution)?;
        let (weight, variance) = (self.of(norm, "weight"), self.of(norm, "running_var"));
        Some(weight.iter().zip(variance).map(|(weight, variance)| weight / (variance + EPSILON).sqrt()).collect())
    }
}
