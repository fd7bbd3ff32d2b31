//! What the networks of all families have in common.

use crate::arch::{Operation, Shape};

/// The stem, the options of the layers behind it, and the images.
#[derive(Clone, Debug)]
pub struct Frame {
    pub stem: Operation,
    /// Channels that a layer may have, rising.
    pub channels: Vec<usize>,
    pub kernel: usize,
    pub expansion: usize,
    /// That of the first layer.
    pub first_expansion: usize,
    /// Of squeeze-and-excitation; 0: none.
    pub squeeze_ratio: usize,
    /// The fewest and the most layers behind the stem.
    pub depth: [usize; 2],
    /// The smallest height or width a layer may give.
    pub min_resolution: usize,
    pub image: Shape,
    pub classes: usize,
}
