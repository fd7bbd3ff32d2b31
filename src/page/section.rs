//! The parts that a page is put together from.

use serde::Serialize;

use super::figure::Figure;
use super::table::Table;

/// A part of the page under a heading of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Its place in the page; letters and hyphens.
    pub id: &'static str,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Block {
    Text {
        text: String,
    },
    /// What somebody should know before anything else.
    Warning {
        text: String,
    },
    /// Words with their values.
    Facts {
        facts: Vec<Fact>,
    },
    Figure {
        figure: Figure,
    },
    /// Figures of which a reader looks at one at a time, with the place of each in the page.
    Choice {
        label: String,
        figures: Vec<(String, Figure)>,
    },
    Table {
        table: Table,
    },
}

#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
    /// How much of a limit is used, in percent.
    pub share: Option<f64>,
}

impl Fact {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), share: None }
    }
}

impl Block {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// All figures of the block.
    pub fn figures(&self) -> Vec<&Figure> {
        match self {
            Self::Figure { figure } => vec![figure],
            Self::Choice { figures, .. } => figures.iter().map(|(_, figure)| figure).collect(),
            Self::Text { .. } | Self::Warning { .. } | Self::Facts { .. } | Self::Table { .. } => Vec::new(),
        }
    }
}
