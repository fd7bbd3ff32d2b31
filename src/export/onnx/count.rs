//! Parameters and multiply–accumulates, counted from an ONNX graph alone: shapes are worked out anew, from windows, strides
//! and paddings.

use std::collections::BTreeMap;

use super::proto::{Graph, Model, Node, Tensor};

/// What a graph costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// As trained: of a normalisation that was folded, its scale is in the kernel and its shift is the bias, so that a bias
    /// of a convolution stands for two.
    pub params: u64,
    pub macs: u64,
    /// The shape of every tensor, of one example.
    pub shapes: BTreeMap<String, Vec<usize>>,
}

/// Counts a graph of 32-bit numbers; or says what is not understood about it.
pub(crate) fn count(model: &Model) -> Result<Counted, String> {
    let graph = model.graph.as_ref().ok_or("it has no graph")?;
    let mut counted = Counted { params: 0, macs: 0, shapes: BTreeMap::new() };
    for input in &graph.input {
        let shape = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()?.shape.as_ref()).ok_or("an input has no shape")?;
        let sides = shape.dim.iter().skip(1).map(|side| side.dim_value.unwrap_or(0) as usize).collect();
        counted.shapes.insert(input.name.clone(), sides);
    }
    for node in &graph.node {
        let shape = shape(node, graph, &counted.shapes).ok_or_else(|| format!("the shape of `{}` is not known", node.name))?;
        let constant = |place: usize| node.input.get(place).and_then(|name| initializer(graph, name));
        if ["Conv", "Gemm"].contains(&node.op_type.as_str()) {
            let kernel = constant(1).map_or(0, Tensor::elements);
            let bias = constant(2).map_or(0, Tensor::elements) * if node.op_type == "Conv" { 2 } else { 1 };
            counted.params += (kernel + bias) as u64;
            counted.macs += (kernel * shape[1..].iter().product::<usize>()) as u64;
        }
        counted.shapes.insert(node.output[0].clone(), shape);
    }
    Ok(counted)
}

fn initializer<'a>(graph: &'a Graph, name: &str) -> Option<&'a Tensor> {
    graph.initializer.iter().find(|tensor| tensor.name == name)
}

/// The shape that a node gives, of one example.
fn shape(node: &Node, graph: &Graph, shapes: &BTreeMap<String, Vec<usize>>) -> Option<Vec<usize>> {
    let input = shapes.get(node.input.first()?)?;
    Some(match node.op_type.as_str() {
        "Conv" => {
            let weight = initializer(graph, node.input.get(1)?)?;
            windows(node, *weight.dims.first()? as usize, input)?
        }
        "MaxPool" | "AveragePool" => windows(node, *input.first()?, input)?,
        "GlobalAveragePool" => vec![*input.first()?, 1, 1],
        "Flatten" => vec![input.iter().product()],
        "Gemm" => vec![*initializer(graph, node.input.get(1)?)?.dims.first()? as usize],
        "Unsqueeze" => input.iter().copied().chain([1, 1]).collect(),
        "Concat" => {
            let parts: Option<Vec<&Vec<usize>>> = node.input.iter().map(|name| shapes.get(name)).collect();
            let channels = parts?.iter().map(|part| part[0]).sum();
            std::iter::once(channels).chain(input[1..].iter().copied()).collect()
        }
        "Add" if shapes.get(node.input.get(1)?)? != input => return None,
        "Add" | "Sub" | "Div" | "Mul" | "Relu" | "Sigmoid" | "Cast" => input.clone(),
        _ => return None,
    })
}

/// What windows with strides leave of an image.
fn windows(node: &Node, channels: usize, input: &[usize]) -> Option<Vec<usize>> {
    let [kernel, strides, pads] = ["kernel_shape", "strides", "pads"].map(|name| node.ints(name));
    let side = |axis: usize| {
        let dilation = node.ints("dilations").get(axis).copied().unwrap_or(1);
        let window = dilation * (kernel.get(axis)? - 1) + 1;
        let padded = *input.get(axis + 1)? as i64 + pads.get(axis)? + pads.get(axis + 2)?;
        usize::try_from((padded - window) / strides.get(axis)? + 1).ok()
    };
    Some(vec![channels, side(0)?, side(1)?])
}
