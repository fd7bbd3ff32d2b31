//! A network as a policy sees it, and what a policy can be asked: the same words for every space.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arch::{CostKind, Costs};

/// One question with its legal answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Which kind of question, as an index into [`Vocabulary::heads`].
    pub head: usize,
    /// The token of the network it is about, where it is about one.
    pub token: Option<usize>,
    /// What else it is about, such as an operation, as an index below [`Vocabulary::contexts`].
    pub context: Option<usize>,
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

/// Whoever answers questions: a policy, a random number or a test.
pub type Ask<'a> = &'a mut dyn FnMut(Question) -> usize;

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub question: Question,
    pub choice: usize,
}

/// What the options of a question are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadKind {
    /// The tokens of the network, with "none" behind them where there is such an option.
    Pointer { none: bool },
    /// A fixed list; the first option changes nothing where `keep`.
    Choice { options: usize, keep: bool },
}

/// Everything that a space can ask, and how many values the features of a token have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    pub heads: Vec<HeadKind>,
    /// How many values each feature of a token has.
    pub features: Vec<usize>,
    pub contexts: usize,
    /// The most tokens a network has.
    pub tokens: usize,
    /// How many numbers of its own the space tells of a network.
    pub numbers: usize,
}

/// What a policy or a predictor sees of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// The parts of the network in order, each with the features of [`Vocabulary::features`]; 0 where one does not apply.
    pub tokens: Vec<Vec<usize>>,
    /// Numbers about the whole network, of the order of one.
    pub globals: [f64; Sketch::GLOBALS],
    /// What the space tells besides, as many as [`Vocabulary::numbers`] says.
    pub numbers: Vec<f64>,
}

impl Sketch {
    pub const GLOBALS: usize = 6;

    /// Logarithms of the known costs, moved near zero, and two numbers of the space's own.
    pub fn globals(costs: &Costs, own: [f64; 2]) -> [f64; Self::GLOBALS] {
        let log = |kind, centre: f64| costs.get(&kind).map_or(0.0, |cost: &f64| cost.max(1e-3).log10() - centre);
        [log(CostKind::Params, 4.5), log(CostKind::Macs, 6.5), log(CostKind::Activations, 4.5), log(CostKind::Latency, 1.0), own[0], own[1]]
    }
}

/// Something to be decided in building a network from nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The same for the same decision in every network.
    pub name: String,
    /// At least one.
    pub options: usize,
}

/// Gives every distinct value its place, from 0.
pub(super) fn places<T: Ord + Clone>(values: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut places = BTreeMap::new();
    for value in values {
        let next = places.len();
        places.entry(value).or_insert(next);
    }
    places
}
