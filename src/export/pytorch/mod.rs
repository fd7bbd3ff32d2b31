//! A network as a plain PyTorch module: its source, and its weights by the names that the source gives them.

mod blocks;
mod source;

pub(super) use blocks::Blocks;
pub(super) use source::source;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::Found;

/// The weights of the module, safetensors.
pub(super) fn weights(found: &Found, blocks: &Blocks) -> Vec<u8> {
    let mut arrays: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    for (name, values) in [("mean", &found.weights.mean), ("std", &found.weights.deviation)] {
        arrays.push((name.to_owned(), vec![values.len(), 1, 1], bytes(values)));
    }
    for (index, node) in found.network.nodes.iter().enumerate() {
        for weight in node.primitive.profile().weights {
            let name = format!("{}.{}", blocks.module(index), weight.name);
            arrays.push((name, weight.shape().to_vec(), bytes(found.weights.of(index, weight.name))));
        }
    }
    let views = arrays.iter().map(|(name, shape, bytes)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).expect("as many bytes as the shape says"))
    });
    serialize(views, None).expect("names and views are well-formed")
}
