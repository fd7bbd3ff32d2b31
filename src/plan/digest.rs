//! What a whole plan computes, as one digest: equal for specs that mean the same on the same data.

use petgraph::visit::EdgeRef;

use super::Plan;
use crate::digest::{Digest, Domain};

impl Plan {
    /// Of all tasks and bindings in their order; names, paths and machines are not in it, nor are the versions of
    /// the kinds of task.
    pub fn digest(&self) -> Digest {
        let mut hasher = Domain::Plan.hasher();
        let mut add = |text: Vec<u8>| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(&text);
        };
        for planned in self.tasks() {
            add(serde_json::to_vec(&planned.task).expect("plain data always serialises"));
        }
        for edge in self.graph.edge_references() {
            let places = (edge.source().index(), edge.target().index());
            add(serde_json::to_vec(&(places, edge.weight())).expect("plain data always serialises"));
        }
        Digest::from_hasher(&hasher)
    }
}
