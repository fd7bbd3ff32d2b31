//! The callback of a training: the engine reports progress, and the callback answers with continue, checkpoint or pause.

use serde::{Deserialize, Serialize};

use super::TaskFailure;

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    pub done_steps: usize,
    pub total_steps: usize,
}

/// What the engine does after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Continue,
    /// Save all state that the rest of the training depends on, then continue.
    Checkpoint,
    /// Save and end with [`TaskFailure::Paused`].
    Pause,
}

/// Follows a training. A training that resumes from a checkpoint gives the same bits as one that never stopped.
pub trait Callback {
    /// The last checkpoint of this training, if an earlier process left one. The engine asks once, before the first step.
    /// An engine that cannot read it starts from the beginning.
    fn saved(&mut self) -> Option<Vec<u8>>;

    /// Is called after every step.
    fn on_step(&mut self, progress: Progress) -> Control;

    /// Keeps a checkpoint. It replaces the one before.
    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure>;
}

/// A callback for tasks that finish at once: it saves nothing and never pauses.
#[derive(Clone, Copy, Debug)]
pub struct NoCallback;

impl Callback for NoCallback {
    fn saved(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn on_step(&mut self, _: Progress) -> Control {
        Control::Continue
    }

    fn save(&mut self, _: &[u8]) -> Result<(), TaskFailure> {
        Ok(())
    }
}
