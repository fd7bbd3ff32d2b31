//! How many trainings a search plans, counted in one way for all who say it: replicates count, and what stands outside of the
//! rounds is named.

use super::ResolvedSpec;
use crate::text::counted;

/// Trainings by why they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trainings {
    /// Of what the strategy chooses.
    pub rounds: usize,
    /// Of the networks that the search starts from.
    pub start: usize,
    /// Of what later stages begin with.
    pub carried: usize,
    /// Of the networks that are trained at length.
    pub last: usize,
}

impl ResolvedSpec {
    /// The trainings of its plan.
    pub fn trainings(&self) -> Trainings {
        let rounds = self.stages.iter().map(|stage| stage.rounds * stage.trainings * stage.replicates).sum();
        let start = self.stages.first().map_or(0, |first| self.start().len() * first.replicates);
        let pairs = self.stages.iter().zip(self.stages.iter().skip(1));
        let carried = pairs.map(|(before, stage)| before.carry * stage.replicates).sum();
        Trainings { rounds, start, carried, last: self.last.networks * self.last.replicates }
    }
}

impl Trainings {
    pub const fn all(&self) -> usize {
        self.rounds + self.start + self.carried + self.last
    }

    /// `8 trainings: 6 in rounds + 1 of the start network + 1 final`.
    pub fn text(&self) -> String {
        let parts =
            [(self.rounds, "in rounds"), (self.start, "of the start network"), (self.carried, "carried over"), (self.last, "final")];
        let parts: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        format!("{}: {}", counted(self.all(), "training"), parts.join(" + "))
    }
}
