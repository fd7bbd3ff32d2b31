//! A network as an ONNX graph: each normalisation folded into the convolution before it, paddings written out, that of the
//! pixels as `Sub` and `Div` at the start. Folding the mean of the pixels into the first convolution would be wrong where
//! that one pads with zeros.

use super::graph::{Value, both, ints};
use super::proto::{Dimension, FLOAT, Graph, INT64, Model, OperatorSet, Shape as Sides, Tensor, TensorType, Type, UINT8, ValueInfo};
use crate::arch::{Network, Node, Primitive};
use crate::export::weights::Weights;

/// The operators are those of this set: old enough for every runtime in use, and the first stable one with `QuantizeLinear`
/// by axis is four older.
const OPSET: i64 = 17;
const IR: i64 = 8;

/// The names of what goes in and what comes out.
pub const TENSORS: [&str; 2] = ["image", "logits"];

/// How a model takes images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pixels {
    /// 32-bit numbers from 0 to 1.
    Numbers,
    Bytes,
}

/// A network as a model.
pub(crate) fn network(network: &Network, weights: &Weights, pixels: Pixels) -> Model {
    let nodes = &network.nodes;
    let [image, logits] = TENSORS;
    let (input, output) = (nodes[0].shape, nodes[nodes.len() - 1].shape);
    let mut graph = Graph {
        name: "network".to_owned(),
        input: vec![value(image, if pixels == Pixels::Bytes { UINT8 } else { FLOAT }, &[input.channels, input.height, input.width])],
        output: vec![value(logits, FLOAT, &[output.channels])],
        ..Graph::default()
    };
    let mut builder = Builder { graph: &mut graph, weights, nodes, values: Vec::with_capacity(nodes.len()) };
    for index in 0..nodes.len() {
        let value = builder.add(index, pixels);
        builder.values.push(value);
    }
    if let Some(last) = graph.node.last_mut() {
        last.output = vec![logits.to_owned()];
    }
    Model {
        ir_version: IR,
        producer_name: "epnas".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: Vec::new(),
    }
}

/// A tensor with any number of examples.
fn value(name: &str, elem_type: i32, sides: &[usize]) -> ValueInfo {
    let batch = Dimension { dim_value: None, dim_param: Some("batch".to_owned()) };
    let sides = sides.iter().map(|&side| Dimension { dim_value: Some(side as i64), dim_param: None });
    let shape = Some(Sides { dim: std::iter::once(batch).chain(sides).collect() });
    ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type: Some(TensorType { elem_type, shape }) }) }
}

struct Builder<'a> {
    graph: &'a mut Graph,
    weights: &'a Weights,
    nodes: &'a [Node],
    /// The name of what each node gives.
    values: Vec<String>,
}

impl Builder<'_> {
    fn add(&mut self, index: usize, pixels: Pixels) -> String {
        let node = &self.nodes[index];
        let sources: Vec<String> = node.inputs.iter().map(|&input| self.values[input].clone()).collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let name = |word: &str| format!("{word}_{index}");
        match node.primitive {
            Primitive::Input => self.normalised(pixels),
            Primitive::Convolution { kernel, stride, dilation, groups, input, output } => {
                let weight =
                    self.constant(name("conv") + ".weight", &[output, input / groups, kernel[0], kernel[1]], self.weights.kernel(index));
                let bias = self.weights.shift(index).map(|shift| self.constant(name("conv") + ".bias", &[output], shift));
                let mut inputs = vec![sources[0], &weight];
                inputs.extend(bias.as_deref());
                let padding = kernel.map(|side| dilation * (side - 1) / 2);
                let attributes = [
                    ("kernel_shape", ints(&kernel)),
                    ("strides", both(stride)),
                    ("dilations", both(dilation)),
                    ("pads", ints(&[padding, padding].concat())),
                    ("group", Value::Int(groups as i64)),
                ];
                self.graph.push("Conv", &name("conv"), &inputs, &attributes)
            }
            // Folded into the convolution, or of no effect outside of training.
            Primitive::BatchNorm { .. } | Primitive::PathDropout => sources[0].to_owned(),
            Primitive::Relu => self.graph.push("Relu", &name("relu"), &sources, &[]),
            Primitive::MaxPool { kernel, stride } => self.graph.push("MaxPool", &name("max_pool"), &sources, &window(kernel, stride)),
            Primitive::AveragePool { kernel, stride } => {
                // Padding is no part of the mean.
                let attributes: Vec<_> = window(kernel, stride).into_iter().chain([("count_include_pad", Value::Int(0))]).collect();
                self.graph.push("AveragePool", &name("average_pool"), &sources, &attributes)
            }
            Primitive::Add => self.graph.push("Add", &name("add"), &sources, &[]),
            Primitive::Concat => self.graph.push("Concat", &name("concat"), &sources, &[("axis", Value::Int(1))]),
            Primitive::GlobalAveragePool => {
                let mean = self.graph.push("GlobalAveragePool", &name("mean"), &sources, &[]);
                self.graph.push("Flatten", &name("flatten"), &[&mean], &[("axis", Value::Int(1))])
            }
            Primitive::Sigmoid => self.graph.push("Sigmoid", &name("sigmoid"), &sources, &[]),
            Primitive::Scale => {
                let axes = [2_i64, 3].iter().flat_map(|axis| axis.to_le_bytes()).collect();
                let axes = self.graph.constant(Tensor::raw(name("scale") + ".axes", INT64, &[2], axes));
                let factors = self.graph.push("Unsqueeze", &(name("scale") + ".factors"), &[sources[1], &axes], &[]);
                self.graph.push("Mul", &name("scale"), &[sources[0], &factors], &[])
            }
            Primitive::Linear { input, output } => {
                let weight = self.constant(name("linear") + ".weight", &[output, input], self.weights.of(index, "weight").to_vec());
                let bias = self.constant(name("linear") + ".bias", &[output], self.weights.of(index, "bias").to_vec());
                self.graph.push("Gemm", &name("linear"), &[sources[0], &weight, &bias], &[("transB", Value::Int(1))])
            }
        }
    }

    /// (pixel − mean) / deviation, of pixels from 0 to 1 or of bytes.
    fn normalised(&mut self, form: Pixels) -> String {
        let (mut pixels, mut range) = (TENSORS[0].to_owned(), 1.0);
        if form == Pixels::Bytes {
            pixels = self.graph.push("Cast", "bytes", &[&pixels], &[("to", Value::Int(FLOAT.into()))]);
            range = 255.0;
        }
        let sides = [self.weights.mean.len(), 1, 1];
        let scaled = |values: &[f32]| values.iter().map(|value| value * range).collect::<Vec<_>>();
        let (mean, deviation) = (scaled(&self.weights.mean), scaled(&self.weights.deviation));
        let mean = self.constant("image.mean".to_owned(), &sides, mean);
        let deviation = self.constant("image.std".to_owned(), &sides, deviation);
        let centred = self.graph.push("Sub", "centred", &[&pixels, &mean], &[]);
        self.graph.push("Div", "normalised", &[&centred, &deviation], &[])
    }

    fn constant(&mut self, name: String, sides: &[usize], values: Vec<f32>) -> String {
        self.graph.constant(Tensor::floats(name, sides, values))
    }
}

fn window(kernel: usize, stride: usize) -> [(&'static str, Value); 3] {
    [("kernel_shape", both(kernel)), ("strides", both(stride)), ("pads", ints(&[(kernel - 1) / 2; 4]))]
}
