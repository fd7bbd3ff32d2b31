//! Which layers, and which nodes of two layers, stand for each other.

use crate::arch::{Layer, LayerNetwork, Node, Primitive};

/// What it costs to leave a layer without a counterpart; a parameter that differs costs 1.
const GAP: usize = 2;

/// The layer of the parent that each layer of the child stands for: of the same operation, in the same order, with as few
/// differences as there can be. The stems stand for each other.
pub(super) fn aligned_layers(parent: &LayerNetwork, child: &LayerNetwork) -> Vec<Option<usize>> {
    let cost = |old: &Layer, new: &Layer| {
        if old.operation.kind() != new.operation.kind() {
            return None;
        }
        Some(old.operation.values().zip(new.operation.values()).filter(|(old, new)| old != new).count())
    };
    align(&parent.layers, &child.layers, GAP, cost)
}

/// The same for the nodes of two layers: convolutions of all kernels are one kind, depthwise ones another.
pub(super) fn aligned_nodes(parent: &[Node], child: &[Node]) -> Vec<Option<usize>> {
    let is_like = |old: &Node, new: &Node| {
        let alike = match (old.primitive, new.primitive) {
            (Primitive::Convolution { groups: old, .. }, Primitive::Convolution { groups: new, .. }) => (old == 1) == (new == 1),
            (old, new) => std::mem::discriminant(&old) == std::mem::discriminant(&new),
        };
        alike.then_some(0)
    };
    align(parent, child, 1, is_like)
}

/// The alignment of least cost of two sequences; `None` of `cost` forbids a pair.
fn align<T>(old: &[T], new: &[T], gap: usize, cost: impl Fn(&T, &T) -> Option<usize>) -> Vec<Option<usize>> {
    // Of the suffixes from (i, j) on.
    let mut least = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..=old.len()).rev() {
        for j in (0..=new.len()).rev() {
            let steps = [
                (i < old.len()).then(|| gap + least[i + 1][j]),
                (j < new.len()).then(|| gap + least[i][j + 1]),
                (i < old.len() && j < new.len()).then(|| Some(cost(&old[i], &new[j])? + least[i + 1][j + 1])).flatten(),
            ];
            least[i][j] = steps.into_iter().flatten().min().unwrap_or(0);
        }
    }
    let (mut i, mut pairs) = (0, Vec::with_capacity(new.len()));
    while pairs.len() < new.len() {
        let j = pairs.len();
        let paired = i < old.len() && cost(&old[i], &new[j]).is_some_and(|cost| cost + least[i + 1][j + 1] == least[i][j]);
        if paired {
            pairs.push(Some(i));
            i += 1;
        } else if i < old.len() && gap + least[i + 1][j] == least[i][j] {
            i += 1;
        } else {
            pairs.push(None);
        }
    }
    pairs
}
