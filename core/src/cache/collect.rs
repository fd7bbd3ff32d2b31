//! Taking away what is no longer wanted: which records and blobs go ([`CacheReader::garbage`], which changes nothing), and
//! their removal ([`Cache::remove`]).
//!
//! What [`Wanted::keep`] names stays, whatever else is asked for. Of the rest goes what is older than a limit, then the
//! oldest until the cache fits a size; where neither limit is given, all of it. A record that can never be a hit goes in
//! any case, and so do blobs that no record needs any more, unless they were written within the last hour. What is saved
//! of a training on its way goes when the training has a result, or was left alone for longer than the limit, or a month.
//! Decoded images go unless they were written within the last hour: the next run decodes them again in a second. Prepared
//! photographs took longer: they go as old as what is saved of trainings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::blobs::BlobState;
use super::digest_folder::OtherSort;
use super::fingerprint::TaskKey;
use super::reader::CacheReader;
use super::records::Record;
use super::wanted::Wanted;
use super::{Cache, CacheError, MissReason};
use crate::digest::Digest;
use crate::files::{self, Entry};

/// What goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Oldest first.
    pub records: Vec<Doomed>,
    /// Blobs that nothing needs then, with their sizes.
    pub blobs: BTreeMap<Digest, u64>,
    /// Damaged files that were put aside, files that were never finished, saved states that nobody goes on from, and
    /// decoded images.
    pub leftovers: BTreeMap<PathBuf, u64>,
    /// Blobs that nothing needs then and that are too young to go.
    pub spared: usize,
    /// Records that stay, and bytes of them and of all else that stays.
    pub kept: usize,
    pub kept_bytes: u64,
}

/// A record that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    pub key: TaskKey,
    pub why: Why,
    /// Bytes of the record itself.
    pub bytes: u64,
    outputs: BTreeSet<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("it cannot be used: {reason}")]
    Unusable { reason: MissReason },
    #[error("it is not among what is kept")]
    NotKept,
    #[error("it is too old")]
    TooOld,
    #[error("it is the oldest, and the cache is too large")]
    TooLarge,
}

/// What was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub records: usize,
    pub blobs: usize,
    pub leftovers: usize,
    pub bytes: u64,
    /// Records that stayed because another program holds their lock.
    pub locked: usize,
}

impl Garbage {
    /// Bytes of all that goes.
    pub fn bytes(&self) -> u64 {
        self.records.iter().map(|doomed| doomed.bytes).chain(self.blobs.values().copied()).chain(self.leftovers.values().copied()).sum()
    }
}

impl CacheReader {
    /// What goes when only `wanted` is to stay.
    pub fn garbage(&self, wanted: &Wanted) -> Result<Garbage, CacheError> {
        let contents = self.contents()?;
        let mut garbage = Garbage::default();
        let mut stay: Vec<Standing> = Vec::new();
        for key in contents.keys {
            let bytes = size_of(self.records.0.entry(key.digest())?.1);
            match self.record(&key)? {
                Ok(record) => match self.lack(&record)? {
                    None => stay.push(Standing::new(key, bytes, &record)),
                    Some(reason) => garbage.doom(&Standing::new(key, bytes, &record), Why::Unusable { reason }),
                },
                Err(MissReason::NeverRun) => {}
                Err(reason) => {
                    garbage.records.push(Doomed { key, why: Why::Unusable { reason }, bytes, outputs: BTreeSet::new() });
                }
            }
        }
        stay.sort_by_key(|standing| (standing.finished, standing.key));
        let stay = garbage.choose(stay, wanted);

        let needed: BTreeSet<Digest> = stay.iter().flat_map(|standing| standing.sizes.keys().copied()).collect();
        // A training that failed may have been tried again, and paused.
        let done: BTreeSet<TaskKey> = stay.iter().filter(|standing| !standing.failed).map(|standing| standing.key).collect();
        for key in contents.checkpoints {
            let path = self.checkpoints.path(key.digest());
            let size = self.checkpoint_size(&key)?;
            if done.contains(&key) || !wanted.goes_on_with(&path)? {
                garbage.leftovers.insert(path, size);
            } else {
                garbage.kept_bytes += size;
            }
        }
        garbage.kept = stay.len();
        garbage.kept_bytes += stay.iter().map(|standing| standing.bytes).sum::<u64>();
        for digest in contents.blobs {
            let size = match self.blobs.state(&digest)? {
                BlobState::Present(size) => size,
                BlobState::Damaged { .. } => 0,
                BlobState::Missing => continue,
            };
            let is_needed = needed.contains(&digest);
            if is_needed || wanted.spares(&self.blobs.0.path(&digest))? {
                garbage.spared += usize::from(!is_needed);
                garbage.kept_bytes += size;
            } else {
                garbage.blobs.insert(digest, size);
            }
        }
        for (path, is_prepared) in self.data.paths(&contents.images, &contents.sources) {
            let size = size_of(files::entry(&path)?);
            let stays = if is_prepared { wanted.goes_on_with(&path)? } else { wanted.spares(&path)? };
            if stays {
                garbage.kept_bytes += size;
            } else {
                garbage.leftovers.insert(path, size);
            }
        }
        for other in contents.others {
            let goes = match other.sort {
                OtherSort::PutAside => true,
                OtherSort::Unfinished => !wanted.spares(&other.path)?,
                OtherSort::Stray => false,
            };
            if goes {
                garbage.leftovers.insert(other.path.clone(), size_of(files::entry(&other.path)?));
            }
        }
        Ok(garbage)
    }
}

/// What there is to know here of a record that can be a hit: all records of a cache are held at once, whole ones would
/// take too much memory.
struct Standing {
    key: TaskKey,
    /// Of the record itself.
    bytes: u64,
    finished: u64,
    /// Of its outputs.
    sizes: BTreeMap<Digest, u64>,
    failed: bool,
}

impl Standing {
    fn new(key: TaskKey, bytes: u64, record: &Record) -> Self {
        let size = |(name, digest): (&String, &Digest)| (*digest, record.sizes.get(name).copied().unwrap_or(0));
        let failed = !record.outcome.is_done();
        Self { key, bytes, finished: record.finished, sizes: record.outcome.outputs().map(size).collect(), failed }
    }

    fn outputs(&self) -> BTreeSet<Digest> {
        self.sizes.keys().copied().collect()
    }
}

impl Garbage {
    fn doom(&mut self, standing: &Standing, why: Why) {
        let outputs = standing.outputs();
        self.records.push(Doomed { key: standing.key, why, bytes: standing.bytes, outputs });
    }

    /// Takes from `standing`, oldest first, what is not wanted; gives what stays.
    fn choose(&mut self, standing: Vec<Standing>, wanted: &Wanted) -> Vec<Standing> {
        let has_limits = wanted.older_than.is_some() || wanted.max_size.is_some();
        let mut stay = Vec::new();
        for standing in standing {
            let is_kept = wanted.keep.as_ref().is_some_and(|keep| keep.contains(&standing.key));
            let age = wanted.now.saturating_sub(standing.finished);
            if is_kept {
                stay.push(standing);
            } else if wanted.keep.is_some() && !has_limits {
                self.doom(&standing, Why::NotKept);
            } else if wanted.older_than.is_some_and(|limit| age > limit) {
                self.doom(&standing, Why::TooOld);
            } else {
                stay.push(standing);
            }
        }
        match wanted.max_size {
            Some(limit) => self.fit(stay, limit, wanted.keep.as_ref()),
            None => stay,
        }
    }

    /// A blob takes its place until the last record that needs it is gone.
    fn fit(&mut self, standing: Vec<Standing>, limit: u64, keep: Option<&BTreeSet<TaskKey>>) -> Vec<Standing> {
        let mut readers: BTreeMap<Digest, (u64, usize)> = BTreeMap::new();
        for (digest, size) in standing.iter().flat_map(|standing| &standing.sizes) {
            readers.entry(*digest).or_insert((*size, 0)).1 += 1;
        }
        let mut total: u64 =
            standing.iter().map(|standing| standing.bytes).sum::<u64>() + readers.values().map(|(size, _)| size).sum::<u64>();
        let mut stay = Vec::new();
        for standing in standing {
            if total <= limit || keep.is_some_and(|keep| keep.contains(&standing.key)) {
                stay.push(standing);
                continue;
            }
            total -= standing.bytes;
            for digest in standing.outputs() {
                let (size, count) = readers.get_mut(&digest).expect("counted above");
                *count -= 1;
                total -= if *count == 0 { *size } else { 0 };
            }
            self.doom(&standing, Why::TooLarge);
        }
        stay
    }
}

impl Cache {
    /// Takes garbage away: records before their outputs, so that no record is ever seen without them. What another
    /// program holds the lock of stays.
    pub fn remove(&self, garbage: &Garbage) -> Result<Removed, CacheError> {
        let mut removed = Removed::default();
        let mut needed: BTreeSet<Digest> = BTreeSet::new();
        for doomed in &garbage.records {
            let Some(_lock) = self.lock(&doomed.key)? else {
                removed.locked += 1;
                needed.extend(&doomed.outputs);
                continue;
            };
            files::remove_all(&self.reader.records.0.path(doomed.key.digest()))?;
            removed.records += 1;
            removed.bytes += doomed.bytes;
        }
        for (digest, bytes) in garbage.blobs.iter().filter(|(digest, _)| !needed.contains(digest)) {
            files::remove_all(&self.reader.blobs.0.path(digest))?;
            removed.blobs += 1;
            removed.bytes += bytes;
        }
        for (path, bytes) in &garbage.leftovers {
            files::remove_all(path)?;
            removed.leftovers += 1;
            removed.bytes += bytes;
        }
        self.remove_left_locks()?;
        Ok(removed)
    }

    /// A lock is removed when it is dropped, so that one that can be taken was left by a program that was killed.
    fn remove_left_locks(&self) -> Result<(), CacheError> {
        for path in files::list(&self.locks)? {
            let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            if let Some(digest) = name {
                drop(self.lock(&TaskKey::of_name(digest))?);
            }
        }
        Ok(())
    }
}

fn size_of(entry: Entry) -> u64 {
    if let Entry::File(size) = entry { size } else { 0 }
}
