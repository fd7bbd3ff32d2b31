//! What every space answers, whatever its networks are made of.

use super::questions::{Ask, Decision, Question, Sketch, Vocabulary};
use crate::arch::{Architecture, Costs};
use crate::seed::Stream;

/// A space with what is needed to look into it. Networks of another space are in none of its answers.
pub trait Space {
    /// The architecture of the choices `made`, or what is to be decided next.
    fn decide(&self, made: &[usize]) -> Result<Architecture, Decision>;

    /// A canonical network, drawn at random.
    fn draw(&self, stream: &mut Stream) -> Architecture;

    /// Why a network is not of the space.
    fn contains(&self, architecture: &Architecture) -> Result<(), String>;

    /// What is known of the costs of a network before it is trained.
    fn costs(&self, architecture: &Architecture) -> Option<Costs>;

    /// Asks for one edit of a canonical network and carries it out.
    fn edit(&self, architecture: &Architecture, ask: Ask) -> Option<Architecture>;

    /// What can be asked, and what is seen.
    fn vocabulary(&self) -> Vocabulary;

    /// What is seen of a network of the space.
    fn sketch(&self, architecture: &Architecture) -> Sketch;

    /// A network as it is trained at length.
    fn at_length(&self, architecture: &Architecture) -> Architecture {
        architecture.clone()
    }

    /// How many parts a network has; `None` where networks do not grow.
    fn parts(&self, _: &Architecture) -> Option<usize> {
        None
    }

    /// The answer that makes a network larger, where a question has one.
    fn growing(&self, _: &Question) -> Option<usize> {
        None
    }

    /// All networks one edit away, where they can be listed.
    fn all_neighbours(&self, _: &Architecture) -> Option<Vec<Architecture>> {
        None
    }

    /// The number of a network, where the space is a list.
    fn row(&self, _: &Architecture) -> Option<usize> {
        None
    }
}

/// Why a network of another kind is not of a space.
pub(super) fn of_another_space() -> Result<(), String> {
    Err("it is of another space".to_owned())
}

/// Those who look at a network have it from the space.
pub(super) const STRANGER: &str = "only networks of the space are looked at";
