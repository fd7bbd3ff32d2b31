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

use self::proto::{Entry, Model};

/// The model with what is to be known of it, by key.
pub(super) fn with_metadata(mut model: Model, metadata: &BTreeMap<String, String>) -> Model {
    model.metadata_props = metadata.iter().map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect();
    model
}
