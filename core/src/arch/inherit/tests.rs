//! What networks take over, on layers and cells; that the function stays is shown where there are tensors.

use super::*;
use crate::arch::{Layer, Operation, OperationKind};

const IMAGE: Shape = Shape { channels: 1, height: 8, width: 8 };

fn layers(layers: &[(Operation, &[usize])]) -> Architecture {
    let layers = layers.iter().map(|(operation, sources)| Layer { operation: *operation, sources: sources.to_vec() }).collect();
    LayerNetwork { layers }.into()
}

fn share(parent: &Architecture, child: &Architecture) -> f64 {
    Inheritance::new(parent, child, IMAGE, 10).expect("networks").share()
}

#[test]
fn layers_stand_for_those_of_the_same_operation_in_the_same_order() {
    let (stem, wide) = (Operation::convolution(3, 8, 1), Operation::convolution(3, 16, 1));
    let pool = OperationKind::MaxPool.of(&[3, 2]);
    let align = |parent: &Architecture, child: &Architecture| {
        let (Architecture::Layers(parent), Architecture::Layers(child)) = (parent, child) else { panic!("layers") };
        aligned_layers(parent, child)
    };
    let parent = layers(&[(stem, &[]), (pool, &[0]), (wide, &[1])]);
    assert_eq!(align(&parent, &parent), [Some(0), Some(1), Some(2)]);
    let longer = layers(&[(stem, &[]), (wide, &[0]), (pool, &[1]), (wide, &[2])]);
    assert_eq!(align(&parent, &longer), [Some(0), None, Some(1), Some(2)]);
    assert_eq!(align(&longer, &parent), [Some(0), Some(2), Some(3)]);
    let other = layers(&[(stem, &[]), (pool, &[0]), (Operation::convolution(5, 24, 2), &[1])]);
    assert_eq!(align(&parent, &other), [Some(0), Some(1), Some(2)]);
}

#[test]
fn what_is_taken_over_is_counted() {
    let stem = Operation::convolution(3, 8, 1);
    let [narrow, wide] = [16, 32].map(|channels| layers(&[(stem, &[]), (Operation::convolution(3, channels, 1), &[0])]));
    assert!((share(&narrow, &narrow) - 1.0).abs() < 1e-12);
    assert!((share(&narrow, &wide) - 1.0).abs() < 1e-12, "more channels are copies");
    let pool = OperationKind::MaxPool.of(&[3, 2]);
    let other = layers(&[(stem, &[]), (pool, &[0]), (OperationKind::SeparableConvolution.of(&[3, 64, 1]), &[1])]);
    assert!(share(&narrow, &other) < 0.3, "{}", share(&narrow, &other));
}

#[test]
fn cells_take_over_what_stands_at_the_same_place() {
    use crate::arch::CellNetwork;
    use crate::arch::cells::{Block, Cell, CellOperation, Combine, Skeleton};
    let block = |inputs, operations| Block { inputs, operations, combine: Combine::Add };
    let first = block([0, 1], [CellOperation::Convolution3x3, CellOperation::Identity]);
    let second = block([2, 1], [CellOperation::SeparableConvolution3x3, CellOperation::Identity]);
    let skeleton = Skeleton { channels: 8, cells: 1, reductions: 1, stem_stride: 1 };
    let network = |blocks: &[Block]| Architecture::from(CellNetwork { cell: Cell { blocks: blocks.to_vec() }, skeleton }).canonical();
    let (small, large) = (network(&[first]), network(&[first, second]));
    assert!((share(&small, &small) - 1.0).abs() < 1e-12);
    let taken = share(&small, &large);
    assert!((0.5..0.95).contains(&taken), "{taken}");
}
