//! What a walk through a network has at hand: the parameters that are next, and the outputs that are still to be read.

use tch::Tensor;

use super::weights::Group;
use epnas::arch::Node;

/// Parameters, sort by sort, in the order of the nodes that have them.
pub struct Pieces([std::vec::IntoIter<Tensor>; 4]);

impl Pieces {
    pub fn new(groups: [Vec<Tensor>; 4]) -> Self {
        Self(groups.map(Vec::into_iter))
    }

    pub fn next(&mut self, group: Group) -> Tensor {
        self.0[group as usize].next().expect("as many parameters as the nodes have")
    }

    /// Weight, bias, running mean and variance.
    pub fn norm(&mut self) -> [Tensor; 4] {
        [Group::Scale, Group::Scale, Group::Statistic, Group::Statistic].map(|group| self.next(group))
    }
}

/// Outputs of nodes for as long as somebody reads them.
pub struct Values {
    /// How many read each node.
    pub readers: Vec<usize>,
    unread: Vec<usize>,
    outputs: Vec<Option<Tensor>>,
}

impl Values {
    pub fn new(nodes: &[Node]) -> Self {
        let mut readers = vec![0; nodes.len()];
        nodes.iter().flat_map(|node| &node.inputs).for_each(|&input| readers[input] += 1);
        Self { unread: readers.clone(), readers, outputs: Vec::with_capacity(nodes.len()) }
    }

    pub fn push(&mut self, value: Option<Tensor>) {
        self.outputs.push(value);
    }

    /// The last reader takes the tensor, so that its memory is free as soon as nothing needs it.
    pub fn read(&mut self, node: usize) -> Tensor {
        self.unread[node] -= 1;
        let value = &mut self.outputs[node];
        let value = if self.unread[node] == 0 { value.take() } else { value.as_ref().map(Tensor::shallow_clone) };
        value.expect("nodes are in topological order")
    }

    /// What is still to be read.
    #[cfg(test)]
    pub fn alive(&self) -> impl Iterator<Item = &Tensor> {
        self.outputs.iter().flatten()
    }

    pub fn last(mut self) -> Tensor {
        self.outputs.pop().flatten().expect("nobody reads the last node")
    }
}
