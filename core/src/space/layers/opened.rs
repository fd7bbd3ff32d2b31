//! The space of layers as strategies ask it.

use super::LayerSpace;
use crate::arch::{Architecture, Cost, Costs};
use crate::seed::Stream;
use crate::space::opened::{STRANGER, of_another_space};
use crate::space::questions::{Ask, Decision, Question, Sketch, Vocabulary};
use crate::space::{Limits, Space};

impl Space for (&LayerSpace, Limits) {
    fn decide(&self, made: &[usize]) -> Result<Architecture, Decision> {
        self.0.decide(self.1, made).map(Architecture::Layers)
    }

    fn draw(&self, stream: &mut Stream) -> Architecture {
        self.0.draw(self.1, stream).into()
    }

    fn contains(&self, architecture: &Architecture) -> Result<(), String> {
        let Architecture::Layers(network) = architecture else { return of_another_space() };
        self.0.contains(self.1, network)
    }

    fn costs(&self, architecture: &Architecture) -> Option<Costs> {
        let network = architecture.network(self.1.image, self.1.classes).ok()?;
        Some(Cost::of(&network).costs())
    }

    fn edit(&self, architecture: &Architecture, ask: Ask) -> Option<Architecture> {
        let Architecture::Layers(network) = architecture else { return None };
        self.0.edit(self.1, network, ask).map(Architecture::Layers)
    }

    fn vocabulary(&self) -> Vocabulary {
        self.0.vocabulary(self.1)
    }

    fn sketch(&self, architecture: &Architecture) -> Sketch {
        let Architecture::Layers(network) = architecture else { panic!("{STRANGER}") };
        self.0.sketch(self.1, network)
    }

    fn parts(&self, architecture: &Architecture) -> Option<usize> {
        let Architecture::Layers(network) = architecture else { return None };
        Some(network.layers.len())
    }

    fn growing(&self, question: &Question) -> Option<usize> {
        self.0.growing(question)
    }
}
