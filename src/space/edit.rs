//! A space as edits of a network: insert, scale and remove, each a short sequence of decisions with its illegal
//! options left out. Who makes the decisions is not known here: a policy, a random number or a test.

use serde::{Deserialize, Serialize};

use super::{LayerSpace, Limits};
use crate::arch::{Architecture, Layer, OperationKind};

/// Which question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Insert, scale or remove. Options: [`Action::ALL`].
    Action,
    /// The layer whose output a new layer reads. Options: layers.
    Source,
    /// A second layer to read, or none. Options: layers, then none.
    Skip,
    /// Options: the operations of the space. The same for kernel, channels, stride and expansion.
    Operation,
    Kernel,
    Channels,
    Stride,
    Expansion,
    /// The layer to scale. Options: layers.
    Target,
    /// Keep, or one of the kernels of the space. The same for the other features that scale.
    ScaleKernel,
    ScaleChannels,
    ScaleStride,
    ScaleExpansion,
    /// The layer to remove, or none. Options: layers, then none.
    Remove,
}

/// What an edit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Insert,
    Scale,
    Remove,
}

impl Action {
    pub const ALL: [Self; 3] = [Self::Insert, Self::Scale, Self::Remove];
}

/// One question with its legal answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub head: Head,
    /// The layer it is about, where it is about one.
    pub layer: Option<usize>,
    /// The operation it is about, as an index into the space's operations.
    pub operation: Option<usize>,
    /// Which options may be chosen; at least one.
    pub legal: Vec<bool>,
}

impl Question {
    /// The only legal option, where there is one: nothing to be decided.
    pub fn forced(&self) -> Option<usize> {
        let mut options = (0..self.legal.len()).filter(|&option| self.legal[option]);
        options.next().filter(|_| options.next().is_none())
    }
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub question: Question,
    pub choice: usize,
}

/// Asks for one edit of `network` and carries it out. `None` when the network that results is outside the space.
pub fn edit(space: &LayerSpace, limits: Limits, network: &Architecture, ask: &mut dyn FnMut(Question) -> usize) -> Option<Architecture> {
    let editor = Editor { space, limits, network };
    let edited = match editor.action(ask) {
        Action::Insert => editor.insert(ask),
        Action::Scale => editor.scale(ask)?,
        Action::Remove => editor.remove(ask)?,
    };
    let edited = edited.canonical();
    space.contains(limits, &edited).ok()?;
    Some(edited)
}

struct Editor<'a> {
    space: &'a LayerSpace,
    limits: Limits,
    network: &'a Architecture,
}

type Ask<'a> = &'a mut dyn FnMut(Question) -> usize;

impl Editor<'_> {
    fn action(&self, ask: Ask) -> Action {
        let depth = self.network.layers.len() - 1;
        let legal = vec![depth < self.limits.depth, depth > 0, depth > self.space.min_depth.max(1)];
        if !legal.contains(&true) {
            return Action::Remove;
        }
        Action::ALL[ask(Question { head: Head::Action, layer: None, operation: None, legal })]
    }

    /// A new layer behind its latest source; whoever read that source as its main one reads the new layer.
    fn insert(&self, ask: Ask) -> Architecture {
        let space = self.space;
        let count = self.network.layers.len();
        let source = ask(Question { head: Head::Source, layer: None, operation: None, legal: vec![true; count] });
        let mut skips: Vec<bool> = (0..count).map(|layer| space.skips && layer != source).collect();
        skips.push(true);
        let skip = ask(Question { head: Head::Skip, layer: Some(source), operation: None, legal: skips });
        let skip = Some(skip).filter(|&skip| skip < count);
        let ask_value =
            |head, operation, options: usize, ask: Ask| ask(Question { head, layer: Some(source), operation, legal: vec![true; options] });
        let operation = ask_value(Head::Operation, None, space.operations.len(), ask);
        let kind = space.operations[operation];
        let kernel = space.kernels[ask_value(Head::Kernel, Some(operation), space.kernels.len(), ask)];
        let channels =
            if kind.has_channels() { space.channels[ask_value(Head::Channels, Some(operation), space.channels.len(), ask)] } else { 0 };
        let stride = space.strides[ask_value(Head::Stride, Some(operation), space.strides.len(), ask)];
        let expansion = if kind.has_expansion() {
            space.expansions[ask_value(Head::Expansion, Some(operation), space.expansions.len(), ask)]
        } else {
            0
        };

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
        layers.insert(place, Layer { operation: kind.with(kernel, channels, stride, expansion), sources });
        Architecture { layers }
    }

    /// New values for the features of one layer, each kept or replaced.
    fn scale(&self, ask: Ask) -> Option<Architecture> {
        let space = self.space;
        let count = self.network.layers.len();
        let legal = (0..count).map(|layer| layer > 0).collect();
        let target = ask(Question { head: Head::Target, layer: None, operation: None, legal });
        let old = self.network.layers[target].operation;
        let operation = space.operations.iter().position(|&kind| kind == old.kind());
        let scaled = |head, choices: &[usize], now: Option<usize>, ask: Ask| {
            let Some(now) = now else { return 0 };
            let legal = std::iter::once(true).chain(choices.iter().map(|&choice| choice != now)).collect();
            match ask(Question { head, layer: Some(target), operation, legal }) {
                0 => now,
                choice => choices[choice - 1],
            }
        };
        let kernel = scaled(Head::ScaleKernel, &space.kernels, Some(old.kernel()), ask);
        let channels = scaled(Head::ScaleChannels, &space.channels, old.channels(), ask);
        let stride = scaled(Head::ScaleStride, &space.strides, Some(old.stride()), ask);
        let expansion = scaled(Head::ScaleExpansion, &space.expansions, old.expansion(), ask);
        let mut layers = self.network.layers.clone();
        layers[target].operation = old.kind().with(kernel, channels, stride, expansion);
        Some(Architecture { layers }).filter(|scaled| scaled != self.network)
    }

    /// Takes one layer out; its readers read its main source.
    fn remove(&self, ask: Ask) -> Option<Architecture> {
        let count = self.network.layers.len();
        let legal = (0..=count).map(|layer| layer > 0).collect();
        let target = ask(Question { head: Head::Remove, layer: None, operation: None, legal });
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
        Some(Architecture { layers })
    }
}

impl Head {
    pub const ALL: [Self; 14] = [
        Self::Action,
        Self::Source,
        Self::Skip,
        Self::Operation,
        Self::Kernel,
        Self::Channels,
        Self::Stride,
        Self::Expansion,
        Self::Target,
        Self::ScaleKernel,
        Self::ScaleChannels,
        Self::ScaleStride,
        Self::ScaleExpansion,
        Self::Remove,
    ];

    /// Whether the options are the layers of the network (a pointer), with "none" behind them where `Some(true)`.
    pub const fn pointer(self) -> Option<bool> {
        match self {
            Self::Source | Self::Target => Some(false),
            Self::Skip | Self::Remove => Some(true),
            _ => None,
        }
    }

    /// How many options a head has that is not a pointer.
    pub fn options(self, space: &LayerSpace) -> usize {
        match self {
            Self::Action => Action::ALL.len(),
            Self::Operation => space.operations.len(),
            Self::Kernel => space.kernels.len(),
            Self::Channels => space.channels.len(),
            Self::Stride => space.strides.len(),
            Self::Expansion => space.expansions.len(),
            Self::ScaleKernel => 1 + space.kernels.len(),
            Self::ScaleChannels => 1 + space.channels.len(),
            Self::ScaleStride => 1 + space.strides.len(),
            Self::ScaleExpansion => 1 + space.expansions.len(),
            Self::Source | Self::Target | Self::Skip | Self::Remove => 0,
        }
    }
}

/// What a policy sees of one layer: an index into a table for each feature, 0 where the feature does not apply
/// or its value is not one of the space's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerFeatures {
    /// Operation, kernel, channels, stride, expansion.
    pub choices: [usize; 5],
    /// How many layers back the skip connection comes from, 0 without one; at most [`LayerFeatures::MAX_SKIP`].
    pub skip: usize,
}

impl LayerFeatures {
    pub const MAX_SKIP: usize = 15;

    /// Features of every layer, in order.
    pub fn of(space: &LayerSpace, architecture: &Architecture) -> Vec<Self> {
        fn place<T: PartialEq>(choices: &[T], value: Option<T>) -> usize {
            value.and_then(|value| choices.iter().position(|choice| *choice == value)).map_or(0, |index| index + 1)
        }
        let features = |(index, layer): (usize, &Layer)| {
            let operation = layer.operation;
            let kind: OperationKind = operation.kind();
            Self {
                choices: [
                    place(&space.operations, Some(kind)),
                    place(&space.kernels, Some(operation.kernel())),
                    place(&space.channels, operation.channels()),
                    place(&space.strides, Some(operation.stride())),
                    place(&space.expansions, operation.expansion()),
                ],
                skip: layer.sources.get(1).map_or(0, |&skip| (index - skip).min(Self::MAX_SKIP)),
            }
        };
        architecture.layers.iter().enumerate().map(features).collect()
    }

    /// How many entries the table of each of `choices` has.
    pub fn table_sizes(space: &LayerSpace) -> [usize; 5] {
        [space.operations.len(), space.kernels.len(), space.channels.len(), space.strides.len(), space.expansions.len()]
            .map(|count| count + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Seed, weighted};
    use crate::space::layers::tests::{LIMITS, space};

    #[test]
    fn random_edits_stay_in_the_space_and_use_every_head() {
        let space = space();
        let mut network = Architecture { layers: vec![Layer { operation: space.stem, sources: vec![] }] };
        let mut stream = Seed::root(1).stream();
        let mut asked = std::collections::BTreeSet::new();
        let mut done = 0;
        for _ in 0..3_000 {
            let mut ask = |question: Question| {
                asked.insert(question.head);
                let weights: Vec<f64> = question.legal.iter().map(|&legal| f64::from(u8::from(legal))).collect();
                weighted(&mut stream, &weights).expect("a legal option")
            };
            if let Some(edited) = edit(&space, LIMITS, &network, &mut ask) {
                assert_eq!(space.contains(LIMITS, &edited), Ok(()), "{}", edited.summary());
                assert_eq!(edited, edited.canonical());
                network = edited;
                done += 1;
            }
        }
        assert!(done > 500, "{done} edits were possible");
        assert_eq!(asked.len(), Head::ALL.len());
    }

    #[test]
    fn inserting_and_removing_a_layer_gives_the_network_back() {
        let space = space();
        let stem = Layer { operation: space.stem, sources: vec![] };
        let layer = Layer { operation: space.operations[0].with(3, 16, 2, 0), sources: vec![0] };
        let network = Architecture { layers: vec![stem, layer] };
        let mut answers = [0, 1, 2, 0, 0, 0, 0].into_iter();
        let longer = edit(&space, LIMITS, &network, &mut |_| answers.next().expect("enough answers")).expect("legal");
        assert_eq!(longer.summary(), "conv3×8 · conv3×16/2 · conv3×8");
        let mut answers = [2, 2].into_iter();
        let back = edit(&space, LIMITS, &longer, &mut |_| answers.next().expect("enough answers"));
        assert_eq!(back, Some(network));
    }
}
