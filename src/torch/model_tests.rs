//! The cost model against real tensors, for every operation.

use super::*;
use crate::torch::flat::host;
use epnas::arch::{Architecture, Cost, Layer, Operation, Shape};

const IMAGE: Shape = Shape { channels: 3, height: 13, width: 10 };

/// Networks that together have every operation, strides, skips, projections and identities.
pub fn networks() -> Vec<Network> {
    let convolution = |kernel, channels, stride| Operation::Convolution { kernel, channels, stride };
    let stem = convolution(3, 8, 1);
    let cases: [&[(Operation, &[usize])]; 8] = [
        &[(stem, &[]), (convolution(5, 16, 2), &[0])],
        &[(stem, &[]), (Operation::SeparableConvolution { kernel: 5, channels: 12, stride: 2 }, &[0])],
        &[(stem, &[]), (Operation::InvertedBottleneck { kernel: 3, channels: 8, stride: 1, expansion: 4 }, &[0])],
        &[(stem, &[]), (Operation::InvertedBottleneck { kernel: 5, channels: 8, stride: 2, expansion: 1 }, &[0])],
        &[(stem, &[]), (Operation::MaxPool { kernel: 3, stride: 2 }, &[0]), (Operation::MaxPool { kernel: 5, stride: 1 }, &[1])],
        &[(stem, &[]), (Operation::AveragePool { kernel: 5, stride: 2 }, &[0]), (Operation::AveragePool { kernel: 3, stride: 1 }, &[1])],
        &[(stem, &[]), (convolution(1, 8, 1), &[0]), (convolution(3, 8, 1), &[1, 0])],
        &[(stem, &[]), (convolution(3, 16, 2), &[0]), (convolution(3, 8, 2), &[1, 0]), (convolution(3, 8, 1), &[2, 0])],
    ];
    cases
        .into_iter()
        .map(|layers| {
            let layers = layers.iter().map(|&(operation, sources)| Layer { operation, sources: sources.to_vec() }).collect();
            Network::new(&Architecture { layers }, IMAGE, 7).expect("well-formed")
        })
        .collect()
}

/// Shapes of all outputs in a forward pass of one image.
fn outputs(model: &Model<'_>) -> Vec<Vec<i64>> {
    let shape = [1, IMAGE.channels, IMAGE.height, IMAGE.width].map(|side| side as i64);
    let mut shapes = Vec::new();
    let _ = model.walk(&Tensor::ones(shape, (Kind::Float, Device::Cpu)), false, &mut |_, value| shapes.push(value.size()));
    shapes
}

fn elements(shape: &[i64]) -> u64 {
    shape.iter().product::<i64>() as u64
}

#[test]
fn costs_are_those_of_the_tensors() {
    for network in networks() {
        let model = Model::new(&network, Seed::root(1), Device::Cpu, Kind::Float);
        let outputs = outputs(&model);
        let cost = Cost::of(&network);
        for (node, output) in network.nodes.iter().zip(&outputs) {
            let Shape { channels, height, width } = node.shape;
            let expected = [1, channels, height, width].map(|side| side as i64);
            assert_eq!(output[..], expected[..output.len()], "{node:?}");
            assert_eq!(elements(output), node.shape.elements() as u64, "{node:?}");
        }
        let trainable = model.groups.iter().filter(|group| group.tensor.requires_grad()).map(|group| group.tensor.numel()).sum::<usize>();
        assert_eq!(cost.params, trainable as u64);

        // Every weight of a kernel or matrix is used once for each place of the output.
        let weights = |group: Group| model.groups[group as usize].pieces(Kind::Float).into_iter();
        let (mut kernels, mut matrices) = (weights(Group::Kernel), weights(Group::Matrix));
        let mut macs = 0;
        for (node, output) in network.nodes.iter().zip(&outputs) {
            macs += match node.primitive {
                Primitive::Convolution { .. } => kernels.next().expect("a kernel").numel() as u64 * elements(&output[2..]),
                Primitive::Linear { .. } => matrices.next().expect("a matrix").numel() as u64,
                _ => 0,
            };
        }
        assert_eq!(cost.macs, macs);
        assert_eq!(cost.flops, 2 * macs);
        let (peak, moved) = traffic(&network, &outputs);
        assert_eq!(cost.activations, 4 * peak);
        assert!((cost.intensity - cost.flops as f64 / (4 * (cost.params + moved)) as f64).abs() < 1e-9);
    }
}

/// The most elements alive at once and the elements moved, by replaying the real outputs.
fn traffic(network: &Network, outputs: &[Vec<i64>]) -> (u64, u64) {
    let own = || (0..outputs.len()).filter(|&index| !in_place(network, index));
    let alive = |now: usize| own().filter(|&index| index <= now && end(network, index) >= now).map(|index| elements(&outputs[index])).sum();
    let peak = (0..outputs.len()).map(alive).max().unwrap_or(0);
    let moved = own()
        .skip(1)
        .map(|index| elements(&outputs[index]) + network.nodes[index].inputs.iter().map(|&input| elements(&outputs[input])).sum::<u64>());
    (peak, moved.sum())
}

fn in_place(network: &Network, index: usize) -> bool {
    matches!(network.nodes[index].primitive, Primitive::BatchNorm { .. } | Primitive::Rectifier)
}

/// The last node that reads the memory which a node writes to, directly or changed in place.
fn end(network: &Network, index: usize) -> usize {
    let readers = (index + 1..network.nodes.len()).filter(|&reader| network.nodes[reader].inputs.contains(&index));
    readers.map(|reader| if in_place(network, reader) { end(network, reader) } else { reader }).max().unwrap_or(index)
}

#[test]
fn stored_weights_come_back_in_the_usual_order_of_axes() {
    for network in networks() {
        let model = Model::new(&network, Seed::root(2), Device::Cpu, Kind::Float);
        let statistics = Statistics::load(&mut input(), 3).expect("well-formed");
        let bytes = model.save(&statistics);
        let mut blob = Blob::from_bytes(&bytes).expect("just written");
        let kernel = model.groups[0].pieces(Kind::Float)[0].permute([0, 3, 1, 2]);
        assert_eq!(blob.clone().take("node.1.weight", &[8, 3, 3, 3]), Ok(host(&kernel)));
        let again = Model::load(&network, &mut blob, Device::Cpu, Kind::Float).expect("just written");
        assert_eq!(again.save(&statistics), bytes);
    }
}

fn input() -> Blob {
    let mut blob = Blob::default();
    blob.put("input.mean", vec![3], vec![0.0; 3]);
    blob.put("input.std", vec![3], vec![1.0; 3]);
    blob
}

#[test]
fn both_precisions_agree_roughly_and_memory_has_its_channels_last() {
    for network in networks() {
        let [exact, rough] = [Kind::Float, Kind::BFloat16].map(|kind| Model::new(&network, Seed::root(3), Device::Cpu, kind));
        let images = Tensor::from_slice(&(0..4 * 390).map(|index| (f64::from(index) * 0.7).sin() as f32).collect::<Vec<_>>());
        let images = images.view([4, 13, 10, 3]).permute([0, 3, 1, 2]);
        let logits = [&exact, &rough].map(|model| {
            model.walk(&images, true, &mut |index, value| {
                let size = value.size();
                if size.len() == 4 && size[2] > 1 {
                    assert!(value.permute([0, 2, 3, 1]).is_contiguous(), "node {index} of {:?}", network.nodes[index]);
                }
            })
        });
        let difference = (&logits[0] - &logits[1]).abs().max().double_value(&[]);
        let size = logits[0].abs().max().double_value(&[]);
        assert!(difference < 0.1 * size.max(0.5), "{difference} of {size}");
    }
}
