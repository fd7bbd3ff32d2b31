//! How fast a network is trained: what is to be timed, and what was found. Never part of a key: times differ between
//! machines and with what else runs on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TrainRecipe;
use crate::arch::{Architecture, Shape};

/// The most steps of one trial, those that warm up included.
pub const MAX_TRIAL_STEPS: usize = 100_000;

/// Steps of a training, on made-up images of this shape, to be timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    pub architecture: Architecture,
    pub image: Shape,
    pub classes: usize,
    /// Its learning rate, epochs and share of the examples do not count: they change nothing about the time of a step.
    pub recipe: TrainRecipe,
    /// Steps before the first one that is timed.
    pub warm_up: usize,
    /// Steps that are timed, at least one.
    pub steps: usize,
}

/// What a trial gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// Seconds of one step: the median.
    pub step: f64,
    pub images_per_second: f64,
    /// Bytes that it took at its peak beyond what was there before; `None` where that is not known.
    pub peak_memory: Option<u64>,
    /// What it was computed with, as a training records it.
    pub environment: BTreeMap<String, String>,
}
