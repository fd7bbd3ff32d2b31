//! The section `space`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CellsSpec;
use crate::arch::{OperationKind, Parameter};
use crate::table::Unit;

/// Which networks may be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SpaceSpec {
    /// Whole networks, layer by layer, with skip connections.
    Layers(LayersSpec),
    /// Modules: small cells that a fixed skeleton stacks into a network.
    Cells(CellsSpec),
    /// The rows of a NAS benchmark table: a training is a look-up.
    Table(TableSpec),
}

/// A NAS benchmark table: a CSV file, plain or gzip, with a header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TableSpec {
    /// The file, relative to the folder of the spec. Not part of any key: the content counts.
    pub path: PathBuf,
    /// The columns of the choices that make up a network.
    pub choices: ChoicesSpec,
    /// Column of the accuracy that the search sees.
    pub metric: String,
    /// Columns of the accuracies that are reported for the resulting network.
    pub reported: Option<ReportedSpec>,
    /// Unit of the accuracies. Default: `percent`.
    pub unit: Option<Unit>,
    /// Columns of costs, known before training.
    pub costs: Option<CostColumnsSpec>,
    /// The graph, if the choices are the edges of one, such as a cell. Predictors then see its paths. Default: none.
    pub graph: Option<GraphSpec>,
}

/// A directed acyclic graph whose edges are the choices, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GraphSpec {
    /// For each choice the pair of nodes, from and to; node 0 is the input, and the last node is the output.
    pub edges: Vec<Vec<usize>>,
    /// The option that removes an edge. Default: none.
    pub none: Option<String>,
}

/// The columns of the choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ChoicesSpec {
    /// One column for each choice.
    Columns(ColumnsSpec),
    /// One column that holds all choices.
    Split(SplitSpec),
}

/// One column for each choice, in the order of the choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnsSpec(pub Vec<String>);

/// A column that holds all choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SplitSpec {
    /// Name of the column.
    pub column: String,
    /// The separator between the choices. Default: none, each character is a choice.
    pub separator: Option<String>,
}

/// Accuracies that are reported for the resulting network; no search task reads them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReportedSpec {
    /// Column of its validation accuracy. Default: the metric.
    pub validation: Option<String>,
    /// Column of its test accuracy. Default: none.
    pub test: Option<String>,
}

/// Columns of costs by kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CostColumnsSpec {
    /// Trainable parameters.
    pub params: Option<String>,
    /// Multiply–accumulates.
    pub macs: Option<String>,
    /// Floating-point operations.
    pub flops: Option<String>,
    /// Floating-point operations per byte moved.
    pub intensity: Option<String>,
    /// Peak bytes of activations.
    pub activations: Option<String>,
    /// Milliseconds of one inference.
    pub latency: Option<String>,
}

/// The space of whole networks: a stem, then layers, each with an operation and optionally a skip connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LayersSpec {
    /// The first layer, a convolution, the same in every network.
    pub stem: Option<StemSpec>,
    /// Operations that a layer may use. Default: all.
    pub operations: Option<Vec<OperationKind>>,
    /// Window sizes: odd, at most the rows and columns of an image. Default: 3 and 5.
    pub kernels: Option<Vec<usize>>,
    /// Output channels, 1 to 4096. Default: 16, 24, 32, 48, 64.
    pub channels: Option<Vec<usize>>,
    /// Strides, 1 to 8. Default: 1 and 2.
    pub strides: Option<Vec<usize>>,
    /// Widths of inverted bottlenecks, as multiples of their input channels, 1 to 16. Default: 2 and 4.
    pub expansions: Option<Vec<usize>>,
    /// Reduction ratios of squeeze-and-excitation in convolutions and inverted bottlenecks, up to 64; 0 for none. Default: 0.
    pub squeeze_ratios: Option<Vec<usize>>,
    /// Whether a layer may add the output of an earlier one to its input. Default: true.
    pub skips: Option<bool>,
    /// Number of layers after the stem.
    pub depth: Option<DepthSpec>,
    /// Smallest height and width that a network may reach before the classifier. Default: 3.
    pub min_resolution: Option<usize>,
    /// The network that the search starts from, layer by layer after the stem; with `strategy: fixed` the network that is trained.
    /// Default: as many small layers as `depth.min`, of the first of the operations that keeps the limits.
    pub start: Option<Vec<LayerSpec>>,
}

impl LayersSpec {
    /// The options given for a parameter of operations.
    pub const fn options(&self, parameter: Parameter) -> Option<&Vec<usize>> {
        match parameter {
            Parameter::Kernel => self.kernels.as_ref(),
            Parameter::Channels => self.channels.as_ref(),
            Parameter::Stride => self.strides.as_ref(),
            Parameter::Expansion => self.expansions.as_ref(),
            Parameter::SqueezeRatio => self.squeeze_ratios.as_ref(),
        }
    }
}

/// The first layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StemSpec {
    /// Window size. Default: 3, or 7 where the stride is 4 by default.
    pub kernel: Option<usize>,
    /// Output channels. Default: 16.
    pub channels: Option<usize>,
    /// Stride. Default: 1; for images of 48 pixels or more 2, of 160 or more 4.
    pub stride: Option<usize>,
}

/// Bounds on the number of layers after the stem.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DepthSpec {
    /// Fewest layers. Default: 1.
    pub min: Option<usize>,
    /// Most layers. Default: 8.
    pub max: Option<usize>,
}

/// One layer of a given network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LayerSpec {
    /// Operation of the layer.
    pub operation: OperationKind,
    /// Window size. Default: 3.
    pub kernel: Option<usize>,
    /// Output channels; required except for pools, which keep the channels of their input.
    pub channels: Option<usize>,
    /// Stride. Default: 1.
    pub stride: Option<usize>,
    /// Width of an inverted bottleneck, as a multiple of its input channels; required for inverted bottlenecks.
    pub expansion: Option<usize>,
    /// Reduction ratio of squeeze-and-excitation in a convolution or an inverted bottleneck. Default: 0, none.
    pub squeeze_ratio: Option<usize>,
    /// An earlier layer whose output is added to the input: 0 is the stem, 1 the first layer after it. Default: none.
    pub skip: Option<usize>,
}

impl LayerSpec {
    /// The value given for a parameter of the operation.
    pub const fn value(&self, parameter: Parameter) -> Option<usize> {
        match parameter {
            Parameter::Kernel => self.kernel,
            Parameter::Channels => self.channels,
            Parameter::Stride => self.stride,
            Parameter::Expansion => self.expansion,
            Parameter::SqueezeRatio => self.squeeze_ratio,
        }
    }
}
