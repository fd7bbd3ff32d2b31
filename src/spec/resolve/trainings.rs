//! How many trainings a search plans, counted in one way for all who say it: replicates count, and what stands outside of the
//! rounds is named.

use super::{ResolvedSpec, Stage};
use crate::text::counted;

/// Trainings by why they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trainings {
    /// Of what the strategy chooses.
    pub rounds: usize,
    /// Of the networks that the search starts from.
    pub start: usize,
    /// Of the networks written by hand that the search is held against.
    pub references: usize,
    /// Of what later stages begin with.
    pub carried: usize,
    /// Of the networks that are trained at length.
    pub last: usize,
    /// Of these, of the best reference.
    pub last_reference: usize,
}

impl ResolvedSpec {
    /// The trainings of its plan.
    pub fn trainings(&self) -> Trainings {
        let rounds = self.stages.iter().map(|stage| stage.rounds * stage.trainings * stage.replicates).sum();
        let start = self.stages.first().map_or(0, |first| self.start().len() * first.replicates);
        let pairs = self.stages.iter().zip(self.stages.iter().skip(1));
        let carried = pairs.map(|(before, stage)| before.carry * stage.replicates).sum();
        let of_stage = |(index, stage): (usize, &Stage)| {
            let (known, others) = self.references_of(index);
            (known.len() + others.len()) * stage.replicates
        };
        let references = self.stages.iter().enumerate().map(of_stage).sum();
        let [last, of_search] = [self.finalists(), self.last.networks].map(|networks| networks * self.last.replicates);
        Trainings { rounds, start, references, carried, last, last_reference: last - of_search }
    }
}

impl ResolvedSpec {
    /// Passes over the training split that its trainings make together, those of shared weights included.
    pub fn passes(&self) -> f64 {
        let mut begins_with = self.start().len();
        let mut passes = 0.0;
        for (index, stage) in self.stages.iter().enumerate() {
            let (known, others) = self.references_of(index);
            let networks = begins_with + known.len() + others.len() + stage.rounds * stage.trainings;
            passes += (networks * stage.replicates) as f64 * stage.recipe.passes();
            passes += self.strategy.shares().map_or(0.0, |enas| enas.chains as f64 * enas.examples * stage.rounds as f64);
            begins_with = stage.carry;
        }
        passes += self.strategy.shares().map_or(0.0, |enas| (self.beginnings() * enas.chains * enas.warm_up) as f64);
        let scores_with = self.strategy.scores_with().filter(|_| self.beginnings() > 0);
        passes += scores_with.map_or(0.0, |shared| (shared.chains * shared.passes) as f64);
        passes + (self.finalists() * self.last.replicates) as f64 * self.last.recipe.passes()
    }
}

impl ResolvedSpec {
    /// How often shared weights begin anew: with each stage whose images have another size than those before.
    fn beginnings(&self) -> usize {
        let mut sizes: Vec<Option<usize>> = self.stages.iter().filter(|stage| stage.rounds > 0).map(|stage| stage.size).collect();
        sizes.dedup();
        sizes.len()
    }
}

impl Trainings {
    pub const fn all(&self) -> usize {
        self.rounds + self.start + self.references + self.carried + self.last
    }

    /// `9 trainings: 6 in rounds + 1 of the start network + 1 final + 1 final of the best reference`.
    pub fn text(&self) -> String {
        let parts = [
            (self.rounds, "in rounds"),
            (self.start, "of the start network"),
            (self.references, "of references"),
            (self.carried, "carried over"),
            (self.last - self.last_reference, "final"),
            (self.last_reference, "final of the best reference"),
        ];
        let parts: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        format!("{}: {}", counted(self.all(), "training"), parts.join(" + "))
    }
}
