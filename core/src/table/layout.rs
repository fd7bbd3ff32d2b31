//! Which columns of a table mean what. Part of a spec, so plain data; whether a file has such columns is told when it
//! is read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Graph;

/// Which columns of a table mean what; those it does not name are not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Layout {
    /// The decisions.
    pub choices: Choices,
    /// What the search sees: higher is better.
    pub metric: Column,
    /// What is told of the network a run ends with; read by the final task only. `None`: the metric itself.
    pub validation: Option<Column>,
    pub test: Option<Column>,
    /// Columns of costs that are known before training, by kind of cost: `params`, `macs`, `flops`, `latency`, …
    pub costs: BTreeMap<String, String>,
    /// Where the decisions are the edges of a graph, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Graph>,
}

/// Where the decisions of a row stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Choices {
    /// One column a decision, in the order of the decisions.
    Columns(Vec<String>),
    /// All decisions in one column.
    Split {
        column: String,
        /// What stands between two choices; empty: every character is a choice.
        separator: String,
    },
}

/// A column of shares, such as accuracies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Column {
    pub name: String,
    pub unit: Unit,
}

/// How a share is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// From 0 to 100.
    Percent,
    /// From 0 to 1.
    Fraction,
}
