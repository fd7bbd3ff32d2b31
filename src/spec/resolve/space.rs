//! Spaces and given networks, with nothing implied.

use super::{Space, stem};
use crate::arch::{CostKind, Layer, LayerNetwork, Operation, OperationKind, Parameter};
use crate::space::{LayerSpace, Limits, Problem};
use crate::spec::schema::{ChoicesSpec, CostColumnsSpec, GraphSpec, LayerSpec, LayersSpec, TableSpec};
use crate::table::{Choices, Column, Graph, Layout, Unit};

/// A set: sorted, without duplicates.
pub(super) fn set<T: Ord + Clone>(given: Option<&Vec<T>>, default: &[T]) -> Vec<T> {
    let mut values = given.map_or_else(|| default.to_vec(), Clone::clone);
    values.sort();
    values.dedup();
    values
}

/// For images whose shorter side has `side` pixels.
pub(super) fn layers(layers: &LayersSpec, side: usize) -> LayerSpace {
    let given = layers.stem.clone().unwrap_or_default();
    let stride = given.stride.unwrap_or(stem::stride(side));
    // The window for a stride that is given is not taken from it: specs that were written before keep what they meant.
    let kernel = given.kernel.unwrap_or(if given.stride.is_some() { stem::KERNEL } else { stem::kernel(stride) });
    let options = |parameter: Parameter| (parameter, set(layers.options(parameter), parameter.description().options));
    LayerSpace {
        stem: Operation::convolution(kernel, given.channels.unwrap_or(16), stride),
        operations: set(layers.operations.as_ref(), &OperationKind::DEFAULT),
        choices: Parameter::ALL.into_iter().map(options).collect(),
        skips: layers.skips.unwrap_or(true),
        min_depth: layers.depth.as_ref().and_then(|depth| depth.min).unwrap_or(1),
        min_resolution: layers.min_resolution.unwrap_or(3),
    }
}

/// The given start network; else networks to start from, the one meant first: `min_depth` cheap layers of the first operation
/// with the smallest choices. Where limits reject it, smaller ones: the same with the largest stride, then other operations.
pub(super) fn starts(layers: &LayersSpec, space: &LayerSpace) -> Vec<LayerNetwork> {
    let stem = Layer { operation: space.stem, sources: vec![] };
    let chain = |operations: Vec<Operation>| {
        let layers = operations.into_iter().enumerate().map(|(index, operation)| Layer { operation, sources: vec![index] });
        LayerNetwork { layers: std::iter::once(stem.clone()).chain(layers).collect() }.canonical()
    };
    if let Some(given) = &layers.start {
        let layers = given.iter().enumerate().map(|(index, layer)| {
            let sources = std::iter::once(index).chain(layer.skip).collect();
            Layer { operation: given_operation(layer), sources }
        });
        return vec![LayerNetwork { layers: std::iter::once(stem).chain(layers).collect() }.canonical()];
    }
    let kinds = if space.operations.is_empty() { vec![OperationKind::Convolution] } else { space.operations.clone() };
    let smallest = |kind| space.operation(kind, |_, options| options[0]);
    let strided = |kind| {
        space.operation(kind, |parameter, options| match parameter {
            Parameter::Stride => options.last().copied().unwrap_or(options[0]),
            _ => options[0],
        })
    };
    let meant = chain(vec![smallest(kinds[0]); space.min_depth]);
    let others = kinds.iter().map(|&kind| {
        let first = std::iter::once(strided(kind)).take(space.min_depth);
        chain(first.chain(vec![smallest(kind); space.min_depth.saturating_sub(1)]).collect())
    });
    std::iter::once(meant).chain(others).collect()
}

fn given_operation(layer: &LayerSpec) -> Operation {
    let mut operation = Operation::new(layer.operation);
    for &parameter in layer.operation.parameters() {
        operation.set(parameter, layer.value(parameter).or(parameter.description().default).unwrap_or(0));
    }
    operation
}

/// What the columns of a table mean.
pub(super) fn layout(table: &TableSpec) -> Layout {
    let unit = table.unit.unwrap_or(Unit::Percent);
    let column = |name: &String| Column { name: name.clone(), unit };
    let reported = table.reported.clone().unwrap_or_default();
    Layout {
        choices: match &table.choices {
            ChoicesSpec::Columns(columns) => Choices::Columns(columns.0.clone()),
            ChoicesSpec::Split(split) => {
                Choices::Split { column: split.column.clone(), separator: split.separator.clone().unwrap_or_default() }
            }
        },
        metric: column(&table.metric),
        validation: reported.validation.as_ref().map(column),
        test: reported.test.as_ref().map(column),
        costs: cost_columns(&table.costs.clone().unwrap_or_default())
            .into_iter()
            .map(|(kind, column)| (kind.word().to_owned(), column.to_owned()))
            .collect(),
        graph: table.graph.as_ref().map(graph),
    }
}

fn graph(given: &GraphSpec) -> Graph {
    // `check` has seen that every edge has two ends.
    let edge = |ends: &Vec<usize>| [ends.first().copied().unwrap_or(0), ends.last().copied().unwrap_or(0)];
    Graph { edges: given.edges.iter().map(edge).collect(), none: given.none.clone() }
}

/// The columns of costs, as written.
pub fn cost_columns(costs: &CostColumnsSpec) -> Vec<(CostKind, &str)> {
    let column = |kind| match kind {
        CostKind::Params => costs.params.as_deref(),
        CostKind::Macs => costs.macs.as_deref(),
        CostKind::Flops => costs.flops.as_deref(),
        CostKind::Intensity => costs.intensity.as_deref(),
        CostKind::Activations => costs.activations.as_deref(),
        CostKind::Latency => costs.latency.as_deref(),
        CostKind::Measured(_) => None,
    };
    CostKind::NAMED.into_iter().filter_map(|kind| Some((kind, column(kind)?))).collect()
}

impl Space {
    /// What a strategy is asked to search.
    pub fn problem(&self, limits: Limits) -> Problem {
        match self {
            Self::Layers(space) => Problem::Layers { space: space.clone(), limits },
            Self::Cells(space) => Problem::Cells { space: space.clone(), limits },
        }
    }
}
