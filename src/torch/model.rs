//! A [`Network`] as tensors: forward pass, storing and loading. How weights change is not known here.
//!
//! Dense convolutions compute in the model's kind, with their weights cast to it; the classifier is 32-bit. What is
//! between them takes what it gets. Only depthwise convolutions ask for 32 bits on a processor, where libtorch 2.11 has
//! slow ways back through bf16 for them (2 to 70 times as slow as 32-bit). What it does slowly there, [`shim`] does.
//! Activations and kernels keep their channels last in memory, which is what the fast kernels of libtorch want:
//! kernels are stored output × height × width × input and seen through a permutation.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::blob::Blob;
use super::data::Statistics;
use super::flat::Flat;
use super::fusion::{Role, roles};
use super::shim::{self, Then};
use super::walk::{Pieces, Values};
use super::weights::{Group, Parameter, in_memory, parameters, reordered, start};
use epnas::arch::{Network, Node, Primitive};
use epnas::engine::TaskFailure;
use epnas::seed::Seed;

/// What a forward pass is for.
#[derive(Clone, Copy, Debug)]
pub enum Pass<'a> {
    /// Normalisation by the running statistics.
    Inference,
    /// Normalisation by the batch, which updates the running statistics. `paths`, images × branches, is what the
    /// branches of cells are multiplied with.
    Training { paths: Option<&'a Tensor> },
    /// No normalisation, for weights and images without negative numbers: rectifiers have nothing to do then.
    Flow,
}

/// The weights of a network.
#[derive(Debug)]
pub struct Model<'a> {
    network: &'a Network,
    /// What dense convolutions compute in.
    kind: Kind,
    /// What depthwise convolutions compute in.
    light: Kind,
    /// What the classifier computes in: 32 bits at least.
    full: Kind,
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

    /// Weights of zeros, to be set, and running statistics of none.
    pub fn blank(network: &'a Network, device: Device, kind: Kind) -> Self {
        let fill = |parameter: &Parameter| Ok(vec![0.0; parameter.shape.iter().product()]);
        Self::build(network, device, kind, fill).expect("nothing fails when there are zeros")
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
        let full = if kind == Kind::Double { kind } else { Kind::Float };
        let light = if device.is_cuda() { kind } else { full };
        Ok(Self { network, kind, light, full, groups })
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

    /// Logits, 32-bit, of normalised images with their channels last in memory.
    pub fn forward(&self, images: &Tensor, pass: Pass<'_>) -> Tensor {
        self.walk(images, pass, &mut |_, _| ())
    }

    /// Logits, and the output of one node on the way. It may have been rectified since, in place.
    pub fn forward_past(&self, images: &Tensor, pass: Pass<'_>, node: usize) -> (Tensor, Tensor) {
        let mut output = None;
        let logits = self.walk(images, pass, &mut |index, value| {
            if index == node {
                output = Some(value.shallow_clone());
            }
        });
        (logits, output.expect("the network has this node"))
    }

    /// The forward pass, showing every node's output to `seen`, but for those that another one computes with its own.
    pub fn walk(&self, images: &Tensor, pass: Pass<'_>, seen: &mut dyn FnMut(usize, &Tensor)) -> Tensor {
        let nodes = &self.network.nodes;
        let roles = self.roles(images, pass);
        let mut pieces = Pieces::new(Group::ALL.map(|group| {
            let kind = if group == Group::Kernel { self.kind } else { self.full };
            self.groups[group as usize].pieces(kind)
        }));
        let mut values = Values::new(nodes);
        let for_dense = for_dense(nodes);
        let mut branches = 0..;
        let mut waiting: BTreeMap<usize, (Tensor, [Tensor; 4])> = BTreeMap::new();
        let learns = matches!(pass, Pass::Training { .. });
        for (index, node) in nodes.iter().enumerate() {
            let input = |position: usize| node.inputs[position];
            if roles[index] == Role::Waits {
                if matches!(node.primitive, Primitive::BatchNorm { .. }) {
                    waiting.insert(index, (values.read(input(0)), pieces.norm()));
                }
                values.push(None);
                continue;
            }
            if let Role::Ends { norm, add } = roles[index] {
                let (value, parameters) = waiting.remove(&norm).expect("a normalisation waits for its end");
                let add = add.map(|node| values.read(node));
                let rectify = node.primitive == Primitive::Relu;
                let value = shim::norm(&value, &parameters, Then { add: add.as_ref(), rectify }, learns);
                seen(index, &value);
                values.push(Some(value));
                continue;
            }
            let value = match node.primitive {
                Primitive::Input => images.shallow_clone(),
                Primitive::Convolution { .. } => {
                    let weight = pieces.next(Group::Kernel).permute([0, 3, 1, 2]);
                    self.convolution(&values.read(input(0)), &weight, node.primitive)
                }
                Primitive::BatchNorm { .. } => {
                    let (value, parameters) = (values.read(input(0)), pieces.norm());
                    match pass {
                        Pass::Flow => value,
                        _ if is_native(&value) => shim::norm(&value, &parameters, Then { add: None, rectify: false }, learns),
                        _ => {
                            let [weight, bias, mean, variance] = parameters.map(Some);
                            value.batch_norm(weight, bias, mean, variance, learns, 0.1, 1e-5, true)
                        }
                    }
                }
                Primitive::Relu if matches!(pass, Pass::Flow) => values.read(input(0)),
                Primitive::Relu => {
                    let in_place = values.readers[input(0)] == 1 && nodes[input(0)].primitive.profile().may_be_overwritten;
                    let mut value = values.read(input(0));
                    if for_dense[index] {
                        // The cast that would follow anyway: half the memory to move from here on.
                        value = value.to_kind(self.kind);
                    }
                    if in_place { value.relu_() } else { value.relu() }
                }
                Primitive::MaxPool { .. } | Primitive::AveragePool { .. } => self.pool(&values.read(input(0)), node.primitive),
                Primitive::Add => values.read(input(0)) + values.read(input(1)),
                Primitive::Concat => Tensor::cat(&node.inputs.iter().map(|&input| values.read(input)).collect::<Vec<_>>(), 1),
                Primitive::PathDropout => {
                    let (branch, mut value) = (branches.next().unwrap_or(0), values.read(input(0)));
                    if let Pass::Training { paths: Some(paths) } = pass {
                        // In place: only this node reads a branch, and what made it does not need it for the way back.
                        let _ = value.g_mul_(&paths.narrow(1, branch, 1).view([-1, 1, 1, 1]).to_kind(value.kind()));
                    }
                    value
                }
                Primitive::Sigmoid => values.read(input(0)).sigmoid(),
                Primitive::Scale => {
                    let (value, factors) = (values.read(input(0)), values.read(input(1)));
                    let factors = factors.unsqueeze(-1).unsqueeze(-1).to_kind(value.kind());
                    value * factors
                }
                Primitive::GlobalAveragePool => values.read(input(0)).mean_dim([2_i64, 3].as_slice(), false, self.full),
                Primitive::Linear { .. } => values.read(input(0)).linear(&pieces.next(Group::Matrix), Some(pieces.next(Group::Scale))),
            };
            seen(index, &value);
            values.push(Some(value));
        }
        values.last()
    }

    fn convolution(&self, value: &Tensor, weight: &Tensor, convolution: Primitive) -> Tensor {
        let Primitive::Convolution { kernel, stride, dilation, groups, .. } = convolution else { panic!("it is a convolution") };
        let kind = if is_dense(convolution) { self.kind } else { self.light };
        let padding = kernel.map(|kernel| dilation as i64 * padding(kernel));
        let (value, mut weight, mut dilation, stride) = (value.to_kind(kind), weight.to_kind(kind), dilation as i64, stride as i64);
        if !is_dense(convolution) && is_native(&value) {
            if dilation > 1 {
                (weight, dilation) = (spread(&weight, dilation), 1);
            }
            let size = weight.size();
            if kind == Kind::Float && size[2] == size[3] && size[2] > 3 {
                return shim::depthwise(&value, &weight, stride);
            }
        }
        value.conv2d(&weight, None::<Tensor>, [stride; 2], padding, [dilation; 2], groups as i64)
    }

    fn pool(&self, value: &Tensor, pool: Primitive) -> Tensor {
        match pool {
            Primitive::MaxPool { kernel, stride } if kernel <= shim::MAX_POOL && is_native(value) => shim::max_pool(value, kernel, stride),
            Primitive::MaxPool { kernel, stride } => {
                value.to_kind(self.light).max_pool2d([kernel as i64; 2], [stride as i64; 2], [padding(kernel); 2], [1, 1], false)
            }
            Primitive::AveragePool { kernel, stride } if is_native(value) => shim::mean_pool(value, kernel, stride),
            Primitive::AveragePool { kernel, stride } => {
                value.to_kind(self.light).avg_pool2d([kernel as i64; 2], [stride as i64; 2], [padding(kernel); 2], false, false, None)
            }
            other => panic!("{other:?} is no pool"),
        }
    }

    fn roles(&self, images: &Tensor, pass: Pass<'_>) -> Vec<Role> {
        let drops = match pass {
            Pass::Flow => None,
            Pass::Inference => Some(false),
            Pass::Training { paths } => Some(paths.is_some()),
        };
        match drops.filter(|_| self.full == Kind::Float && !images.device().is_cuda()) {
            Some(drops) => roles(self.network, drops, self.network.auxiliary),
            None => vec![Role::Alone; self.network.nodes.len()],
        }
    }
}

/// Whether dense convolutions alone read a node, directly or concatenated.
fn for_dense(nodes: &[Node]) -> Vec<bool> {
    let mut for_dense = vec![true; nodes.len()];
    for (index, node) in nodes.iter().enumerate().rev() {
        let dense = is_dense(node.primitive) || node.primitive == Primitive::Concat && for_dense[index];
        node.inputs.iter().for_each(|&input| for_dense[input] &= dense);
    }
    for_dense
}

/// Whether a tensor is one that the shim computes with.
fn is_native(value: &Tensor) -> bool {
    !value.device().is_cuda() && matches!(value.kind(), Kind::Float | Kind::BFloat16)
}

/// Convolutions that are not depthwise.
const fn is_dense(primitive: Primitive) -> bool {
    matches!(primitive, Primitive::Convolution { groups: 1, .. })
}

/// A dilated kernel with its zeros written out. On a processor the way back through a depthwise convolution of 5×5 is
/// several times as fast as that through a dilated one of 3×3.
fn spread(weight: &Tensor, dilation: i64) -> Tensor {
    let size = weight.size();
    let wide = |side: i64| dilation * (side - 1) + 1;
    let spread = Tensor::zeros([size[0], size[1], wide(size[2]), wide(size[3])], (weight.kind(), weight.device()));
    spread.slice(2, None, None, dilation).slice(3, None, None, dilation).copy_(weight);
    spread
}

/// What keeps the size of an image under a kernel.
pub const fn padding(kernel: usize) -> i64 {
    (kernel as i64 - 1) / 2
}

#[cfg(test)]
#[path = "model_tests.rs"]
pub mod tests;
