//! An ONNX graph that grows, node by node.

use super::proto::{ATTRIBUTE_INT, ATTRIBUTE_INTS, Attribute, Graph, Node, Tensor};

/// An attribute of a node.
pub enum Value {
    Int(i64),
    Ints(Vec<i64>),
}

impl Graph {
    /// Adds a node; its output has its name.
    pub fn push(&mut self, op: &str, name: &str, inputs: &[&str], attributes: &[(&str, Value)]) -> String {
        let attribute = |(name, value): &(&str, Value)| match value {
            Value::Int(int) => Attribute { name: (*name).to_owned(), i: Some(*int), kind: ATTRIBUTE_INT, ..Attribute::default() },
            Value::Ints(ints) => Attribute { name: (*name).to_owned(), ints: ints.clone(), kind: ATTRIBUTE_INTS, ..Attribute::default() },
        };
        self.node.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op.to_owned(),
            attribute: attributes.iter().map(attribute).collect(),
        });
        name.to_owned()
    }

    /// Adds a constant; gives its name.
    pub fn constant(&mut self, tensor: Tensor) -> String {
        self.initializer.push(tensor);
        self.initializer.last().map(|tensor| tensor.name.clone()).unwrap_or_default()
    }
}

/// A whole number for every side of a window.
pub(super) fn both(value: usize) -> Value {
    Value::Ints(vec![value as i64; 2])
}

pub(super) fn ints(values: &[usize]) -> Value {
    Value::Ints(values.iter().map(|&value| value as i64).collect())
}
