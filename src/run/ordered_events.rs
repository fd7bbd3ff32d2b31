//! Emits the events that results carry (a measured network, what an update learned) in the order of the plan,
//! independent of which task finished first.

use std::collections::BTreeMap;

use crate::cache::Cache;
use crate::event::{Event, TaskResult};
use crate::plan::Planned;
use crate::task::{Port, TaskKind};

/// The network that a reward measured, or what an update learned.
pub(super) fn result_event(cache: &Cache, planned: &Planned, result: &TaskResult) -> Option<Event> {
    let (task, stage, round) = (planned.id.clone(), planned.stage, planned.round);
    match planned.task.kind() {
        TaskKind::Reward => {
            let network = cache.get_json(&result.output(Port::Measured)?).ok()?;
            Some(Event::NetworkMeasured { task, stage, round, network })
        }
        TaskKind::Update => {
            let report = cache.get_json(&result.output(Port::Report)?).ok()?;
            Some(Event::Learned { task, stage, round, report })
        }
        TaskKind::Share
        | TaskKind::Steer
        | TaskKind::Sample
        | TaskKind::Predict
        | TaskKind::Measure
        | TaskKind::Inherit
        | TaskKind::Train
        | TaskKind::Final => None,
    }
}

/// Events in the order of the plan. An event is released when all tasks before its own have ended.
#[derive(Debug, Default)]
pub(super) struct OrderedEvents {
    next: usize,
    ended: BTreeMap<usize, Option<Event>>,
}

impl OrderedEvents {
    /// Records that the task at `node` has ended, with its event if it has one.
    pub(super) fn put(&mut self, node: usize, event: Option<Event>) {
        self.ended.insert(node, event);
    }

    /// The next event that can be released.
    pub(super) fn next(&mut self) -> Option<Event> {
        while let Some(event) = self.ended.remove(&self.next) {
            self.next += 1;
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// All that is left, of a run that ends before its plan.
    pub(super) fn rest(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.ended).into_values().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_waits_for_what_stands_before_it() {
        let said = |message: &str| Some(Event::Warning { message: message.to_owned() });
        let mut events = OrderedEvents::default();
        events.put(2, said("c"));
        events.put(1, None);
        assert_eq!(events.next(), None);
        events.put(0, said("a"));
        assert_eq!((events.next(), events.next(), events.next()), (said("a"), said("c"), None));
        events.put(5, said("f"));
        assert_eq!(events.next(), None);
        assert_eq!(events.rest(), [said("f").expect("an event")]);
    }
}
