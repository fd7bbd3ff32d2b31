//! Whole networks, layer by layer: the architectures of the space `layers`.

mod build;
mod canonical;
mod operation;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Malformed;

pub use operation::{Description, Operation, OperationKind, Parameter};

/// One layer: an operation on the sum of its sources.
///
/// Where two sources differ in shape, the larger one is brought to the other's by a strided 1×1 convolution with
/// batch normalisation (the projection shortcut of ResNets, arXiv 1512.03385, §3.3, option B).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub operation: Operation,
    /// Earlier layers, the main source first. Empty for layer 0, the stem, which reads the image.
    pub sources: Vec<usize>,
}

/// What was chosen: layers in topological order, the stem first; the last one feeds the classifier
/// (global average pooling and a linear layer).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNetwork {
    pub layers: Vec<Layer>,
}

/// The most layers that are ever accepted, wherever an architecture comes from.
pub const MAX_LAYERS: usize = 256;

impl LayerNetwork {
    /// Checks what the type cannot say: order of sources, sizes.
    pub fn validate(&self) -> Result<(), Malformed> {
        if self.layers.is_empty() || self.layers.len() > MAX_LAYERS {
            return Err(Malformed(format!("a network has 1 to {MAX_LAYERS} layers, this one has {}", self.layers.len())));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let sources_fit = if index == 0 {
                layer.sources.is_empty()
            } else {
                (1..=2).contains(&layer.sources.len()) && layer.sources.iter().all(|&source| source < index)
            };
            if !sources_fit {
                return Err(Malformed(format!("layer {index} does not read from one or two earlier layers")));
            }
            let fits = |(parameter, value): (Parameter, usize)| {
                let [least, _] = parameter.description().range;
                (least..=65_536).contains(&value) && (parameter != Parameter::Kernel || value % 2 == 1)
            };
            if !layer.operation.values().all(fits) {
                return Err(Malformed(format!("layer {index} has a size of zero, an even kernel or a size over 65536")));
            }
        }
        Ok(())
    }

    /// A line for people, such as `conv3×16 · sep5×32/2 · ib3×32e4+1 · max3/2`.
    pub fn summary(&self) -> String {
        let layer = |(index, layer): (usize, &Layer)| {
            let mut text = layer.operation.summary();
            for (position, &source) in layer.sources.iter().enumerate() {
                if position > 0 || source + 1 != index {
                    let _ = write!(text, "+{source}");
                }
            }
            text
        };
        self.layers.iter().enumerate().map(layer).collect::<Vec<_>>().join(" · ")
    }
}
