//! What weights a network can take over from a similar one, its parent: where it computes the same, or nearly the same.
//!
//! The rules are those of Net2Net (Chen et al. 2016, arXiv 1511.05641): more channels are copies of those that are there, and what
//! reads them divides its weights among the copies (§2.2); a layer that is added computes the identity (§2.3); a larger kernel
//! has a border of zeros. Copies get unequal parts, so that training tells them apart. Where no rule applies the function
//! changes: what fits is taken over by position, and the rest is drawn.

mod align;
mod fill;
mod flow;

use std::collections::BTreeMap;
use std::ops::Range;

use super::places::{Built, Place};
use super::{Architecture, LayerNetwork, Malformed, Network, Primitive, Shape};
use align::{aligned_layers, aligned_nodes};
pub use fill::Tensors;

/// Where the weights of every node of a network come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Inheritance {
    parent: Network,
    child: Network,
    heirs: Vec<Heir>,
}

/// Where the weights of one node come from.
#[derive(Clone, Debug, PartialEq)]
enum Heir {
    /// They are drawn.
    Fresh,
    /// It gives what it gets. A normalisation expects the moments behind the normalisation of this node of the parent and a
    /// rectifier, with this place of every channel.
    Identity { behind: Option<(usize, Vec<usize>)> },
    /// It gives zeros: the end of a branch that adds nothing at first.
    Nothing,
    /// From a node of the parent: for every output its place there, for every input its place there and its part of the weight.
    Of { node: usize, outputs: Vec<Option<usize>>, inputs: Vec<Option<(usize, f32)>> },
}

impl Inheritance {
    /// Of `child` from `parent`, for the same images and classes. Call it on canonical architectures of one space. Fails as
    /// [`Architecture::network`] does.
    pub fn new(parent: &Architecture, child: &Architecture, image: Shape, classes: usize) -> Result<Self, Malformed> {
        let [old, new] = [parent, child].map(|architecture| architecture.built(image, classes));
        let (old, new) = (old?, new?);
        let pairs = pairs((parent, &old), (child, &new));
        let added = if let Architecture::Layers(network) = child { added_layers(network, &new, &pairs) } else { Vec::new() };
        let heirs = flow::heirs(&old.network, &new.network, &pairs, &added);
        Ok(Self { parent: old.network, child: new.network, heirs })
    }

    /// The share of the trainable numbers that come from the parent, in [0, 1].
    pub fn share(&self) -> f64 {
        let (mut taken, mut all) = (0, 0);
        for (node, heir) in self.child.nodes.iter().zip(&self.heirs) {
            let params = node.primitive.profile().params();
            all += params;
            if let Heir::Of { outputs, inputs, .. } = heir {
                let known = |count: usize, of: usize| count as f64 / of.max(1) as f64;
                let outputs = known(outputs.iter().flatten().count(), outputs.len());
                let inputs = if inputs.is_empty() { 1.0 } else { known(inputs.iter().flatten().count(), inputs.len()) };
                taken += (params as f64 * outputs * inputs) as usize;
            }
        }
        taken as f64 / all.max(1) as f64
    }
}

/// The nodes of a network from the beginning of a place to its end, with what the place is called.
struct Segment {
    place: Place,
    nodes: Range<usize>,
}

fn segments(built: &Built) -> Vec<Segment> {
    let ends = built.places.iter().skip(1).map(|(begin, _)| *begin).chain([built.network.nodes.len()]);
    built.places.iter().zip(ends).map(|(&(begin, place), end)| Segment { place, nodes: begin..end }).collect()
}

/// The node of the parent that each node of the child stands for.
fn pairs((parent, old): (&Architecture, &Built), (child, new): (&Architecture, &Built)) -> Vec<Option<usize>> {
    let layers = match (parent, child) {
        (Architecture::Layers(parent), Architecture::Layers(child)) => aligned_layers(parent, child),
        _ => Vec::new(),
    };
    let layer_of = |layer: usize| layers.get(layer).copied().flatten();
    let by_name: BTreeMap<String, Segment> = segments(old).into_iter().map(|segment| (segment.place.to_string(), segment)).collect();
    let mut pairs = vec![None; new.network.nodes.len()];
    // The image.
    pairs[0] = Some(0);
    for segment in segments(new) {
        let there = match segment.place {
            Place::Layer { layer, operation } => layer_of(layer).map(|layer| Place::Layer { layer, operation }),
            Place::Skip { layer } => layer_of(layer).map(|layer| Place::Skip { layer }),
            place => Some(place),
        };
        let Some(old_segment) = there.and_then(|place| by_name.get(&place.to_string())) else { continue };
        let (old_nodes, new_nodes) = (&old.network.nodes[old_segment.nodes.clone()], &new.network.nodes[segment.nodes.clone()]);
        for (node, of) in aligned_nodes(old_nodes, new_nodes).into_iter().enumerate() {
            pairs[segment.nodes.start + node] = of.map(|of| old_segment.nodes.start + of);
        }
    }
    pairs
}

/// The nodes of layers without a counterpart that can begin as identities: they read one layer, and keep its shape.
fn added_layers(network: &LayerNetwork, built: &Built, pairs: &[Option<usize>]) -> Vec<Range<usize>> {
    let nodes = &built.network.nodes;
    let is_added = |segment: &Segment| {
        let Place::Layer { layer, .. } = segment.place else { return false };
        let (Some(source), Some(end)) = (layer.checked_sub(1).map(|before| built.ends[before]), segment.nodes.clone().last()) else {
            return false;
        };
        let gates = nodes[segment.nodes.clone()].iter().any(|node| node.primitive == Primitive::Sigmoid);
        network.layers[layer].sources == [layer - 1]
            && pairs[segment.nodes.clone()].iter().all(Option::is_none)
            && nodes[end].shape == nodes[source].shape
            && !gates
    };
    segments(built).into_iter().filter(is_added).map(|segment| segment.nodes).collect()
}

#[cfg(test)]
mod tests;
