//! A training on its way: how far it is, and whether it is to be saved or to stop. What the engine and whoever asked it
//! say to each other while it computes.

use serde::{Deserialize, Serialize};

use super::TaskFailure;

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    pub done_steps: usize,
    pub total_steps: usize,
}

/// What an engine is to do after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    /// Save all that the rest of the training depends on, then go on.
    Save,
    /// Save and end with [`TaskFailure::Paused`].
    Pause,
}

/// What accompanies a training. A training that goes on from a saved state gives the same bits as one that never stopped.
pub trait Course {
    /// What was saved last of this training, before the process that did it ended. Asked for once, before the first step.
    /// An engine that cannot read it begins anew.
    fn saved(&mut self) -> Option<Vec<u8>>;

    /// Told after every step.
    fn passed(&mut self, progress: Progress) -> Wish;

    /// Keeps a state; it replaces the one before.
    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure>;
}

/// Accompanies what is done at once: nothing is saved, nothing stops it.
#[derive(Clone, Copy, Debug)]
pub struct Unaccompanied;

impl Course for Unaccompanied {
    fn saved(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn passed(&mut self, _: Progress) -> Wish {
        Wish::GoOn
    }

    fn save(&mut self, _: &[u8]) -> Result<(), TaskFailure> {
        Ok(())
    }
}
