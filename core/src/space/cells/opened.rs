//! The space of cells as strategies ask it.

use super::CellSpace;
use crate::arch::{Architecture, Costs};
use crate::seed::Stream;
use crate::space::opened::{STRANGER, of_another_space};
use crate::space::questions::{Ask, Decision, Question, Sketch, Vocabulary};
use crate::space::{Limits, Space};

impl Space for (&CellSpace, Limits) {
    fn decide(&self, made: &[usize]) -> Result<Architecture, Decision> {
        self.0.decide(self.1, made).map(Architecture::Cells)
    }

    fn draw(&self, stream: &mut Stream) -> Architecture {
        self.0.draw(self.1, stream).into()
    }

    fn contains(&self, architecture: &Architecture) -> Result<(), String> {
        let Architecture::Cells(network) = architecture else { return of_another_space() };
        self.0.contains(self.1, network)
    }

    /// Those in the last skeleton.
    fn costs(&self, architecture: &Architecture) -> Option<Costs> {
        let Architecture::Cells(network) = architecture else { return None };
        self.0.costs(self.1, network)
    }

    fn edit(&self, architecture: &Architecture, ask: Ask) -> Option<Architecture> {
        let Architecture::Cells(network) = architecture else { return None };
        self.0.edit(self.1, network, ask).map(Architecture::Cells)
    }

    fn vocabulary(&self) -> Vocabulary {
        self.0.vocabulary(self.1)
    }

    fn sketch(&self, architecture: &Architecture) -> Sketch {
        let Architecture::Cells(network) = architecture else { panic!("{STRANGER}") };
        self.0.sketch(self.1, network)
    }

    /// In the last skeleton.
    fn at_length(&self, architecture: &Architecture) -> Architecture {
        let Architecture::Cells(network) = architecture else { return architecture.clone() };
        self.0.at_length(network).into()
    }

    fn parts(&self, architecture: &Architecture) -> Option<usize> {
        let Architecture::Cells(network) = architecture else { return None };
        Some(network.cell.blocks.len())
    }

    fn growing(&self, question: &Question) -> Option<usize> {
        self.0.growing(question)
    }
}
