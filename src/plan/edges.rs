//! Edges of the plan: which output is bound to which input.

use petgraph::graph::NodeIndex;

use super::{Binding, Builder};
use crate::strategy::Carried;
use crate::task::Port;

impl Builder<'_> {
    /// What an earlier round chose, and nothing was learned of yet: not to be proposed again.
    pub(super) fn bind_pending(&mut self, predict: NodeIndex, count: usize, sample: NodeIndex, behind: usize) {
        for number in 1..=count {
            self.bind_optional(predict, Port::Chosen(number), sample, Port::Pending { behind, number });
        }
    }

    /// What an update left to the rounds after it, where there was one.
    pub(super) fn bind_carried(&mut self, update: Option<NodeIndex>, to: NodeIndex, carried: &[Carried]) {
        let Some(from) = update else { return };
        for &artifact in carried {
            self.bind(from, Port::Carried(artifact), to, Port::Carried(artifact));
        }
    }

    pub(super) fn bind(&mut self, from: NodeIndex, output: Port, to: NodeIndex, input: Port) {
        self.graph.add_edge(from, to, Binding { output, input, optional: false });
    }

    pub(super) fn bind_optional(&mut self, from: NodeIndex, output: Port, to: NodeIndex, input: Port) {
        self.graph.add_edge(from, to, Binding { output, input, optional: true });
    }
}
