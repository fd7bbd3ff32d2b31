//! What a garbage collection is to keep.

use std::collections::BTreeSet;
use std::path::Path;

use super::CacheError;
use super::fingerprint::TaskKey;
use crate::files;

/// Nothing but records is taken away within so many seconds after it was written.
pub const SPARED: u64 = 60 * 60;

/// A training that was left alone for so many seconds is taken for one that nobody will resume.
const FORSAKEN: u64 = 30 * 24 * 60 * 60;

/// What is to stay.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Seconds since 1970.
    pub now: u64,
    /// Records that finished earlier than so many seconds ago go.
    pub older_than: Option<u64>,
    /// The oldest records go until records and their outputs have no more bytes.
    pub max_size: Option<u64>,
    /// What was written within the last hour goes too, where nothing needs it.
    pub spares_nothing: bool,
    /// These stay; without limits above, only these.
    pub keep: Option<BTreeSet<TaskKey>>,
}

impl Wanted {
    /// Whether a file is too young to go. A time to come counts as now: clocks differ between machines.
    pub(super) fn spares(&self, path: &Path) -> Result<bool, CacheError> {
        Ok(!self.spares_nothing && files::modified(path)?.is_some_and(|written| self.now.saturating_sub(written) < SPARED))
    }

    /// Whether a file that took long to make was written lately enough to stay.
    pub(super) fn goes_on_with(&self, path: &Path) -> Result<bool, CacheError> {
        let limit = self.older_than.unwrap_or(FORSAKEN);
        Ok(files::modified(path)?.is_some_and(|written| self.now.saturating_sub(written) <= limit))
    }
}
