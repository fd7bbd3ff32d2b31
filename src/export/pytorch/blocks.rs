//! The nodes of a network, gathered into the modules that a person would write: what follows on each other without a fork
//! is one `nn.Sequential`. A mean over the image begins another one: the classifier, or what scales channels.

use std::collections::BTreeMap;

use crate::arch::{Network, Primitive};

/// Modules, in order of their last nodes.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    /// Nodes of each module.
    pub chains: Vec<Vec<usize>>,
    /// The module of a node and its place in it.
    places: BTreeMap<usize, (usize, usize)>,
    /// What each node reads, with what does nothing left out.
    pub inputs: Vec<Vec<usize>>,
    /// How many read each node.
    pub readers: Vec<usize>,
}

impl Blocks {
    pub(crate) fn of(network: &Network) -> Self {
        let nodes = &network.nodes;
        // The node that stands for each: a dropout of paths for what it reads.
        let mut stands: Vec<usize> = Vec::with_capacity(nodes.len());
        let mut inputs: Vec<Vec<usize>> = Vec::with_capacity(nodes.len());
        let mut readers = vec![0; nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            let read: Vec<usize> = node.inputs.iter().map(|&input| stands[input]).collect();
            let is_nothing = node.primitive == Primitive::PathDropout;
            stands.push(if is_nothing { read[0] } else { index });
            if !is_nothing {
                for &input in &read {
                    readers[input] += 1;
                }
            }
            inputs.push(read);
        }
        let mut chains: Vec<Vec<usize>> = Vec::new();
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| is_layer(node.primitive)) {
            let before = inputs[index][0];
            match chains.iter_mut().find(|chain| chain.last() == Some(&before)) {
                Some(chain) if readers[before] == 1 && node.primitive != Primitive::GlobalAveragePool => chain.push(index),
                _ => chains.push(vec![index]),
            }
        }
        // A rectifier alone is written where it is used.
        chains.retain(|chain| !matches!(chain[..], [only] if nodes[only].primitive == Primitive::Relu));
        chains.sort_by_key(|chain| chain.last().copied());
        let place = |(block, chain): (usize, &Vec<usize>)| {
            chain.iter().enumerate().map(move |(place, &node)| (node, (block, place))).collect::<Vec<_>>()
        };
        let places = chains.iter().enumerate().flat_map(place).collect();
        Self { chains, places, inputs, readers }
    }

    /// The name of a module.
    pub(crate) fn name(&self, block: usize) -> String {
        if block + 1 == self.chains.len() { "classifier".to_owned() } else { format!("block{}", block + 1) }
    }

    /// The module that a node is in.
    pub(crate) fn block(&self, node: usize) -> Option<usize> {
        self.places.get(&node).map(|(block, _)| *block)
    }

    /// The name of a node's own module.
    pub(crate) fn module(&self, node: usize) -> String {
        let (block, place) = self.places[&node];
        let name = self.name(block);
        if self.chains[block].len() == 1 { name } else { format!("{name}.{place}") }
    }
}

/// Whether a node is a module of one input.
fn is_layer(primitive: Primitive) -> bool {
    !matches!(primitive, Primitive::Input | Primitive::Add | Primitive::Concat | Primitive::Scale | Primitive::PathDropout)
}
