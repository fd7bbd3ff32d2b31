//! Where tasks with tensors run, as a trait: slots that each do one task at a time.

use std::time::Duration;

use crate::engine::TaskFailure;

use super::protocol::{Reply, Request};

/// News from the slots.
#[derive(Debug)]
pub enum Message {
    /// A reply of the task that the slot is doing.
    Reply { slot: usize, reply: Reply },
    /// The slot's worker is gone; its task did not end.
    Died { slot: usize, failure: TaskFailure },
    /// No worker can be had at all.
    Broken(ExecutorError),
    /// Somebody wants the run to stop.
    Interrupt,
}

/// The machine cannot run tasks.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    #[error(
        "cannot start the worker `{program}`: {source}\nhelp: build it with `cargo build` after `make setup`; it stands beside `epnas`"
    )]
    Start { program: String, source: std::io::Error },
    #[error(
        "the worker `{program}` ended before it was ready: {said}\nhelp: `make setup` brings libtorch, then `cargo build`; without a usable GPU choose `--device cpu`"
    )]
    NotReady { program: String, said: String },
}

/// Runs tasks on slots.
pub trait Executor {
    fn slots(&self) -> usize;

    /// Gives a task to a slot that has none.
    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError>;

    /// Waits for news, at most as long as `patience` says.
    fn next(&mut self, patience: Option<Duration>) -> Option<Message>;
}
