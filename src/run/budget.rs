//! What a run may use up, and what it has used: asked before each training of the search.
//!
//! Trainings are counted in the order of the plan, whoever did them and whenever, so that a run ends at the same place with
//! any number of workers and after any interruption. Time and disk are what the results say they took, so that resumptions
//! add up; only the time of the clock has to be handed over from one to the next.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::event::{Outcome, TaskResult};
use crate::plan::{Plan, Planned};
use crate::spec::Budget;
use crate::task::{Figure, Task, TaskKind};

/// May this task go on?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    Granted,
    /// It depends on how many of those before it come to be.
    Later,
    Denied,
}

#[derive(Debug)]
pub(super) struct Ledger {
    budget: Budget,
    /// Of each training of the search its place among them, by its place in the plan.
    places: BTreeMap<usize, usize>,
    /// Places in the plan of all that takes time of devices in the search.
    spending: BTreeSet<usize>,
    /// Places of trainings that have not ended, and of those that never came to be.
    open: BTreeSet<usize>,
    skipped: BTreeSet<usize>,
    device_seconds: f64,
    /// Seconds before this run began.
    wall_before: u64,
    artifacts: BTreeMap<Digest, u64>,
    disk_bytes: u64,
    /// Where in the plan the search ends, and by which budget.
    end: Option<(usize, &'static str)>,
}

impl Ledger {
    pub(super) fn new(plan: &Plan, budget: Budget, wall_before: u64) -> Self {
        let searched = plan.tasks().enumerate().filter(|(_, planned)| is_of_search(planned));
        let places: BTreeMap<usize, usize> = searched.enumerate().map(|(place, (node, _))| (node, place)).collect();
        let spending = plan.tasks().enumerate().filter(|(_, planned)| spends(planned)).map(|(node, _)| node).collect();
        let open = places.values().copied().collect();
        let (skipped, artifacts) = (BTreeSet::new(), BTreeMap::new());
        Self { budget, places, spending, open, skipped, device_seconds: 0.0, wall_before, artifacts, disk_bytes: 0, end: None }
    }

    /// Whether the task at `node` may be looked at: of the search's trainings only as many as are granted come to be, and
    /// behind the last one nothing else of the search.
    pub(super) fn permit(&self, node: usize, planned: &Planned) -> Permit {
        let is_free = matches!(planned.task.kind(), TaskKind::Reward | TaskKind::Update | TaskKind::Final);
        if planned.is_last || is_free {
            return Permit::Granted;
        }
        if self.end.is_some_and(|(end, _)| node >= end) {
            return Permit::Denied;
        }
        let (Some(limit), Some(&place)) = (self.budget.trainings, self.places.get(&node)) else { return Permit::Granted };
        if place < limit {
            return Permit::Granted;
        }
        let skipped = self.skipped.range(..place).count();
        let open = self.open.range(..place).count();
        if place - skipped < limit {
            Permit::Granted
        } else if place - skipped - open >= limit {
            Permit::Denied
        } else {
            Permit::Later
        }
    }

    /// The budget that is used up at this moment, `wall` seconds after the run began; trainings are [`Ledger::permit`]'s.
    pub(super) fn used_up(&self, wall: u64) -> Option<&'static str> {
        let Budget { trainings: _, device_seconds, wall_seconds, disk_bytes } = self.budget;
        if device_seconds.is_some_and(|limit| self.device_seconds >= limit) {
            Some("device-hours")
        } else if wall_seconds.is_some_and(|limit| self.wall_before + wall >= limit) {
            Some("wall-time")
        } else {
            disk_bytes.is_some_and(|limit| self.disk_bytes >= limit).then_some("disk")
        }
    }

    /// Ends the search at `node`, which will not be trained; gives how many trainings are left undone, once.
    pub(super) fn close(&mut self, node: usize, budget: &'static str) -> Option<usize> {
        let is_first = self.end.is_none();
        if self.end.is_none_or(|(end, _)| node < end) {
            self.end = Some((node, budget));
        }
        let place = self.places.range(node..).next().map_or(usize::MAX, |(_, place)| *place);
        is_first.then(|| self.open.range(place..).count())
    }

    /// The budget that ended the search before `node`.
    pub(super) fn closed_before(&self, node: usize) -> Option<&'static str> {
        self.end.filter(|(end, _)| node >= *end).map(|(_, budget)| budget)
    }

    /// Notes how a task ended; whether it was a training of the search.
    pub(super) fn note(&mut self, node: usize, result: &TaskResult, size: impl Fn(&Digest) -> u64) -> bool {
        if self.budget.disk_bytes.is_some() {
            for digest in result.outputs.values() {
                let known = &mut self.disk_bytes;
                self.artifacts.entry(*digest).or_insert_with(|| {
                    let size = size(digest);
                    *known += size;
                    size
                });
            }
        }
        if self.spending.contains(&node) {
            self.device_seconds += result.seconds;
        }
        let Some(&place) = self.places.get(&node) else { return false };
        self.open.remove(&place);
        if matches!(result.outcome, Outcome::Skipped { .. }) {
            self.skipped.insert(place);
        }
        true
    }
}

/// A training of the search; those at the end are outside of every budget.
pub fn is_of_search(planned: &Planned) -> bool {
    !planned.is_last && matches!(planned.task, Task::Train { .. } | Task::LookUp { figure: Figure::Search, .. })
}

/// A task of the search that trains or measures on images: what budgets of time are of.
pub fn spends(planned: &Planned) -> bool {
    is_of_search(planned) || planned.task.uses_shared_weights() && !planned.is_last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Domain;
    use crate::plan::DataDigests;

    fn plan() -> Plan {
        let text = b"name: a\ndataset: {name: mnist}\nreferences: none\nstages: [{rounds: 2, trainings: 2}]\nfinal: {networks: 1}\n";
        let spec = crate::spec::read(text).resolved.expect("a spec");
        Plan::new(&spec, DataDigests::unknown(), "a processor")
    }

    fn trainings(plan: &Plan) -> Vec<(usize, Planned)> {
        plan.tasks().cloned().enumerate().filter(|(_, planned)| is_of_search(planned)).collect()
    }

    fn ended() -> TaskResult {
        TaskResult { seconds: 10.0, ..TaskResult::without_outputs(Outcome::Executed) }
    }

    #[test]
    fn trainings_are_counted_in_the_order_of_the_plan() {
        let plan = plan();
        let trainings = trainings(&plan);
        assert_eq!(trainings.len(), 5, "the start network and two rounds");
        let mut ledger = Ledger::new(&plan, Budget { trainings: Some(3), ..Budget::default() }, 0);
        let permit = |ledger: &Ledger, number: usize| ledger.permit(trainings[number].0, &trainings[number].1);
        assert_eq!(permit(&ledger, 2), Permit::Granted);
        assert_eq!(permit(&ledger, 3), Permit::Later, "one before it may not come to be");
        ledger.note(trainings[1].0, &TaskResult::without_outputs(Outcome::Skipped { missing: String::new() }), |_| 0);
        assert_eq!(permit(&ledger, 3), Permit::Granted);
        assert_eq!(permit(&ledger, 4), Permit::Later);
        for number in [0, 2] {
            ledger.note(trainings[number].0, &ended(), |_| 0);
        }
        assert_eq!(permit(&ledger, 4), Permit::Later, "the third may not come to be either");
        ledger.note(trainings[3].0, &ended(), |_| 0);
        assert_eq!(permit(&ledger, 4), Permit::Denied);
        assert_eq!(ledger.close(trainings[4].0, "trainings"), Some(1));
        assert_eq!(ledger.close(trainings[4].0, "trainings"), None);
    }

    #[test]
    fn behind_the_end_of_the_search_only_the_last_trainings_are_left() {
        let plan = plan();
        let trainings = trainings(&plan);
        let mut ledger = Ledger::new(&plan, Budget { device_seconds: Some(20.0), ..Budget::default() }, 0);
        ledger.note(trainings[0].0, &ended(), |_| 0);
        assert_eq!(ledger.used_up(0), None);
        ledger.note(trainings[1].0, &ended(), |_| 0);
        assert_eq!(ledger.used_up(0), Some("device-hours"));
        ledger.close(trainings[2].0, "device-hours");
        for (node, planned) in plan.tasks().enumerate() {
            let steers = matches!(planned.task.kind(), TaskKind::Sample | TaskKind::Predict | TaskKind::Train);
            let denied = node >= trainings[2].0 && steers && !planned.is_last;
            assert_eq!(ledger.permit(node, planned), if denied { Permit::Denied } else { Permit::Granted }, "{}", planned.id);
        }
    }

    #[test]
    fn time_of_earlier_runs_and_every_artifact_count_once() {
        let plan = plan();
        let budget = Budget { wall_seconds: Some(100), disk_bytes: Some(50), ..Budget::default() };
        let mut ledger = Ledger::new(&plan, budget, 60);
        assert_eq!((ledger.used_up(39), ledger.used_up(40)), (None, Some("wall-time")));
        let mut result = ended();
        for name in ["metrics", "weights"] {
            result.outputs.insert(name.to_owned(), Digest::of(Domain::Blob, b"the same"));
        }
        ledger.note(0, &result, |_| 30);
        ledger.note(1, &result, |_| 30);
        assert_eq!(ledger.used_up(0), None);
        result.outputs.insert("other".to_owned(), Digest::of(Domain::Blob, b"another"));
        ledger.note(2, &result, |_| 30);
        assert_eq!(ledger.used_up(0), Some("disk"));
    }
}
