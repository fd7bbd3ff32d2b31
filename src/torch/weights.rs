//! The parameters of a network: stored names, initial values, and the order of axes in memory. No forward pass.

use epnas::arch::{Initial, Network, Node, Weight};
use epnas::seed::{Stream, normal, unit};

pub use epnas::arch::Group;

/// A parameter as it is stored.
pub struct Parameter {
    pub name: String,
    pub group: Group,
    pub shape: Vec<usize>,
    /// What it is of.
    pub node: usize,
    pub weight: Weight,
}

/// The parameters of every node, in the order in which the forward pass needs them.
pub fn parameters(network: &Network) -> Vec<Parameter> {
    let of_node = |(index, node): (usize, &Node)| {
        let stored = move |weight: Weight| Parameter {
            name: format!("node.{index}.{}", weight.name),
            group: weight.group,
            shape: weight.shape().to_vec(),
            node: index,
            weight,
        };
        node.primitive.profile().weights.into_iter().map(stored)
    };
    network.nodes.iter().enumerate().flat_map(of_node).collect()
}

/// The shape a parameter has in memory: channels last for kernels.
pub fn in_memory(parameter: &Parameter) -> Vec<i64> {
    let shape = &parameter.shape;
    let shape = if parameter.group == Group::Kernel { vec![shape[0], shape[2], shape[3], shape[1]] } else { shape.clone() };
    shape.into_iter().map(|side| side as i64).collect()
}

/// Drawn numbers for a parameter.
pub fn start(parameter: &Parameter, stream: &mut Stream) -> Vec<f32> {
    drawn(parameter.weight.initial, parameter.shape.iter().product(), stream)
}

/// So many numbers of an initialisation.
pub fn drawn(initial: Initial, count: usize, stream: &mut Stream) -> Vec<f32> {
    let draw = |_| match initial {
        Initial::Normal(deviation) => (deviation * normal(stream)) as f32,
        Initial::Uniform(bound) => (bound * (2.0 * unit(stream) - 1.0)) as f32,
        Initial::Constant(value) => value,
    };
    (0..count).map(draw).collect()
}

/// An array of this shape with its axes in another order.
pub fn reordered(values: &[f32], shape: &[usize], axes: [usize; 4]) -> Vec<f32> {
    let mut strides = [1; 4];
    for axis in (0..3).rev() {
        strides[axis] = strides[axis + 1] * shape[axis + 1];
    }
    let [a, b, c, d] = axes.map(|axis| (shape[axis], strides[axis]));
    let mut result = Vec::with_capacity(values.len());
    for (i, j, k) in (0..a.0).flat_map(|i| (0..b.0).flat_map(move |j| (0..c.0).map(move |k| (i, j, k)))) {
        result.extend((0..d.0).map(|l| values[i * a.1 + j * b.1 + k * c.1 + l * d.1]));
    }
    result
}
