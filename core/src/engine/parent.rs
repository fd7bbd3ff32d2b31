//! A network that a training takes weights over from.

use crate::arch::Inheritance;

/// Where a training begins.
#[derive(Clone, Copy, Debug)]
pub struct Parent<'a> {
    /// What of its weights the network of the training takes over.
    pub inheritance: &'a Inheritance,
    /// As a training gave them, see [`Trained::weights`](super::Trained::weights).
    pub weights: &'a [u8],
}
