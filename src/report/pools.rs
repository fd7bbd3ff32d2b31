//! How long the slots of each pool were there, and at work: what a pool costs and what came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::tracker::Moment;
use crate::event::{Event, PoolUse};
use crate::plan::TaskId;

/// Listens to a run.
#[derive(Debug, Default)]
pub struct PoolHours {
    /// Pool of each slot, and since when it is there.
    present: BTreeMap<usize, (String, Duration)>,
    /// Pool of each task that is being done on a slot, and since when.
    at_work: BTreeMap<TaskId, (String, Duration)>,
    used: BTreeMap<String, PoolUse>,
}

impl PoolHours {
    pub fn hear(&mut self, event: &Event, moment: Moment) {
        let now = moment.elapsed;
        match event {
            Event::SlotAppeared { slot, pool, .. } => {
                self.present.insert(*slot, (pool.clone(), now));
                self.used.entry(pool.clone()).or_default().slots += 1;
            }
            Event::SlotGone { slot } => self.leaves(*slot, now),
            Event::PoolChanged { pool, lost, .. } => self.used.entry(pool.clone()).or_default().lost = *lost,
            Event::TaskStarted { task, slot: Some(slot), .. } => {
                if let Some((pool, _)) = self.present.get(slot) {
                    self.at_work.insert(task.clone(), (pool.clone(), now));
                }
            }
            Event::TaskRetried { task, .. }
            | Event::TaskRequeued { task }
            | Event::TaskLeft { task, .. }
            | Event::TaskFinished { task, .. } => {
                if let Some((pool, since)) = self.at_work.remove(task) {
                    self.used.entry(pool).or_default().at_work += (now.saturating_sub(since)).as_secs_f64();
                }
            }
            _ => {}
        }
    }

    fn leaves(&mut self, slot: usize, now: Duration) {
        if let Some((pool, since)) = self.present.remove(&slot) {
            self.used.entry(pool).or_default().present += now.saturating_sub(since).as_secs_f64();
        }
    }

    /// What was used until now, by pool.
    pub fn used(&mut self, moment: Moment) -> BTreeMap<String, PoolUse> {
        let there: Vec<usize> = self.present.keys().copied().collect();
        for slot in there {
            let pool = self.present.get(&slot).map(|(pool, _)| pool.clone());
            self.leaves(slot, moment.elapsed);
            self.present.extend(pool.map(|pool| (slot, (pool, moment.elapsed))));
        }
        self.used.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tracker::tests::at;
    use super::*;
    use crate::engine::TaskFailure;
    use crate::task::TaskKind;

    #[test]
    fn time_on_slots_is_told_by_pool() {
        let mut hours = PoolHours::default();
        let slot = |slot: usize, pool: &str| Event::SlotAppeared { slot, device: "cpu".to_owned(), pool: pool.to_owned() };
        let task = TaskId("train".to_owned());
        hours.hear(&slot(0, "near"), at(0));
        hours.hear(&slot(1, "far"), at(10));
        hours.hear(&Event::TaskStarted { task: task.clone(), kind: TaskKind::Train, slot: Some(1) }, at(12));
        hours.hear(&Event::PoolChanged { pool: "far".to_owned(), pending: 0, lost: 1 }, at(20));
        hours.hear(&Event::TaskLeft { task, failure: TaskFailure::Paused }, at(20));
        hours.hear(&Event::SlotGone { slot: 1 }, at(20));
        hours.hear(&slot(2, "far"), at(30));
        let used = hours.used(at(35));
        assert_eq!(used["near"], PoolUse { slots: 1, present: 35.0, at_work: 0.0, lost: 0 });
        assert_eq!(used["far"], PoolUse { slots: 2, present: 15.0, at_work: 8.0, lost: 1 });
        assert_eq!(hours.used(at(36))["far"].present.to_bits(), 16.0_f64.to_bits());
    }
}
