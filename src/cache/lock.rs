//! One holder per key, across threads and processes, so that a task is not computed twice at once. Advisory: the cache
//! stays right without it, since every write is whole and named by its content.

use std::path::{Path, PathBuf};

use crate::files::{self, FileLock};

use super::CacheError;
use super::fingerprint::TaskKey;

/// Held until dropped, or until the process dies. On a network file system it holds between machines only as far as
/// that system's `flock` does.
#[derive(Debug)]
pub struct KeyLock {
    _lock: FileLock,
}

pub(super) fn path(folder: &Path, key: &TaskKey) -> PathBuf {
    folder.join(key.to_string())
}

pub(super) fn try_lock(folder: &Path, key: &TaskKey) -> Result<Option<KeyLock>, CacheError> {
    Ok(files::try_lock(&path(folder, key))?.map(|lock| KeyLock { _lock: lock }))
}
