//! Running a plan: one loop owns all mutable state, everything else sends it messages.
//!
//! A task is looked at when all it reads has ended: its key is known then, so it is cached, waits for the same key
//! elsewhere in the plan, runs here (no tensors) or waits for a slot. Results do not depend on the order in which
//! slots finish.

mod about;
mod callback;
mod ahead;
mod budget;
mod clock;
mod data;
mod depot;
mod executor;
mod heard;
mod infer;
mod launch;
mod local;
mod measure;
mod meter;
mod ordered_events;
mod inbox;
mod link;
mod packing;
mod parcel;
mod pools;
mod process;
mod protocol;
mod rehearsal;
mod remembered;
mod replay;
mod retrain;
mod scheduler;
mod serve;
mod storage;
mod streams;
mod task_state;
mod reply_writer;
mod watch;
mod words;

use std::collections::BTreeMap;

use crate::cache::{Cache, CacheError, MissReason, TaskKey};
use crate::engine::TaskFailure;
use crate::event::{Event, TaskResult};
use crate::plan::{Plan, TaskId};
use crate::spec::ExecutionSettings;

use self::heard::Heard;
use self::scheduler::Scheduler;

pub use about::{About, PROTOCOL};
pub use ahead::{Ahead, look_ahead};
pub use budget::{is_of_search, spends};
pub use clock::{Clock, Notifier, SystemClock};
pub use data::{DataPlace, Store};
pub use executor::{Capacity, Device, Executor, ExecutorError, Message};
pub use inbox::{Inbox, Listener, ORDER_LIMIT, OrderError, inbox};
pub use launch::{LaunchSettings, LaunchedExecutor};
pub use local::{ALLOCATOR, LocalExecutor, SlotSettings};
pub use measure::{InferenceReply, MeasureError};
pub use meter::{MeasureSettings, MeterExecutor};
pub use parcel::{Goods, PARCEL_LIMIT, PART_LIMIT, Parcel};
pub use pools::Pools;
pub use process::{STOPPING, leave_signals_to_the_coordinator, raise_oom_score};
pub use protocol::{CachePlace, InferenceRequest, NetworkPlace, Order, Reply, Request};
pub use rehearsal::{Guess, rehearse};
pub use remembered::Remembered;
pub use replay::{Blobs, Replay, Standing, Status, replay, replay_ended, replay_with};
pub use reply_writer::ReplyWriter;
pub use retrain::{Retrained, Retraining, retrain};
pub use serve::{Own, serve, worker_program};
pub use task_state::{TaskState, fingerprint, step};

/// The machine failed, not a task.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}

/// What a run is given besides the plan.
pub struct Context<'a, 'p> {
    pub cache: &'a Cache,
    /// What tasks that run here read; slots read the same from its place.
    pub place: DataPlace,
    pub store: &'a mut Store,
    pub pools: &'a mut Pools<'p>,
    pub execution: &'a ExecutionSettings,
    /// Seconds for which earlier runs of the same search went on.
    pub wall_before: u64,
    /// Whether what failed before, and would again, is tried all the same.
    pub retry_failed: bool,
    /// Seconds since 1970, for records.
    pub now: &'a dyn Fn() -> u64,
    pub listen: &'a mut dyn FnMut(&Event),
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// By position in the plan; `None` for tasks that were left undone.
    pub results: Vec<Option<TaskResult>>,
    /// Of the tasks that had no result when they were looked at: key and reason, by position in the plan.
    pub ran: BTreeMap<usize, (TaskKey, MissReason)>,
    pub interrupted: bool,
    /// Why it did not go on to the end.
    pub stopped: Option<Stop>,
}

/// Why a run stops by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error("`{task}` failed: {failure}")]
    Failure { task: TaskId, failure: TaskFailure },
    #[error("{failed} of {ended} {what} failed{}, most of them so: {cause}", of_earlier_runs(*remembered))]
    TooManyFailures {
        /// `trainings` or `measurements`.
        what: &'static str,
        failed: usize,
        /// How many of them failed in earlier runs and were not tried again.
        remembered: usize,
        ended: usize,
        cause: String,
    },
}

fn of_earlier_runs(remembered: usize) -> String {
    if remembered == 0 { String::new() } else { format!(" ({remembered} of them in earlier runs, which is remembered)") }
}

/// Runs every task of `plan` that the cache does not hold. Interrupted once, it lets the slots finish what is quick and save
/// the rest; twice, it ends at once.
pub fn run<'a>(plan: &'a Plan, context: Context<'a, '_>) -> Result<Ended, RunError> {
    run_others(plan, vec![None; plan.graph.node_count()], context)
}

/// The same where the results of some tasks are given: the others run.
fn run_others<'a>(plan: &'a Plan, given: Vec<Option<TaskResult>>, context: Context<'a, '_>) -> Result<Ended, RunError> {
    let mut scheduler = Scheduler::new(plan, given, context);
    scheduler.count_slots();
    let mut interrupted = false;
    loop {
        scheduler.settle()?;
        scheduler.fill_slots()?;
        scheduler.want_slots();
        if scheduler.is_done() {
            break;
        }
        match scheduler.wait() {
            // Only with nothing left to be heard: a coordinator that was stopped for a while has signs of life waiting.
            None => scheduler.end_overdue()?,
            Some(Heard::Message(message)) => scheduler.hear(message)?,
            Some(Heard::Warning { pool, message }) => scheduler.warn(format!("{pool}: {message}")),
            Some(Heard::Counts { pool, pending, lost }) => scheduler.tell(&Event::PoolChanged { pool, pending, lost }),
            Some(Heard::Broken { pool, error }) => scheduler.warn(format!("{pool} gives no more slots: {error}")),
            Some(Heard::AllBroken(error)) => return Err(error.into()),
            Some(Heard::Interrupt) if interrupted => break,
            Some(Heard::Interrupt) => {
                interrupted = true;
                scheduler.tell(&Event::Pausing);
                scheduler.pause();
            }
        }
    }
    scheduler.tell_rest(interrupted);
    Ok(Ended { results: scheduler.results, ran: scheduler.ran, interrupted, stopped: scheduler.stop })
}

// Here, so that what is tested of the scheduler is tested with the library alone, without libtorch.
#[cfg(test)]
#[path = "../../tests/simulation/mod.rs"]
mod simulation;
