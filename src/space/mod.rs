//! Which architectures exist: as a sequence of decisions ([`LayerSpace::decide`]), and as edits of a network ([`edit`]).
//! Nothing here knows how choices are made.

pub mod edit;
mod layers;

pub use layers::{Decision, LayerSpace, Limits};
