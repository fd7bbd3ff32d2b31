//! Asking a worker of this machine outside of a run: whether it starts, how fast it trains a network, what a network says of
//! images.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::executor::{Executor as _, ExecutorError, Message};
use super::local::LocalExecutor;
use super::protocol::{InferenceRequest, Order, Reply};
use crate::engine::{Speed, TaskFailure, Trial};
use crate::text::ErrorText;

/// What a worker says of an inference.
#[derive(Clone, Debug, PartialEq)]
pub struct InferenceReply {
    /// The least and the most of each tensor of a model.
    pub ranges: BTreeMap<String, [f32; 2]>,
    /// What it was computed with.
    pub environment: BTreeMap<String, String>,
    /// Of one image, where that was asked for.
    pub milliseconds: Option<f64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    #[error("{0}")]
    Failure(TaskFailure),
}

impl MeasureError {
    pub fn error_text(&self) -> ErrorText {
        match self {
            Self::Executor(error) => error.error_text(),
            Self::Failure(failure) => ErrorText::received(&failure.to_string()),
        }
    }
}

impl LocalExecutor {
    /// Starts the worker of a slot that has none and waits until it has answered; gives how long that took.
    pub fn make_ready(&mut self, slot: usize, patience: Duration) -> Result<Duration, MeasureError> {
        let began = Instant::now();
        self.have_worker(slot)?;
        loop {
            if let Reply::Hello(_) = self.hear(slot, began, patience)? {
                return Ok(began.elapsed());
            }
        }
    }

    /// Times steps of a training on a slot that has nothing else to do.
    pub fn measure(&mut self, slot: usize, trial: &Trial, patience: Duration) -> Result<Speed, MeasureError> {
        let began = Instant::now();
        self.have_worker(slot)?;
        self.order(slot, Order::Measure(Box::new(trial.clone())));
        loop {
            match self.hear(slot, began, patience)? {
                Reply::Measured(speed) => return Ok(speed),
                Reply::Failed { failure } => return Err(MeasureError::Failure(failure)),
                _ => {}
            }
        }
    }

    /// What a network gives for some images, written by a worker on a slot that has nothing else to do.
    pub fn infer(&mut self, slot: usize, asked: &InferenceRequest, patience: Duration) -> Result<InferenceReply, MeasureError> {
        let began = Instant::now();
        self.have_worker(slot)?;
        self.order(slot, Order::Infer(Box::new(asked.clone())));
        loop {
            match self.hear(slot, began, patience)? {
                Reply::Inferred { ranges, environment, milliseconds } => {
                    return Ok(InferenceReply { ranges, environment, milliseconds });
                }
                Reply::Failed { failure } => return Err(MeasureError::Failure(failure)),
                _ => {}
            }
        }
    }

    /// What the worker of a slot says next, of what `began` and is waited for so long.
    fn hear(&mut self, asked: usize, began: Instant, patience: Duration) -> Result<Reply, MeasureError> {
        loop {
            match self.wait((began + patience).saturating_duration_since(Instant::now())) {
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
