//! A study: whether a search is set up so that it can find anything. The same networks trained at every fidelity of a
//! search and by its final recipe say how well each fidelity ranks, what it costs and how much of it is noise, and how
//! well a predictor ranks networks that it has not seen.

mod advice;
mod draw;
mod fidelity;
mod growth;
mod markdown;
mod predictor;
mod spreadsheet;
pub mod tables;
#[cfg(test)]
mod tests;

use crate::arch::{Architecture, Costs};
use crate::space::Family;

pub use advice::{Advice, advice};
pub use draw::{TooFew, draw};
pub use fidelity::{Ranking, rankings};
pub use growth::{Fitted, growth};
pub use markdown::{RANKED, Recommended, SPREAD, WITHIN, WRITTEN, grown, judged, markdown, recommended, too_few};
pub use predictor::{Learned, learned};
pub use spreadsheet::csv;

/// The file of the text, for those who read it and those who look for a study.
pub const STUDY_FILE: &str = "study.md";

/// How much a network is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Fidelity {
    pub name: String,
    pub epochs: usize,
    /// Share of the training split.
    pub examples: f64,
    /// Rows and columns of the images, where they are made smaller.
    pub size: Option<usize>,
    /// Whether trainings begin with the weights of networks before them.
    pub inherits: bool,
}

impl Fidelity {
    /// Over the whole training split.
    pub fn passes(&self) -> f64 {
        self.epochs as f64 * self.examples
    }
}

/// What the trainings of a network at one fidelity gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Validation accuracy of each of them.
    pub accuracies: Vec<f64>,
    /// Computing time of one.
    pub seconds: f64,
    /// Passes that the weights had seen before; 0 of new ones.
    pub age: f64,
}

impl Outcome {
    pub fn accuracy(&self) -> f64 {
        self.accuracies.iter().sum::<f64>() / self.accuracies.len() as f64
    }
}

/// A network with what it measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    pub architecture: Architecture,
    pub costs: Costs,
    /// Of one that was written by hand; the others were drawn at random.
    pub reference: Option<Family>,
    /// By fidelity; `None` where it was not trained.
    pub outcomes: Vec<Option<Outcome>>,
}

/// All that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    pub name: String,
    /// Those of the stages, and the final one behind them.
    pub fidelities: Vec<Fidelity>,
    /// In the order of drawing.
    pub networks: Vec<Trained>,
}

/// What a study found.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    pub study: Study,
    /// By fidelity.
    pub rankings: Vec<Ranking>,
    pub learned: Vec<Learned>,
    /// The predictor that was judged, in the word of the spec.
    pub predictor: String,
    pub growth: Option<Fitted>,
    pub advice: Option<Advice>,
}

impl Trained {
    /// At a fidelity; `None` where it was not trained.
    pub fn accuracy(&self, fidelity: usize) -> Option<f64> {
        self.outcomes[fidelity].as_ref().map(Outcome::accuracy)
    }
}

impl Study {
    /// The number of the final fidelity: as many are shorter.
    pub fn last(&self) -> usize {
        self.fidelities.len() - 1
    }

    /// Those drawn at random: a sample of the space.
    pub fn drawn(&self) -> impl Iterator<Item = &Trained> {
        self.networks.iter().filter(|network| network.reference.is_none())
    }
}
