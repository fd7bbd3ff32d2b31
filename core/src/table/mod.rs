//! Tables of known results, such as NAS-Bench-201: which combinations of choices there are, and what each is worth.
//! Reads CSV, plain or gzip. No search, no downloads; what a combination means as a network is not known here.

mod facts;
mod fault;
mod graph;
mod header;
mod layout;
mod official;
mod order;
mod rows;
mod text;

pub use facts::{TableFacts, ends};
pub use fault::{TableError, TableFault, TableFaults};
pub use graph::Graph;
pub use layout::{Choices, Column, Layout, Unit};

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use self::order::Content;
use self::rows::Rows;
use crate::digest::Digest;
use crate::files;

/// How much a table may hold, whatever a file says.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Of unpacked text.
    bytes: u64,
    rows: usize,
    /// Of one row.
    cells: usize,
    decisions: usize,
    options: usize,
}

const LIMITS: Limits = Limits { bytes: 256 << 20, rows: 5_000_000, cells: 100_000, decisions: 256, options: 1000 };

/// Known results, in memory. Rows are numbered in the order of their choices, wherever they stood in the file, and
/// combinations that the file lacks do not exist. There is at least one row and one decision. Every row number that is
/// handed in must be below [`Table::len`].
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    content: Content,
    digest: Digest,
    search_digest: Digest,
    graph: Option<Graph>,
    /// Of the graph, from input to output.
    paths: Vec<Vec<usize>>,
}

/// One thing that is to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDecision {
    /// The name of its column; with split columns `column-1`, `column-2`, …
    pub name: String,
    /// Every word that occurs, sorted: by number where all are numbers.
    pub options: Vec<String>,
}

/// What is told of the network a run ends with, as fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reported {
    pub validation: f64,
    pub test: Option<f64>,
}

impl Table {
    /// Reads the file at `path`.
    pub fn load(path: &Path, layout: &Layout) -> Result<Self, TableError> {
        let bytes = files::read(path, LIMITS.bytes)?;
        Self::read_named(&bytes, path, layout, &LIMITS).map_err(|faults| TableError::Faults { path: path.to_owned(), faults })
    }

    /// Reads CSV text, or such text packed with gzip.
    pub fn read(bytes: &[u8], layout: &Layout) -> Result<Self, TableFaults> {
        Self::read_named(bytes, Path::new(""), layout, &LIMITS)
    }

    fn read_named(bytes: &[u8], name: &Path, layout: &Layout, limits: &Limits) -> Result<Self, TableFaults> {
        let text = text::decode(bytes, name, limits.bytes)?;
        let mut faults = TableFaults::default();
        let rows = Rows::read(&text, layout, limits, &mut faults);
        drop(text);
        let content = rows.map(|rows| Content::new(rows, &mut faults));
        let paths = content.as_ref().and_then(|content| check_graph(layout.graph.as_ref()?, content, &mut faults));
        match content {
            Some(content) if faults.is_empty() => Ok(Self::new(content, layout.graph.clone(), paths.unwrap_or_default())),
            _ => Err(faults),
        }
    }

    fn new(content: Content, graph: Option<Graph>, paths: Vec<Vec<usize>>) -> Self {
        let search_digest = content.search_digest(graph.as_ref());
        Self { digest: content.digest(search_digest), search_digest, content, graph, paths }
    }

    /// The graph whose edges the decisions are, where the layout names one.
    pub fn graph(&self) -> Option<&Graph> {
        self.graph.as_ref()
    }

    /// Every way through the graph, as decisions.
    pub fn paths(&self) -> &[Vec<usize>] {
        &self.paths
    }

    /// Digest of all that the layout names: the same for every order of the rows, however the file is packed and
    /// whatever other columns it has.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The same without what only the final task may read: of decisions, metric and costs.
    pub fn search_digest(&self) -> Digest {
        self.search_digest
    }

    pub fn decisions(&self) -> &[TableDecision] {
        &self.content.decisions
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.content.numbers[self.content.roles.metric].len()
    }

    /// Never: a table without rows is not read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row with these option indices, one a decision; `None` where there is no such row.
    pub fn find(&self, choices: &[usize]) -> Option<usize> {
        let choices: Vec<u16> = choices.iter().map(|&choice| u16::try_from(choice)).collect::<Result<_, _>>().ok()?;
        self.content.find(&choices)
    }

    /// The option indices of a row, one a decision.
    pub fn choices(&self, row: usize) -> Vec<usize> {
        self.content.row(row).iter().map(|&choice| usize::from(choice)).collect()
    }

    /// What the search sees of a row, as a fraction.
    pub fn metric(&self, row: usize) -> f64 {
        self.content.numbers[self.content.roles.metric][row]
    }

    /// What is told of a row when it is the result of a run; for the final task only.
    pub fn reported(&self, row: usize) -> Reported {
        let Content { numbers, roles, .. } = &self.content;
        Reported { validation: numbers[roles.validation][row], test: roles.test.map(|column| numbers[column][row]) }
    }

    /// The costs of a row, by kind.
    pub fn costs(&self, row: usize) -> BTreeMap<String, f64> {
        let Content { numbers, roles, .. } = &self.content;
        roles.costs.iter().map(|(kind, &column)| (kind.clone(), numbers[column][row])).collect()
    }

    /// One cost of a row; `None` where the layout names no such kind.
    pub fn cost(&self, kind: &str, row: usize) -> Option<f64> {
        let column = *self.content.roles.costs.get(kind)?;
        Some(self.content.numbers[column][row])
    }

    /// All rows that differ from `row` in exactly one decision: by decision, then by option.
    pub fn neighbours(&self, row: usize) -> Vec<usize> {
        let mut choices = self.content.row(row).to_vec();
        let mut found = Vec::new();
        for (place, decision) in self.content.decisions.iter().enumerate() {
            let own = choices[place];
            for option in (0..decision.options.len() as u16).filter(|option| *option != own) {
                choices[place] = option;
                found.extend(self.content.find(&choices));
            }
            choices[place] = own;
        }
        found
    }
}

/// The paths of a graph that fits the decisions.
fn check_graph(graph: &Graph, content: &Content, faults: &mut TableFaults) -> Option<Vec<Vec<usize>>> {
    let (edges, decisions) = (graph.edges.len(), content.decisions.len());
    if edges != decisions {
        faults.add(
            "table::graph",
            None,
            format!("the graph has {edges} edges, and there are {decisions} choices"),
            "name one edge a choice",
        );
    }
    if let Some(none) = graph.none.as_ref().filter(|none| !content.decisions.iter().any(|decision| decision.options.contains(none))) {
        faults.add(
            "table::graph",
            None,
            format!("no choice is ever `{none}`"),
            "name the option that takes an edge away, or leave `none` out",
        );
    }
    match graph.paths() {
        Ok(paths) => Some(paths),
        Err(reason) => {
            faults.add("table::graph", None, format!("the graph is none: {reason}"), "edges lead from node 0, the input, to the last node");
            None
        }
    }
}

#[cfg(test)]
mod tests;
