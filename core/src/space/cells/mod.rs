//! The space of modules: one cell of a few blocks, chosen block by block, which a fixed skeleton stacks to a network.

use serde::{Deserialize, Serialize};

use super::{Decision, Limits, pick};
use crate::arch::cells::{Block, Cell, CellOperation, Combine, MAX_BLOCKS, Skeleton};
use crate::arch::{CellNetwork, Cost, Costs};
use crate::seed::{Stream, below};

mod edit;
mod opened;
mod sketch;

/// The space `cells`. Lists are sorted and free of duplicates, so that equal sets are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellSpace {
    pub operations: Vec<CellOperation>,
    pub combines: Vec<Combine>,
    /// The fewest blocks of a cell.
    pub min_blocks: usize,
    /// What stacks a cell while it is searched.
    pub skeleton: Skeleton,
    /// What stacks the cells found for the final trainings. The costs of a cell are those of its network in here, so
    /// that what a run ends with keeps the constraints.
    pub last: Skeleton,
}

impl CellSpace {
    /// The architecture of the choices `made`, each an index into the options of its decision; or what is to be
    /// decided next.
    pub fn decide(&self, limits: Limits, made: &[usize]) -> Result<CellNetwork, Decision> {
        let mut made = made.iter().copied();
        let counts: Vec<usize> = (self.min_blocks..=limits.depth.max(self.min_blocks)).collect();
        let count = pick(&mut made, &counts, || "blocks".to_owned())?;
        let mut blocks = Vec::with_capacity(count);
        for index in 0..count {
            let name = |field: &'static str| move || format!("block-{}/{field}", index + 1);
            let sources: Vec<usize> = (0..index + 2).collect();
            let inputs = [pick(&mut made, &sources, name("input-1"))?, pick(&mut made, &sources, name("input-2"))?];
            let operations =
                [pick(&mut made, &self.operations, name("operation-1"))?, pick(&mut made, &self.operations, name("operation-2"))?];
            let combine = pick(&mut made, &self.combines, name("combine"))?;
            blocks.push(Block { inputs, operations, combine });
        }
        Ok(self.network(Cell { blocks }))
    }

    /// A canonical network of uniformly random decisions.
    pub fn draw(&self, limits: Limits, stream: &mut Stream) -> CellNetwork {
        let mut made = Vec::new();
        loop {
            match self.decide(limits, &made) {
                Ok(network) => return network.canonical(),
                Err(decision) => made.push(below(stream, decision.options)),
            }
        }
    }

    /// Whether the space contains `network` with at most so many blocks, and why not where it does not.
    pub fn contains(&self, limits: Limits, network: &CellNetwork) -> Result<(), String> {
        network.validate().map_err(|malformed| malformed.0)?;
        let count = network.cell.blocks.len();
        if network.skeleton != self.skeleton {
            return Err("its skeleton is not the space's".to_owned());
        }
        if count < self.min_blocks || count > limits.depth {
            return Err(format!("its cell has {count} blocks, {} to {} are allowed", self.min_blocks, limits.depth));
        }
        for (index, block) in network.cell.blocks.iter().enumerate() {
            let refuse = |what: String| Err(format!("block {} has {what}, which the space does not offer", index + 1));
            if let Some(operation) = block.operations.iter().find(|operation| !self.operations.contains(operation)) {
                return refuse(format!("the operation `{}`", operation.word()));
            }
            if !self.combines.contains(&block.combine) {
                return refuse(format!("the combination `{}`", block.combine.word()));
            }
        }
        Ok(())
    }

    /// The cell in the skeleton of the search.
    pub fn network(&self, cell: Cell) -> CellNetwork {
        CellNetwork { cell, skeleton: self.skeleton }
    }

    /// The same cell in the skeleton of the final trainings.
    pub fn at_length(&self, network: &CellNetwork) -> CellNetwork {
        network.in_skeleton(self.last)
    }

    /// The costs of a cell: those of its network in the skeleton of the final trainings. `None` for a malformed one.
    pub fn costs(&self, limits: Limits, network: &CellNetwork) -> Option<Costs> {
        self.at_length(network).build(limits.image, limits.classes).ok().map(|network| Cost::of(&network).costs())
    }

    /// The most blocks that any stage can ask for.
    pub const MAX_BLOCKS: usize = MAX_BLOCKS;
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::arch::Shape;
    use crate::seed::Seed;

    const SKELETON: Skeleton = Skeleton { channels: 4, cells: 1, reductions: 1, stem_stride: 2 };

    /// A space with every operation.
    pub fn space() -> CellSpace {
        CellSpace {
            operations: CellOperation::ALL.to_vec(),
            combines: Combine::ALL.to_vec(),
            min_blocks: 1,
            skeleton: SKELETON,
            last: Skeleton { channels: 8, cells: 2, ..SKELETON },
        }
    }

    pub const LIMITS: Limits = Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 5 };

    #[test]
    fn every_sequence_of_choices_ends_in_a_network_of_the_space() {
        let space = space();
        let mut sizes = BTreeSet::new();
        for index in 0..200 {
            let network = space.draw(LIMITS, &mut Seed::root(index).stream());
            assert_eq!(space.contains(LIMITS, &network), Ok(()), "{}", network.summary());
            assert!(network.build(LIMITS.image, LIMITS.classes).is_ok());
            sizes.insert(network.cell.blocks.len());
        }
        assert_eq!(sizes, (1..=5).collect());
    }

    #[test]
    fn decisions_in_another_order_give_the_same_network() {
        let space = space();
        // Two blocks on the inputs and one that reads both, once with the blocks and the branches exchanged.
        let made = [2, 0, 1, 1, 0, 0, 1, 1, 7, 7, 0, 2, 3, 8, 8, 1];
        let again = [2, 1, 1, 7, 7, 0, 1, 0, 0, 1, 0, 2, 3, 8, 8, 1];
        let [network, isomorphic] = [made, again].map(|made| space.decide(LIMITS, &made).expect("complete"));
        assert_ne!(network, isomorphic);
        assert_eq!(network.canonical(), isomorphic.canonical());
        assert_eq!(network.canonical().digest(), isomorphic.canonical().digest());
    }

    #[test]
    fn what_does_not_belong_is_told_by_name() {
        let space = CellSpace { operations: vec![CellOperation::Identity], ..space() };
        let block = |operation| Block { inputs: [0, 1], operations: [CellOperation::Identity, operation], combine: Combine::Add };
        let network = space.network(Cell { blocks: vec![block(CellOperation::MaxPool3x3)] });
        let refusal = space.contains(LIMITS, &network).expect_err("a pool");
        assert_eq!(refusal, "block 1 has the operation `max-pool-3x3`, which the space does not offer");
        let network = space.network(Cell { blocks: vec![block(CellOperation::Identity); 6] });
        assert_eq!(space.contains(LIMITS, &network).expect_err("too many"), "its cell has 6 blocks, 1 to 5 are allowed");
        assert!(space.contains(LIMITS, &space.at_length(&network)).is_err());
    }

    #[test]
    fn costs_are_those_of_the_last_skeleton() {
        let space = space();
        let network = space.draw(LIMITS, &mut Seed::root(1).stream());
        let large = space.at_length(&network);
        assert_eq!(large, space.at_length(&large));
        assert_eq!(space.costs(LIMITS, &network), space.costs(LIMITS, &large));
        let small = CellSpace { last: SKELETON, ..space.clone() };
        assert!(space.costs(LIMITS, &network) > small.costs(LIMITS, &network));
    }
}
