//! The space of layers as edits of a network: insert, scale and remove, each a short sequence of questions.

use std::iter::once;

use super::{LayerSpace, Limits};
use crate::arch::{Layer, LayerNetwork, Parameter};
use crate::space::questions::{Ask, HeadKind, Question};

/// Which question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Insert, scale or remove. Options: [`Action::ALL`].
    Action,
    /// The layer whose output a new layer reads. Options: layers.
    Source,
    /// A second layer to read, or none. Options: layers, then none.
    Skip,
    /// The operation of a new layer. Options: those of the space.
    Operation,
    /// The value of a parameter of a new layer. Options: those of the space.
    Value(Parameter),
    /// The layer to scale. Options: layers.
    Target,
    /// Keep the value of a parameter, or one of the options of the space.
    Scale(Parameter),
    /// The layer to remove, or none. Options: layers, then none.
    Remove,
}

/// What an edit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Insert,
    Scale,
    Remove,
}

impl Action {
    const ALL: [Self; 3] = [Self::Insert, Self::Scale, Self::Remove];
}

impl LayerSpace {
    /// Asks for one edit of `network` and carries it out. `None` when the network that results is outside the space.
    pub fn edit(&self, limits: Limits, network: &LayerNetwork, ask: Ask) -> Option<LayerNetwork> {
        let editor = Editor { space: self, limits, network };
        let edited = match editor.action(ask) {
            Action::Insert => editor.insert(ask),
            Action::Scale => editor.scale(ask)?,
            Action::Remove => editor.remove(ask)?,
        };
        let edited = edited.canonical();
        self.contains(limits, &edited).ok()?;
        Some(edited)
    }

    /// Every head of the space.
    pub(super) fn heads(&self) -> impl Iterator<Item = Head> {
        let searched = || self.choices.iter().map(|(parameter, _)| parameter);
        let values = [Head::Action, Head::Source, Head::Skip, Head::Operation].into_iter().chain(searched().map(Head::Value));
        values.chain([Head::Target]).chain(searched().map(Head::Scale)).chain([Head::Remove])
    }

    /// The place of a head among those of the space.
    fn head(&self, head: Head) -> usize {
        self.heads().take_while(|other| *other != head).count()
    }

    /// The answer that makes a network larger, where there is one.
    pub fn growing(&self, question: &Question) -> Option<usize> {
        (question.head == self.head(Head::Action) && question.legal[Action::Insert as usize]).then_some(Action::Insert as usize)
    }
}

struct Editor<'a> {
    space: &'a LayerSpace,
    limits: Limits,
    network: &'a LayerNetwork,
}

impl Editor<'_> {
    fn action(&self, ask: Ask) -> Action {
        let depth = self.network.layers.len() - 1;
        let legal = vec![depth < self.limits.depth, depth > 0, depth > self.space.min_depth.max(1)];
        if !legal.contains(&true) {
            return Action::Remove;
        }
        Action::ALL[ask(Question { head: self.space.head(Head::Action), token: None, context: None, legal })]
    }

    /// A new layer behind its latest source; whoever read that source as its main one reads the new layer.
    fn insert(&self, ask: Ask) -> LayerNetwork {
        let space = self.space;
        let count = self.network.layers.len();
        let source = ask(Question { head: self.space.head(Head::Source), token: None, context: None, legal: vec![true; count] });
        let mut skips: Vec<bool> = (0..count).map(|layer| space.skips && layer != source).collect();
        skips.push(true);
        let skip = ask(Question { head: self.space.head(Head::Skip), token: Some(source), context: None, legal: skips });
        let skip = Some(skip).filter(|&skip| skip < count);
        let mut ask_value = |head: Head, operation: Option<usize>, options: usize| {
            ask(Question { head: space.head(head), token: Some(source), context: operation, legal: vec![true; options] })
        };
        let operation = ask_value(Head::Operation, None, space.operations.len());
        let mut value = |parameter, options: &[usize]| options[ask_value(Head::Value(parameter), Some(operation), options.len())];
        let operation = space.operation(space.operations[operation], &mut value);

        let behind = source.max(skip.unwrap_or(0));
        let place = behind + 1;
        let mut layers = self.network.layers.clone();
        for layer in &mut layers[place..] {
            for (position, source) in layer.sources.iter_mut().enumerate() {
                if *source >= place || (position == 0 && *source == behind) {
                    *source += 1;
                }
            }
        }
        let mut sources = vec![behind];
        sources.extend(skip.map(|skip| skip.min(source)).filter(|&other| other != behind));
        layers.insert(place, Layer { operation, sources });
        LayerNetwork { layers }
    }

    /// New values for the features of one layer, each kept or replaced.
    fn scale(&self, ask: Ask) -> Option<LayerNetwork> {
        let space = self.space;
        let count = self.network.layers.len();
        let legal = (0..count).map(|layer| layer > 0).collect();
        let target = ask(Question { head: self.space.head(Head::Target), token: None, context: None, legal });
        let mut layers = self.network.layers.clone();
        let layer = &mut layers[target].operation;
        let operation = space.operations.iter().position(|&kind| kind == layer.kind());
        for (parameter, options) in space.searched(layer.kind()) {
            let now = layer.get(parameter);
            let legal = once(true).chain(options.iter().map(|&option| Some(option) != now)).collect();
            let head = space.head(Head::Scale(parameter));
            if let Some(choice) = ask(Question { head, token: Some(target), context: operation, legal }).checked_sub(1) {
                layer.set(parameter, options[choice]);
            }
        }
        Some(LayerNetwork { layers }).filter(|scaled| scaled != self.network)
    }

    /// Takes one layer out; its readers read its main source.
    fn remove(&self, ask: Ask) -> Option<LayerNetwork> {
        let count = self.network.layers.len();
        let legal = (0..=count).map(|layer| layer > 0).collect();
        let target = ask(Question { head: self.space.head(Head::Remove), token: None, context: None, legal });
        if target >= count {
            return None;
        }
        let main = self.network.layers[target].sources[0];
        let mut layers = self.network.layers.clone();
        layers.remove(target);
        for layer in &mut layers[target..] {
            for source in &mut layer.sources {
                if *source == target {
                    *source = main;
                } else if *source > target {
                    *source -= 1;
                }
            }
            // A skip over the layer that went would double its main source.
            layer.sources.dedup();
        }
        Some(LayerNetwork { layers })
    }
}

impl Head {
    /// What its options are.
    pub(super) fn kind(self, space: &LayerSpace) -> HeadKind {
        let choice = |options| HeadKind::Choice { options, keep: false };
        match self {
            Self::Source | Self::Target => HeadKind::Pointer { none: false },
            Self::Skip | Self::Remove => HeadKind::Pointer { none: true },
            Self::Action => choice(Action::ALL.len()),
            Self::Operation => choice(space.operations.len()),
            Self::Value(parameter) => choice(space.options(parameter).len()),
            Self::Scale(parameter) => HeadKind::Choice { options: 1 + space.options(parameter).len(), keep: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat;

    use super::*;
    use crate::arch::Operation;
    use crate::seed::{Seed, weighted};
    use crate::space::layers::tests::{LIMITS, space};

    #[test]
    fn random_edits_stay_in_the_space_and_use_every_head() {
        let space = space();
        let mut network = LayerNetwork { layers: vec![Layer { operation: space.stem, sources: vec![] }] };
        let mut stream = Seed::root(1).stream();
        let mut asked = std::collections::BTreeSet::new();
        let mut done = 0;
        for _ in 0..3_000 {
            let mut ask = |question: Question| {
                asked.insert(question.head);
                let weights: Vec<f64> = question.legal.iter().map(|&legal| f64::from(u8::from(legal))).collect();
                weighted(&mut stream, &weights).expect("a legal option")
            };
            if let Some(edited) = space.edit(LIMITS, &network, &mut ask) {
                assert_eq!(space.contains(LIMITS, &edited), Ok(()), "{}", edited.summary());
                assert_eq!(edited, edited.canonical());
                network = edited;
                done += 1;
            }
        }
        assert!(done > 500, "{done} edits were possible");
        assert_eq!(asked.len(), space.heads().count());
    }

    #[test]
    fn inserting_and_removing_a_layer_gives_the_network_back() {
        let space = space();
        let stem = Layer { operation: space.stem, sources: vec![] };
        let layer = Layer { operation: Operation::convolution(3, 16, 2), sources: vec![0] };
        let network = LayerNetwork { layers: vec![stem, layer] };
        let mut answers = [0, 1, 2].into_iter().chain(repeat(0));
        let longer = space.edit(LIMITS, &network, &mut |_| answers.next().expect("enough answers")).expect("legal");
        assert_eq!(longer.summary(), "conv3×8 · conv3×16/2 · conv3×16");
        let mut answers = [2, 2].into_iter();
        let back = space.edit(LIMITS, &longer, &mut |_| answers.next().expect("enough answers"));
        assert_eq!(back, Some(network));
    }
}
