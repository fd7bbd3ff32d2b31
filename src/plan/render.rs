//! A plan for other programs: JSON and Graphviz.

use std::fmt::Write as _;

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use serde_json::{Value, json};

use super::Plan;

/// Tasks with their parameters, and edges by task and name. `status` adds what is known of a task, by its position.
pub fn json(plan: &Plan, status: &dyn Fn(usize) -> Value) -> Value {
    let tasks: Vec<Value> = plan
        .tasks()
        .enumerate()
        .map(|(index, planned)| {
            json!({
                "id": planned.id,
                "kind": planned.task.kind(),
                "stage": planned.stage,
                "round": planned.round,
                "status": status(index),
                "parameters": planned.task,
            })
        })
        .collect();
    let id = |index: NodeIndex| &plan.graph[index].id;
    let edges: Vec<Value> = plan
        .graph
        .edge_references()
        .map(|edge| json!({ "from": id(edge.source()), "to": id(edge.target()), "binding": edge.weight() }))
        .collect();
    json!({ "tasks": tasks, "edges": edges })
}

/// Graphviz, one cluster a round.
pub fn dot(plan: &Plan) -> String {
    let mut text = String::from("digraph plan {\n  rankdir=LR; node [shape=box, fontname=\"sans-serif\", fontsize=10];\n");
    let mut group = None;
    for (index, planned) in plan.tasks().enumerate() {
        let round = (planned.stage, planned.round);
        if group != Some(round) {
            if group.is_some() {
                text.push_str("  }\n");
            }
            let place = escaped(&plan.place(planned));
            let _ = writeln!(text, "  subgraph \"cluster_{place}\" {{ label=\"{place}\";");
            group = Some(round);
        }
        let _ = writeln!(text, "    n{index} [label=\"{}\"];", escaped(&planned.name()));
    }
    if group.is_some() {
        text.push_str("  }\n");
    }
    for edge in plan.graph.edge_references() {
        let style = if edge.weight().optional { ", style=dashed" } else { "" };
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = writeln!(text, "  n{from} -> n{to} [tooltip=\"{}\"{style}];", escaped(&edge.weight().output.name()));
    }
    text.push_str("}\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
