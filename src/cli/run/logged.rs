//! The events of a run as lines of its log. People are told of them anyway, so that they stand in the file alone.

use crate::cli::log::TOLD;
use crate::event::{Event, Outcome};
use crate::report::Tracker;
use crate::report::status::Beginning;

/// The first line of a run; lines before it are of the run before.
pub(super) fn beginning(run: &Beginning) {
    let Beginning { name, spec, search, process, spent: (seconds, runs) } = run;
    let (version, pid, host) = (env!("CARGO_PKG_VERSION"), process.pid, process.host.as_str());
    tracing::info!(target: TOLD, name, spec, %search, version, pid, host, earlier_runs = runs, earlier_seconds = seconds, "run");
}

pub(super) fn event(event: &Event, tracker: &Tracker) {
    match event {
        Event::RunStarted { workers, tasks, .. } => {
            tracing::info!(target: TOLD, workers, tasks = tasks.values().sum::<usize>(), "run started");
        }
        Event::SlotAppeared { slot, device, pool } => tracing::info!(target: TOLD, slot, device, pool, "slot appeared"),
        Event::PoolChanged { pool, pending, lost } => tracing::info!(target: TOLD, pool, pending, lost, "pool"),
        Event::SlotGone { slot } => tracing::info!(target: TOLD, slot, "slot gone"),
        Event::TaskRequeued { task } => tracing::info!(target: TOLD, %task, "task requeued"),
        Event::TaskStarted { task, kind, slot: Some(slot) } => {
            tracing::info!(target: TOLD, %task, %kind, slot, attempt = tracker.attempt(task), "task started");
        }
        Event::TaskStarted { task, kind, slot: None } => tracing::debug!(target: TOLD, %task, %kind, "task started"),
        Event::TaskProgress { task, progress } => {
            let (done_steps, total_steps) = (progress.done_steps, progress.total_steps);
            tracing::trace!(target: TOLD, %task, done_steps, total_steps, "progress");
        }
        Event::TaskRetried { task, failure } => {
            tracing::warn!(target: TOLD, %task, sort = ?failure.kind(), %failure, "task is tried again");
        }
        Event::TaskLeft { task, failure } => tracing::info!(target: TOLD, %task, sort = ?failure.kind(), "task left undone"),
        Event::TaskFinished { task, kind, outcome, seconds, .. } => match outcome {
            Outcome::Executed => tracing::info!(target: TOLD, %task, %kind, seconds, "task done"),
            Outcome::Cached => tracing::debug!(target: TOLD, %task, %kind, seconds, "task cached"),
            Outcome::Failed { failure, remembered: true } => {
                tracing::warn!(target: TOLD, %task, %kind, seconds, sort = ?failure.kind(), %failure, "task failed in an earlier run");
            }
            Outcome::Failed { failure, remembered: false } => {
                tracing::warn!(target: TOLD, %task, %kind, seconds, sort = ?failure.kind(), %failure, "task failed");
            }
            Outcome::Skipped { missing } => tracing::info!(target: TOLD, %task, %kind, missing, "task skipped"),
        },
        Event::NetworkMeasured { task, network, .. } => {
            let (accuracy, reward) = (network.validation_accuracy, network.reward);
            let architecture = network.architecture.summary();
            tracing::info!(target: TOLD, %task, accuracy, reward = reward.value, feasible = reward.feasible, architecture, "network measured");
        }
        Event::Learned { task, .. } => tracing::debug!(target: TOLD, %task, "strategy learned"),
        Event::Data { summary, .. } => tracing::info!(target: TOLD, "data: {summary}"),
        Event::Warning { message } => tracing::warn!(target: TOLD, "{message}"),
        Event::BudgetUsed { budget, next, left } => tracing::info!(target: TOLD, budget, %next, left, "budget used"),
        Event::Pausing => tracing::info!(target: TOLD, "run is asked to stop"),
        Event::Stopping { cause } => tracing::error!(target: TOLD, cause, "run stops"),
        Event::Interrupted => tracing::info!(target: TOLD, "run interrupted"),
        Event::Summary(summary) => tracing::info!(target: TOLD, seconds = summary.seconds, "run done"),
    }
}
