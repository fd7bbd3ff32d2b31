//! A network as it is deployed: each normalisation folded into the convolution before it, in 32 bits. Nothing is learnt
//! here, so nothing is kept for a way back.

use tch::{Kind, Tensor};

use super::model::{Model, padding};
use super::walk::{Pieces, Values};
use super::weights::Group;
use epnas::arch::{Network, Primitive};

/// A network with its parameters made ready.
pub struct Folded<'a> {
    network: &'a Network,
    /// Of each node: weight and bias of a convolution or a linear layer, scale and shift of a normalisation that follows
    /// none; nothing where there is nothing to do.
    parameters: Vec<Option<(Tensor, Option<Tensor>)>>,
}

impl<'a> Folded<'a> {
    /// With the running statistics that the model has.
    pub fn new(model: &Model<'_>, network: &'a Network) -> Self {
        let _guard = tch::no_grad_guard();
        let mut pieces = Pieces::new(Group::ALL.map(|group| model.groups[group as usize].pieces(Kind::Float)));
        let readers = Values::new(&network.nodes).readers;
        let mut parameters: Vec<Option<(Tensor, Option<Tensor>)>> = Vec::with_capacity(network.nodes.len());
        for node in &network.nodes {
            let own = match node.primitive {
                Primitive::Convolution { .. } => Some((pieces.next(Group::Kernel).permute([0, 3, 1, 2]), None)),
                Primitive::Linear { .. } => Some((pieces.next(Group::Matrix), Some(pieces.next(Group::Scale)))),
                Primitive::BatchNorm { .. } => {
                    let [weight, bias, mean, variance] = pieces.norm();
                    let scale = weight / (variance + 1e-5).sqrt();
                    let shift = bias - mean * &scale;
                    let source = node.inputs[0];
                    match &mut parameters[source] {
                        Some((kernel, bias @ None)) if readers[source] == 1 => {
                            *kernel = &*kernel * scale.view([-1, 1, 1, 1]);
                            *bias = Some(shift);
                            None
                        }
                        _ => Some((scale.view([1, -1, 1, 1]), Some(shift.view([1, -1, 1, 1])))),
                    }
                }
                Primitive::Input
                | Primitive::Relu
                | Primitive::MaxPool { .. }
                | Primitive::AveragePool { .. }
                | Primitive::Add
                | Primitive::Concat
                | Primitive::PathDropout
                | Primitive::Sigmoid
                | Primitive::Scale
                | Primitive::GlobalAveragePool => None,
            };
            parameters.push(own);
        }
        Self { network, parameters }
    }

    /// Logits of normalised 32-bit images.
    pub fn forward(&self, images: &Tensor) -> Tensor {
        self.walk(images, &mut |_, _| ())
    }

    /// The same, showing what is alive before each node, and again with the output of the node.
    fn walk(&self, images: &Tensor, seen: &mut dyn FnMut(&Values, Option<&Tensor>)) -> Tensor {
        let _guard = tch::no_grad_guard();
        let mut values = Values::new(&self.network.nodes);
        for (node, parameters) in self.network.nodes.iter().zip(&self.parameters) {
            seen(&values, None);
            let input = |position: usize| node.inputs[position];
            let value = match (node.primitive, parameters) {
                (Primitive::Input, _) => images.shallow_clone(),
                (Primitive::Convolution { kernel, stride, dilation, groups, .. }, Some((weight, bias))) => {
                    let padding = kernel.map(|kernel| dilation as i64 * padding(kernel));
                    let (stride, dilation) = ([stride as i64; 2], [dilation as i64; 2]);
                    values.read(input(0)).conv2d(weight, bias.as_ref(), stride, padding, dilation, groups as i64)
                }
                (Primitive::Linear { .. }, Some((weight, bias))) => values.read(input(0)).linear(weight, bias.as_ref()),
                (Primitive::BatchNorm { .. }, Some((scale, Some(shift)))) => values.read(input(0)) * scale + shift,
                (Primitive::Relu, _) => {
                    let alone = values.readers[input(0)] == 1 && input(0) > 0;
                    let mut value = values.read(input(0));
                    if alone { value.relu_() } else { value.relu() }
                }
                (Primitive::MaxPool { kernel, stride }, _) => {
                    values.read(input(0)).max_pool2d([kernel as i64; 2], [stride as i64; 2], [padding(kernel); 2], [1, 1], false)
                }
                (Primitive::AveragePool { kernel, stride }, _) => {
                    let (size, stride) = ([kernel as i64; 2], [stride as i64; 2]);
                    values.read(input(0)).avg_pool2d(size, stride, [padding(kernel); 2], false, false, None)
                }
                (Primitive::Add, _) => values.read(input(0)) + values.read(input(1)),
                (Primitive::Concat, _) => Tensor::cat(&node.inputs.iter().map(|&input| values.read(input)).collect::<Vec<_>>(), 1),
                (Primitive::Sigmoid, _) => {
                    let alone = values.readers[input(0)] == 1;
                    let mut value = values.read(input(0));
                    if alone { value.sigmoid_() } else { value.sigmoid() }
                }
                (Primitive::Scale, _) => values.read(input(0)) * values.read(input(1)).unsqueeze(-1).unsqueeze(-1),
                (Primitive::GlobalAveragePool, _) => values.read(input(0)).mean_dim([2_i64, 3].as_slice(), false, Kind::Float),
                // What was folded, and what does nothing outside of training.
                (Primitive::BatchNorm { .. } | Primitive::PathDropout, _) => values.read(input(0)),
                (Primitive::Convolution { .. } | Primitive::Linear { .. }, None) => unreachable!("it has a weight"),
            };
            seen(&values, Some(&value));
            values.push(Some(value));
        }
        values.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torch::model::Pass;
    use crate::torch::model::tests::{cell_networks, networks};
    use epnas::arch::Cost;
    use epnas::seed::Seed;
    use std::collections::BTreeMap;
    use tch::Device;

    /// The memory of tensors: where it begins, and its bytes. Tensors that share it count once.
    fn memory<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> BTreeMap<usize, u64> {
        tensors.map(|tensor| (tensor.data_ptr() as usize, (tensor.numel() * tensor.kind().elt_size_in_bytes()) as u64)).collect()
    }

    #[test]
    fn activations_and_traffic_are_those_of_the_tensors_that_an_inference_holds() {
        for network in networks().into_iter().chain(cell_networks()) {
            let model = Model::new(&network, Seed::root(4), Device::Cpu, Kind::Float);
            let shape = network.nodes[0].shape;
            let size = [1, shape.height as i64, shape.width as i64, shape.channels as i64];
            let images = Tensor::ones(size, (Kind::Float, Device::Cpu)).permute([0, 3, 1, 2]);
            let mut sizes = Vec::new();
            let (mut before, mut peak, mut moved) = (BTreeMap::new(), 0, 0);
            let mut places: Vec<usize> = Vec::new();
            let _ = Folded::new(&model, &network).walk(&images, &mut |values, output| {
                let Some(output) = output else {
                    before = memory(values.alive());
                    return;
                };
                let node = &network.nodes[sizes.len()];
                let (place, bytes) = memory(std::iter::once(output)).pop_first().expect("an output has memory");
                // What a node reads lies there until it is done.
                let mut alive = before.clone();
                alive.insert(place, bytes);
                peak = peak.max(alive.values().sum::<u64>());
                if !node.inputs.is_empty() && !node.inputs.iter().any(|&input| places[input] == place) {
                    moved += bytes + node.inputs.iter().map(|&input| sizes[input]).sum::<u64>();
                }
                sizes.push(bytes);
                places.push(place);
            });
            let cost = Cost::of(&network);
            assert_eq!(cost.activations, peak, "{network:?}");
            let intensity = cost.flops as f64 / (4 * cost.params + moved) as f64;
            assert!((cost.intensity - intensity).abs() < 1e-9, "{} or {intensity} for {network:?}", cost.intensity);
        }
    }

    #[test]
    fn folding_changes_nothing_about_the_logits() {
        for network in networks().into_iter().chain(cell_networks()) {
            let mut model = Model::new(&network, Seed::root(4), Device::Cpu, Kind::Float);
            let shape = network.nodes[0].shape;
            let size = [3, shape.height as i64, shape.width as i64, shape.channels as i64];
            let count = size.iter().product::<i64>();
            let images = (Tensor::arange(count, (Kind::Float, Device::Cpu)) * 0.7).sin().view(size).permute([0, 3, 1, 2]);
            // Running statistics that are not those of the start, and biases.
            let _ = model.forward(&images, Pass::Training { paths: None });
            let scales = &mut model.groups[Group::Scale as usize];
            let moved = scales.tensor.detach() + 0.1;
            scales.set(&moved);
            let _guard = tch::no_grad_guard();
            let (folded, plain) = (Folded::new(&model, &network).forward(&images), model.forward(&images, Pass::Inference));
            let difference = (&folded - &plain).abs().max().double_value(&[]);
            assert!(difference <= 1e-3 * plain.abs().max().double_value(&[]).max(1.0), "{difference} for {network:?}");
        }
    }
}
