//! A [`Network`] as tensors: weights, forward pass, storing and loading. How weights change is not known here.
//!
//! Dense convolutions compute in the model's kind, with their weights cast to it; the classifier is 32-bit. What is
//! between them takes what it gets. Only pools and depthwise convolutions ask for 32 bits on a processor, where
//! libtorch 2.11 has slow ways back through bf16 for them (2 to 5 times as slow as 32-bit).
//! Activations and kernels keep their channels last in memory, which is what the fast kernels of libtorch want:
//! kernels are stored output × height × width × input and seen through a permutation.

use tch::{Device, Kind, Tensor};

use super::blob::Blob;
use super::data::Statistics;
use super::flat::Flat;
use epnas::arch::{Network, Primitive};
use epnas::engine::TaskFailure;
use epnas::seed::{Seed, Stream, unit};

/// Parameters that are treated alike.
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
struct Parameter {
    name: String,
    group: Group,
    shape: Vec<usize>,
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

/// The weights of a network.
#[derive(Debug)]
pub struct Model<'a> {
    network: &'a Network,
    /// What dense convolutions compute in.
    kind: Kind,
    /// What depthwise convolutions and pools compute in.
    light: Kind,
    /// In the order of [`Group::ALL`].
    pub groups: [Flat; 4],
}

impl<'a> Model<'a> {
    /// Fresh weights: He initialisation by fan-out (arXiv 1502.01852, §2.2) for kernels, uniform within
    /// 1/√inputs for the classifier.
    pub fn new(network: &'a Network, seed: Seed, device: Device, kind: Kind) -> Self {
        let mut stream = seed.stream();
        let fill = |parameter: &Parameter| Ok(start(parameter, &mut stream));
        Self::build(network, device, kind, fill).expect("nothing fails when numbers are drawn")
    }

    /// Stored weights; whatever does not fit the network is refused.
    pub fn load(network: &'a Network, blob: &mut Blob, device: Device, kind: Kind) -> Result<Self, TaskFailure> {
        Self::build(network, device, kind, |parameter| {
            let values = blob.take(&parameter.name, &parameter.shape)?;
            Ok(if parameter.group == Group::Kernel { reordered(&values, &parameter.shape, [0, 2, 3, 1]) } else { values })
        })
    }

    fn build(
        network: &'a Network,
        device: Device,
        kind: Kind,
        mut fill: impl FnMut(&Parameter) -> Result<Vec<f32>, TaskFailure>,
    ) -> Result<Self, TaskFailure> {
        let mut shapes: [Vec<Vec<i64>>; 4] = Default::default();
        let mut values: [Vec<f32>; 4] = Default::default();
        for parameter in parameters(network) {
            let group = parameter.group as usize;
            values[group].extend(fill(&parameter)?);
            shapes[group].push(in_memory(&parameter));
        }
        let groups = Group::ALL.map(|group| {
            let index = group as usize;
            Flat::new(std::mem::take(&mut shapes[index]), &values[index], device, group.is_trainable())
        });
        let light = if device.is_cuda() { kind } else { Kind::Float };
        Ok(Self { network, kind, light, groups })
    }

    /// All weights and the statistics of the input.
    pub fn save(&self, statistics: &Statistics) -> Vec<u8> {
        let mut blob = Blob::default();
        statistics.save(&mut blob);
        let all = Group::ALL.map(|group| self.groups[group as usize].values());
        let mut rest = all.each_ref().map(Vec::as_slice);
        for parameter in parameters(self.network) {
            let (mine, others) = rest[parameter.group as usize].split_at(parameter.shape.iter().product());
            rest[parameter.group as usize] = others;
            let values = if parameter.group == Group::Kernel {
                let stored: Vec<usize> = in_memory(&parameter).iter().map(|&side| side as usize).collect();
                reordered(mine, &stored, [0, 3, 1, 2])
            } else {
                mine.to_vec()
            };
            blob.put(parameter.name, parameter.shape, values);
        }
        blob.to_bytes()
    }

    /// Logits, 32-bit, of normalised images with their channels last in memory. Training updates the running statistics.
    pub fn forward(&self, images: &Tensor, training: bool) -> Tensor {
        self.walk(images, training, &mut |_, _| ())
    }

    /// The forward pass, showing every node's output to `seen`.
    fn walk(&self, images: &Tensor, training: bool, seen: &mut dyn FnMut(usize, &Tensor)) -> Tensor {
        let mut kernels = self.groups[Group::Kernel as usize].pieces(self.kind).into_iter();
        let mut matrices = self.groups[Group::Matrix as usize].pieces(Kind::Float).into_iter();
        let mut scales = self.groups[Group::Scale as usize].pieces(Kind::Float).into_iter();
        let mut statistics = self.groups[Group::Statistic as usize].pieces(Kind::Float).into_iter();
        let mut next = |group: Group| {
            let pieces = match group {
                Group::Kernel => &mut kernels,
                Group::Matrix => &mut matrices,
                Group::Scale => &mut scales,
                Group::Statistic => &mut statistics,
            };
            pieces.next().expect("as many parameters as the nodes have")
        };
        let nodes = &self.network.nodes;
        let mut readers = vec![0; nodes.len()];
        let mut dense_readers = readers.clone();
        for (node, &input) in nodes.iter().flat_map(|node| node.inputs.iter().map(move |input| (node, input))) {
            readers[input] += 1;
            dense_readers[input] += usize::from(is_dense(node.primitive));
        }
        let mut unread = readers.clone();
        let mut values: Vec<Option<Tensor>> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            // The last reader takes the tensor, so that its memory is free as soon as nothing needs it.
            let mut read = |position: usize| {
                let input = node.inputs[position];
                unread[input] -= 1;
                let value = if unread[input] == 0 { values[input].take() } else { values[input].as_ref().map(Tensor::shallow_clone) };
                value.expect("nodes are in topological order")
            };
            let value = match node.primitive {
                Primitive::Input => images.shallow_clone(),
                Primitive::Convolution { kernel, stride, groups, .. } => {
                    let weight = next(Group::Kernel).permute([0, 3, 1, 2]);
                    let (stride, padding) = (stride as i64, padding(kernel));
                    let kind = if is_dense(node.primitive) { self.kind } else { self.light };
                    read(0).to_kind(kind).conv2d(&weight.to_kind(kind), None::<Tensor>, [stride; 2], [padding; 2], [1, 1], groups as i64)
                }
                Primitive::BatchNorm { .. } => {
                    let [weight, bias] = [next(Group::Scale), next(Group::Scale)].map(Some);
                    let [mean, variance] = [next(Group::Statistic), next(Group::Statistic)].map(Some);
                    read(0).batch_norm(weight, bias, mean, variance, training, 0.1, 1e-5, true)
                }
                Primitive::Rectifier => {
                    let input = node.inputs[0];
                    // Normalisation does not need its output for the way back.
                    let in_place = readers[input] == 1 && matches!(nodes[input].primitive, Primitive::BatchNorm { .. });
                    let mut value = read(0);
                    if dense_readers[index] == readers[index] {
                        // The cast that would follow anyway: half the memory to move from here on.
                        value = value.to_kind(self.kind);
                    }
                    if in_place { value.relu_() } else { value.relu() }
                }
                Primitive::MaxPool { kernel, stride } => {
                    read(0).to_kind(self.light).max_pool2d([kernel as i64; 2], [stride as i64; 2], [padding(kernel); 2], [1, 1], false)
                }
                Primitive::AveragePool { kernel, stride } => {
                    read(0).to_kind(self.light).avg_pool2d([kernel as i64; 2], [stride as i64; 2], [padding(kernel); 2], false, false, None)
                }
                Primitive::Add => {
                    let first = read(0);
                    first + read(1)
                }
                Primitive::GlobalAveragePool => read(0).mean_dim([2_i64, 3].as_slice(), false, Kind::Float),
                Primitive::Linear { .. } => read(0).linear(&next(Group::Matrix), Some(next(Group::Scale))),
            };
            seen(index, &value);
            values.push(Some(value));
        }
        values.pop().flatten().expect("nobody reads the last node")
    }
}

/// Convolutions that are not depthwise.
const fn is_dense(primitive: Primitive) -> bool {
    matches!(primitive, Primitive::Convolution { groups: 1, .. })
}

const fn padding(kernel: usize) -> i64 {
    (kernel as i64 - 1) / 2
}

/// The parameters of every node, in the order in which the forward pass needs them.
fn parameters(network: &Network) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (index, node) in network.nodes.iter().enumerate() {
        let mut push =
            |name: &str, group, shape, start| parameters.push(Parameter { name: format!("node.{index}.{name}"), group, shape, start });
        match node.primitive {
            Primitive::Convolution { kernel, groups, input, output, .. } => {
                let fan_out = (kernel * kernel * output / groups).max(1) as f64;
                push("weight", Group::Kernel, vec![output, input / groups, kernel, kernel], Start::Normal((2.0 / fan_out).sqrt()));
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
            | Primitive::GlobalAveragePool => {}
        }
    }
    parameters
}

/// The shape a parameter has in memory: channels last for kernels.
fn in_memory(parameter: &Parameter) -> Vec<i64> {
    let shape = &parameter.shape;
    let shape = if parameter.group == Group::Kernel { vec![shape[0], shape[2], shape[3], shape[1]] } else { shape.clone() };
    shape.into_iter().map(|side| side as i64).collect()
}

fn start(parameter: &Parameter, stream: &mut Stream) -> Vec<f32> {
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
fn reordered(values: &[f32], shape: &[usize], axes: [usize; 4]) -> Vec<f32> {
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

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
