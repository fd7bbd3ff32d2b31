//! A model that begins with what its network takes over from another one.

use std::collections::BTreeMap;

use tch::{Device, Kind};

use super::blob::{Array, Blob};
use super::model::Model;
use super::weights::{parameters, start};
use epnas::arch::Network;
use epnas::engine::{Parent, TaskFailure};
use epnas::seed::Seed;

/// What is not taken over is drawn.
pub fn model<'a>(network: &'a Network, parent: Parent<'_>, seed: &Seed, device: Device, kind: Kind) -> Result<Model<'a>, TaskFailure> {
    let arrays: BTreeMap<String, Array> = Blob::from_bytes(parent.weights)?.into_arrays().collect();
    let tensor = |node: usize, name: &str| arrays.get(&format!("node.{node}.{name}")).map(|array| &*array.values);
    let (mut blob, mut stream) = (Blob::default(), seed.stream());
    for parameter in parameters(network) {
        let mut values = start(&parameter, &mut stream);
        parent.inheritance.fill(parameter.node, &parameter.weight, &mut values, &tensor);
        blob.put(parameter.name, parameter.shape, values);
    }
    Model::load(network, &mut blob, device, kind)
}

#[cfg(test)]
mod tests;
