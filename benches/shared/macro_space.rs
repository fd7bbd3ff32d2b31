//! The space of NAS-Bench-Macro (arXiv 2103.11922, its figure 3 and its code) with weights that networks share.
//!
//! A stem, three stages of 2, 3 and 3 layers, of 64, 128 and 256 channels, the first layer of each with stride 2, and a 1×1
//! convolution to 1,280 channels. A layer is one of three: nothing, or an inverted bottleneck of kernel 3 and expansion 3, or of
//! 5 and 6. Where a stage begins, nothing is a strided 1×1 convolution; here it has a rectifier, there it has none.

use epnas::arch::{Architecture, Layer, LayerNetwork, Operation, OperationKind, PlacedNetwork, Shape};

const STAGES: [usize; 3] = [2, 3, 3];
/// Layers of a network.
pub const LAYERS: usize = 8;
/// What a layer can be.
pub const CHOICES: usize = 3;

const IMAGE: Shape = Shape { channels: 3, height: 32, width: 32 };

/// The network of these choices, with its weights named by stage and by number among the layers that are there: layers of a
/// stage that come to nothing leave the others what they are, in the table as well.
pub fn placed(choices: &[usize]) -> PlacedNetwork {
    let mut layers = vec![Operation::convolution(3, 32, 1)];
    let mut names = vec![String::new()];
    let mut choices = choices.iter();
    for (stage, count) in STAGES.into_iter().enumerate() {
        let channels = 64 << stage;
        let mut there = 0;
        for nth in 0..count {
            let stride = if nth == 0 { 2 } else { 1 };
            let operation = match choices.next().expect("a choice for each layer") {
                0 if nth == 0 => Operation::convolution(1, channels, stride),
                0 => continue,
                1 => bottleneck([3, channels, stride, 3]),
                _ => bottleneck([5, channels, stride, 6]),
            };
            layers.push(operation);
            names.push(format!("stage-{stage}/layer-{there}/"));
            there += 1;
        }
    }
    layers.push(Operation::convolution(1, 1_280, 1));
    names.push("last/".to_owned());
    let layer = |(index, operation): (usize, Operation)| Layer { operation, sources: index.checked_sub(1).into_iter().collect() };
    let network = Architecture::from(LayerNetwork { layers: layers.into_iter().enumerate().map(layer).collect() });
    let mut placed = network.placed(IMAGE, 10).expect("a network");
    for piece in placed.weights.iter_mut().flat_map(|weight| &mut weight.pieces) {
        let by_stage = piece.name.strip_prefix("layer-").and_then(|rest| rest.split_once('/')).map(|(number, rest)| {
            let number: usize = number.parse().expect("a number");
            format!("{}{rest}", names[number])
        });
        if let Some(name) = by_stage {
            piece.name = name;
        }
    }
    placed
}

fn bottleneck(values: [usize; 4]) -> Operation {
    OperationKind::InvertedBottleneck.of(&values)
}
