//! What the result of a task tells besides that it ended, and in which order: that of the plan, whoever was quicker.

use std::collections::BTreeMap;

use crate::cache::Cache;
use crate::event::{Event, TaskResult};
use crate::plan::Planned;
use crate::task::{Port, TaskKind};

/// The network that a reward measured, or what an update learned.
pub(super) fn news(cache: &Cache, planned: &Planned, result: &TaskResult) -> Option<Event> {
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
        TaskKind::Sample | TaskKind::Predict | TaskKind::Measure | TaskKind::Train | TaskKind::Final => None,
    }
}

/// News in the order of the plan: it is told when all tasks before its own have ended.
#[derive(Debug, Default)]
pub(super) struct InOrder {
    next: usize,
    ended: BTreeMap<usize, Option<Event>>,
}

impl InOrder {
    /// The task at a place of the plan has ended, with news or without.
    pub fn put(&mut self, node: usize, news: Option<Event>) {
        self.ended.insert(node, news);
    }

    /// What can be told now.
    pub fn next(&mut self) -> Option<Event> {
        while let Some(news) = self.ended.remove(&self.next) {
            self.next += 1;
            if news.is_some() {
                return news;
            }
        }
        None
    }

    /// All that is left, of a run that ends before its plan.
    pub fn rest(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.ended).into_values().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_waits_for_what_stands_before_it() {
        let said = |message: &str| Some(Event::Warning { message: message.to_owned() });
        let mut news = InOrder::default();
        news.put(2, said("c"));
        news.put(1, None);
        assert_eq!(news.next(), None);
        news.put(0, said("a"));
        assert_eq!((news.next(), news.next(), news.next()), (said("a"), said("c"), None));
        news.put(5, said("f"));
        assert_eq!(news.next(), None);
        assert_eq!(news.rest(), [said("f").expect("news")]);
    }
}
