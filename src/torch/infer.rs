//! Logits of all images of a file, in 32 bits, from weights or from an ONNX model.

use std::collections::BTreeMap;

use prost::Message as _;
use tch::{Kind, Tensor};

use super::blob::{Blob, refused};
use super::data::Statistics;
use super::flat::host;
use super::loader::Loader;
use super::model::{Model, Pass};
use super::onnx::Interpreter;
use epnas::arch::Network;
use epnas::dataset::Images;
use epnas::engine::{Inferred, TaskFailure};
use epnas::export::{TENSORS, proto};
use tch::Device;

/// Images at once.
const BATCH: i64 = 100;

/// With the weights as they were trained: nothing is folded.
pub fn from_weights(network: &Network, weights: &[u8], images: &Images) -> Result<Inferred, TaskFailure> {
    let device = Device::Cpu;
    let mut blob = Blob::from_bytes(weights)?;
    let model = Model::load(network, &mut blob, device, Kind::Float)?;
    let normalizer = Statistics::load(&mut blob, images.shape.channels)?.on(device);
    blob.finish()?;
    let _guard = tch::no_grad_guard();
    let logits = batches(images).flat_map(|batch| {
        let normalised = normalizer.apply(&batch).permute([0, 3, 1, 2]);
        host(&model.forward(&normalised, Pass::Inference))
    });
    Ok(Inferred { logits: logits.collect(), ..Inferred::default() })
}

/// With an ONNX model, whose tensors' ranges are told as well.
pub fn from_onnx(bytes: &[u8], images: &Images) -> Result<Inferred, TaskFailure> {
    let model = proto::Model::decode(bytes).map_err(|error| refused(format!("the model is no ONNX: {error}")))?;
    let interpreter = Interpreter::new(&model).map_err(refused)?;
    let _guard = tch::no_grad_guard();
    let (mut logits, mut ranges) = (Vec::new(), BTreeMap::new());
    for batch in batches(images) {
        let batch = batch.permute([0, 3, 1, 2]).contiguous();
        let image = if interpreter.reads_bytes() { batch } else { batch.to_kind(Kind::Float) / 255.0 };
        let mut seen = |name: &str, value: &Tensor| widen(ranges.entry(name.to_owned()).or_insert([f32::MAX, f32::MIN]), value);
        seen(TENSORS[0], &image);
        logits.extend(host(&interpreter.run(image, &mut seen).map_err(refused)?));
    }
    Ok(Inferred { logits, ranges, ..Inferred::default() })
}

/// Batches of bytes, channels last.
fn batches(images: &Images) -> impl Iterator<Item = Tensor> {
    let loader = Loader::new(images, Device::Cpu);
    let count = loader.len() as i64;
    let at = move |start: i64| loader.at(&Tensor::arange_start(start, (start + BATCH).min(count), (Kind::Int64, Device::Cpu))).pixels();
    (0..count).step_by(BATCH as usize).map(at)
}

fn widen([least, most]: &mut [f32; 2], value: &Tensor) {
    *least = least.min(value.min().double_value(&[]) as f32);
    *most = most.max(value.max().double_value(&[]) as f32);
}
