//! Asking a worker of this machine outside of a run: whether it starts, and how fast it trains a network.

use std::time::{Duration, Instant};

use super::executor::{Executor as _, ExecutorError, Message};
use super::local::LocalExecutor;
use super::protocol::{Order, Reply};
use crate::engine::{Speed, TaskFailure, Trial};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    #[error("{0}")]
    Failure(TaskFailure),
}

impl LocalExecutor {
    /// Starts the worker of a slot that has none and waits until it is ready; gives how long that took.
    pub fn make_ready(&mut self, slot: usize, patience: Duration) -> Result<Duration, MeasureError> {
        let began = Instant::now();
        self.have_worker(slot)?;
        loop {
            if let Reply::Ready = self.hear(slot, began + patience)? {
                return Ok(began.elapsed());
            }
        }
    }

    /// Times steps of a training on a slot that has nothing else to do.
    pub fn measure(&mut self, slot: usize, trial: &Trial, patience: Duration) -> Result<Speed, MeasureError> {
        let until = Instant::now() + patience;
        self.have_worker(slot)?;
        self.order(slot, &Order::Measure(Box::new(trial.clone())));
        loop {
            match self.hear(slot, until)? {
                Reply::Measured(speed) => return Ok(speed),
                Reply::Failed { failure } => return Err(MeasureError::Failure(failure)),
                Reply::Ready | Reply::Begun | Reply::Alive | Reply::Progress(_) | Reply::Done { .. } => {}
            }
        }
    }

    /// What the worker of a slot says next.
    fn hear(&mut self, asked: usize, until: Instant) -> Result<Reply, MeasureError> {
        loop {
            let began = Instant::now();
            match self.wait(until.saturating_duration_since(began)) {
                Some(Message::Reply { slot, reply }) if slot == asked => return Ok(reply),
                Some(Message::Died { slot, failure }) if slot == asked => return Err(MeasureError::Failure(failure)),
                Some(Message::Broken(error)) => return Err(error.into()),
                // Of another slot.
                Some(_) => {}
                None => {
                    self.end(asked);
                    let seconds = began.elapsed().as_secs();
                    return Err(MeasureError::Failure(TaskFailure::TimedOut { seconds }));
                }
            }
        }
    }
}
