//! A network in 8 bits, as ONNX says it: `QuantizeLinear` and `DequantizeLinear` around what a runtime then computes in
//! whole numbers. Weights have a scale for each output channel and no zero point, activations one scale and one zero point
//! each, from the least and the most that they were on training images.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Value;
use super::proto::{FLOAT, Graph, INT8, INT32, Model, Node, Tensor};

/// The least and the most of each tensor.
pub type Ranges = BTreeMap<String, [f32; 2]>;

/// What computes in 8 bits.
const QUANTIZED: [&str; 8] = ["Conv", "Gemm", "Add", "Mul", "Concat", "MaxPool", "AveragePool", "GlobalAveragePool"];

/// The model in 8 bits; or the name of a tensor whose range is not known.
pub(crate) fn quantized(model: &Model, ranges: &Ranges) -> Result<Model, String> {
    let graph = model.graph.clone().unwrap_or_default();
    let constants = graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor.clone())).collect();
    let mut quantizer = Quantizer { constants, ranges, scales: BTreeMap::new(), kept: BTreeSet::new(), graph: Graph::default() };
    for node in &graph.node {
        quantizer.add(node)?;
    }
    let Quantizer { constants, kept, graph: grown, .. } = quantizer;
    let rest = constants.into_iter().filter(|(name, _)| kept.contains(name)).map(|(_, tensor)| tensor);
    let initializer = grown.initializer.into_iter().chain(rest).collect();
    Ok(Model { graph: Some(Graph { node: grown.node, initializer, ..graph }), ..model.clone() })
}

struct Quantizer<'a> {
    /// Those of the model.
    constants: BTreeMap<String, Tensor>,
    ranges: &'a Ranges,
    /// Of the activations that are quantised already.
    scales: BTreeMap<String, f32>,
    /// Constants that stay as they are.
    kept: BTreeSet<String>,
    graph: Graph,
}

impl Quantizer<'_> {
    fn add(&mut self, node: &Node) -> Result<(), String> {
        let mut node = node.clone();
        let quantized = QUANTIZED.contains(&node.op_type.as_str());
        let activations: Vec<usize> = (0..node.input.len()).filter(|&place| !self.constants.contains_key(&node.input[place])).collect();
        if quantized {
            let mut scale = 1.0;
            for place in activations {
                scale = self.activation(&node.input[place])?;
                node.input[place] = dequantized(&node.input[place]);
            }
            if ["Conv", "Gemm"].contains(&node.op_type.as_str()) {
                self.weights(&mut node, scale);
            }
        } else {
            self.kept.extend(node.input.iter().filter(|name| self.constants.contains_key(*name)).cloned());
        }
        self.graph.node.push(node);
        Ok(())
    }

    /// Rounds an activation where it is made; gives its scale.
    fn activation(&mut self, name: &str) -> Result<f32, String> {
        if let Some(&scale) = self.scales.get(name) {
            return Ok(scale);
        }
        let [least, most] = *self.ranges.get(name).ok_or_else(|| name.to_owned())?;
        // Zero, which is what windows are padded with, must be a number that there is.
        let (least, most) = (least.min(0.0), most.max(0.0));
        let scale = if most > least { (most - least) / 255.0 } else { 1.0 };
        let zero = (-128.0 - least / scale).round().clamp(-128.0, 127.0) as i8;
        let scales = self.graph.constant(Tensor::floats(format!("{name}.scale"), &[], [scale]));
        let zeros = self.graph.constant(Tensor::raw(format!("{name}.zero"), INT8, &[], zero.to_le_bytes().to_vec()));
        let rounded = self.graph.push("QuantizeLinear", &format!("{name}.int8"), &[name, &scales, &zeros], &[]);
        self.graph.push("DequantizeLinear", &dequantized(name), &[&rounded, &scales, &zeros], &[]);
        self.scales.insert(name.to_owned(), scale);
        Ok(scale)
    }

    /// Rounds the weights of a node whose input has this scale.
    fn weights(&mut self, node: &mut Node, scale: f32) {
        let name = node.input[1].clone();
        let weight = self.constants[&name].clone();
        let channels = weight.dims[0] as usize;
        let values: Vec<f32> = weight.values().collect();
        let of_channel = (values.len() / channels.max(1)).max(1);
        let scales: Vec<f32> = values.chunks(of_channel).map(symmetric).collect();
        let rounded = values
            .chunks(of_channel)
            .zip(&scales)
            .flat_map(|(values, scale)| values.iter().map(move |value| (value / scale).round().clamp(-127.0, 127.0) as i8 as u8));
        let rounded = Tensor { data_type: INT8, raw_data: rounded.collect(), ..weight };
        node.input[1] = self.by_channel(&name, rounded, &scales);
        if let Some(name) = node.input.get(2).cloned() {
            let bias = self.constants[&name].clone();
            let scales: Vec<f32> = scales.iter().map(|of_weight| of_weight * scale).collect();
            let rounded = bias.values().zip(&scales).flat_map(|(value, scale)| ((value / scale).round() as i32).to_le_bytes());
            let rounded = Tensor { data_type: INT32, raw_data: rounded.collect(), ..bias.clone() };
            node.input[2] = self.by_channel(&name, rounded, &scales);
        }
    }

    /// A rounded constant, and what makes numbers of it again.
    fn by_channel(&mut self, name: &str, rounded: Tensor, scales: &[f32]) -> String {
        let width = if rounded.data_type == INT8 { 1 } else { 4 };
        let zeros = Tensor::raw(format!("{name}.zero"), rounded.data_type, &[scales.len()], vec![0; width * scales.len()]);
        let rounded = self.graph.constant(Tensor { name: format!("{name}.whole"), ..rounded });
        let scales = self
            .graph
            .constant(Tensor { data_type: FLOAT, ..Tensor::floats(format!("{name}.scale"), &[scales.len()], scales.iter().copied()) });
        let zeros = self.graph.constant(zeros);
        self.graph.push("DequantizeLinear", &dequantized(name), &[&rounded, &scales, &zeros], &[("axis", Value::Int(0))])
    }
}

fn dequantized(name: &str) -> String {
    format!("{name}.rounded")
}

/// What one step of 127 is for numbers as far from zero as these.
fn symmetric(values: &[f32]) -> f32 {
    let most = values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    if most > 0.0 { most / 127.0 } else { 1.0 }
}
