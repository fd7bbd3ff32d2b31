//! Rules of searches in a table.

use std::collections::BTreeSet;

use super::bounds::shell_word;
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::schema::{ChoicesSpec, GraphSpec, SpaceSpec, TableSpec};

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let Some(SpaceSpec::Table(table)) = &spec.space else { return };
    let place = Path::root().key("space").key("table");
    columns(faults, table, &place);
    if let Some(graph) = &table.graph {
        edges(faults, graph, &place.key("graph").key("edges"));
    }
    replicates(faults, spec);
    ignored(faults, spec);
}

/// Whether there is one edge a choice is seen when the table is read.
fn edges(faults: &mut Diagnostics, given: &GraphSpec, place: &Path) {
    if given.edges.is_empty() {
        faults.error("table::graph", place, "there are no edges", "name one edge a choice, such as `[0, 1]`");
    }
    for (index, edge) in given.edges.iter().enumerate() {
        let help = "an edge is two nodes, from and to, and leads to the larger number: `[0, 1]`";
        let message = match edge[..] {
            [from, to] if from < to && to <= MAX_NODE => continue,
            [from, to] => format!("the edge from {from} to {to}"),
            _ => format!("{} nodes", edge.len()),
        };
        faults.error("table::graph", &place.index(index), message, help);
    }
}

/// Nodes of a graph have small numbers.
const MAX_NODE: usize = 1_000;

fn columns(faults: &mut Diagnostics, table: &TableSpec, place: &Path) {
    let choices = place.key("choices");
    let names = match &table.choices {
        ChoicesSpec::Columns(columns) => {
            if columns.0.is_empty() {
                faults.error("table::choices", &choices.key("columns"), "no column is named", "name the columns of the choices");
            }
            columns.0.clone()
        }
        ChoicesSpec::Split(split) => vec![split.column.clone()],
    };
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let here = match &table.choices {
            ChoicesSpec::Columns(_) => choices.key("columns").index(index),
            ChoicesSpec::Split(_) => choices.key("split").key("column"),
        };
        if !seen.insert(name) {
            faults.error("table::choices", &here, format!("the column `{name}` is named twice"), "take one of them out");
        }
    }
    if table.reported.as_ref().and_then(|reported| reported.test.as_ref()) == Some(&table.metric) {
        let message = format!("the search goes by `{}`, which is told as test accuracy too", table.metric);
        let help = "name a column that the search does not see, or take `test` out: what was searched by tests nothing";
        faults.warning("table::test-as-metric", &place.key("reported").key("test"), message, help);
    }
    shell_word(faults, "table::path", &place.key("path"), &table.path);
    if table.path.as_os_str().is_empty() {
        faults.error("table::path", &place.key("path"), "the path is empty", "name the CSV file");
    }
}

/// Replicates would be asked for the spread, which a table does not know.
fn replicates(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    let stages = spec.stages.iter().flatten().enumerate().map(|(index, stage)| (root.key("stages").index(index), stage.train.as_ref()));
    let last = spec.last.as_ref().and_then(|last| last.train.as_ref());
    for (place, train) in stages.chain([(root.clone(), spec.train.as_ref()), (root.key("final"), last)]) {
        if let Some(count) = train.and_then(|train| train.replicates).filter(|&count| count != 1) {
            let message = format!("{count} trainings of each network, and a table has one figure for it");
            faults.error("table::replicates", &place.key("train").key("replicates"), message, "take it out");
        }
    }
}

/// What says something about training is no mistake in a table, but does nothing.
fn ignored(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    let mut ignore = |given: bool, place: Path, what: &str| {
        if given {
            let message = format!("{what}, and a training in a table is a look-up");
            faults.warning("table::ignored", &place, message, "it does nothing here; take it out");
        }
    };
    ignore(spec.dataset.is_some(), root.key("dataset"), "a data set");
    ignore(spec.train.is_some(), root.key("train"), "a recipe");
    ignore(spec.metric.is_some(), root.key("metric"), "a metric of images");
    ignore(spec.extrapolate.is_some(), root.key("extrapolate"), "a longer training");
    for (index, stage) in spec.stages.iter().flatten().enumerate() {
        let place = root.key("stages").index(index);
        ignore(stage.depth.is_some(), place.key("depth"), "a depth");
        ignore(stage.epochs.is_some(), place.key("epochs"), "epochs");
        ignore(stage.size.is_some(), place.key("size"), "a size of images");
        ignore(stage.examples.is_some(), place.key("examples"), "a share of the examples");
        ignore(stage.train.is_some(), place.key("train"), "a recipe");
    }
    if let Some(last) = &spec.last {
        ignore(last.epochs.is_some(), root.key("final").key("epochs"), "epochs");
        ignore(last.train.is_some(), root.key("final").key("train"), "a recipe");
    }
}
