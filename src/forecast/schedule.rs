//! How long the tasks of a plan take together on some workers: as the scheduler hands them out, and at the very most.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use crate::plan::Plan;

/// Seconds of a task; those of tasks that do not run are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    pub seconds: f64,
    pub on_worker: bool,
}

/// Seconds until the last task has ended, each begun as soon as what it reads is there and a worker is free.
pub(super) fn makespan(plan: &Plan, loads: &[Load], workers: usize) -> f64 {
    let graph = &plan.graph;
    let sources = |node: NodeIndex| graph.neighbors_directed(node, Direction::Incoming).count();
    let mut open: Vec<usize> = graph.node_indices().map(sources).collect();
    let mut here: BTreeSet<usize> = open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(node, _)| node).collect();
    let (mut queue, mut running) = (BTreeSet::new(), BTreeMap::new());
    let (mut now, mut begun) = (0.0_f64, 0_usize);
    loop {
        // What needs no worker runs one after another, before slots are filled.
        while let Some(node) = here.pop_first() {
            if loads[node].on_worker && loads[node].seconds > 0.0 {
                queue.insert(node);
                continue;
            }
            now += loads[node].seconds;
            here.extend(freed(plan, node, &mut open));
        }
        while running.len() < workers.max(1)
            && let Some(node) = queue.pop_first()
        {
            begun += 1;
            running.insert(begun, (now + loads[node].seconds, node));
        }
        let Some((&first, &(end, node))) = running.iter().min_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b)) else { return now };
        running.remove(&first);
        now = now.max(end);
        here.extend(freed(plan, node, &mut open));
    }
}

/// The tasks that wait for nothing else.
fn freed(plan: &Plan, node: usize, open: &mut [usize]) -> Vec<usize> {
    let mut freed = Vec::new();
    for target in plan.graph.neighbors_directed(NodeIndex::new(node), Direction::Outgoing) {
        open[target.index()] -= 1;
        if open[target.index()] == 0 {
            freed.push(target.index());
        }
    }
    freed
}

/// What tasks come to on workers: the sum of all, the longest chain of those that wait for one another, and the dearest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Demand {
    pub sum: f64,
    pub chain: f64,
    pub dearest: f64,
    /// Of tasks that need no worker.
    pub own: f64,
}

impl Demand {
    pub(super) fn of(plan: &Plan, loads: &[Load]) -> Self {
        let mut demand = Self::default();
        let mut ends = vec![0.0_f64; loads.len()];
        for node in plan.graph.node_indices() {
            let begins = plan.graph.neighbors_directed(node, Direction::Incoming).map(|source| ends[source.index()]).fold(0.0, f64::max);
            let Load { seconds, on_worker } = loads[node.index()];
            let on_workers = if on_worker { seconds } else { 0.0 };
            ends[node.index()] = begins + on_workers;
            demand.sum += on_workers;
            demand.own += seconds - on_workers;
            demand.dearest = demand.dearest.max(on_workers);
            demand.chain = demand.chain.max(ends[node.index()]);
        }
        demand
    }

    /// No order in which workers take what is ready lasts longer (Graham 1966), and none does with tasks that are cheaper.
    pub(super) fn most(self, workers: usize) -> f64 {
        let workers = workers.max(1) as f64;
        self.sum / workers + (1.0 - 1.0 / workers) * self.chain.min(self.sum) + self.own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::DataDigests;
    use crate::task::TaskKind;

    fn plan() -> Plan {
        let text = b"name: a\ndataset: {name: mnist}\nreferences: none\nstages: [{rounds: 3, trainings: 3}]\nfinal: {networks: 1}\n";
        let spec = crate::spec::read(text).resolved.expect("a spec");
        Plan::new(&spec, DataDigests::unknown(), "a processor")
    }

    fn loads(plan: &Plan, own: f64) -> Vec<Load> {
        let load = |on_worker| Load { seconds: if on_worker { 10.0 } else { own }, on_worker };
        plan.tasks().map(|planned| load(planned.task.kind() == TaskKind::Train)).collect()
    }

    #[test]
    fn rounds_wait_for_one_another() {
        let plan = plan();
        let loads = loads(&plan, 0.0);
        // The start network, three rounds of three, the final training.
        for (workers, seconds) in [(1, 110.0), (2, 80.0), (3, 50.0), (100, 50.0)] {
            assert!((makespan(&plan, &loads, workers) - seconds).abs() < 1e-9, "{workers} workers");
            assert!(Demand::of(&plan, &loads).most(workers) >= seconds);
        }
        let demand = Demand::of(&plan, &loads);
        assert_eq!((demand.sum, demand.chain, demand.dearest), (110.0, 50.0, 10.0));
    }

    #[test]
    fn what_needs_no_worker_runs_one_after_another() {
        let plan = plan();
        let own = plan.tasks().filter(|planned| planned.task.kind() != TaskKind::Train).count() as f64;
        assert!((Demand::of(&plan, &loads(&plan, 1.0)).own - own).abs() < 1e-9);
        let nothing: Vec<Load> = loads(&plan, 1.0).into_iter().map(|load| if load.on_worker { Load::default() } else { load }).collect();
        assert!((makespan(&plan, &nothing, 4) - own).abs() < 1e-9);
    }
}
