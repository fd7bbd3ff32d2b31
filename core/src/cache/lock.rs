//! One holder per key, across threads and processes, so that a task is not computed twice at once. Advisory: the cache
//! stays right without it, since every write is whole and named by its content.

use std::path::{Path, PathBuf};

use crate::files::{self, FileLock, FolderLock};

use super::CacheError;
use super::fingerprint::TaskKey;

/// Held until dropped, or until the process dies. On a network file system it holds between machines only as far as
/// that system's `flock` does.
#[derive(Debug)]
pub struct KeyLock {
    _lock: Held,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held, not looked at")]
enum Held {
    File(FileLock),
    Shard(FolderLock),
}

pub(super) fn path(folder: &Path, key: &TaskKey) -> PathBuf {
    folder.join(key.to_string())
}

pub(super) fn try_lock(folder: &Path, key: &TaskKey) -> Result<Option<KeyLock>, CacheError> {
    Ok(files::try_lock(&path(folder, key))?.map(|lock| KeyLock { _lock: Held::File(lock) }))
}

/// Locks the folder in which the record of the key lies; the key alone on file systems that cannot lock folders, such as NFS.
pub(super) fn try_lock_shard(shard: &Path, folder: &Path, key: &TaskKey) -> Result<Option<KeyLock>, CacheError> {
    match files::try_own_folder(shard) {
        Ok(lock) => Ok(lock.map(|lock| KeyLock { _lock: Held::Shard(lock) })),
        Err(_) => try_lock(folder, key),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use tempfile::TempDir;

    use super::*;
    use crate::cache::{Cache, Fingerprint};

    fn open() -> (TempDir, Cache) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        (folder, cache)
    }

    fn key(number: u64) -> TaskKey {
        let inputs = BTreeMap::new();
        Fingerprint { kind: "train".to_owned(), version: 1, parameters: number.into(), inputs }.key()
    }

    #[test]
    fn a_lock_has_one_holder() {
        let (_folder, cache) = open();
        let held = cache.lock(&key(1)).expect("lock");
        assert!(held.is_some());
        assert!(cache.lock(&key(1)).expect("lock").is_none());
        assert!(cache.lock(&key(2)).expect("lock").is_some());
        drop(held);
        assert!(cache.lock(&key(1)).expect("lock").is_some());
        assert!(files::list(&cache.locks).expect("list").is_empty());

        let held = cache.lock_briefly(&key(1)).expect("lock");
        assert!(held.is_some() && files::list(&cache.locks).expect("list").is_empty());
        assert!(cache.lock_briefly(&key(1)).expect("lock").is_none());
        assert!(cache.lock_briefly(&key(2)).expect("lock").is_some());
        drop(held);
        assert!(cache.lock_briefly(&key(1)).expect("lock").is_some());

        let inside = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let Some(lock) = cache.lock(&key(1)).expect("lock") else { continue };
                        assert_eq!(inside.fetch_add(1, SeqCst), 0, "two holders");
                        inside.fetch_sub(1, SeqCst);
                        drop(lock);
                    }
                });
            }
        });
    }

    const HELD_FOLDER: &str = "EPNAS_TEST_HELD_FOLDER";

    #[test]
    fn a_killed_process_frees_its_lock() {
        let (folder, cache) = open();
        let test = std::env::current_exe().expect("this program");
        let mut child = Command::new(test)
            .args(["--exact", "cache::lock::tests::holds_a_lock_until_killed", "--ignored", "--nocapture"])
            .env(HELD_FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        assert!(lines.any(|line| line.expect("text").ends_with("held")), "the child holds the lock");
        assert!(cache.lock(&key(1)).expect("lock").is_none());
        child.kill().expect("kill");
        child.wait().expect("wait");
        assert!(cache.lock(&key(1)).expect("lock").is_some());
    }

    #[test]
    #[ignore = "the child of `a_killed_process_frees_its_lock`"]
    fn holds_a_lock_until_killed() {
        let Some(folder) = std::env::var_os(HELD_FOLDER) else { return };
        let cache = Cache::open(Path::new(&folder)).expect("the parent's cache");
        let _lock = cache.lock(&key(1)).expect("lock").expect("free");
        writeln!(std::io::stdout(), "held").expect("the parent listens");
        std::io::stdin().read_to_end(&mut Vec::new()).expect("wait for the end");
    }
}
