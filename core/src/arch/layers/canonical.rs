//! One architecture for all that are equal up to relabelling: layers nobody reads are dropped, the rest is put into
//! an order that depends on the structure alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{Layer, LayerNetwork};
use crate::digest::{Digest, Domain};

impl LayerNetwork {
    /// The canonical form. Two architectures with equal canonical forms are isomorphic.
    ///
    /// A sum does not depend on the order of its terms, so the sources of a layer are sorted, the latest first: it is
    /// the main one. Layers that look alike are told apart by trying each of them as the first and keeping the least
    /// result; in a chain with skips no two layers look alike.
    #[must_use]
    pub fn canonical(&self) -> Self {
        // What was read from a file may be no network; it has no other form.
        if self.validate().is_err() {
            return self.clone();
        }
        let live = self.relabelled(&(0..self.layers.len()).map(|layer| Digest::of_json(Domain::Blob, &layer)).collect::<Vec<_>>());
        let colours = live.layers.iter().map(|layer| Digest::of_json(Domain::Blob, &layer.operation)).collect();
        live.least(colours)
    }

    /// The least architecture among those that the given colours leave open.
    fn least(&self, colours: Vec<Digest>) -> Self {
        let colours = self.refined(colours);
        let mut classes: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
        for (layer, &colour) in colours.iter().enumerate() {
            classes.entry(colour).or_default().push(layer);
        }
        let Some(alike) = classes.values().find(|class| class.len() > 1) else {
            return self.relabelled(&colours);
        };
        let attempts = alike.iter().map(|&layer| {
            let mut marked = colours.clone();
            marked[layer] = Digest::of_json(Domain::Blob, &("first", colours[layer]));
            self.least(marked)
        });
        attempts.min().expect("a class has members")
    }

    /// Mixes into the colour of each layer those of its sources and readers, until no more layers are told apart.
    fn refined(&self, mut colours: Vec<Digest>) -> Vec<Digest> {
        let distinct = |colours: &[Digest]| colours.iter().collect::<BTreeSet<_>>().len();
        loop {
            let next: Vec<Digest> = (0..self.layers.len())
                .map(|layer| {
                    let mut sources: Vec<Digest> = self.layers[layer].sources.iter().map(|&source| colours[source]).collect();
                    let mut readers: Vec<Digest> = (layer + 1..self.layers.len())
                        .flat_map(|reader| self.layers[reader].sources.iter().filter(|&&source| source == layer).map(move |_| reader))
                        .map(|reader| colours[reader])
                        .collect();
                    sources.sort_unstable();
                    readers.sort_unstable();
                    Digest::of_json(Domain::Blob, &(colours[layer], sources, readers))
                })
                .collect();
            if distinct(&next) == distinct(&colours) {
                return colours;
            }
            colours = next;
        }
    }

    /// The layers the output depends on, in the order of a walk that visits sources by colour.
    fn relabelled(&self, colours: &[Digest]) -> Self {
        let mut order = Vec::with_capacity(self.layers.len());
        self.visit(self.layers.len() - 1, colours, &mut order);
        let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        let layer = |&old: &usize| {
            let mut sources: Vec<usize> = self.layers[old].sources.iter().map(|source| place[source]).collect();
            sources.sort_unstable_by(|a, b| b.cmp(a));
            Layer { operation: self.layers[old].operation, sources }
        };
        Self { layers: order.iter().map(layer).collect() }
    }

    /// Post-order: each layer after all that it reads.
    fn visit(&self, layer: usize, colours: &[Digest], order: &mut Vec<usize>) {
        if order.contains(&layer) {
            return;
        }
        let mut sources = self.layers[layer].sources.clone();
        sources.sort_unstable_by_key(|&source| colours[source]);
        for source in sources {
            self.visit(source, colours, order);
        }
        order.push(layer);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arch::Operation;

    fn layer(channels: usize, sources: &[usize]) -> Layer {
        Layer { operation: Operation::convolution(3, channels, 1), sources: sources.to_vec() }
    }

    /// Any well-formed architecture of up to eight layers, few distinct operations so that twins are common.
    fn architectures() -> impl Strategy<Value = LayerNetwork> {
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
                LayerNetwork { layers }
            },
        )
    }

    /// The same network with its layers in another topological order and its sources swapped.
    fn relabelled(architecture: &LayerNetwork, picks: &[prop::sample::Index]) -> LayerNetwork {
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
        LayerNetwork { layers }
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
        let with_dead = LayerNetwork { layers: vec![layer(8, &[]), layer(16, &[0]), layer(24, &[0])] };
        assert_eq!(with_dead.canonical(), LayerNetwork { layers: vec![layer(8, &[]), layer(24, &[0])] });
    }

    #[test]
    fn a_skip_is_not_a_chain() {
        let chain = LayerNetwork { layers: vec![layer(8, &[]), layer(8, &[0]), layer(8, &[1])] };
        let skip = LayerNetwork { layers: vec![layer(8, &[]), layer(8, &[0]), layer(8, &[1, 0])] };
        assert_ne!(chain.canonical(), skip.canonical());
    }
}
