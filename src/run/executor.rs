//! Where tasks with tensors run, as a trait: pools of slots that each do one task at a time.

use std::time::Instant;

use crate::arch::MeasureName;
use crate::engine::TaskFailure;
use crate::host::Refused;
use crate::text::ErrorText;

use super::protocol::{Reply, Request};

/// What a slot computes on. Several slots may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// `cpu`, or `cuda:N`; slots of one pool share a device where they share its name.
    pub name: String,
    /// The model: what failed for good on one kind of device is not tried on the same kind again.
    pub kind: String,
    /// Bytes that trainings may take, those of all its slots together; `None` where it is not known.
    pub memory: Option<u64>,
    /// What a task can have at the most, when it is alone.
    pub capacity: Capacity,
}

impl Device {
    /// Whether a latency that is measured on it is one of this model.
    pub fn is_model(&self, model: &str) -> bool {
        self.kind.strip_prefix(model).is_some_and(|rest| rest.is_empty() || rest.starts_with(", "))
    }
}

/// The most bytes that this process and its workers may take, whatever is free at the moment; `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Of the machine, or of the control group that the process is in.
    pub host: Option<u64>,
    /// Of the GPU.
    pub device: Option<u64>,
}

/// What a pool says of its slots. It names them as it likes; a name is free again when its slot is gone.
#[derive(Debug)]
pub enum Message {
    /// There is a slot that takes tasks. A slot that is waited for has not appeared, however long that lasts.
    Appeared { slot: usize, device: Device },
    /// A reply of the task that the slot is doing.
    Reply { slot: usize, reply: Reply },
    /// The slot's worker is gone; its task did not end. The slot takes other tasks if the pool is of one machine; else it will be
    /// gone, too.
    Died { slot: usize, failure: TaskFailure },
    /// The slot will soon be gone: it takes nothing new.
    Leaving { slot: usize },
    /// The slot is gone with what it was doing, through no fault of the task.
    Gone { slot: usize },
    /// How many slots of the pool are waited for, and how many were lost with what they were doing.
    Counts { pending: usize, lost: usize },
    /// Something that a person should know of the pool.
    Warning(String),
    /// The pool can give no slot any more, and has none.
    Broken(ExecutorError),
}

/// The machine cannot run tasks.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.error_text())]
pub enum ExecutorError {
    Start {
        program: String,
        source: std::io::Error,
    },
    /// The worker ended before it was ready; these were its last words.
    NotReady {
        program: String,
        said: String,
    },
    Silent {
        seconds: u64,
    },
    Unfit {
        why: String,
    },
    NoSlot {
        said: String,
    },
    NoPool,
    Refused(#[from] Refused),
}

impl ExecutorError {
    pub fn error_text(&self) -> ErrorText {
        match self {
            Self::Start { program, source } => ErrorText::with_help(
                format!("cannot start the worker `{program}`: {source}"),
                "build it with `cargo build` after `make setup`; it stands beside `epnas`",
            ),
            Self::NotReady { program, said } => {
                let ErrorText { what, help } = ErrorText::received(said);
                let what = format!("the worker `{program}` ended before it was ready: {what}");
                ErrorText::with_help(what, help.unwrap_or_else(|| start_help(said).to_owned()))
            }
            Self::Silent { seconds } => {
                ErrorText::with_help(format!("the worker was not ready after {seconds} s"), "try it by hand: `epnas-worker </dev/null`")
            }
            Self::Unfit { why } => ErrorText::with_help(why, "`epnas` and `epnas-worker` belong together: build or install both anew"),
            Self::NoSlot { said } => ErrorText::with_help(
                format!("no slot could be started: {said}"),
                "`epnas doctor --pools FILE` starts one slot of each pool and says what it found",
            ),
            Self::NoPool => ErrorText::without_help("the run has no pool of slots"),
            Self::Refused(refused) => refused.error_text(),
        }
    }
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

/// A pool of slots: it runs tasks on them. Slots may appear late, come and go.
pub trait Executor {
    /// What people call it.
    fn name(&self) -> &str;

    /// What its only slot measures, where it is a device of the user's. It does nothing else, and nothing else does it.
    fn measure(&self) -> Option<MeasureName> {
        None
    }

    /// What its slots compute on, those that have not appeared included.
    fn devices(&self) -> Vec<Device>;

    /// Whether all its slots are on one machine and share its memory; else those of a device do.
    fn is_of_one_machine(&self) -> bool {
        true
    }

    /// Gives a task to a slot that has none.
    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError>;

    /// Asks a slot to save what it is doing and to stop, unless it is nearly done.
    fn pause(&mut self, slot: usize);

    /// Ends what a slot is doing, at once: no reply of it comes any more.
    fn end(&mut self, slot: usize);

    /// So many tasks wait for a slot that is not there; gives how many of them will not have one of this pool.
    fn want(&mut self, waiting: usize) -> usize {
        waiting
    }

    /// When the pool is to be asked again although it notified nobody.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// The next message, if there is one. A pool notifies the run when one comes; see [`super::Notifier`].
    fn take(&mut self) -> Option<Message>;
}
