//! What parameters a policy has, how they begin and how they are stored with their optimisers.

use tch::Device;

use crate::torch::blob::Blob;
use crate::torch::flat::{Flat, host};
use crate::torch::optimizer::Updater;
use epnas::engine::{Optimizer, PolicyParameters, TaskFailure};
use epnas::seed::{Seed, unit};
use epnas::space::{HeadKind, Sketch, Vocabulary};

/// Width of a row of a table.
const EMBEDDING: usize = 8;
/// Width of what the plain heads read.
const fn plain_input(hidden: usize) -> usize {
    2 * hidden + EMBEDDING
}

/// Largest initial weight of what gives the logits: a policy begins close to uniform.
const SMALL: f64 = 0.02;
/// Initial advantage of keeping a feature, so that an edit tends to change one thing.
const KEEP: f32 = 1.5;
/// Parts in the order of [`Parts::flats`].
const NAMES: [&str; 3] = ["trunk", "heads", "value"];
/// Weight decay of the value head and, while it learns, of the trunk.
const VALUE_DECAY: f64 = 1e-4;

/// All parameters, and an optimiser for each of the two things they learn.
#[derive(Debug)]
pub struct Parts {
    /// Embeddings and LSTM; heads; value head.
    pub flats: [Flat; 3],
    /// How many parameters each head has, and what its options are.
    pub lengths: Vec<usize>,
    pub kinds: Vec<HeadKind>,
    /// Largest absolute value of a logit; 0 for no bound.
    pub bound: f64,
    /// One table a feature of a token.
    pub tables: usize,
    /// Of trunk and heads.
    pub policy: [Updater; 2],
    /// Of trunk and value head.
    pub value: [Updater; 2],
}

/// Shapes and initial numbers of one part.
struct Draft<'a> {
    draw: &'a mut dyn FnMut() -> f64,
    shapes: Vec<Vec<i64>>,
    values: Vec<f32>,
}

impl Draft<'_> {
    fn uniform(&mut self, shape: &[usize], bound: f64) {
        let count: usize = shape.iter().product();
        self.values.extend((0..count).map(|_| (bound * (2.0 * (self.draw)() - 1.0)) as f32));
        self.shapes.push(shape.iter().map(|&side| side as i64).collect());
    }

    /// Weights of a linear layer, within 1/√inputs.
    fn linear(&mut self, output: usize, input: usize) {
        self.uniform(&[output, input], 1.0 / (input as f64).sqrt());
    }

    fn finish(self) -> Flat {
        Flat::new(self.shapes, &self.values, Device::Cpu, true)
    }
}

impl Parts {
    pub fn new(vocabulary: &Vocabulary, parameters: &PolicyParameters, seed: Seed) -> Self {
        let hidden = parameters.hidden.max(1);
        let tables = vocabulary.features.len();
        let mut stream = seed.stream();
        let mut draw = || unit(&mut stream);
        let mut draft = |fill: &mut dyn FnMut(&mut Draft)| {
            let mut draft = Draft { draw: &mut draw, shapes: Vec::new(), values: Vec::new() };
            fill(&mut draft);
            draft.finish()
        };
        let trunk = draft(&mut |draft| {
            for &size in &vocabulary.features {
                draft.uniform(&[size, EMBEDDING], 1.0);
            }
            let bound = 1.0 / (hidden as f64).sqrt();
            for shape in [&[4 * hidden, tables * EMBEDDING][..], &[4 * hidden, hidden], &[4 * hidden], &[4 * hidden]] {
                draft.uniform(shape, bound);
            }
        });
        let mut lengths = Vec::new();
        let heads = draft(&mut |draft| {
            draft.uniform(&[vocabulary.contexts + 1, EMBEDDING], 1.0);
            for &head in &vocabulary.heads {
                let before = draft.shapes.len();
                draft_head(draft, head, hidden);
                lengths.push(draft.shapes.len() - before);
            }
        });
        let value = draft(&mut |draft| {
            draft.linear(hidden, hidden + Sketch::GLOBALS);
            draft.uniform(&[hidden], 0.0);
            draft.uniform(&[1, hidden], SMALL);
            draft.uniform(&[1, Sketch::GLOBALS], 0.0);
            draft.uniform(&[1], 0.0);
        });
        let updater = |flat: &Flat, momentum, decay| Updater::new(Optimizer::Adamw, momentum, decay, &flat.tensor);
        let momentum = if parameters.without_momentum { 0.0 } else { 0.9 };
        let policy = [&trunk, &heads].map(|flat| updater(flat, momentum, 0.0));
        let learning = [&trunk, &value].map(|flat| updater(flat, 0.9, VALUE_DECAY));
        let (kinds, bound) = (vocabulary.heads.clone(), parameters.bound);
        Self { flats: [trunk, heads, value], lengths, kinds, bound, tables, policy, value: learning }
    }

    /// Everything that goes on from one update to the next.
    pub fn save(&self) -> Vec<u8> {
        let mut blob = Blob::default();
        let mut put = |name: String, values: Vec<f32>| blob.put(name, vec![values.len()], values);
        for (flat, name) in self.flats.iter().zip(NAMES) {
            put(name.to_owned(), flat.values());
        }
        for (updater, name) in self.policy.iter().chain(&self.value).zip(UPDATERS) {
            put(format!("{name}.first"), host(&updater.first));
            put(format!("{name}.second"), host(&updater.second));
            // Exact up to 16 million steps.
            put(format!("{name}.steps"), vec![updater.steps as f32]);
        }
        blob.to_bytes()
    }

    /// Replaces all numbers by those that [`Parts::save`] wrote of a policy of the same shape.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), TaskFailure> {
        let mut blob = Blob::from_bytes(bytes)?;
        for (flat, name) in self.flats.iter_mut().zip(NAMES) {
            let values = blob.take(name, &[flat.tensor.numel()])?;
            flat.set(&tch::Tensor::from_slice(&values));
        }
        for (updater, name) in self.policy.iter_mut().chain(&mut self.value).zip(UPDATERS) {
            let count = [updater.first.numel()];
            updater.first.copy_(&tch::Tensor::from_slice(&blob.take(&format!("{name}.first"), &count)?));
            updater.second.copy_(&tch::Tensor::from_slice(&blob.take(&format!("{name}.second"), &count)?));
            updater.steps = blob.take(&format!("{name}.steps"), &[1])?[0] as i32;
        }
        blob.finish()
    }
}

const UPDATERS: [&str; 4] = ["policy.trunk", "policy.heads", "learn.trunk", "learn.value"];

fn draft_head(draft: &mut Draft, head: HeadKind, hidden: usize) {
    match head {
        HeadKind::Pointer { none } => {
            draft.linear(hidden, hidden);
            draft.linear(hidden, 2 * hidden);
            draft.uniform(&[hidden], 0.0);
            draft.uniform(&[1, hidden], SMALL);
            if none {
                draft.uniform(&[1, hidden], SMALL);
            }
        }
        HeadKind::Choice { options, keep } => {
            draft.linear(hidden, plain_input(hidden));
            draft.uniform(&[hidden], 0.0);
            draft.uniform(&[options, hidden], SMALL);
            draft.uniform(&[options], 0.0);
            if keep {
                let first = draft.values.len() - options;
                draft.values[first] = KEEP;
            }
        }
    }
}
