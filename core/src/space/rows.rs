//! The space of a NAS benchmark table: one decision a choice column; the networks are its rows.

use super::opened::{STRANGER, of_another_space};
use super::questions::{Ask, Decision, HeadKind, Question, Sketch, Vocabulary, places};
use super::{Space, paths};
use crate::arch::{Architecture, CostKind, Costs, Row};
use crate::seed::{Stream, below};
use crate::table::Table;

/// The first head points at a decision; behind it stands one for each distinct list of options.
const TARGET: usize = 0;

/// The row with the words of row `index`.
pub(super) fn row(table: &Table, index: usize) -> Row {
    words(table, &table.choices(index))
}

fn words(table: &Table, choices: &[usize]) -> Row {
    Row(table.decisions().iter().zip(choices).map(|(decision, &choice)| decision.options[choice].clone()).collect())
}

fn indices(table: &Table, row: &Row) -> Option<Vec<usize>> {
    if row.0.len() != table.decisions().len() {
        return None;
    }
    table.decisions().iter().zip(&row.0).map(|(decision, word)| decision.options.iter().position(|option| option == word)).collect()
}

fn find(table: &Table, row: &Row) -> Option<usize> {
    table.find(&indices(table, row)?)
}

pub(super) fn costs(table: &Table, index: usize) -> Costs {
    table.costs(index).iter().filter_map(|(word, &value)| Some((CostKind::from_word(word)?, value))).collect()
}

fn decide(table: &Table, made: &[usize]) -> Result<Row, Decision> {
    match table
        .decisions()
        .iter()
        .enumerate()
        .find(|(index, decision)| made.get(*index).is_none_or(|&choice| choice >= decision.options.len()))
    {
        Some((_, decision)) => Err(Decision { name: decision.name.clone(), options: decision.options.len() }),
        None => Ok(words(table, made)),
    }
}

impl Space for &Table {
    fn decide(&self, made: &[usize]) -> Result<Architecture, Decision> {
        decide(self, made).map(Architecture::Row)
    }

    /// Among the rows.
    fn draw(&self, stream: &mut Stream) -> Architecture {
        Architecture::Row(row(self, below(stream, self.len())))
    }

    fn contains(&self, architecture: &Architecture) -> Result<(), String> {
        let Architecture::Row(row) = architecture else { return of_another_space() };
        find(self, row).map(|_| ()).ok_or_else(|| format!("the table has no row `{}`", row.summary()))
    }

    fn costs(&self, architecture: &Architecture) -> Option<Costs> {
        self.row(architecture).map(|row| costs(self, row))
    }

    fn edit(&self, architecture: &Architecture, ask: Ask) -> Option<Architecture> {
        let Architecture::Row(row) = architecture else { return None };
        edit(self, row, ask).map(Architecture::Row)
    }

    fn vocabulary(&self) -> Vocabulary {
        vocabulary(self)
    }

    fn sketch(&self, architecture: &Architecture) -> Sketch {
        let Architecture::Row(row) = architecture else { panic!("{STRANGER}") };
        sketch(self, row)
    }

    fn all_neighbours(&self, architecture: &Architecture) -> Option<Vec<Architecture>> {
        let neighbours = self.neighbours(self.row(architecture)?);
        Some(neighbours.into_iter().map(|index| Architecture::Row(row(self, index))).collect())
    }

    fn row(&self, architecture: &Architecture) -> Option<usize> {
        let Architecture::Row(row) = architecture else { return None };
        find(self, row)
    }
}

/// Which list of options each decision has.
fn groups(table: &Table) -> Vec<usize> {
    let lists = places(table.decisions().iter().map(|decision| &decision.options));
    table.decisions().iter().map(|decision| lists[&decision.options]).collect()
}

/// Another option for one decision, among the rows that the table has.
fn edit(table: &Table, row: &Row, ask: Ask) -> Option<Row> {
    let choices = indices(table, row)?;
    let with = |decision: usize, option: usize| {
        let mut changed = choices.clone();
        changed[decision] = option;
        changed
    };
    let open = |decision: usize| -> Vec<bool> {
        let options = table.decisions()[decision].options.len();
        (0..options).map(|option| option != choices[decision] && table.find(&with(decision, option)).is_some()).collect()
    };
    let legal: Vec<Vec<bool>> = (0..choices.len()).map(open).collect();
    let targets: Vec<bool> = legal.iter().map(|options| options.contains(&true)).collect();
    if !targets.contains(&true) {
        return None;
    }
    let target = ask(Question { head: TARGET, token: None, context: None, legal: targets });
    let head = 1 + groups(table)[target];
    let option = ask(Question { head, token: Some(target), context: Some(target), legal: legal[target].clone() });
    Some(words(table, &with(target, option)))
}

/// Tokens are decisions; a decision has one feature for each distinct list of options, its own being the option.
fn vocabulary(table: &Table) -> Vocabulary {
    let lists = places(table.decisions().iter().map(|decision| &decision.options));
    let mut sizes = vec![0; lists.len()];
    for (list, &place) in &lists {
        sizes[place] = list.len();
    }
    let heads = sizes.iter().map(|&options| HeadKind::Choice { options, keep: false });
    Vocabulary {
        heads: std::iter::once(HeadKind::Pointer { none: false }).chain(heads).collect(),
        features: sizes.iter().map(|options| options + 1).collect(),
        contexts: table.decisions().len(),
        tokens: table.decisions().len(),
        numbers: paths::count(table),
    }
}

fn sketch(table: &Table, row: &Row) -> Sketch {
    let choices = indices(table, row).expect("a row of the table");
    let groups = groups(table);
    let columns = groups.iter().max().map_or(0, |most| most + 1);
    let token = |(&choice, &group): (&usize, &usize)| {
        let mut features = vec![0; columns];
        features[group] = choice + 1;
        features
    };
    let costs = table.find(&choices).map(|index| costs(table, index)).unwrap_or_default();
    Sketch {
        tokens: choices.iter().zip(&groups).map(token).collect(),
        globals: Sketch::globals(&costs, [0.0; 2]),
        numbers: paths::numbers(table, &choices),
    }
}

#[cfg(test)]
mod tests {
    use super::super::paths::tests::cells;
    use super::*;

    #[test]
    fn neighbours_of_a_row_differ_in_one_decision() {
        let table = cells();
        let named = |text: &str| Architecture::Row(Row(text.split(' ').map(str::to_owned).collect()));
        let mut neighbours = (&table).all_neighbours(&named("conv skip none")).expect("a row of the table");
        neighbours.sort();
        let expected = ["conv conv none", "conv none none", "conv skip conv", "conv skip skip", "none skip none", "skip skip none"];
        assert_eq!(neighbours, expected.map(named));
        assert_eq!((&table).all_neighbours(&named("conv skip pool")), None, "it is no row of the table");
    }
}
