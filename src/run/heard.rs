//! What a run hears of its pools, whichever pool it is of.

use super::executor::{ExecutorError, Message};

/// What a run hears. Slots have their numbers in the run.
#[derive(Debug)]
pub(super) enum Heard {
    Message(Message),
    Warning {
        pool: String,
        message: String,
    },
    /// How many slots of a pool are waited for, and how many were lost.
    Counts {
        pool: String,
        pending: usize,
        lost: usize,
    },
    /// A pool can give no slot any more; its slots are gone.
    Broken {
        pool: String,
        error: ExecutorError,
    },
    /// The same of the last pool.
    AllBroken(ExecutorError),
    Interrupt,
}
