//! What the result of a task tells besides that it ended.

use crate::cache::Cache;
use crate::event::{Event, TaskResult};
use crate::plan::Planned;
use crate::task::TaskKind;

/// The network that a reward measured, or what an update learned.
pub(super) fn news(cache: &Cache, planned: &Planned, result: &TaskResult) -> Option<Event> {
    let (task, stage, round) = (planned.id.clone(), planned.stage, planned.round);
    match planned.task.kind() {
        TaskKind::Reward => {
            let network = cache.get_json(result.outputs.get("measured")?).ok()?;
            Some(Event::NetworkMeasured { task, stage, round, network })
        }
        TaskKind::Update => {
            let report = cache.get_json(result.outputs.get("report")?).ok()?;
            Some(Event::Learned { task, stage, round, report })
        }
        TaskKind::Sample | TaskKind::Predict | TaskKind::Measure | TaskKind::Train | TaskKind::Final => None,
    }
}
