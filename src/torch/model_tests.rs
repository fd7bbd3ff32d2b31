//! The cost model against real tensors, for every operation; what memory they take is in `folded.rs`.

use super::*;
use crate::torch::flat::host;
use epnas::arch::cells::{Block, Cell, CellNetwork, CellOperation, Combine, Skeleton};
use epnas::arch::{Cost, Description, Layer, LayerNetwork, Operation, OperationKind, Parameter, Shape};

const IMAGE: Shape = Shape { channels: 3, height: 13, width: 10 };

/// Networks with every operation, each with several values of every parameter, and with skips, projections and identities.
/// They follow from the lists of operations and parameters, so that a new one is among them.
pub fn networks() -> Vec<Network> {
    let stem = Operation::convolution(3, 8, 1);
    // Behind the operation stands the same with stride 1, which has an identity where the operation has one.
    let chain = |operation: Operation| {
        let mut next = operation;
        next.set(Parameter::Stride, 1);
        vec![(stem, vec![]), (operation, vec![0]), (next, vec![1])]
    };
    let convolution = Operation::convolution;
    let skips = [
        vec![(stem, vec![]), (convolution(1, 8, 1), vec![0]), (convolution(3, 8, 1), vec![1, 0])],
        vec![(stem, vec![]), (convolution(3, 16, 2), vec![0]), (convolution(3, 8, 2), vec![1, 0]), (convolution(3, 8, 1), vec![2, 0])],
    ];
    operations()
        .into_iter()
        .map(chain)
        .chain(skips)
        .map(|layers| {
            let layers = layers.into_iter().map(|(operation, sources)| Layer { operation, sources }).collect();
            LayerNetwork { layers }.build(IMAGE, 7).expect("well-formed")
        })
        .collect()
}

/// Every operation; of its parameters one at a time takes other values, then all together.
fn operations() -> Vec<Operation> {
    let values = |parameter: Parameter| {
        let Description { range: [least, most], options, .. } = parameter.description();
        let mut values = vec![least, least.max(1), options[0], 3, options[options.len() - 1], 5.min(most)];
        values.dedup();
        values
    };
    let mut operations = Vec::new();
    for kind in OperationKind::ALL {
        let base = kind.parameters().iter().fold(Operation::new(kind), |mut base, &parameter| {
            base.set(parameter, parameter.description().default.unwrap_or(4));
            base
        });
        let (mut all, mut others) = (base, vec![base]);
        for &parameter in kind.parameters() {
            for value in values(parameter) {
                let mut operation = base;
                operation.set(parameter, value);
                others.push(operation);
                all.set(parameter, value);
            }
        }
        operations.extend(others.into_iter().chain([all]));
    }
    operations
}

/// A cell with every operation on an input of its own and one inside, added or concatenated.
fn cell(combine: Combine) -> Cell {
    let [count, inner] = [CellOperation::ALL.len(), CellOperation::ALL.len() - 1];
    let block = |index: usize| Block {
        inputs: [index % 2, if index == 0 { 1 } else { 1 + index }],
        operations: [CellOperation::ALL[index], CellOperation::ALL[inner - index]],
        combine: if index == 4 { Combine::Add } else { combine },
    };
    // The last block reads the inputs only, so that two loose ends are left.
    let blocks = (0..count).map(|index| if index == inner { Block { inputs: [0, 1], ..block(index) } } else { block(index) });
    Cell { blocks: blocks.collect() }
}

/// Networks of such cells on images whose sides are odd sooner or later.
pub fn cell_networks() -> Vec<Network> {
    let skeleton = Skeleton { channels: 4, cells: 1, reductions: 2, stem_stride: 1 };
    let cases = [(Combine::Add, IMAGE), (Combine::Concat, IMAGE), (Combine::Add, square(28)), (Combine::Concat, square(32))];
    let mut networks: Vec<Network> = cases
        .into_iter()
        .map(|(combine, image)| CellNetwork { cell: cell(combine), skeleton }.build(image, 7).expect("well-formed"))
        .collect();
    let one = Block { inputs: [0, 1], operations: [CellOperation::Identity, CellOperation::AveragePool3x3], combine: Combine::Add };
    let strided = Skeleton { channels: 6, cells: 2, reductions: 3, stem_stride: 2 };
    networks.push(CellNetwork { cell: Cell { blocks: vec![one] }, skeleton: strided }.build(IMAGE, 7).expect("well-formed"));
    networks
}

fn square(side: usize) -> Shape {
    Shape { channels: 3, height: side, width: side }
}

/// All of them, those on one size of image only.
fn on_one_size() -> impl Iterator<Item = Network> {
    networks().into_iter().chain(cell_networks()).filter(|network| network.nodes[0].shape == IMAGE)
}

/// Shapes of all outputs in a forward pass of one image.
fn outputs(model: &Model<'_>) -> Vec<Vec<i64>> {
    let Shape { channels, height, width } = model.network.nodes[0].shape;
    let shape = [1, channels, height, width].map(|side| side as i64);
    let mut shapes = Vec::new();
    // In this pass every node has a value of its own.
    let _ = model.walk(&Tensor::ones(shape, (Kind::Float, Device::Cpu)), Pass::Flow, &mut |_, value| shapes.push(value.size()));
    shapes
}

fn elements(shape: &[i64]) -> u64 {
    shape.iter().product::<i64>() as u64
}

#[test]
fn costs_are_those_of_the_tensors() {
    for network in networks().into_iter().chain(cell_networks()) {
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
    }
}

#[test]
fn stored_weights_come_back_in_the_usual_order_of_axes() {
    for network in on_one_size() {
        let model = Model::new(&network, Seed::root(2), Device::Cpu, Kind::Float);
        let statistics = Statistics::load(&mut input(), 3).expect("well-formed");
        let bytes = model.save(&statistics);
        let mut blob = Blob::from_bytes(&bytes).expect("just written");
        let first = network.nodes[1].shape.channels;
        let kernel = model.groups[0].pieces(Kind::Float)[0].permute([0, 3, 1, 2]);
        assert_eq!(blob.clone().take("node.1.weight", &[first, 3, 3, 3]), Ok(host(&kernel)));
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
    for network in on_one_size() {
        let [exact, rough] = [Kind::Float, Kind::BFloat16].map(|kind| Model::new(&network, Seed::root(3), Device::Cpu, kind));
        let images = Tensor::from_slice(&(0..4 * 390).map(|index| (f64::from(index) * 0.7).sin() as f32).collect::<Vec<_>>());
        let images = images.view([4, 13, 10, 3]).permute([0, 3, 1, 2]);
        let outputs = [&exact, &rough].map(|model| {
            let mut outputs = Vec::new();
            let _ = model.walk(&images, Pass::Training { paths: None }, &mut |index, value| {
                let size = value.size();
                if size.len() == 4 && size[2] > 1 {
                    assert!(value.permute([0, 2, 3, 1]).is_contiguous(), "node {index} of {:?}", network.nodes[index]);
                }
                outputs.push(value.to_kind(Kind::Double).copy());
            });
            outputs
        });
        // Errors grow by some per cent a convolution, so in fresh networks of cells only the first nodes can be compared.
        for (index, (exact, rough)) in outputs[0].iter().zip(&outputs[1]).enumerate().take(50) {
            let size = |tensor: &Tensor| tensor.square().mean(Kind::Double).sqrt().double_value(&[]);
            let (difference, size) = (size(&(exact - rough)), size(exact));
            assert!(difference < 0.05 * size.max(0.5), "{difference} of {size} at node {index} of {:?}", network.nodes[index]);
        }
    }
}

#[test]
fn every_weight_of_squeeze_and_excitation_learns() {
    let operations = [OperationKind::Convolution.of(&[3, 8, 1, 2]), OperationKind::InvertedBottleneck.of(&[3, 8, 1, 4, 2])];
    let images = Tensor::arange(4 * 390, (Kind::Float, Device::Cpu)).sin().view([4, 13, 10, 3]).permute([0, 3, 1, 2]);
    for (operation, kind) in operations.into_iter().flat_map(|operation| [(operation, Kind::Float), (operation, Kind::BFloat16)]) {
        let stem = Layer { operation: Operation::convolution(3, 8, 1), sources: vec![] };
        let network = LayerNetwork { layers: vec![stem, Layer { operation, sources: vec![0] }] }.build(IMAGE, 7).expect("well-formed");
        let model = Model::new(&network, Seed::root(6), Device::Cpu, kind);
        let matrices = &model.groups[Group::Matrix as usize];
        let loss = model.forward(&images, Pass::Training { paths: None }).square().sum(Kind::Float);
        let gradient = &Tensor::run_backward(&[&loss], &[&matrices.tensor], false, false)[0];
        let sizes: Vec<i64> = matrices.pieces(Kind::Float).iter().map(|piece| piece.numel() as i64).collect();
        assert_eq!(sizes.len(), 3, "two of the block, one of the classifier");
        for piece in gradient.split_with_sizes(&sizes[..], 0) {
            assert!(piece.abs().max().double_value(&[]) > 0.0, "{operation:?} in {kind:?}");
        }
    }
}

#[test]
fn relabelled_cells_cost_the_same() {
    for combine in Combine::ALL {
        let cell = cell(combine);
        let count = cell.blocks.len();
        // The last block depends on no other: it may as well be the first.
        let moved = |input: usize| if input < 2 { input } else { 2 + (input - 1) % count };
        let mut blocks = cell.blocks.clone();
        blocks.rotate_right(1);
        for block in &mut blocks {
            block.inputs = block.inputs.map(moved);
            block.inputs.reverse();
            block.operations.reverse();
        }
        let relabelled = Cell { blocks };
        assert!(relabelled.validate().is_ok() && relabelled != cell);
        assert_eq!(relabelled.canonical(), cell.canonical());
        let skeleton = Skeleton { channels: 4, cells: 1, reductions: 1, stem_stride: 1 };
        let costs = [relabelled.clone(), relabelled.canonical(), cell].map(|cell| {
            let cost = Cost::of(&CellNetwork { cell, skeleton }.build(square(28), 7).expect("well-formed"));
            (cost.params, cost.macs, cost.flops, cost.intensity.to_bits())
        });
        assert!(costs[0] == costs[1] && costs[1] == costs[2], "{costs:?}");
    }
}

#[test]
fn dropped_branches_are_gone_and_kept_ones_are_not() {
    let network = &cell_networks()[4];
    let model = Model::new(network, Seed::root(4), Device::Cpu, Kind::Float);
    let images = Tensor::arange(2 * 390, (Kind::Float, Device::Cpu)).sin().view([2, 13, 10, 3]).permute([0, 3, 1, 2]);
    let branches = network.nodes.iter().filter(|node| node.primitive == Primitive::PathDropout).count();
    let logits = |paths: Option<&Tensor>| host(&model.forward(&images, Pass::Training { paths }));
    let [ones, zeros] = [1.0, 0.0].map(|value| Tensor::full([2, branches as i64], value, (Kind::Float, Device::Cpu)));
    assert_eq!(logits(Some(&ones)), logits(None));
    assert_ne!(logits(Some(&zeros)), logits(None));
    let mut kept = Vec::new();
    let _ = model.walk(&images, Pass::Training { paths: Some(&zeros) }, &mut |index, value| {
        if network.nodes[index].primitive == Primitive::PathDropout {
            kept.push(value.abs().max().double_value(&[]));
        }
    });
    assert_eq!(kept, vec![0.0; branches]);
}

#[test]
fn a_kernel_with_its_zeros_written_out_is_the_dilated_one() {
    let number = |count: i64| Tensor::arange(count, (Kind::Float, Device::Cpu)).sin();
    let (images, leaf) = (number(2 * 3 * 8 * 7).view([2, 3, 8, 7]), number(27).set_requires_grad(true));
    let weight = leaf.view([3, 3, 3, 1]).permute([0, 3, 1, 2]);
    let results = [(spread(&weight, 2), 1), (weight, 2)].map(|(weight, dilation)| {
        let output = images.conv2d(&weight, None::<Tensor>, [2, 2], [2, 2], [dilation, dilation], 3);
        let gradient = Tensor::run_backward(&[&output.square().sum(Kind::Float)], &[&leaf], true, false);
        [host(&output), host(&gradient[0])]
    });
    for (first, second) in results[0].iter().flatten().zip(results[1].iter().flatten()) {
        assert!((first - second).abs() < 1e-4, "{first} or {second}");
    }
}
