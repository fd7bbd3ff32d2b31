//! Networks of cells: shapes, loose ends, and costs worked out by hand.

use super::CellOperation as Op;
use super::*;
use crate::arch::Cost;
use crate::arch::cells::{Cell, Skeleton};

const IMAGE: Shape = Shape { channels: 1, height: 28, width: 28 };

fn block(inputs: [usize; 2], first: CellOperation, second: CellOperation, combine: Combine) -> Block {
    Block { inputs, operations: [first, second], combine }
}

fn network(blocks: &[Block], cells: usize, reductions: usize) -> Network {
    let skeleton = Skeleton { channels: 4, cells, reductions, stem_stride: 1 };
    CellNetwork { cell: Cell { blocks: blocks.to_vec() }, skeleton }.build(IMAGE, 10).expect("well-formed")
}

fn cost(blocks: &[Block]) -> Cost {
    Cost::of(&network(blocks, 1, 0))
}

#[test]
fn resolution_halves_and_width_doubles_at_each_reduction() {
    let network = network(&[block([0, 1], Op::Identity, Op::MaxPool3x3, Combine::Add)], 2, 3);
    assert_eq!((network.features().height, network.features().width), (4, 4));
    assert_eq!(network.features().channels, 32);
    let auxiliary = &network.nodes[network.auxiliary.expect("there is a reduction")];
    assert_eq!(auxiliary.shape, Shape { channels: 16, height: 7, width: 7 });
    let head = network.auxiliary_head().expect("there is an auxiliary node");
    assert_eq!(head.nodes.last().map(|node| node.shape.channels), Some(10));
}

#[test]
fn every_operation_keeps_its_place_in_every_kind_of_cell() {
    for operation in Op::ALL {
        for combine in Combine::ALL {
            let blocks = [block([0, 1], operation, operation, combine), block([2, 0], operation, Op::Identity, combine)];
            let network = network(&blocks, 1, 2);
            assert_eq!((network.features().height, network.features().width), (7, 7), "{operation:?}");
            for node in network.nodes.iter().filter(|node| node.primitive == Primitive::Add) {
                assert!(node.inputs.iter().all(|&input| network.nodes[input].shape == node.shape), "{operation:?}");
            }
        }
    }
}

/// Stem, a cell of one block on tensors of 4 × 28 × 28, the classifier.
#[test]
fn costs_by_hand() {
    let pools = cost(&[block([0, 1], Op::Identity, Op::AveragePool3x3, Combine::Add)]);
    let plain = (9 * 4 + 8) + 50;
    // Without convolutions of its own, the cell has one behind its sum.
    assert_eq!(pools.params, plain + (16 + 8));
    assert_eq!(pools.macs, 784 * (36 + 16) + 40);
    // The stem's output, the pool's and their sum.
    assert_eq!(pools.activations, 4 * 784 * (4 + 4 + 4));
    let moved = 784 * (1 + 4) + 784 * (4 + 4) + 784 * (4 + 4 + 4) + 784 * (4 + 4) + (4 * 784 + 4) + (4 + 10);
    assert!((pools.intensity - pools.flops as f64 / (4 * (pools.params + moved)) as f64).abs() < 1e-12);

    // With convolutions the sum is the output.
    let separable = cost(&[block([0, 1], Op::Identity, Op::SeparableConvolution5x5, Combine::Add)]);
    assert_eq!(separable.params, plain + 2 * (25 * 4 + 16 + 8));
    assert_eq!(separable.macs, 784 * 36 + 40 + 784 * 2 * (25 * 4 + 16));

    let cross = cost(&[block([0, 1], Op::Convolution1x7_7x1, Op::Identity, Combine::Add)]);
    assert_eq!(cross.params, plain + 2 * 7 * 16 + 8);
    assert_eq!(cross.macs, 784 * 36 + 40 + 784 * 2 * 7 * 16);

    let dilated = cost(&[block([1, 1], Op::DilatedConvolution3x3, Op::Convolution1x1, Combine::Add)]);
    assert_eq!(dilated.params, plain + (9 * 4 + 16 + 8) + (16 + 8));
    // Both read one rectified copy of the stem's output, which lives on until the second has read it.
    assert_eq!(dilated.activations, 4 * 784 * (4 + 4 + 4));

    let concat = cost(&[block([0, 1], Op::Identity, Op::MaxPool3x3, Combine::Concat)]);
    assert_eq!(concat.params, plain + (8 * 4 + 8));
    assert_eq!(concat.macs, 784 * 36 + 40 + 784 * 32);
    assert_eq!(concat.activations, 4 * 784 * (4 + 4 + 8));
}

#[test]
fn loose_ends_are_concatenated() {
    let block = |operation| block([0, 1], Op::Identity, operation, Combine::Add);
    let ends = [block(Op::Identity), block(Op::Convolution1x1)];
    let (two, one) = (cost(&ends), cost(&ends[1..]));
    assert_eq!((two.params, two.macs), (one.params + 8 * 4 + 8, one.macs + 784 * 32), "a single end is the output itself");
    let network = network(&ends, 1, 0);
    let widths: Vec<usize> =
        network.nodes.iter().filter(|node| node.primitive == Primitive::Concat).map(|node| node.shape.channels).collect();
    assert_eq!(widths, [8]);
}

#[test]
fn only_branches_that_are_no_identity_can_be_dropped() {
    let network = network(&[block([0, 1], Op::Identity, Op::MaxPool3x3, Combine::Add)], 1, 1);
    let drops = network.nodes.iter().filter(|node| node.primitive == Primitive::PathDropout).count();
    assert_eq!(drops, 3);
}

#[test]
fn the_canonical_form_costs_the_same() {
    let cell = Cell {
        blocks: vec![
            block([1, 0], Op::MaxPool3x3, Op::SeparableConvolution3x3, Combine::Concat),
            block([1, 0], Op::Convolution1x1, Op::Identity, Combine::Add),
            block([3, 2], Op::Identity, Op::DilatedConvolution3x3, Combine::Add),
        ],
    };
    let skeleton = Skeleton { channels: 4, cells: 2, reductions: 1, stem_stride: 1 };
    let [given, canonical] = [cell.clone(), cell.canonical()].map(|cell| {
        let cost = Cost::of(&CellNetwork { cell, skeleton }.build(IMAGE, 10).expect("well-formed"));
        (cost.params, cost.macs, cost.intensity.to_bits())
    });
    assert_ne!(cell, cell.canonical());
    assert_eq!(given, canonical);
}
