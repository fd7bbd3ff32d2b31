//! Networks whose weights are named by place and operation: what two networks of one space have in common when they share
//! weights.

use std::fmt::Write as _;

use super::places::{BlockPlace, Built, Place};
use super::{Architecture, Group, Initial, Malformed, Network, Shape};

/// A network whose weights are known by place.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedNetwork {
    pub network: Network,
    /// The trainable weights in the order of the nodes.
    pub weights: Vec<PlacedWeight>,
}

/// One tensor of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedWeight {
    pub group: Group,
    /// What it is made of, along its second axis: one piece, or one for each loose end that a cell gives.
    pub pieces: Vec<Piece>,
}

/// Weights that are shared by all networks that have the name.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub name: String,
    pub shape: Vec<usize>,
    pub initial: Initial,
}

impl Piece {
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

impl PlacedNetwork {
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.weights.iter().flat_map(|weight| &weight.pieces)
    }
}

impl Architecture {
    /// The network with its weights named by place. Call it on a canonical architecture. Fails as [`Architecture::network`] does.
    pub fn placed(&self, image: Shape, classes: usize) -> Result<PlacedNetwork, Malformed> {
        let Built { network, places, .. } = self.built(image, classes)?;
        let network = network.bounded()?;
        let loose_ends: Vec<BlockPlace> = if let Self::Cells(network) = self {
            let places = network.cell.places();
            network.cell.loose_ends().into_iter().map(|block| places[block]).collect()
        } else {
            Vec::new()
        };
        let mut weights = Vec::new();
        for (number, &(begin, place)) in places.iter().enumerate() {
            let end = places.get(number + 1).map_or(network.nodes.len(), |(end, _)| *end);
            let stem = place.to_string();
            // Nodes without weights, such as a rectifier that another branch made already, do not count.
            let profiles = network.nodes[begin..end].iter().map(|node| node.primitive.profile()).filter(|of| !of.weights.is_empty());
            for (nth, profile) in profiles.enumerate() {
                for weight in profile.weights.iter().filter(|weight| weight.group.is_trainable()) {
                    let piece = |of: &str, shape: &[usize]| Piece {
                        name: name(&format!("{stem}{of}.{nth}.{}", weight.name), shape),
                        shape: shape.to_vec(),
                        initial: weight.initial,
                    };
                    let is_split = matches!(place, Place::Output { .. }) && weight.group == Group::Kernel;
                    let pieces = if is_split {
                        let mut shape = weight.shape().to_vec();
                        shape[1] /= loose_ends.len();
                        loose_ends.iter().map(|block| piece(&format!("/{block}"), &shape)).collect()
                    } else {
                        vec![piece("", weight.shape())]
                    };
                    weights.push(PlacedWeight { group: weight.group, pieces });
                }
            }
        }
        Ok(PlacedNetwork { network, weights })
    }
}

/// With the sizes, such as `layer-2/convolution.0.weight[16,8,3,3]`.
fn name(stem: &str, shape: &[usize]) -> String {
    let mut name = stem.to_owned();
    for (axis, side) in shape.iter().enumerate() {
        let _ = write!(name, "{}{side}", if axis == 0 { '[' } else { ',' });
    }
    name.push(']');
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::arch::cells::{Block, Cell, CellOperation, Combine, Skeleton};
    use crate::arch::{CellNetwork, Cost, Layer, LayerNetwork, Operation, OperationKind};

    const IMAGE: Shape = Shape { channels: 1, height: 8, width: 8 };

    fn placed(architecture: &Architecture) -> PlacedNetwork {
        let placed = architecture.placed(IMAGE, 10).expect("a network");
        let elements: usize = placed.pieces().map(Piece::elements).sum();
        assert_eq!(elements as u64, Cost::of(&placed.network).params, "every weight has a place");
        let names: BTreeSet<&str> = placed.pieces().map(|piece| &*piece.name).collect();
        assert_eq!(names.len(), placed.pieces().count(), "no two weights of a network are one");
        placed
    }

    fn names(architecture: &Architecture) -> BTreeSet<String> {
        placed(architecture).pieces().map(|piece| piece.name.clone()).collect()
    }

    fn cells(blocks: &[([usize; 2], [CellOperation; 2], Combine)]) -> Architecture {
        let block = |&(inputs, operations, combine): &_| Block { inputs, operations, combine };
        let skeleton = Skeleton { channels: 4, cells: 1, reductions: 1, stem_stride: 1 };
        Architecture::from(CellNetwork { cell: Cell { blocks: blocks.iter().map(block).collect() }, skeleton }).canonical()
    }

    const DENSE: CellOperation = CellOperation::Convolution3x3;
    const NONE: CellOperation = CellOperation::Identity;

    #[test]
    fn equal_branches_of_one_block_have_weights_of_their_own() {
        let twins = names(&cells(&[([0, 0], [DENSE; 2], Combine::Concat)]));
        assert!(twins.contains("cell-0/level-1/from-input-0/convolution-3x3.0.weight[4,4,3,3]"), "{twins:?}");
        assert!(twins.contains("cell-0/level-1/from-input-0/convolution-3x3/2.0.weight[4,4,3,3]"));
        assert!(twins.contains("cell-0/level-1/concat.0.weight[4,8,1,1]"));
    }

    #[test]
    fn what_stands_at_one_place_is_shared_whatever_else_there_is() {
        let small = names(&cells(&[([0, 1], [DENSE, NONE], Combine::Add)]));
        let large = names(&cells(&[([0, 1], [DENSE, NONE], Combine::Add), ([0, 0], [NONE, NONE], Combine::Add)]));
        // Whichever block comes first. A kernel of the output is a piece for each loose end.
        assert!(small.is_subset(&large), "{:?}", small.difference(&large).collect::<Vec<_>>());
        assert!(large.contains("cell-0/output/level-1.0.weight[4,4,1,1]") && large.contains("cell-0/output/level-1/2.0.weight[4,4,1,1]"));
        let high = names(&cells(&[([0, 1], [DENSE, NONE], Combine::Add), ([2, 0], [DENSE, NONE], Combine::Add)]));
        assert!(high.contains("cell-0/level-2/from-level-1/convolution-3x3.0.weight[4,4,3,3]"), "{high:?}");
    }

    #[test]
    fn layers_share_by_number_operation_and_sizes() {
        let layers = |channels: usize, kernel: usize| {
            let layer = |operation, sources: &[usize]| Layer { operation, sources: sources.to_vec() };
            let pool = OperationKind::MaxPool.of(&[3, 2]);
            let stem = Operation::convolution(3, 8, 1);
            let second = Operation::convolution(kernel, channels, 1);
            Architecture::from(LayerNetwork { layers: vec![layer(stem, &[]), layer(pool, &[0]), layer(second, &[1, 0])] })
        };
        let [first, wide, tall] = [(8, 3), (12, 3), (8, 5)].map(|(channels, kernel)| names(&layers(channels, kernel)));
        let own = |of: &BTreeSet<String>| first.difference(of).cloned().collect::<Vec<_>>();
        assert_eq!(own(&tall), ["layer-2/convolution.0.weight[8,8,3,3]"]);
        assert!(first.contains("layer-2/skip.0.weight[8,8,1,1]") && wide.contains("layer-2/skip.0.weight[8,8,1,1]"));
        assert!(own(&wide).contains(&"classifier.0.weight[10,8]".to_owned()), "{:?}", own(&wide));
    }
}
