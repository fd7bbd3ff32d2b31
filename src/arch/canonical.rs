//! One architecture for all that are equal up to relabelling: layers nobody reads are dropped, the rest is put into
//! an order that depends on the structure alone.

use std::collections::BTreeMap;

use super::{Architecture, Layer};
use crate::digest::{Digest, Domain};

impl Architecture {
    /// The canonical form. Two architectures with equal canonical forms compute the same function of their weights.
    ///
    /// A sum does not depend on the order of its terms, so the two sources of a layer are sorted; a source named
    /// twice stays twice, for it doubles the signal.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let hashes = self.refined_hashes();
        let mut order = Vec::with_capacity(self.layers.len());
        self.visit(self.layers.len() - 1, &hashes, &mut order);
        let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        let layers = order
            .iter()
            .map(|old| {
                let layer = &self.layers[*old];
                let mut sources: Vec<usize> = layer.sources.iter().map(|source| place[source]).collect();
                // The latest source is the main one.
                sources.sort_unstable_by(|a, b| b.cmp(a));
                Layer { operation: layer.operation, sources }
            })
            .collect();
        Self { layers }
    }

    /// Post-order walk from the output, sources by hash: each layer after all that it reads.
    fn visit(&self, layer: usize, hashes: &[Digest], order: &mut Vec<usize>) {
        if order.contains(&layer) {
            return;
        }
        let mut sources = self.layers[layer].sources.clone();
        sources.sort_unstable_by_key(|&source| hashes[source]);
        for source in sources {
            self.visit(source, hashes, order);
        }
        order.push(layer);
    }

    /// A hash for each layer of what is below it, then of who reads it: layers with equal operations on equal
    /// sources are told apart by their readers.
    fn refined_hashes(&self) -> Vec<Digest> {
        let mut below: Vec<Digest> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let mut sources: Vec<Digest> = layer.sources.iter().map(|&source| below[source]).collect();
            sources.sort_unstable();
            below.push(Digest::of_json(Domain::Blob, &(layer.operation, sources)));
        }
        let mut above = below.clone();
        for index in (0..self.layers.len()).rev() {
            let mut readers: Vec<Digest> = (index + 1..self.layers.len())
                .flat_map(|reader| self.layers[reader].sources.iter().filter(|&&source| source == index).map(move |_| reader))
                .map(|reader| above[reader])
                .collect();
            readers.sort_unstable();
            above[index] = Digest::of_json(Domain::Blob, &(below[index], readers));
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arch::Operation;

    fn layer(channels: usize, sources: &[usize]) -> Layer {
        Layer { operation: Operation::Convolution { kernel: 3, channels, stride: 1 }, sources: sources.to_vec() }
    }

    /// Any well-formed architecture of up to eight layers, few distinct operations so that twins are common.
    fn architectures() -> impl Strategy<Value = Architecture> {
        prop::collection::vec((0_usize..3, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 1..8).prop_map(
            |rows| {
                let mut layers = vec![layer(8, &[])];
                for (kind, first, second, two) in rows {
                    let mut sources = vec![first.index(layers.len())];
                    if two {
                        sources.push(second.index(layers.len()));
                    }
                    layers.push(layer(8 * (kind + 1), &sources));
                }
                Architecture { layers }
            },
        )
    }

    /// The same network with its layers in another topological order and its sources swapped.
    fn relabelled(architecture: &Architecture, picks: &[prop::sample::Index]) -> Architecture {
        let count = architecture.layers.len();
        let mut order: Vec<usize> = Vec::new();
        for step in 0..count {
            let ready: Vec<usize> = (0..count)
                .filter(|index| !order.contains(index))
                .filter(|index| architecture.layers[*index].sources.iter().all(|source| order.contains(source)))
                // The output stays last.
                .filter(|index| step + 1 == count || *index + 1 != count)
                .collect();
            if ready.is_empty() {
                return architecture.clone();
            }
            order.push(ready[picks[step % picks.len()].index(ready.len())]);
        }
        let place = |old: usize| order.iter().position(|&other| other == old).expect("each layer is placed");
        let layers = order
            .iter()
            .map(|&old| Layer {
                operation: architecture.layers[old].operation,
                sources: architecture.layers[old].sources.iter().rev().map(|&source| place(source)).collect(),
            })
            .collect();
        Architecture { layers }
    }

    proptest! {
        #[test]
        fn relabelling_changes_nothing(architecture in architectures(), picks in prop::collection::vec(any::<prop::sample::Index>(), 8)) {
            let live = architecture.canonical();
            prop_assert!(live.validate().is_ok());
            prop_assert_eq!(&live, &live.canonical(), "canonical form is idempotent");
            prop_assert_eq!(relabelled(&live, &picks).canonical(), live);
        }
    }

    #[test]
    fn layers_nobody_reads_are_dropped() {
        let with_dead = Architecture { layers: vec![layer(8, &[]), layer(16, &[0]), layer(24, &[0])] };
        assert_eq!(with_dead.canonical(), Architecture { layers: vec![layer(8, &[]), layer(24, &[0])] });
    }

    #[test]
    fn a_skip_is_not_a_chain() {
        let chain = Architecture { layers: vec![layer(8, &[]), layer(8, &[0]), layer(8, &[1])] };
        let skip = Architecture { layers: vec![layer(8, &[]), layer(8, &[0]), layer(8, &[1, 0])] };
        assert_ne!(chain.canonical(), skip.canonical());
    }
}
