//! Weights that many networks share: what an engine is asked to train and to measure of them.

use std::collections::BTreeMap;

use super::{Metric, TrainRecipe};
use crate::arch::PlacedNetwork;
use crate::dataset::Images;
use crate::digest::Digest;
use crate::seed::Seed;

/// A stretch of the training of shared weights: each step trains one network, a path.
#[derive(Debug)]
pub struct ShareJob<'a> {
    /// One a step; as many as there are whole batches among the examples.
    pub paths: &'a [PlacedNetwork],
    /// Of which `epochs` and `examples` say nothing here. Its schedule runs once over the stretch.
    pub recipe: &'a TrainRecipe,
    /// Names the images, so that an engine can keep them on its device.
    pub dataset: Digest,
    pub images: &'a Images,
    /// The whole training split, which says how images are normalised and how many of each class there are.
    pub split: &'a [u32],
    /// What is learned from, in this order, one pass behind another.
    pub train: &'a [u32],
    pub seed: Seed,
    /// What the stretch before gave; weights that are not among it are drawn from their name.
    pub before: Option<SharedBytes<'a>>,
}

/// Shared weights as they are stored, safetensors.
#[derive(Clone, Copy, Debug)]
pub struct SharedBytes<'a> {
    pub weights: &'a [u8],
    /// Moments of the optimiser, by the same names.
    pub momentum: &'a [u8],
}

/// What a stretch gave.
#[derive(Debug)]
pub struct Shared {
    pub weights: Vec<u8>,
    pub momentum: Vec<u8>,
    /// Mean loss over its steps.
    pub train_loss: f64,
    /// What it was computed with. Recorded, never hashed.
    pub environment: BTreeMap<String, String>,
}

/// Networks that are to be measured with shared weights.
#[derive(Debug)]
pub struct ProbeJob<'a> {
    pub weights: &'a [u8],
    pub recipe: &'a TrainRecipe,
    pub metric: Metric,
    pub dataset: Digest,
    pub images: &'a Images,
    /// The whole training split, which says how images are normalised.
    pub split: &'a [u32],
    /// Training images that say anew, for each network, what its normalisations take mean and variance from. Empty: each
    /// batch of validation images is normalised by itself, as the code of ENAS does.
    pub statistics: &'a [u32],
    pub validation: &'a [u32],
}
