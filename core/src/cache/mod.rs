//! What was computed once, by content: fingerprint → hit or miss, digest → bytes. Knows no plan, no scheduler and no clock.
//!
//! Nothing in the folder is trusted. A blob is named by the digest of its bytes and verified when read; a record carries
//! a checksum and the fingerprint it answers. Whatever is missing, cut, altered or of an odd kind is a miss, and is
//! computed again. Two runs may share a folder; a [`KeyLock`] keeps them from computing a task twice.
//!
//! What a crash leaves. When a process dies, however it dies, every file is there whole or not at all. When the machine
//! does, results that took [`LONG`] or longer are still there: [`Reservation::save`] returns when artifacts, record and
//! the folders that name them are on the disk, in this order. The same holds for the states of trainings
//! ([`Cache::save_checkpoint`]). Results that took less may be lost or torn, for computing them again is quicker than
//! waiting for the disk; a torn one is a miss like any other damage, never a wrong result. So may artifacts be that others
//! were computed from: they are computed again, to the same digests. All this as far as the disk keeps what it says it
//! has, and for a folder whose own name is there.
//!
//! Decoded images lie here too, see [`Loaded`]: for speed alone, and outside of records, bundles and what `list` tells.
//!
//! [`Cache::open`] takes a shared lock: its holder may read what it has found and write blobs for a record to come.
//! [`Cache::open_alone`] takes an exclusive lock: only its holder may delete.

mod blobs;
mod bundle;
mod checkpoints;
mod collect;
#[cfg(test)]
mod collect_tests;
mod contents;
mod data;
mod error;
mod fingerprint;
mod lock;
mod names;
mod photos;
mod smaller;
mod reader;
mod records;
mod digest_folder;
mod speeds;
#[cfg(test)]
mod tests;
mod verify;
mod wanted;
mod why;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::digest::Digest;
use crate::files::{self, Entry, FileError, FolderLock};

use blobs::BlobState;

pub use bundle::{BUNDLE_FORMAT, Bundle, BundleError, EXPORTED_BEGINNING, Exported, Imported};
pub use checkpoints::CHECKPOINT_LIMIT;
pub use collect::{Doomed, Garbage, Removed, Why};
pub use contents::Contents;
pub use data::Loaded;
pub use digest_folder::{Other, OtherSort};
pub use error::{CacheError, MissReason};
pub use fingerprint::{Fingerprint, TaskKey, asked};
pub use lock::KeyLock;
pub use names::DataNames;
pub use photos::PhotoNote;
pub use reader::CacheReader;
pub use records::{Record, RecordedOutcome, seal};
pub use speeds::Speeds;
pub use verify::{Fault, Need, Verified};
pub use wanted::{SPARED, Wanted};
pub use why::{Difference, between, nearest};

/// The most bytes that a JSON artifact may have.
pub const JSON_LIMIT: u64 = 64 << 20;
/// A limit for [`Cache::get`] that no honest artifact reaches.
pub const BLOB_LIMIT: u64 = 4 << 30;

/// What took as long is worth waiting for the disk, so that it outlives a crash of the machine.
pub const LONG: Duration = Duration::from_millis(50);

const BLOBS: &str = "blobs-v1";
const RECORDS: &str = "records-v1";
const CHECKPOINTS: &str = "checkpoints-v1";
const DATA: &str = "data-v1";
const SOURCES: &str = "sources-v1";
const PHOTOS: &str = "photos-v1";
const NAMES: &str = "data-names-v1.json";
const SPEEDS: &str = "speeds-v1.json";
const LOCKS: &str = "locks-v1";
const TAG: &str = "CACHEDIR.TAG";

/// A store that can be written. Cheap to clone; all copies are one store.
#[derive(Clone, Debug)]
pub struct Cache {
    reader: Arc<CacheReader>,
    locks: PathBuf,
    /// Keeps [`Cache::open_alone`] away for as long as this store or a copy of it is there.
    _in_use: Arc<Option<FolderLock>>,
}

/// What the cache knows of a task.
#[derive(Debug)]
pub enum Lookup {
    Hit(Record),
    Miss { reason: MissReason, reservation: Reservation },
}

impl Cache {
    /// Opens a cache folder, made if it is not there; waits while another program has it alone.
    pub fn open(folder: &Path) -> Result<Self, CacheError> {
        let opened = Self::open_locked(folder, |locks| files::share_folder(locks).map(Some))?;
        Ok(opened.expect("a folder can always be shared"))
    }

    /// Opens a cache folder to take things away: `None` while any program uses it, which may yet read what it has found.
    pub fn open_alone(folder: &Path) -> Result<Option<Self>, CacheError> {
        Self::open_locked(folder, |locks| Ok(files::try_own_folder(locks)?.map(Some)))
    }

    fn open_locked(
        folder: &Path,
        lock: impl Fn(&Path) -> Result<Option<Option<FolderLock>>, FileError>,
    ) -> Result<Option<Self>, CacheError> {
        let open = || {
            prepare(folder)?;
            let locks = folder.join(LOCKS);
            let Some(in_use) = lock(&locks)? else { return Ok(None) };
            if in_use.is_none() {
                // Some file systems lock files but no folders. Better now than in the middle of a run.
                files::check_locks(&locks)?;
            }
            Ok(Some(Self { reader: Arc::new(CacheReader::open(folder)?), locks, _in_use: Arc::new(in_use) }))
        };
        open().map_err(|source| CacheError::Unusable { folder: folder.to_owned(), source: Box::new(source) })
    }

    /// Opens a cache folder to look only. A folder that is not there is an empty cache.
    pub fn open_for_reading(folder: &Path) -> Result<CacheReader, CacheError> {
        CacheReader::open(folder).map_err(|source| CacheError::Unusable { folder: folder.to_owned(), source: Box::new(source) })
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        self.locks.parent().expect("the locks lie inside the cache")
    }

    /// This cache for those who only look.
    pub fn reader(&self) -> &CacheReader {
        &self.reader
    }

    /// The record of a task if all it needs is there; if not, why, and the right to save one.
    pub fn lookup(&self, fingerprint: &Fingerprint) -> Result<Lookup, CacheError> {
        Ok(match self.reader.find(fingerprint)? {
            Ok(record) => Lookup::Hit(record),
            Err(reason) => Lookup::Miss { reason, reservation: self.reserve(fingerprint.key(), fingerprint.clone()) },
        })
    }

    /// The right to save the result of a task, in place of any that is there. `key` is that of the fingerprint.
    pub fn reserve(&self, key: TaskKey, fingerprint: Fingerprint) -> Reservation {
        Reservation { cache: self.clone(), key, fingerprint: Box::new(fingerprint) }
    }

    /// Stores an artifact; nothing happens if it is there whole.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, CacheError> {
        self.reader.blobs.put(bytes)
    }

    /// Waits until artifacts that were stored are on the disk.
    pub fn flush<'a>(&self, digests: impl IntoIterator<Item = &'a Digest>) -> Result<(), CacheError> {
        let digest_folder = &self.reader.blobs.0;
        digests.into_iter().try_for_each(|digest| digest_folder.flush(&digest_folder.path(digest)))
    }

    /// Stores plain data as JSON: structs and `BTreeMap`s with finite numbers, so that equal values have equal digests.
    pub fn put_json(&self, value: &impl Serialize) -> Result<Digest, CacheError> {
        let text =
            serde_json::to_vec(value).map_err(|error| CacheError::Unstorable { what: "a value".to_owned(), how: error.to_string() })?;
        let size = text.len() as u64;
        if size > JSON_LIMIT {
            return Err(CacheError::TooLarge { what: "a JSON artifact".to_owned(), size, limit: JSON_LIMIT });
        }
        self.put(&text)
    }

    /// The bytes of an artifact, verified; more than `limit` of them are an error. A damaged one is put aside, so that
    /// the next lookup of its task is a miss.
    pub fn get(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, CacheError> {
        let read = self.reader.get(digest, limit);
        if let Err(CacheError::Damaged { path, .. }) = &read {
            self.reader.blobs.0.put_aside(path)?;
        }
        read
    }

    /// An artifact that was stored with [`Cache::put_json`].
    pub fn get_json<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T, CacheError> {
        reader::parse(digest, &self.get(digest, JSON_LIMIT)?)
    }

    /// The lock of a key, or `None` while another holds it. Look the task up again once it is held: whoever held it
    /// before may have saved the result.
    pub fn lock(&self, key: &TaskKey) -> Result<Option<KeyLock>, CacheError> {
        lock::try_lock(&self.locks, key)
    }

    /// The same for a task of milliseconds: costs no file, and keeps a few other keys waiting as well, those whose records
    /// lie in the same folder. It and [`Cache::lock`] do not see each other: a task is always locked in the same way.
    pub fn lock_briefly(&self, key: &TaskKey) -> Result<Option<KeyLock>, CacheError> {
        lock::try_lock_shard(&self.reader.records.0.shard(key.digest())?, &self.locks, key)
    }
}

/// The right to save the result of one task, given by a miss.
#[derive(Debug)]
pub struct Reservation {
    cache: Cache,
    key: TaskKey,
    fingerprint: Box<Fingerprint>,
}

impl Reservation {
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The fingerprint's.
    pub const fn key(&self) -> &TaskKey {
        &self.key
    }

    /// Saves how the task ended. All outputs must have been stored. Which failures are worth remembering is for the
    /// caller to say: those that would come again. What took [`LONG`] is on the disk then, outputs and record; what was saved
    /// of a training on its way is removed.
    pub fn save(
        self,
        outcome: RecordedOutcome,
        seconds: f64,
        finished: u64,
        environment: BTreeMap<String, String>,
    ) -> Result<Record, CacheError> {
        let CacheReader { blobs, records, .. } = &*self.cache.reader;
        let mut sizes = BTreeMap::new();
        for (name, digest) in outcome.outputs() {
            let BlobState::Present(size) = blobs.state(digest)? else { return Err(CacheError::Missing { digest: *digest }) };
            sizes.insert(name.clone(), size);
        }
        let is_long = seconds >= LONG.as_secs_f64();
        if is_long {
            self.cache.flush(outcome.outputs().map(|(_, digest)| digest))?;
        }
        let record = Record { format: Record::FORMAT, fingerprint: *self.fingerprint, outcome, sizes, seconds, finished, environment };
        records.save(&self.key, &record, is_long)?;
        // One that stays is in nobody's way, and is tidied away with other things that nobody reads.
        drop(self.cache.forget_checkpoint(&self.key));
        Ok(record)
    }
}

/// Makes the folders of a cache and proves that they can be written.
fn prepare(folder: &Path) -> Result<(), CacheError> {
    let is_new = !folder.exists();
    files::create_folder(folder)?;
    for name in [BLOBS, RECORDS, LOCKS] {
        let inner = folder.join(name);
        digest_folder::expect_folder(&inner)?;
        files::create_folder(&inner)?;
        files::check_writable(&inner)?;
    }
    // Only in a folder of our own making: the tag keeps a folder out of backups.
    if is_new && files::entry(&folder.join(TAG))? == Entry::Nothing {
        files::write_unflushed(&folder.join(TAG), include_bytes!("../../../cache/CACHEDIR.TAG"))?;
        files::flush_folder(folder)?;
    }
    Ok(())
}
