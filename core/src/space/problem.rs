//! What a strategy is asked to search ([`Problem`], plain data), and the same opened for use ([`SearchSpace`]): one
//! view for all strategies, whatever the space.

use serde::{Deserialize, Serialize};

use super::questions::{Ask, Decision, HeadKind, Question, Sketch, Vocabulary};
use super::{CellSpace, LayerSpace, Limits, Space, rows};
use crate::arch::{Architecture, Costs};
use crate::digest::Digest;
use crate::seed::{Stream, weighted};
use crate::table::Table;

/// What a strategy is asked to search: the same for all strategies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Problem {
    /// With the depth of the present stage.
    Layers {
        space: LayerSpace,
        limits: Limits,
    },
    Cells {
        space: CellSpace,
        limits: Limits,
    },
    /// The rows of the table with this search digest.
    Table {
        table: Digest,
    },
}

/// A space with what is needed to look into it.
#[derive(Clone, Copy, Debug)]
pub enum SearchSpace<'a> {
    Layers(&'a LayerSpace, Limits),
    Cells(&'a CellSpace, Limits),
    Table(&'a Table),
}

/// How much likelier a mutation keeps a feature than it takes a given other value, so that it tends to change one thing.
const KEEP: f64 = 4.5;

impl SearchSpace<'_> {
    /// What the space is asked through.
    fn ask<R>(&self, ask: impl FnOnce(&dyn Space) -> R) -> R {
        match self {
            Self::Layers(space, limits) => ask(&(*space, *limits)),
            Self::Cells(space, limits) => ask(&(*space, *limits)),
            Self::Table(table) => ask(table),
        }
    }

    /// The architecture of the choices `made`, each an index into the options of its decision; or what is to be
    /// decided next. Not yet canonical, and of the space only if [`SearchSpace::contains`] says so.
    pub fn decide(&self, made: &[usize]) -> Result<Architecture, Decision> {
        self.ask(|space| space.decide(made))
    }

    /// A canonical network of uniformly random decisions; a row of a table is drawn among its rows.
    pub fn draw(&self, stream: &mut Stream) -> Architecture {
        self.ask(|space| space.draw(stream))
    }

    /// Whether the space contains a network, and why not where it does not.
    pub fn contains(&self, architecture: &Architecture) -> Result<(), String> {
        self.ask(|space| space.contains(architecture))
    }

    /// The number of a table's row; `None` in other spaces and for rows the table lacks.
    pub fn row(&self, architecture: &Architecture) -> Option<usize> {
        self.ask(|space| space.row(architecture))
    }

    /// The architecture of a row of a table, by its number.
    ///
    /// # Panics
    ///
    /// In other spaces.
    pub fn row_of(&self, row: usize) -> Architecture {
        match self {
            Self::Table(table) => Architecture::Row(rows::row(table, row)),
            Self::Layers(..) | Self::Cells(..) => panic!("only tables have rows"),
        }
    }

    /// The costs of a row of a table, by its number.
    pub fn costs_of_row(&self, row: usize) -> Costs {
        match self {
            Self::Table(table) => rows::costs(table, row),
            Self::Layers(..) | Self::Cells(..) => Costs::new(),
        }
    }

    /// A network of the space as it is trained at length: a cell in its last skeleton, all others as they are.
    pub fn at_length(&self, architecture: &Architecture) -> Architecture {
        self.ask(|space| space.at_length(architecture))
    }

    /// What is known of the costs of a network before it is trained; `None` for one outside the space. Of a cell, those
    /// in its last skeleton.
    pub fn costs(&self, architecture: &Architecture) -> Option<Costs> {
        self.ask(|space| space.costs(architecture))
    }

    /// Asks for one edit of a canonical network and carries it out; the result is canonical. `None` when it is outside
    /// the space or changes nothing.
    pub fn edit(&self, architecture: &Architecture, ask: Ask) -> Option<Architecture> {
        self.ask(|space| space.edit(architecture, ask))
    }

    /// A network larger by one part, chosen at random; `None` where networks do not grow.
    pub fn grow(&self, architecture: &Architecture, stream: &mut Stream) -> Option<Architecture> {
        self.ask(|space| {
            let parts = space.parts(architecture)?;
            let mut ask = |question: Question| space.growing(&question).unwrap_or_else(|| uniform(&question, stream));
            space.edit(architecture, &mut ask).filter(|larger| space.parts(larger) > Some(parts))
        })
    }

    /// Whether a network may become larger by one part.
    pub fn can_grow(&self, architecture: &Architecture) -> bool {
        self.ask(|space| {
            let mut can_grow = false;
            let mut ask = |question: Question| {
                let growing = space.growing(&question);
                can_grow |= growing.is_some();
                growing.or_else(|| question.legal.iter().position(|&legal| legal)).unwrap_or(0)
            };
            let _ = space.edit(architecture, &mut ask);
            can_grow
        })
    }

    /// All networks one edit away, where they can be listed.
    pub fn all_neighbours(&self, architecture: &Architecture) -> Option<Vec<Architecture>> {
        self.ask(|space| space.all_neighbours(architecture))
    }

    /// Networks one edit away: all of them where they can be listed, else up to `most` by random edits.
    pub fn neighbours(&self, architecture: &Architecture, most: usize, stream: &mut Stream) -> Vec<Architecture> {
        let random = || (0..most).filter_map(|_| self.mutate(architecture, stream)).collect();
        self.all_neighbours(architecture).unwrap_or_else(random)
    }

    /// One random edit.
    pub fn mutate(&self, architecture: &Architecture, stream: &mut Stream) -> Option<Architecture> {
        let heads = self.vocabulary().heads;
        let mut ask = |question: Question| {
            let keeps = matches!(heads[question.head], HeadKind::Choice { keep: true, .. });
            let weight = |(option, &legal): (usize, &bool)| match (legal, option) {
                (false, _) => 0.0,
                (true, 0) if keeps => KEEP,
                (true, _) => 1.0,
            };
            let weights: Vec<f64> = question.legal.iter().enumerate().map(weight).collect();
            weighted(stream, &weights).expect("a question has a legal option")
        };
        self.edit(architecture, &mut ask)
    }

    pub fn vocabulary(&self) -> Vocabulary {
        self.ask(|space| space.vocabulary())
    }

    /// What is seen of a network of the space.
    pub fn sketch(&self, architecture: &Architecture) -> Sketch {
        self.ask(|space| space.sketch(architecture))
    }
}

fn uniform(question: &Question, stream: &mut Stream) -> usize {
    let weights: Vec<f64> = question.legal.iter().map(|&legal| f64::from(u8::from(legal))).collect();
    weighted(stream, &weights).expect("a question has a legal option")
}

impl Problem {
    /// Opens the space; the table must be the one of the problem.
    pub fn open<'a>(&'a self, table: Option<&'a Table>) -> Option<SearchSpace<'a>> {
        match self {
            Self::Layers { space, limits } => Some(SearchSpace::Layers(space, *limits)),
            Self::Cells { space, limits } => Some(SearchSpace::Cells(space, *limits)),
            Self::Table { table: digest } => table.filter(|table| table.search_digest() == *digest).map(SearchSpace::Table),
        }
    }
}
