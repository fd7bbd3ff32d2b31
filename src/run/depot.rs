//! The coordinator's side of what travels to and from one worker: inputs are read from the cache, and what comes is written to
//! it here and by no other machine. Used by the threads of a link, so that a large file keeps nobody else waiting.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::parcel::{Arrived, Goods, PARCEL_LIMIT};
use crate::cache::{BLOB_LIMIT, Cache, TaskKey};
use crate::digest::Digest;
use crate::engine::TaskFailure;
use crate::host::locked;
use crate::text::bytes;

pub(super) struct Depot {
    cache: Cache,
    /// The task that the worker is doing, and the artifacts that came of it.
    open: Mutex<(Option<TaskKey>, BTreeSet<Digest>)>,
}

impl Depot {
    pub(super) const fn new(cache: Cache) -> Self {
        Self { cache, open: Mutex::new((None, BTreeSet::new())) }
    }

    /// The worker is given a task: only what belongs to it is taken from now on.
    pub(super) fn opens(&self, key: TaskKey) {
        *locked(&self.open) = (Some(key), BTreeSet::new());
    }

    /// Keeps what came. Fails where it cannot be written, or was not asked for.
    pub(super) fn receive(&self, (goods, bytes): Arrived) -> Result<(), TaskFailure> {
        let mut open = locked(&self.open);
        match goods {
            Goods::Artifact(digest) if open.0.is_some() => {
                self.cache.put(&bytes).and_then(|digest| self.cache.flush([&digest])).map_err(|error| error.failure())?;
                open.1.insert(digest);
                Ok(())
            }
            Goods::Checkpoint(key) if open.0 == Some(key) => self.cache.save_checkpoint(&key, &[&bytes]).map_err(|error| error.failure()),
            Goods::Artifact(_) | Goods::Checkpoint(_) | Goods::Images(_) => {
                Err(TaskFailure::Crashed { how: "the worker sent what nobody asked for".to_owned() })
            }
        }
    }

    /// Whether all of these have come, or were there.
    pub(super) fn has<'a>(&self, outputs: impl IntoIterator<Item = &'a Digest>) -> bool {
        let open = locked(&self.open);
        let reader = self.cache.reader();
        outputs.into_iter().all(|digest| open.1.contains(digest) || matches!(reader.size(digest), Ok(Some(_))))
    }

    /// What is to be sent, in pieces; or why it cannot be.
    pub(super) fn take(&self, goods: Goods) -> Result<Vec<Vec<u8>>, String> {
        match goods {
            Goods::Artifact(digest) => self.cache.get(&digest, BLOB_LIMIT).map(|bytes| vec![bytes]).map_err(|error| error.to_string()),
            Goods::Checkpoint(key) => {
                self.cache.checkpoint(&key).map(|bytes| vec![bytes]).ok_or_else(|| "nothing whole was saved of the training".to_owned())
            }
            Goods::Images(digest) => match self.cache.reader().images(&digest) {
                Ok(Some(images)) => pieces(&images.stored(), PARCEL_LIMIT),
                Ok(None) => Err(format!("the cache has no images with digest {}", digest.short())),
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

/// What is sent, if it is not more than `limit`.
fn pieces(stored: &[std::borrow::Cow<'_, [u8]>], limit: u64) -> Result<Vec<Vec<u8>>, String> {
    let size = stored.iter().map(|piece| piece.len() as u64).sum();
    if size > limit {
        let (size, limit) = (bytes(size), bytes(limit));
        let help = "say in the pools file, by `data`, where the images lie there";
        return Err(format!("the images take {size}, and at most {limit} are sent: {help}"));
    }
    Ok(stored.iter().map(|piece| piece.to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::serve::tests::request;
    use super::*;
    use crate::digest::Domain;

    #[test]
    fn only_what_belongs_to_the_task_is_taken() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        let depot = Depot::new(cache.clone());
        let (key, digest) = (request().key, Digest::of(Domain::Blob, b"weights"));
        let weights = || (Goods::Artifact(digest), b"weights".to_vec());
        assert!(depot.receive(weights()).is_err(), "nothing is being done");
        depot.opens(key);
        assert!(!depot.has([&digest]));
        depot.receive(weights()).expect("kept");
        assert!(depot.has([&digest]) && cache.get(&digest, 100).is_ok());
        depot.receive((Goods::Checkpoint(key), b"half".to_vec())).expect("kept");
        assert_eq!(depot.take(Goods::Checkpoint(key)), Ok(vec![b"half".to_vec()]));
        let other = crate::run::fingerprint(&request().task, [("candidate".to_owned(), digest)].into()).key();
        assert!(depot.receive((Goods::Checkpoint(other), b"half".to_vec())).is_err(), "of another task");
        assert_eq!(depot.take(Goods::Artifact(digest)), Ok(vec![b"weights".to_vec()]));
        let stored = [b"ab"[..].into(), b"c"[..].into()];
        assert_eq!(pieces(&stored, 3), Ok(vec![b"ab".to_vec(), b"c".to_vec()]));
        assert!(pieces(&stored, 2).is_err_and(|why| why.starts_with("the images take 3 B, and at most 2 B are sent: say ")));
        assert!(depot.take(Goods::Images(digest)).is_err_and(|why| why.starts_with("the cache has no images with digest ")));
    }
}
