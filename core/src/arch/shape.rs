//! The shape of a tensor.

use serde::{Deserialize, Serialize};

/// Channels × height × width of one example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Shape {
    /// With as many rows and columns, where a number is given.
    #[must_use]
    pub fn at_size(self, size: Option<usize>) -> Self {
        size.map_or(self, |size| Self { height: size, width: size, ..self })
    }

    pub const fn elements(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Resolution after a padded window with this stride.
    pub(super) const fn strided(self, stride: usize) -> Self {
        Self { channels: self.channels, height: self.height.div_ceil(stride), width: self.width.div_ceil(stride) }
    }
}
