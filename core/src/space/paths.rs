//! What the declared graph of a table says of a row: which paths are alive, and what lies on them.

use crate::table::Table;

/// A path is alive when none of its edges was taken away. Told are the live paths, the longest of them, and for each
/// other option the edges with it on live paths, how often it occurs on them, and the live paths of nothing else.
pub(super) fn numbers(table: &Table, choices: &[usize]) -> Vec<f64> {
    let Some(graph) = table.graph() else { return Vec::new() };
    let words: Vec<&str> = table.decisions().iter().zip(choices).map(|(decision, &choice)| decision.options[choice].as_str()).collect();
    let gone = |edge: &usize| graph.none.as_deref() == Some(words[*edge]);
    let live: Vec<&Vec<usize>> = table.paths().iter().filter(|path| !path.iter().any(gone)).collect();
    let mut told = vec![live.len() as f64, live.iter().map(|path| path.len()).max().unwrap_or(0) as f64];
    for option in options(table) {
        let on = |path: &[usize]| path.iter().filter(|edge| words[**edge] == option).count();
        let edges = (0..words.len()).filter(|edge| words[*edge] == option && live.iter().any(|path| path.contains(edge)));
        told.push(edges.count() as f64);
        told.push(live.iter().map(|path| on(path)).sum::<usize>() as f64);
        told.push(live.iter().filter(|path| on(path) == path.len()).count() as f64);
    }
    told
}

/// How many numbers there are.
pub(super) fn count(table: &Table) -> usize {
    if table.graph().is_some() { 2 + 3 * options(table).len() } else { 0 }
}

/// Every word of every decision but the one that takes an edge away, sorted.
fn options(table: &Table) -> Vec<&str> {
    let none = table.graph().and_then(|graph| graph.none.as_deref());
    let mut words: Vec<&str> = table.decisions().iter().flat_map(|decision| &decision.options).map(String::as_str).collect();
    words.sort_unstable();
    words.dedup();
    words.retain(|word| Some(*word) != none);
    words
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::table::{Choices, Column, Graph, Layout, Unit};

    /// All 27 cells of three nodes, of which `none` takes an edge away.
    pub(in crate::space) fn cells() -> Table {
        let words = ["none", "conv", "skip"];
        let row = |index: usize| format!("{},{},{},{}\n", words[index / 9], words[index / 3 % 3], words[index % 3], index);
        let text: String = std::iter::once("a,b,c,acc\n".to_owned()).chain((0..27).map(row)).collect();
        let layout = Layout {
            choices: Choices::Columns(["a", "b", "c"].map(str::to_owned).to_vec()),
            metric: Column { name: "acc".to_owned(), unit: Unit::Percent },
            validation: None,
            test: None,
            costs: BTreeMap::new(),
            graph: Some(Graph { edges: vec![[0, 1], [1, 2], [0, 2]], none: Some("none".to_owned()) }),
        };
        Table::read(text.as_bytes(), &layout).expect("a table without faults")
    }

    #[test]
    fn paths_are_counted_with_what_lies_on_them() {
        let table = cells();
        let of = |words: [&str; 3]| {
            let choice = |(decision, word): (usize, &str)| {
                table.decisions()[decision].options.iter().position(|option| option == word).expect("an option")
            };
            numbers(&table, &words.into_iter().enumerate().map(choice).collect::<Vec<_>>())
        };
        // Live paths, the longest; then of `conv` and of `skip`: edges, occurrences, paths of nothing else.
        assert_eq!(of(["conv", "conv", "skip"]), [2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(of(["conv", "none", "skip"]), [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(of(["none", "skip", "none"]), [0.0; 8]);
    }
}
