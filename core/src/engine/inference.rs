//! Logits that are asked for outside of a search.

use std::collections::BTreeMap;

use crate::arch::Network;

/// A network as it is handed over.
#[derive(Clone, Copy, Debug)]
pub enum Loadable<'a> {
    /// With its weights, safetensors.
    Weights(&'a Network, &'a [u8]),
    /// As an ONNX model.
    Onnx(&'a [u8]),
}

/// What a network gave for some images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inferred {
    /// One row an image, in 32 bits.
    pub logits: Vec<f32>,
    /// The least and the most of every tensor on the way, by its name in the model; none of a network that is no model.
    pub ranges: BTreeMap<String, [f32; 2]>,
    pub environment: BTreeMap<String, String>,
}
