//! Edges of the plan: which output is bound to which input.

use petgraph::graph::NodeIndex;

use super::{Binding, Builder};
use crate::task::pending;

impl Builder<'_> {
    /// What an earlier round chose, and nothing was learned of yet: not to be proposed again.
    pub(super) fn bind_pending(&mut self, predict: NodeIndex, count: usize, sample: NodeIndex, behind: usize) {
        for number in 1..=count {
            self.bind_optional(predict, &format!("candidate-{number}"), sample, pending(behind, number));
        }
    }

    pub(super) fn bind_state(&mut self, state: Option<NodeIndex>, to: NodeIndex, with_policy: bool) {
        if let Some(from) = state {
            self.bind(from, "state", to, "state");
            if with_policy {
                self.bind(from, "policy", to, "policy");
            }
        }
    }

    pub(super) fn bind(&mut self, from: NodeIndex, output: impl Into<String>, to: NodeIndex, input: impl Into<String>) {
        self.graph.add_edge(from, to, Binding { output: output.into(), input: input.into(), optional: false });
    }

    pub(super) fn bind_optional(&mut self, from: NodeIndex, output: &str, to: NodeIndex, input: String) {
        self.graph.add_edge(from, to, Binding { output: output.to_owned(), input, optional: true });
    }
}
