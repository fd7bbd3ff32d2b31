//! A whole network, layer by layer.

use std::fmt::Write as _;

use super::stack::{self, Item};
use super::told;
use crate::arch::{LayerNetwork, Operation, OperationKind, Parameter, Part, Shape};
use crate::page::svg::Marks;

/// Draws the network; gives the height and what it shows in words.
pub(super) fn draw(network: &LayerNetwork, parts: &[Part], image: Shape) -> (Marks, f64, String) {
    let mut items = vec![Item { class: "box-end", words: "image".to_owned(), shape: told(image), costs: None, reads: Vec::new() }];
    for (layer, part) in network.layers.iter().zip(parts) {
        // The image is box 0, layer 0 is box 1.
        let reads = if layer.sources.is_empty() { vec![0] } else { layer.sources.iter().map(|source| source + 1).collect() };
        let costs = Some((part.params, part.macs));
        items.push(Item { class: class(layer.operation.kind()), words: words(layer.operation), shape: told(part.shape), costs, reads });
    }
    if let Some(last) = parts.last() {
        let costs = Some((last.params, last.macs));
        let reads = vec![network.layers.len()];
        items.push(Item { class: "box-end", words: "global mean, linear".to_owned(), shape: told(last.shape), costs, reads });
    }
    let mut marks = Marks::default();
    let height = stack::draw(&mut marks, 0.0, &items);
    (marks, height, stack::described(&items))
}

const fn class(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Convolution => "box-conv",
        OperationKind::SeparableConvolution => "box-light",
        OperationKind::InvertedBottleneck => "box-block",
        OperationKind::MaxPool | OperationKind::AveragePool => "box-pool",
    }
}

/// `3×3 convolution, 16, /2`, as papers write it.
fn words(operation: Operation) -> String {
    let kernel = operation.get(Parameter::Kernel).map_or_else(String::new, |kernel| format!("{kernel}×{kernel} "));
    let mut words = format!("{kernel}{}", operation.kind().word().replace('-', " "));
    for (parameter, value) in operation.values() {
        let _ = match parameter {
            Parameter::Channels => write!(words, ", {value}"),
            Parameter::Stride if value > 1 => write!(words, ", /{value}"),
            Parameter::Expansion => write!(words, ", e{value}"),
            Parameter::SqueezeRatio if value > 0 => write!(words, ", se{value}"),
            Parameter::Kernel | Parameter::Stride | Parameter::SqueezeRatio => Ok(()),
        };
    }
    words
}
