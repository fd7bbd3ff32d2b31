//! Puts what was read into the one order that does not depend on the file: options, then rows; equal rows become one.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use super::Graph;
use super::TableDecision;
use super::fault::TableFaults;
use super::header::Roles;
use super::rows::{Rows, Words};
use crate::digest::{Digest, Domain};

/// The content of a table in canonical order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Content {
    pub decisions: Vec<TableDecision>,
    /// One option index a decision, row after row, the rows in ascending order.
    pub choices: Vec<u16>,
    /// One vector a column of numbers.
    pub numbers: Vec<Vec<f64>>,
    pub roles: Roles,
}

impl Content {
    /// `faults` gets rows with the same choices that say different things.
    pub(super) fn new(rows: Rows, faults: &mut TableFaults) -> Self {
        let Rows { header, decisions, mut choices, numbers, lines } = rows;
        let width = decisions.len().max(1);
        let (decisions, ranks): (Vec<TableDecision>, Vec<Vec<u16>>) = decisions.into_iter().map(sorted).unzip();
        for row in choices.chunks_exact_mut(width) {
            for (choice, ranks) in row.iter_mut().zip(&ranks) {
                *choice = ranks[usize::from(*choice)];
            }
        }
        let row = |index: u32| &choices[index as usize * width..][..width];
        let mut order: Vec<u32> = (0..lines.len() as u32).collect();
        // Rows with the same choices stay in the order of the file.
        order.sort_unstable_by(|&a, &b| row(a).cmp(row(b)).then(a.cmp(&b)));
        let mut kept: Vec<u32> = Vec::with_capacity(order.len());
        for index in order {
            match kept.last() {
                Some(&first) if row(first) == row(index) => {
                    for (column, numbers) in header.numbers.iter().zip(&numbers) {
                        if numbers[first as usize].to_bits() != numbers[index as usize].to_bits() {
                            let [first, line] = [first, index].map(|index| lines[index as usize] as usize);
                            faults.add_line("table::contradiction", line, Some(&column.cell.name), || {
                                let message = format!("the value differs from that in line {first}, which has the same choices");
                                (message, "keep one row for each combination of choices; for repeated trainings, their mean".to_owned())
                            });
                        }
                    }
                }
                _ => kept.push(index),
            }
        }
        let numbers = numbers.iter().map(|column| kept.iter().map(|&index| column[index as usize]).collect()).collect();
        let choices = kept.iter().flat_map(|&index| row(index)).copied().collect();
        Self { decisions, choices, numbers, roles: header.roles }
    }

    /// The choices of a row.
    pub(super) fn row(&self, row: usize) -> &[u16] {
        let width = self.decisions.len();
        &self.choices[row * width..][..width]
    }

    /// The row with these choices: a binary search.
    pub(super) fn find(&self, choices: &[u16]) -> Option<usize> {
        if choices.len() != self.decisions.len() {
            return None;
        }
        let (mut start, mut end) = (0, self.choices.len() / self.decisions.len());
        while start < end {
            let middle = usize::midpoint(start, end);
            match self.row(middle).cmp(choices) {
                Ordering::Less => start = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => end = middle,
            }
        }
        None
    }

    /// Digest of what the search may see.
    pub(super) fn search_digest(&self, graph: Option<&Graph>) -> Digest {
        let Self { decisions, choices, numbers, roles } = self;
        let costs = roles.costs.iter().map(|(kind, &column)| (kind.as_str(), digest_of(&numbers[column]))).collect();
        let choices: Vec<u8> = choices.iter().flat_map(|choice| choice.to_le_bytes()).collect();
        let choices = Digest::of(Domain::TableColumn, &choices);
        Digest::of_json(Domain::Table, &SearchFacts { decisions, choices, metric: digest_of(&numbers[roles.metric]), costs, graph })
    }

    /// Digest of everything, `search` being that of what the search may see.
    pub(super) fn digest(&self, search: Digest) -> Digest {
        let Self { numbers, roles, .. } = self;
        let test = roles.test.map(|column| digest_of(&numbers[column]));
        Digest::of_json(Domain::Table, &Facts { search, validation: digest_of(&numbers[roles.validation]), test })
    }
}

#[derive(Serialize)]
struct SearchFacts<'a> {
    decisions: &'a [TableDecision],
    choices: Digest,
    metric: Digest,
    costs: BTreeMap<&'a str, Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    graph: Option<&'a Graph>,
}

#[derive(Serialize)]
struct Facts {
    search: Digest,
    validation: Digest,
    test: Option<Digest>,
}

fn digest_of(column: &[f64]) -> Digest {
    let bytes: Vec<u8> = column.iter().flat_map(|number| number.to_le_bytes()).collect();
    Digest::of(Domain::TableColumn, &bytes)
}

/// The options in order, and for each index as read its index in that order.
fn sorted(words: Words) -> (TableDecision, Vec<u16>) {
    let mut options: Vec<(String, u16)> = words.indices.into_iter().collect();
    let numbers: Option<Vec<f64>> = options.iter().map(|(word, _)| word.parse().ok().filter(|number: &f64| number.is_finite())).collect();
    if numbers.is_some() {
        options.sort_by(|(a, _), (b, _)| by_number(a, b));
    }
    let mut ranks = vec![0; options.len()];
    for (rank, (_, index)) in options.iter().enumerate() {
        ranks[usize::from(*index)] = rank as u16;
    }
    (TableDecision { name: words.name, options: options.into_iter().map(|(word, _)| word).collect() }, ranks)
}

/// Different spellings of one number are different words.
fn by_number(a: &str, b: &str) -> Ordering {
    let number = |word: &str| word.parse::<f64>().unwrap_or_default();
    number(a).total_cmp(&number(b)).then_with(|| a.cmp(b))
}
