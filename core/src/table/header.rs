//! Where the columns that a layout names stand in a file.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;

use super::fault::{TableFaults, shown};
use super::{Choices, Column, Layout, Unit};
use crate::text::suggestion;

/// The columns of a file that are read.
#[derive(Debug)]
pub(super) struct Header {
    /// How many columns the file has.
    pub width: usize,
    pub choices: ChoiceCells,
    /// Columns of numbers, each once.
    pub numbers: Vec<NumberCell>,
    pub roles: Roles,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub place: usize,
    pub name: String,
}

#[derive(Debug)]
pub(super) enum ChoiceCells {
    Columns(Vec<Cell>),
    Split { cell: Cell, separator: String },
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct NumberCell {
    pub cell: Cell,
    pub quantity: Quantity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Share(Unit),
    Cost,
}

/// Which column of numbers is what, by its index among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Roles {
    pub metric: usize,
    pub validation: usize,
    pub test: Option<usize>,
    pub costs: BTreeMap<String, usize>,
}

impl Header {
    /// Looks the columns of `layout` up; `None` where one could not be found.
    pub(super) fn new(record: &StringRecord, layout: &Layout, faults: &mut TableFaults) -> Option<Self> {
        let names: Vec<&str> = record.iter().map(str::trim).collect();
        let mut search = Search { names: &names, faults, numbers: Vec::new() };
        let choices = search.choices(&layout.choices);
        let metric = search.share("metric", &layout.metric);
        let validation = layout.validation.as_ref().map(|column| search.share("reported.validation", column));
        let test = layout.test.as_ref().map(|column| search.share("reported.test", column));
        let mut cost = |kind: &String, name: &str| search.number(&format!("costs.{kind}"), name, Quantity::Cost);
        let costs: Vec<(String, Option<usize>)> = layout.costs.iter().map(|(kind, name)| (kind.clone(), cost(kind, name))).collect();
        let numbers = search.numbers;
        let metric = metric?;
        let choices = choices?;
        let results = numbers.iter().filter(|number| matches!(number.quantity, Quantity::Share(_)));
        if let Some(leak) = results.map(|number| &number.cell.name).find(|result| choices.names().any(|name| name == *result)) {
            faults.add("table::choices", Some(leak), "the column is a choice and a result", "results are what the choices lead to");
            return None;
        }
        let costs = costs.into_iter().map(|(kind, place)| Some((kind, place?))).collect::<Option<_>>()?;
        // An inner `None` is a column that is not there, an outer one a column that is not asked for.
        let roles =
            Roles { metric, validation: validation.unwrap_or(Some(metric))?, test: test.map_or(Some(None), |test| test.map(Some))?, costs };
        Some(Self { width: names.len(), choices, numbers, roles })
    }
}

impl ChoiceCells {
    fn names(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::Columns(cells) => cells.iter(),
            Self::Split { cell, .. } => std::slice::from_ref(cell).iter(),
        }
        .map(|cell| &cell.name)
    }
}

struct Search<'a> {
    names: &'a [&'a str],
    faults: &'a mut TableFaults,
    numbers: Vec<NumberCell>,
}

impl Search<'_> {
    fn choices(&mut self, choices: &Choices) -> Option<ChoiceCells> {
        match choices {
            Choices::Split { column, separator } => {
                Some(ChoiceCells::Split { cell: self.cell("choices", column)?, separator: separator.clone() })
            }
            Choices::Columns(columns) => {
                if columns.is_empty() {
                    self.faults.add("table::choices", None, "no column of choices is named", "name at least one column of choices");
                    return None;
                }
                let mut seen = BTreeSet::new();
                for name in columns {
                    if !seen.insert(name) {
                        self.faults.add("table::choices", Some(name), "the column is named as a choice twice", "name every column once");
                    }
                }
                let cells: Vec<Option<Cell>> = columns.iter().map(|name| self.cell("choices", name)).collect();
                let cells = cells.into_iter().collect::<Option<_>>()?;
                (seen.len() == columns.len()).then_some(ChoiceCells::Columns(cells))
            }
        }
    }

    fn share(&mut self, field: &str, column: &Column) -> Option<usize> {
        self.number(field, &column.name, Quantity::Share(column.unit))
    }

    /// The index of a column among those of numbers.
    fn number(&mut self, field: &str, name: &str, quantity: Quantity) -> Option<usize> {
        let number = NumberCell { cell: self.cell(field, name)?, quantity };
        let known = self.numbers.iter().position(|other| *other == number);
        Some(known.unwrap_or_else(|| {
            self.numbers.push(number);
            self.numbers.len() - 1
        }))
    }

    /// The column that a field of the layout names.
    fn cell(&mut self, field: &str, name: &str) -> Option<Cell> {
        let mut places = self.names.iter().enumerate().filter(|(_, other)| **other == name).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => Some(Cell { place, name: name.to_owned() }),
            (Some(first), Some(second)) => {
                let message = format!("the header names it twice, as column {} and column {}", first + 1, second + 1);
                self.faults.add("table::header", Some(name), message, "give every column a name of its own");
                None
            }
            (None, _) => {
                self.faults.add(
                    "table::column",
                    None,
                    format!("there is no column `{name}`, which `{field}` names"),
                    missing(name, self.names),
                );
                None
            }
        }
    }
}

/// What to do about a column that is not there.
fn missing(name: &str, names: &[&str]) -> String {
    if let Some(near) = suggestion(name, names) {
        return format!("did you mean `{}`?", shown(near));
    }
    if let [only] = names
        && let Some((_, separator)) = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")].iter().find(|(letter, _)| only.contains(*letter))
    {
        return format!("cells are separated by commas here, by {separator} in the file: write it with commas");
    }
    let list: Vec<String> = names.iter().take(12).map(|name| format!("`{}`", shown(name))).collect();
    let more = if names.len() > list.len() { ", …" } else { "" };
    format!("the columns are {}{more}", list.join(", "))
}
