//! How many networks a space holds. Each sequence of decisions gives another network: a layer always reads the one
//! before it, which fixes the order, so nothing but the choices tells two networks apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::arch::{LayerNetwork, OperationKind, Parameter};
use crate::space::{LayerSpace, Limits};

/// Networks of the space at this depth; exact up to rounding, which begins at 2⁵³.
pub(super) fn networks(space: &LayerSpace, limits: Limits) -> f64 {
    let choices = |&kind: &OperationKind| -> usize {
        let free = space.searched(kind).filter(|(parameter, _)| *parameter != Parameter::Stride);
        free.map(|(_, options)| options.len()).product()
    };
    let choices: usize = space.operations.iter().map(choices).sum();
    // How many networks of the depth so far end with each resolution.
    let mut ends = BTreeMap::from([(stem_resolution(space, limits), 1.0_f64)]);
    let mut total = 0.0;
    for depth in 0..=limits.depth {
        if depth >= space.min_depth {
            total += ends.values().sum::<f64>();
        }
        // The layer to come is number depth + 1; it may skip to all layers but the one before it.
        let skips = if space.skips { 1 + depth } else { 1 };
        let mut next = BTreeMap::new();
        for (&resolution, &count) in &ends {
            for after in strides(space, resolution) {
                *next.entry(after).or_insert(0.0) += count * (choices * skips) as f64;
            }
        }
        ends = next;
    }
    total
}

/// A depth within the limits at which some sequence of decisions runs out of resolution, with that resolution.
pub(super) fn dead_end(space: &LayerSpace, limits: Limits) -> Option<(usize, usize)> {
    let mut reached = BTreeSet::from([stem_resolution(space, limits)]);
    for depth in 0..limits.depth {
        if let Some(&stuck) = reached.iter().find(|&&resolution| strides(space, resolution).is_empty()) {
            return Some((depth, stuck));
        }
        reached = reached.iter().flat_map(|&resolution| strides(space, resolution)).collect();
    }
    None
}

/// All networks, where there are at most `most`.
pub(super) fn enumerate(space: &LayerSpace, limits: Limits, most: usize) -> Option<Vec<LayerNetwork>> {
    if networks(space, limits) > most as f64 {
        return None;
    }
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(made) = open.pop() {
        match space.decide(limits, &made) {
            Err(decision) => open.extend((0..decision.options).map(|choice| [made.clone(), vec![choice]].concat())),
            Ok(network) => found.extend(Some(network).filter(|network| space.contains(limits, network).is_ok())),
        }
    }
    Some(found)
}

pub(super) fn stem_resolution(space: &LayerSpace, limits: Limits) -> usize {
    limits.image.height.min(limits.image.width).div_ceil(space.stem.stride())
}

/// The resolutions after one more layer.
fn strides(space: &LayerSpace, resolution: usize) -> Vec<usize> {
    let after = |&stride: &usize| resolution.div_ceil(stride);
    space.options(Parameter::Stride).iter().filter(|stride| **stride == 1 || after(stride) >= space.min_resolution).map(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Operation, Shape};
    use crate::space::Choices;

    #[test]
    fn counting_agrees_with_enumeration_and_no_network_comes_twice() {
        let mut space = LayerSpace {
            stem: Operation::convolution(3, 8, 2),
            operations: vec![OperationKind::Convolution, OperationKind::InvertedBottleneck, OperationKind::MaxPool],
            choices: Choices::of([&[3], &[8, 16], &[1, 2], &[2]]),
            skips: true,
            min_depth: 0,
            min_resolution: 6,
        };
        let limits = Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 3 };
        for (skips, strides) in [(true, &[1, 2][..]), (false, &[1, 2]), (true, &[2])] {
            (space.skips, space.choices) = (skips, Choices::of([&[3], &[8, 16], strides, &[2]]));
            let found = enumerate(&space, limits, 10_000).expect("a small space");
            assert!((networks(&space, limits) - found.len() as f64).abs() < 0.5, "{} networks", found.len());
            let distinct: BTreeSet<LayerNetwork> = found.iter().map(LayerNetwork::canonical).collect();
            assert_eq!(distinct.len(), found.len());
            assert_eq!(dead_end(&space, limits).is_some(), strides == [2]);
        }
    }
}
