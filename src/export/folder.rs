//! The files of an export, in memory: what is written as a whole or not at all.

use std::collections::BTreeMap;

use prost::Message as _;
use serde_json::Value;

use super::names::{ONNX, ONNX_INT8, ONNX_UINT8};
use super::onnx::proto::Model;
use super::onnx::{Pixels, Ranges, count, network, quantized, with_metadata};
use super::pytorch::{Blocks, source, weights};
use super::{Case, Found, Proof, Times, card, config};
use crate::arch::Cost;

/// Content by path below the folder.
#[derive(Debug, Default)]
pub struct Folder(pub BTreeMap<String, Vec<u8>>);

impl Folder {
    /// With what anyone can compare by: some images, their logits, and the program that does it.
    pub fn new(check: &Case) -> Self {
        let mut folder = Self::default();
        for (name, array) in check.arrays() {
            folder.0.insert(format!("check/{name}"), array);
        }
        folder.0.insert("verify.py".to_owned(), include_bytes!("verify.py").to_vec());
        folder
    }

    /// Adds the network as ONNX models, for pixels as numbers and as bytes. Fails where the graph costs something else than the
    /// network is said to.
    pub fn add_onnx(&mut self, found: &Found) -> Result<(), String> {
        for (file, pixels) in [(ONNX, Pixels::Numbers), (ONNX_UINT8, Pixels::Bytes)] {
            let model = network(&found.network, &found.weights, pixels);
            check_costs(file, &model, found)?;
            self.put_model(file, found, model);
        }
        Ok(())
    }

    /// Adds the network in 8 bits; `ranges` are those of the tensors of [`ONNX`] on training images.
    pub fn add_int8(&mut self, found: &Found, ranges: &Ranges) -> Result<(), String> {
        let model = network(&found.network, &found.weights, Pixels::Numbers);
        let model = quantized(&model, ranges).map_err(|tensor| format!("the range of `{tensor}` is not known"))?;
        self.put_model(ONNX_INT8, found, model);
        Ok(())
    }

    fn put_model(&mut self, file: &str, found: &Found, model: Model) {
        self.0.insert(file.to_owned(), with_metadata(model, &config::metadata(found)).encode_to_vec());
    }

    /// Adds the network as a PyTorch module.
    pub fn add_pytorch(&mut self, found: &Found) {
        let blocks = Blocks::of(&found.network);
        self.0.insert("model.py".to_owned(), source(found, &blocks).into_bytes());
        self.0.insert("model.safetensors".to_owned(), weights(found, &blocks));
    }

    /// Adds what tells of the rest: the card and the configuration.
    pub fn finish(&mut self, found: &Found, proofs: &[Proof], times: &Times) {
        let config: Value = config::config(found, proofs, times);
        let text = serde_json::to_vec_pretty(&config).expect("plain data always serialises");
        self.0.insert(CONFIG.to_owned(), [&text[..], b"\n"].concat());
        let files: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let card = card::card(found, proofs, times, &files);
        self.0.insert("README.md".to_owned(), card.into_bytes());
    }
}

impl Folder {
    /// Whether an export may hold a file or folder of this name.
    pub fn has(name: &str) -> bool {
        [ONNX, ONNX_UINT8, ONNX_INT8, CONFIG, "README.md", "check", "model.py", "model.safetensors", "verify.py"].contains(&name)
    }
}

/// Fails where a model costs something else than the network that it was made of.
pub(super) fn check_costs(file: &str, model: &Model, found: &Found) -> Result<(), String> {
    let (cost, counted) = (Cost::of(&found.network), count(model)?);
    if (counted.params, counted.macs) == (cost.params, cost.macs) {
        return Ok(());
    }
    let said = format!("{file} has {} parameters and {} multiply–accumulates", counted.params, counted.macs);
    Err(format!("{said}, the network has {} and {}", cost.params, cost.macs))
}

/// The file of the configuration.
pub const CONFIG: &str = "config.json";
