//! How tasks end: saved, denied by a budget or passed over; and what becomes due by it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::NodeIndex;

use super::{Job, Scheduler, reads_only_ended};
use crate::cache::{RecordedOutcome, TaskKey};
use crate::digest::Digest;
use crate::event::{Event, Outcome, TaskResult};
use crate::run::RunError;
use crate::run::budget::spends;
use crate::run::ordered_events::result_event;

impl Scheduler<'_, '_> {
    pub(super) fn save(
        &mut self,
        node: usize,
        job: Job,
        outputs: BTreeMap<String, Digest>,
        environment: BTreeMap<String, String>,
        seconds: f64,
    ) -> Result<(), RunError> {
        let outcome = RecordedOutcome::Done { outputs: outputs.clone() };
        let Job { reservation, lock, bytes, .. } = job;
        let key = *reservation.key();
        reservation.save(outcome, seconds, (self.context.now)(), environment.clone())?;
        drop(lock);
        let result = TaskResult { outcome: Outcome::Executed, outputs, seconds, environment };
        self.packing.observe(&result, || bytes);
        let duplicates = TaskResult { outcome: Outcome::Cached, ..result.clone() };
        self.end_all(node, key, result, &duplicates);
        Ok(())
    }

    /// Ends a task and those with its key.
    pub(super) fn end_all(&mut self, node: usize, key: TaskKey, result: TaskResult, duplicates: &TaskResult) {
        let waiting = self.waiting.remove(&key).unwrap_or_default();
        self.end(node, result);
        for duplicate in waiting {
            self.end(duplicate, duplicates.clone());
        }
    }

    /// Tells what waited for its turn when the run ends before its plan does.
    pub(crate) fn tell_rest(&mut self, interrupted: bool) {
        for event in self.events.rest() {
            self.tell(&event);
        }
        if interrupted {
            self.tell(&Event::Interrupted);
        }
    }

    /// The budget that keeps what takes time of devices in the search from being begun now.
    pub(super) fn used_up(&self, node: usize) -> Option<&'static str> {
        let planned = self.planned(node);
        if planned.is_last {
            return None;
        }
        let closed = || self.ledger.closed_before(node);
        spends(planned).then(|| closed().or_else(|| self.ledger.used_up((self.context.pools.now() - self.began).as_secs()))).flatten()
    }

    /// A budget is used up: nothing of the search comes to be from here on.
    pub(super) fn deny(&mut self, node: usize, budget: &'static str) {
        if let Some(left) = self.ledger.close(node, budget) {
            let next = self.planned(node).id.clone();
            self.tell(&Event::BudgetUsed { budget: budget.to_owned(), next, left });
            // Some of what was held is denied now.
            self.due.extend(std::mem::take(&mut self.held));
        }
        let missing = format!("room in the budget of `{budget}`");
        self.end(node, TaskResult::without_outputs(Outcome::Skipped { missing }));
    }

    /// Notes how a task ended and looks for tasks that waited for it alone.
    pub(super) fn end(&mut self, node: usize, result: TaskResult) {
        let planned = self.planned(node);
        self.tell(&Event::TaskFinished {
            task: planned.id.clone(),
            kind: planned.task.kind(),
            stage: planned.stage,
            round: planned.round,
            outcome: result.outcome.clone(),
            seconds: result.seconds,
        });
        self.events.put(node, result_event(self.context.cache, planned, &result));
        while let Some(event) = self.events.next() {
            self.tell(&event);
        }
        let size = |digest: &Digest| self.context.cache.reader().size(digest).ok().flatten().unwrap_or(0);
        if self.ledger.note(node, &result, size) {
            self.due.extend(std::mem::take(&mut self.held));
        }
        self.count(planned, &result);
        self.results[node] = Some(result);
        let readers: BTreeSet<NodeIndex> = self.plan.graph.neighbors(NodeIndex::new(node)).collect();
        for reader in readers {
            let reader = reader.index();
            if self.results[reader].is_none() && reads_only_ended(self.plan, &self.results, reader) {
                self.due.push_back(reader);
            }
        }
    }
}
