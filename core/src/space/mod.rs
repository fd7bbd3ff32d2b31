//! Which architectures exist: as a sequence of decisions, and as edits of a network that ask questions.
//! Nothing here knows how choices are made.

mod cells;
mod layers;
mod opened;
mod paths;
mod problem;
mod questions;
mod references;
mod rows;

use serde::{Deserialize, Serialize};

use crate::arch::Shape;

pub use cells::CellSpace;
pub use layers::{Choices, LayerSpace};
pub use opened::Space;
pub use problem::{Problem, SearchSpace};
pub use questions::{Answer, Ask, Decision, HeadKind, Question, Sketch, Vocabulary};
pub use references::{Family, Frame, regular};

/// What a network must fit: the images it reads, the classes it tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub image: Shape,
    pub classes: usize,
    /// The most layers after the stem, or blocks of a cell; grows over the stages.
    pub depth: usize,
}

/// Takes the next choice among `options`, or stops with the decision to be made.
fn pick<T: Copy>(made: &mut impl Iterator<Item = usize>, options: &[T], name: impl Fn() -> String) -> Result<T, Decision> {
    match made.next() {
        Some(choice) if choice < options.len() => Ok(options[choice]),
        _ => Err(Decision { name: name(), options: options.len() }),
    }
}
