//! Networks as ONNX models.

mod build;
mod count;
mod graph;
pub mod proto;
mod quantize;

use std::collections::BTreeMap;

pub use build::{Pixels, TENSORS, network};
pub use count::count;
pub use quantize::{Ranges, quantized};

use self::proto::{Entry, Model};

/// The model with what is to be known of it, by key.
pub fn with_metadata(mut model: Model, metadata: &BTreeMap<String, String>) -> Model {
    model.metadata_props = metadata.iter().map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect();
    model
}
