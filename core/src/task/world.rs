//! What tasks compute with besides their inputs.

use super::StateCache;
use crate::dataset::Images;
use crate::digest::Digest;
use crate::engine::{Meter, Policies, TaskFailure, Trainer};
use crate::table::Table;

/// The data a task may ask for, by digest: whoever runs the task knows where they lie.
pub trait DataStore {
    fn images(&mut self, digest: Digest) -> Result<&Images, TaskFailure>;

    /// The images with this digest, made smaller: `size` × `size`.
    fn smaller(&mut self, digest: Digest, size: usize) -> Result<&Images, TaskFailure>;

    fn table(&mut self, digest: Digest) -> Result<&Table, TaskFailure>;
}

/// What computes with tensors.
pub struct Engines<'a> {
    pub trainer: &'a mut dyn Trainer,
    pub policies: &'a mut dyn Policies,
}

/// What a task computes with besides its inputs; tasks without tensors do without engines.
pub struct World<'a> {
    pub data: &'a mut dyn DataStore,
    pub engines: Option<Engines<'a>>,
    /// What measures on a device of the user's.
    pub meter: Option<&'a mut dyn Meter>,
    /// Saves time from task to task, and changes no result.
    pub states: &'a mut StateCache,
}
