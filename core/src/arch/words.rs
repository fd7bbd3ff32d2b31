//! A network as words, one for each decision: what a table of networks has for choices.

use super::cells::Block;
use super::{Architecture, CellNetwork, LayerNetwork, Parameter};

/// Stands for a decision that a network does not have.
pub const NO_WORD: &str = "none";

impl Architecture {
    /// Different networks have different words. Of networks of one space those with more parts have more words, and the
    /// same decision of the same part stands at the same place.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Layers(network) => of_layers(network),
            Self::Cells(network) => of_cells(network),
            Self::Row(row) => row.0.clone(),
        }
    }
}

/// Of each layer the operation, every parameter, and the layers that it reads.
fn of_layers(LayerNetwork { layers }: &LayerNetwork) -> Vec<String> {
    let mut words = Vec::new();
    for layer in layers {
        words.push(layer.operation.kind().word().to_owned());
        words.extend(
            Parameter::ALL.map(|parameter| layer.operation.get(parameter).map_or_else(|| NO_WORD.to_owned(), |value| value.to_string())),
        );
        let sources: Vec<String> = layer.sources.iter().map(usize::to_string).collect();
        words.push(if sources.is_empty() { NO_WORD.to_owned() } else { sources.join("+") });
    }
    words
}

/// The numbers of the skeleton; then of each block what it reads, what it computes, and how it combines.
fn of_cells(CellNetwork { cell, skeleton }: &CellNetwork) -> Vec<String> {
    let mut words: Vec<String> =
        [skeleton.channels, skeleton.cells, skeleton.reductions, skeleton.stem_stride].iter().map(usize::to_string).collect();
    for Block { inputs, operations, combine } in &cell.blocks {
        words.extend(inputs.map(|input| input.to_string()));
        words.extend(operations.map(|operation| operation.short().to_owned()));
        words.push(combine.word().to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Cell, CellOperation, Combine, Skeleton};
    use super::super::{Layer, Operation, OperationKind};
    use super::*;

    #[test]
    fn decisions_stand_at_the_same_place_in_all_networks_of_a_space() {
        let layer = |operation, sources: &[usize]| Layer { operation, sources: sources.to_vec() };
        let pool = OperationKind::MaxPool.of(&[3, 2]);
        let layers =
            vec![layer(Operation::convolution(3, 16, 1), &[]), layer(pool, &[0]), layer(Operation::convolution(5, 24, 2), &[1, 0])];
        let words = Architecture::from(LayerNetwork { layers: layers.clone() }).words();
        let expected = ["convolution 3 16 1 none 0 none", "max-pool 3 none 2 none none 0", "convolution 5 24 2 none 0 1+0"];
        assert_eq!(words.join(" "), expected.join(" "));
        let fewer = Architecture::from(LayerNetwork { layers: layers[..2].to_vec() }).words();
        assert_eq!(fewer, words[..fewer.len()]);

        let block = |inputs, second| Block { inputs, operations: [CellOperation::Identity, second], combine: Combine::Add };
        let blocks = vec![block([0, 1], CellOperation::MaxPool3x3), block([2, 1], CellOperation::Convolution3x3)];
        let skeleton = Skeleton { channels: 8, cells: 1, reductions: 2, stem_stride: 1 };
        let words = Architecture::Cells(CellNetwork { cell: Cell { blocks }, skeleton }).words();
        assert_eq!(words.join(" "), "8 1 2 1 0 1 id max3 add 2 1 id conv3 add");
    }
}
