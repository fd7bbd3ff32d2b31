//! What a policy sees of a network of layers.

use std::iter::once;

use super::{LayerSpace, Limits};
use crate::arch::{Cost, Layer, LayerNetwork, Network, Primitive};
use crate::space::questions::{Sketch, Vocabulary};

/// How many layers back a skip connection can be told to come from.
const MAX_SKIP: usize = 15;

/// Levels of resolution that are told apart, each half of the one before.
const LEVELS: usize = 4;

impl LayerSpace {
    /// Tokens are layers; their features the operation, every parameter that is searched (0 where a layer has none or
    /// a value that the space does not offer) and how many layers back the skip comes from.
    pub fn vocabulary(&self, limits: Limits) -> Vocabulary {
        let lists = once(self.operations.len()).chain(self.choices.iter().map(|(_, options)| options.len()));
        Vocabulary {
            heads: self.heads().map(|head| head.kind(self)).collect(),
            features: lists.map(|count| count + 1).chain([MAX_SKIP + 1]).collect(),
            contexts: self.operations.len(),
            tokens: limits.depth + 1,
            numbers: 2 * LEVELS,
        }
    }

    pub fn sketch(&self, limits: Limits, network: &LayerNetwork) -> Sketch {
        let built = network.build(limits.image, limits.classes).expect("measured and edited networks are of the space");
        let depth = network.layers.len() as f64 / 8.0 - 1.0;
        let resolution = built.features().height as f64 / 8.0 - 1.0;
        let tokens = network.layers.iter().enumerate().map(|(index, layer)| self.token(index, layer)).collect();
        Sketch { tokens, globals: Sketch::globals(&Cost::of(&built).costs(), [depth, resolution]), numbers: by_level(&built) }
    }

    fn token(&self, index: usize, layer: &Layer) -> Vec<usize> {
        fn place<T: PartialEq>(choices: &[T], value: Option<T>) -> usize {
            value.and_then(|value| choices.iter().position(|choice| *choice == value)).map_or(0, |index| index + 1)
        }
        let operation = layer.operation;
        let parameters = self.choices.iter().map(|(parameter, options)| place(options, operation.get(parameter)));
        let skip = layer.sources.get(1).map_or(0, |&skip| (index - skip).min(MAX_SKIP));
        once(place(&self.operations, Some(operation.kind()))).chain(parameters).chain([skip]).collect()
    }
}

/// Of each level of resolution, from that of the stem: the number of its convolutions, those of projections included and the
/// stem left out; then of each level log₁₀(1 + M / 10⁴) of their multiply–accumulates M. The last level holds all below.
fn by_level(built: &Network) -> Vec<f64> {
    let convolutions = || built.nodes.iter().filter(|node| matches!(node.primitive, Primitive::Convolution { .. }));
    let Some(stem) = convolutions().next() else { return vec![0.0; 2 * LEVELS] };
    let level = |height: usize| ((stem.shape.height as f64 / height as f64).log2().round() as usize).min(LEVELS - 1);
    let (mut counts, mut macs) = ([0.0; LEVELS], [0.0; LEVELS]);
    for node in convolutions().skip(1) {
        let level = level(node.shape.height);
        counts[level] += 1.0;
        macs[level] += node.primitive.profile().macs(node.shape) as f64;
    }
    counts.into_iter().chain(macs.map(|macs| (1.0 + macs / 1e4).log10())).collect()
}
