//! Networks as ONNX models.

mod build;
mod count;
mod graph;
pub mod proto;
mod quantize;

use std::collections::BTreeMap;

pub use build::TENSORS;
pub(super) use build::{Pixels, network};
pub(super) use count::count;
pub use quantize::Ranges;
pub(super) use quantize::quantized;

use prost::Message as _;

use self::proto::{Entry, Model};
use super::weights::Weights;
use crate::arch::Network;
use crate::seed::Seed;

/// A network as the bytes of a model for images of 32-bit numbers, with weights drawn from a fixed seed: what it computes says
/// nothing, and how fast it computes does.
pub fn unproven_model(of: &Network) -> Vec<u8> {
    network(of, &Weights::drawn(of, &Seed::root(0).child("weights")), Pixels::Numbers).encode_to_vec()
}

/// The model with what is to be known of it, by key.
pub(super) fn with_metadata(mut model: Model, metadata: &BTreeMap<String, String>) -> Model {
    model.metadata_props = metadata.iter().map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect();
    model
}
