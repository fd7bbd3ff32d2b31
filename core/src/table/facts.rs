//! What a table holds, counted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Table;

/// How many networks, out of how many options, and between which ends their figures lie.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TableFacts {
    pub rows: usize,
    /// Options of each decision.
    pub options: Vec<usize>,
    /// The least and the most of what the search goes by, as fractions.
    pub metric: [f64; 2],
    /// The least and the most of each cost.
    pub costs: BTreeMap<String, [f64; 2]>,
}

impl TableFacts {
    pub fn of(table: &Table) -> Self {
        let kinds = table.costs(0).into_keys();
        let costs = kinds.map(|kind| (kind.clone(), ends((0..table.len()).filter_map(|row| table.cost(&kind, row))))).collect();
        let options = table.decisions().iter().map(|decision| decision.options.len()).collect();
        Self { rows: table.len(), options, metric: ends((0..table.len()).map(|row| table.metric(row))), costs }
    }

    /// Such as `27 networks, 3 choices of 3 options, accuracies 60 to 79.9 %, params 1000 to 20200`.
    pub fn summary(&self) -> String {
        let word = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let (least, most) = (self.options.iter().min().unwrap_or(&0), self.options.iter().max().unwrap_or(&0));
        let options = if least == most { word(*most, "option", "options") } else { format!("{least} to {most} options") };
        let costs = self.costs.iter().map(|(kind, [low, high])| format!(", {kind} {low} to {high}")).collect::<Vec<_>>().concat();
        format!(
            "{}, {} of {options}, accuracies {:.2} to {:.2} %{costs}",
            word(self.rows, "network", "networks"),
            word(self.options.len(), "choice", "choices"),
            100.0 * self.metric[0],
            100.0 * self.metric[1],
        )
    }
}

/// The least and the most.
pub fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
}

#[cfg(test)]
mod tests {
    use super::super::{Choices, Column, Layout, Unit};
    use super::*;

    #[test]
    fn rows_options_and_ends_are_counted() {
        let layout = Layout {
            choices: Choices::Columns(vec!["a".to_owned(), "b".to_owned()]),
            metric: Column { name: "m".to_owned(), unit: Unit::Percent },
            validation: None,
            test: None,
            costs: BTreeMap::from([("params".to_owned(), "p".to_owned())]),
            graph: None,
        };
        let table = Table::read(b"a,b,m,p\n0,x,50,10\n1,x,75,5\n2,x,60,20\n", &layout).expect("a table");
        let facts = TableFacts::of(&table);
        assert_eq!(facts.summary(), "3 networks, 2 choices of 1 to 3 options, accuracies 50.00 to 75.00 %, params 5 to 20");
    }
}
