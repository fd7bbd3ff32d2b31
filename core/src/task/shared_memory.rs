//! How large the weights are that networks share, and how much memory tasks with them take: estimates, from networks that are
//! drawn uniformly.

use std::collections::BTreeMap;

use super::{Probing, Task};
use crate::arch::{Cost, PlacedNetwork, Shape};
use crate::engine::{EVALUATION_BATCH, TrainRecipe, training_bytes};
use crate::seed::Seed;
use crate::space::Problem;

/// So many networks are drawn: with more, little is added in spaces whose networks share much.
const DRAWS: usize = 300;
/// Bytes of a 32-bit number.
const NUMBER: u64 = 4;
/// How often a shared weight is there at the peak of a stretch: itself and its moment, both as read and as they are written
/// twice, once as numbers and once as a file.
const IN_TRAINING: u64 = 8;
/// The same where networks are measured: itself, a moment of zero, and as read twice.
const IN_PROBES: u64 = 4;

/// What networks of a space have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedSize {
    /// Shared numbers, without moments.
    pub weights: u64,
    /// Peak bytes of a stretch of training along its networks, of those that are drawn the one that takes the most.
    pub training: u64,
    /// The same where they are measured.
    pub probes: u64,
}

impl SharedSize {
    /// `None` for a space without networks.
    pub fn of(problem: &Problem, image: Shape, classes: usize, recipe: &TrainRecipe) -> Option<Self> {
        let space = problem.open(None)?;
        let (mut pieces, mut path, mut measured) = (BTreeMap::new(), 0, 0);
        for draw in 0..DRAWS {
            let Ok(placed) = space.draw(&mut Seed::root(0).nth(draw).stream()).placed(image, classes) else { continue };
            let PlacedNetwork { network, .. } = &placed;
            path = path.max(training_bytes(network, recipe));
            measured = measured.max(EVALUATION_BATCH as u64 * Cost::of(network).activations);
            pieces.extend(placed.pieces().map(|piece| (piece.name.clone(), piece.elements() as u64)));
        }
        let weights: u64 = pieces.values().sum();
        let kept = |copies: u64| copies * NUMBER * weights;
        Some(Self { weights, training: kept(IN_TRAINING) + path, probes: kept(IN_PROBES) + measured })
    }
}

impl Task {
    /// Whether it trains weights that networks share, or measures with them.
    pub const fn uses_shared_weights(&self) -> bool {
        matches!(self, Self::Share { .. } | Self::Steer { .. } | Self::Predict { probing: Some(_), .. })
    }

    /// Rows and columns of the images that a task learns from or measures on, where they are made smaller.
    pub const fn image_size(&self) -> Option<usize> {
        match self {
            Self::Share { dataset, .. }
            | Self::Train { dataset, .. }
            | Self::Steer { probing: Probing { dataset, .. }, .. }
            | Self::Predict { probing: Some(Probing { dataset, .. }), .. } => dataset.size,
            _ => None,
        }
    }

    /// Peak bytes of a task with shared weights, beside the data set; `None` of any other.
    pub fn shared_bytes(&self, image: Shape, classes: usize) -> Option<u64> {
        let of = |problem, recipe| SharedSize::of(problem, image, classes, recipe);
        match self {
            Self::Share { problem, recipe, .. } => of(problem, recipe).map(|size| size.training),
            Self::Steer { problem, probing: Probing { recipe, .. }, .. }
            | Self::Predict { problem, probing: Some(Probing { recipe, .. }), .. } => of(problem, recipe).map(|size| size.probes),
            _ => None,
        }
    }
}
