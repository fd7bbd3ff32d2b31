//! How channels of the parent flow through the child: from which it follows what every node takes over.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Heir;
use crate::arch::{Network, Node, Primitive};

/// What a node gives: the output of a node of the parent, with the place there of every channel.
#[derive(Clone, Debug, PartialEq)]
struct Flow {
    from: usize,
    places: Vec<usize>,
}

/// Where the weights of every node of `child` come from, by its counterparts in `parent`; `added` are layers that keep the shape.
pub(super) fn heirs(parent: &Network, child: &Network, pairs: &[Option<usize>], added: &[Range<usize>]) -> Vec<Heir> {
    let mut flows: Vec<Option<Flow>> = Vec::with_capacity(child.nodes.len());
    let mut heirs: Vec<Heir> = Vec::with_capacity(child.nodes.len());
    for (index, node) in child.nodes.iter().enumerate() {
        let known = (&flows[..], &heirs[..]);
        let (heir, flow) = match (pairs[index], added.iter().find(|nodes| nodes.contains(&index))) {
            (Some(of), _) => from_counterpart(parent, (node, of), known.0),
            (None, Some(nodes)) => identity(child, (index, nodes), known),
            (None, None) => (Heir::Fresh, passing(node, known.0)),
        };
        heirs.push(heir);
        flows.push(flow);
    }
    heirs
}

/// What a node without weights hands on; one with weights gives something new.
fn passing(node: &Node, flows: &[Option<Flow>]) -> Option<Flow> {
    let hands_on = matches!(
        node.primitive,
        Primitive::Relu | Primitive::MaxPool { .. } | Primitive::AveragePool { .. } | Primitive::Add | Primitive::PathDropout
    );
    node.inputs.first().filter(|_| hands_on).and_then(|&input| flows[input].clone())
}

fn from_counterpart(parent: &Network, (node, of): (&Node, usize), flows: &[Option<Flow>]) -> (Heir, Option<Flow>) {
    let there = &parent.nodes[of];
    let channels = (there.shape.channels, node.shape.channels);
    let expected = |position: usize| {
        let flow = flows[*node.inputs.get(position)?].as_ref()?;
        (Some(&flow.from) == there.inputs.get(position)).then_some(&flow.places)
    };
    let gives = |places: Vec<usize>| Some(Flow { from: of, places });
    match (node.primitive, there.primitive) {
        (Primitive::Input, _) => (Heir::Fresh, gives((0..channels.1).collect())),
        (Primitive::Convolution { groups: 1, input, .. }, Primitive::Convolution { input: old, .. })
        | (Primitive::Linear { input, .. }, Primitive::Linear { input: old, .. }) => {
            let inputs = expected(0).map_or_else(|| by_position(old, input), |places| parted(places));
            let outputs: Vec<usize> = (0..channels.1).map(|output| output % channels.0).collect();
            (Heir::Of { node: of, outputs: outputs.iter().copied().map(Some).collect(), inputs }, gives(outputs))
        }
        // One weight a channel: channels stay what they are.
        (Primitive::Convolution { .. } | Primitive::BatchNorm { .. }, _) => {
            let places = expected(0).cloned();
            let outputs = places.as_ref().map_or_else(
                || (0..channels.1).map(|place| (place < channels.0).then_some(place)).collect(),
                |places| places.iter().copied().map(Some).collect(),
            );
            (Heir::Of { node: of, outputs, inputs: Vec::new() }, places.or_else(|| all_of(channels)).and_then(gives))
        }
        (Primitive::Concat, _) => {
            let mut places = Vec::new();
            let mut begin = 0;
            for (position, &input) in there.inputs.iter().enumerate() {
                let Some(of_input) = expected(position) else { return (Heir::Fresh, None) };
                places.extend(of_input.iter().map(|place| begin + place));
                begin += parent.nodes[input].shape.channels;
            }
            (Heir::Fresh, gives(places).filter(|_| node.inputs.len() == there.inputs.len()))
        }
        _ => (Heir::Fresh, expected(0).cloned().and_then(gives)),
    }
}

/// Places by number, where there are as many.
fn all_of((old, new): (usize, usize)) -> Option<Vec<usize>> {
    (old == new).then(|| (0..new).collect())
}

/// Inputs of another meaning: what fits, by position.
fn by_position(old: usize, new: usize) -> Vec<Option<(usize, f32)>> {
    (0..new).map(|place| (place < old).then_some((place, 1.0))).collect()
}

/// Every input with its place, and its part of the weight, which the copies of one channel divide in the ratio 1 : 2 : 3 ….
fn parted(places: &[usize]) -> Vec<Option<(usize, f32)>> {
    let mut copies: BTreeMap<usize, usize> = BTreeMap::new();
    for &place in places {
        *copies.entry(place).or_default() += 1;
    }
    let mut met: BTreeMap<usize, usize> = BTreeMap::new();
    let part = |&place: &usize| {
        let (count, nth) = (copies[&place], met.entry(place).or_default());
        *nth += 1;
        Some((place, *nth as f32 / (count * (count + 1) / 2) as f32))
    };
    places.iter().map(part).collect()
}

/// A node of a layer that is added and gives what it gets; at the end of a residual branch, one that adds nothing.
fn identity(child: &Network, (index, nodes): (usize, &Range<usize>), (flows, heirs): (&[Option<Flow>], &[Heir])) -> (Heir, Option<Flow>) {
    let node = &child.nodes[index];
    let is_residual = nodes.clone().any(|inner| child.nodes[inner].primitive == Primitive::Add);
    let same = |input: usize| child.nodes[input].shape.channels == node.shape.channels;
    let input = node.inputs.first().copied().unwrap_or(0);
    match node.primitive {
        // The branch comes first, then what it is added to.
        Primitive::Add => (Heir::Fresh, flows[node.inputs[1]].clone()),
        Primitive::BatchNorm { .. } if is_residual => {
            let is_last = nodes.clone().all(|inner| inner <= index || child.nodes[inner].primitive == Primitive::Add);
            (if is_last { Heir::Nothing } else { Heir::Fresh }, None)
        }
        _ if is_residual => (Heir::Fresh, None),
        Primitive::Convolution { .. } if same(input) => (Heir::Identity { behind: None }, flows[input].clone()),
        Primitive::BatchNorm { .. } => (Heir::Identity { behind: behind(child, nodes, heirs) }, flows[input].clone()),
        _ => (Heir::Fresh, flows[input].clone()),
    }
}

/// The normalisation of the parent that made what a layer reads, if a rectifier and nothing else follows it.
fn behind(child: &Network, nodes: &Range<usize>, heirs: &[Heir]) -> Option<(usize, Vec<usize>)> {
    let rectifier = &child.nodes[*child.nodes[nodes.start].inputs.first()?];
    let norm = *rectifier.inputs.first().filter(|_| rectifier.primitive == Primitive::Relu)?;
    match (&child.nodes[norm].primitive, &heirs[norm]) {
        (Primitive::BatchNorm { .. }, Heir::Of { node, outputs, .. }) => Some((*node, outputs.iter().copied().collect::<Option<_>>()?)),
        (Primitive::BatchNorm { .. }, Heir::Identity { behind }) => behind.clone(),
        _ => None,
    }
}
