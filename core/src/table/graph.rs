//! Where the decisions of a table are the edges of a graph: a cell, as in NAS-Bench-201.

use serde::{Deserialize, Serialize};

/// A directed acyclic graph from node 0, the input, to the last node, the output; decision i is what edge i computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Graph {
    /// From node, to node; nodes are numbered so that every edge leads to a larger number.
    pub edges: Vec<[usize; 2]>,
    /// The option that takes an edge away.
    pub none: Option<String>,
}

/// The most paths a graph may have.
const MOST_PATHS: usize = 10_000;

impl Graph {
    /// Every way from the input to the output, as edges; or what keeps the graph from being one.
    pub fn paths(&self) -> Result<Vec<Vec<usize>>, String> {
        if let Some([from, to]) = self.edges.iter().find(|[from, to]| from >= to) {
            return Err(format!("the edge from {from} to {to} does not lead to a larger number"));
        }
        let output = self.edges.iter().map(|edge| edge[1]).max().ok_or("it has no edges")?;
        let mut done = Vec::new();
        let mut open = vec![(0, Vec::new())];
        while let Some((node, path)) = open.pop() {
            if node == output {
                done.push(path);
            } else {
                for (edge, _) in self.edges.iter().enumerate().filter(|(_, edge)| edge[0] == node) {
                    open.push((self.edges[edge][1], [path.clone(), vec![edge]].concat()));
                }
            }
            if done.len() + open.len() > MOST_PATHS {
                return Err(format!("it has more than {MOST_PATHS} paths"));
            }
        }
        if done.is_empty() {
            return Err(format!("no path leads from node 0 to node {output}"));
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[[usize; 2]]) -> Graph {
        Graph { edges: edges.to_vec(), none: None }
    }

    #[test]
    fn a_cell_of_four_nodes_has_four_paths() {
        let mut paths = graph(&[[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]]).paths().expect("a graph");
        paths.sort();
        assert_eq!(paths, [vec![0, 2, 5], vec![0, 4], vec![1, 5], vec![3]]);
    }

    #[test]
    fn what_is_no_graph_is_told() {
        assert_eq!(graph(&[[1, 0]]).paths(), Err("the edge from 1 to 0 does not lead to a larger number".to_owned()));
        assert_eq!(graph(&[[1, 2]]).paths(), Err("no path leads from node 0 to node 2".to_owned()));
        let ladder: Vec<[usize; 2]> = (0..20).flat_map(|node| [[node, node + 1], [node, node + 1]]).collect();
        assert_eq!(graph(&ladder).paths(), Err("it has more than 10000 paths".to_owned()));
    }
}
