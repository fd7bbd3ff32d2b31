//! Tasks that wait for a slot, in the order of the plan. Those that a device of the user's must do wait apart from those that any
//! worker does, so that neither stands in the way of the other.

use std::collections::BTreeMap;

use super::Job;
use crate::arch::MeasureName;

/// Whose slot a task needs: the device of a measure, or any worker.
pub(super) type Whose = Option<MeasureName>;

#[derive(Default)]
pub(super) struct Queue {
    /// By place in the plan; of none there are no tasks.
    tasks: BTreeMap<Whose, BTreeMap<usize, Job>>,
}

impl Queue {
    pub(super) fn insert(&mut self, whose: Whose, node: usize, job: Job) {
        self.tasks.entry(whose).or_default().insert(node, job);
    }

    /// Takes out a task that waits.
    pub(super) fn remove(&mut self, whose: Whose, node: usize) -> Option<Job> {
        let jobs = self.tasks.get_mut(&whose)?;
        let job = jobs.remove(&node);
        if jobs.is_empty() {
            self.tasks.remove(&whose);
        }
        job
    }

    pub(super) fn get(&self, whose: Whose, node: usize) -> Option<&Job> {
        self.tasks.get(&whose)?.get(&node)
    }

    /// The first one at `from` or behind it.
    pub(super) fn first(&self, whose: Whose, from: usize) -> Option<usize> {
        self.tasks.get(&whose)?.range(from..).next().map(|(node, _)| *node)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn len(&self, whose: Whose) -> usize {
        self.tasks.get(&whose).map_or(0, BTreeMap::len)
    }
}
