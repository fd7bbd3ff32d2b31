//! The parameters of a network: names, shapes, how they begin, and their order of axes in memory. No forward pass.

use epnas::arch::{Network, Primitive};
use epnas::seed::{Stream, unit};

/// Parameters that are treated alike. Their names stand in saved states of trainings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Weights of convolutions.
    Kernel,
    /// Weights of linear layers.
    Matrix,
    /// Biases and everything of normalisation: no weight decay.
    Scale,
    /// Running means and variances: not trained.
    Statistic,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Kernel, Self::Matrix, Self::Scale, Self::Statistic];

    pub const fn is_trainable(self) -> bool {
        !matches!(self, Self::Statistic)
    }
}

/// A parameter as it is stored.
pub struct Parameter {
    pub name: String,
    pub group: Group,
    pub shape: Vec<usize>,
    start: Start,
}

/// How a parameter begins.
enum Start {
    /// Normal with this deviation.
    Normal(f64),
    /// Uniform within this distance of zero.
    Uniform(f64),
    Constant(f32),
}

/// The parameters of every node, in the order in which the forward pass needs them.
pub fn parameters(network: &Network) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (index, node) in network.nodes.iter().enumerate() {
        let mut push =
            |name: &str, group, shape, start| parameters.push(Parameter { name: format!("node.{index}.{name}"), group, shape, start });
        match node.primitive {
            Primitive::Convolution { kernel: [height, width], groups, input, output, .. } => {
                let fan_out = (height * width * output / groups).max(1) as f64;
                push("weight", Group::Kernel, vec![output, input / groups, height, width], Start::Normal((2.0 / fan_out).sqrt()));
            }
            Primitive::BatchNorm { channels } => {
                push("weight", Group::Scale, vec![channels], Start::Constant(1.0));
                push("bias", Group::Scale, vec![channels], Start::Constant(0.0));
                push("running_mean", Group::Statistic, vec![channels], Start::Constant(0.0));
                push("running_var", Group::Statistic, vec![channels], Start::Constant(1.0));
            }
            Primitive::Linear { input, output } => {
                let bound = 1.0 / (input.max(1) as f64).sqrt();
                push("weight", Group::Matrix, vec![output, input], Start::Uniform(bound));
                push("bias", Group::Scale, vec![output], Start::Uniform(bound));
            }
            Primitive::Input
            | Primitive::Rectifier
            | Primitive::MaxPool { .. }
            | Primitive::AveragePool { .. }
            | Primitive::Add
            | Primitive::Concat
            | Primitive::PathDropout
            | Primitive::GlobalAveragePool => {}
        }
    }
    parameters
}

/// The shape a parameter has in memory: channels last for kernels.
pub fn in_memory(parameter: &Parameter) -> Vec<i64> {
    let shape = &parameter.shape;
    let shape = if parameter.group == Group::Kernel { vec![shape[0], shape[2], shape[3], shape[1]] } else { shape.clone() };
    shape.into_iter().map(|side| side as i64).collect()
}

/// Drawn numbers for a parameter.
pub fn start(parameter: &Parameter, stream: &mut Stream) -> Vec<f32> {
    let draw = |_| match parameter.start {
        Start::Normal(deviation) => (deviation * normal(stream)) as f32,
        Start::Uniform(bound) => (bound * (2.0 * unit(stream) - 1.0)) as f32,
        Start::Constant(value) => value,
    };
    (0..parameter.shape.iter().product()).map(draw).collect()
}

/// A standard normal number (Box and Muller).
pub fn normal(stream: &mut Stream) -> f64 {
    let radius = (-2.0 * (1.0 - unit(stream)).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * unit(stream)).cos()
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
