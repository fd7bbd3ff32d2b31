//! Computes an ONNX model node by node, from the file alone: how an export is proven where there is no other runtime, and
//! how the ranges of its tensors are found. Only the operators that exports use are known.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use epnas::export::TENSORS;
use epnas::export::proto::{FLOAT, INT8, INT32, INT64, Model, Node, UINT8};

/// A model with its constants as tensors.
pub struct Interpreter<'a> {
    nodes: &'a [Node],
    constants: BTreeMap<&'a str, Tensor>,
    reads_bytes: bool,
}

impl<'a> Interpreter<'a> {
    pub fn new(model: &'a Model) -> Result<Self, String> {
        let graph = model.graph.as_ref().ok_or("the model has no graph")?;
        let mut constants = BTreeMap::new();
        for tensor in &graph.initializer {
            let width = match tensor.data_type {
                UINT8 | INT8 => 1,
                FLOAT | INT32 => 4,
                INT64 => 8,
                other => return Err(format!("`{}` has an element type that is not known: {other}", tensor.name)),
            };
            if tensor.raw_data.len() != tensor.elements() * width {
                return Err(format!("`{}` does not have as many bytes as its shape says", tensor.name));
            }
            let kind = match tensor.data_type {
                UINT8 => Kind::Uint8,
                INT8 => Kind::Int8,
                INT32 => Kind::Int,
                INT64 => Kind::Int64,
                _ => Kind::Float,
            };
            constants.insert(tensor.name.as_str(), Tensor::from_data_size(&tensor.raw_data, &tensor.dims, kind));
        }
        let kind = graph.input.first().and_then(|input| Some(input.r#type.as_ref()?.tensor_type.as_ref()?.elem_type));
        Ok(Self { nodes: &graph.node, constants, reads_bytes: kind == Some(UINT8) })
    }

    /// Whether images go in as bytes.
    pub fn reads_bytes(&self) -> bool {
        self.reads_bytes
    }

    /// The logits of a batch; `seen` is shown every tensor on the way.
    pub fn run(&self, image: Tensor, seen: &mut dyn FnMut(&str, &Tensor)) -> Result<Tensor, String> {
        let mut values: BTreeMap<&str, Tensor> = BTreeMap::from([(TENSORS[0], image)]);
        let mut last_use: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            last_use.extend(node.input.iter().map(|name| (name.as_str(), index)));
        }
        for (index, node) in self.nodes.iter().enumerate() {
            let inputs = node.input.iter().map(|name| {
                let value = values.get(name.as_str()).or_else(|| self.constants.get(name.as_str()));
                value.ok_or_else(|| format!("`{}` reads `{name}`, which is not there", node.name))
            });
            let inputs: Vec<&Tensor> = inputs.collect::<Result<_, String>>()?;
            let value = compute(node, &inputs).ok_or_else(|| format!("the operator of `{}` is not known: {}", node.name, node.op_type))?;
            let name = node.output.first().ok_or_else(|| format!("`{}` has no output", node.name))?;
            seen(name, &value);
            values.insert(name, value);
            values.retain(|name, _| *name == TENSORS[1] || last_use.get(name).is_some_and(|last| *last > index));
        }
        values.remove(TENSORS[1]).ok_or_else(|| format!("the model gives no `{}`", TENSORS[1]))
    }
}

fn compute(node: &Node, inputs: &[&Tensor]) -> Option<Tensor> {
    let &value = inputs.first()?;
    let second = inputs.get(1).copied();
    let [kernel, strides] = [node.ints("kernel_shape"), node.ints("strides")];
    // Those before; those behind are the same, as is looked at.
    let pads = match node.ints("pads") {
        [top, left, bottom, right] if (top, left) == (bottom, right) => &node.ints("pads")[..2],
        [] => &[0, 0],
        _ => return None,
    };
    Some(match node.op_type.as_str() {
        "Cast" => value.to_kind(Kind::Float),
        "Sub" => value - second?,
        "Div" => value / second?,
        "Add" => value + second?,
        "Mul" => value * second?,
        "Relu" => value.relu(),
        "Sigmoid" => value.sigmoid(),
        "Conv" => value.conv2d(second?, inputs.get(2).copied(), strides, pads, node.ints("dilations"), node.int("group")?),
        "MaxPool" => value.max_pool2d(kernel, strides, pads, [1, 1], false),
        "AveragePool" => value.avg_pool2d(kernel, strides, pads, false, node.int("count_include_pad")? == 1, None),
        "GlobalAveragePool" => value.mean_dim([2_i64, 3].as_slice(), true, Kind::Float),
        "Flatten" => value.flatten(1, -1),
        "Unsqueeze" => value.unsqueeze(-1).unsqueeze(-1),
        "Concat" => Tensor::cat(inputs, node.int("axis")?),
        "Gemm" => value.linear(second?, inputs.get(2).copied()),
        "QuantizeLinear" => (value / second?).round() + inputs.get(2)?.to_kind(Kind::Float),
        "DequantizeLinear" => {
            let along =
                |factor: &Tensor| if factor.numel() > 1 { factor.view(along(value.dim()).as_slice()) } else { factor.shallow_clone() };
            (value.to_kind(Kind::Float) - along(inputs.get(2)?).to_kind(Kind::Float)) * along(second?)
        }
        _ => return None,
    })
    .map(|result| if node.op_type == "QuantizeLinear" { result.clamp(-128.0, 127.0) } else { result })
}

/// The shape of one factor for each index of the first axis.
fn along(dimensions: usize) -> Vec<i64> {
    std::iter::once(-1).chain(std::iter::repeat_n(1, dimensions - 1)).collect()
}
