//! Where tasks with tensors run, as a trait: slots that each do one task at a time.

use std::time::Duration;

use crate::engine::TaskFailure;
use crate::host::Refused;

use super::protocol::{Reply, Request};

/// What a slot computes on. Several slots may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// `cpu`, or `cuda:N`.
    pub name: String,
    /// The model: what failed for good on one kind of device is not tried on the same kind again.
    pub kind: String,
    /// Bytes that trainings may take, those of all its slots together; `None` where it is not known.
    pub memory: Option<u64>,
    /// What a task can have at the most, when it is alone.
    pub capacity: Capacity,
}

/// The most bytes that this process and its workers may take, whatever is free at the moment; `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Of the machine, or of the control group that the process is in.
    pub host: Option<u64>,
    /// Of the GPU.
    pub device: Option<u64>,
}

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
    #[error("the worker `{program}` ended before it was ready: {said}\nhelp: {}", start_help(.said))]
    NotReady { program: String, said: String },
    #[error("the worker `{program}` was not ready after {seconds} s\nhelp: try it by hand: `{program} </dev/null`")]
    Silent { program: String, seconds: u64 },
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// How to mend what a worker says that does not start.
fn start_help(said: &str) -> &'static str {
    // The words of the dynamic loader.
    if said.contains("error while loading shared libraries") {
        "libtorch was moved or removed since the worker was built: run `make install` (or `make setup`) again in the folder of the source, or put the folder that holds `libtorch_cpu.so` into LD_LIBRARY_PATH"
    } else {
        "`make setup` brings libtorch, then `cargo build`; without a usable GPU choose `--device cpu`"
    }
}

/// Runs tasks on slots.
pub trait Executor {
    fn slots(&self) -> usize;

    fn device(&self, slot: usize) -> &Device;

    /// Gives a task to a slot that has none.
    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError>;

    /// Asks all slots to save what they are doing and to stop, unless they are nearly done.
    fn pause(&mut self);

    /// Ends what a slot is doing, at once: nothing more is heard of it.
    fn end(&mut self, slot: usize);

    /// Waits for news, at most as long as `patience` says.
    fn next(&mut self, patience: Option<Duration>) -> Option<Message>;
}
