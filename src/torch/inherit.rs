//! A model that begins with what its network takes over from another one.

use std::collections::BTreeMap;

use tch::{Device, Kind};

use super::blob::{Array, Blob};
use super::model::Model;
use super::weights::{drawn, parameters};
use epnas::arch::{Network, Weight};
use epnas::engine::{Parent, TaskFailure};
use epnas::seed::Seed;

/// What is not taken over is drawn.
pub fn model<'a>(network: &'a Network, parent: Parent<'_>, seed: &Seed, device: Device, kind: Kind) -> Result<Model<'a>, TaskFailure> {
    let arrays: BTreeMap<String, Array> = Blob::from_bytes(parent.weights)?.into_arrays().collect();
    let tensor = |node: usize, name: &str| arrays.get(&format!("node.{node}.{name}")).map(|array| &*array.values);
    let weights: Vec<(usize, Weight)> = (0..network.nodes.len())
        .flat_map(|node| network.nodes[node].primitive.profile().weights.into_iter().map(move |weight| (node, weight)))
        .collect();
    let (mut blob, mut stream) = (Blob::default(), seed.stream());
    for (parameter, (node, weight)) in parameters(network).into_iter().zip(weights) {
        let mut values = drawn(weight.initial, weight.elements(), &mut stream);
        parent.inheritance.fill(node, &weight, &mut values, &tensor);
        blob.put(parameter.name, parameter.shape, values);
    }
    Model::load(network, &mut blob, device, kind)
}

#[cfg(test)]
mod tests;
