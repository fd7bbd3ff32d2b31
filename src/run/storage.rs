//! Where a task finds its inputs and leaves what it makes: in a cache, or with whoever gave the task.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use super::parcel::{Goods, Parcel};
use super::reply_writer::ReplyWriter;
use crate::cache::{BLOB_LIMIT, Cache, TaskKey};
use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;

pub(super) trait Storage {
    fn get(&self, digest: &Digest) -> Result<Vec<u8>, TaskFailure>;

    fn put(&self, bytes: &[u8]) -> Result<Digest, TaskFailure>;

    /// Waits until artifacts that were put are on the disk.
    fn flush(&self, digests: &[Digest]) -> Result<(), TaskFailure>;

    /// What was saved last of a training.
    fn checkpoint(&self, key: &TaskKey) -> Option<Vec<u8>>;

    /// Saves a state that lies in several pieces; it replaces the one before.
    fn save_checkpoint(&self, key: &TaskKey, state: &[&[u8]]) -> Result<(), TaskFailure>;
}

impl Storage for Cache {
    fn get(&self, digest: &Digest) -> Result<Vec<u8>, TaskFailure> {
        Self::get(self, digest, BLOB_LIMIT).map_err(|error| error.failure())
    }

    fn put(&self, bytes: &[u8]) -> Result<Digest, TaskFailure> {
        Self::put(self, bytes).map_err(|error| error.failure())
    }

    fn flush(&self, digests: &[Digest]) -> Result<(), TaskFailure> {
        Self::flush(self, digests).map_err(|error| error.failure())
    }

    fn checkpoint(&self, key: &TaskKey) -> Option<Vec<u8>> {
        Self::checkpoint(self, key)
    }

    fn save_checkpoint(&self, key: &TaskKey, state: &[&[u8]]) -> Result<(), TaskFailure> {
        Self::save_checkpoint(self, key, state).map_err(|error| error.failure())
    }
}

/// The coordinator, at the other end of the streams: inputs came with the task, and all that is put travels to it at once.
pub(super) struct Sent<W> {
    replies: Arc<ReplyWriter<W>>,
    inputs: BTreeMap<Digest, Vec<u8>>,
    /// Taken by the first who asks.
    checkpoint: RefCell<Option<Vec<u8>>>,
}

impl<W: Write> Sent<W> {
    pub(super) const fn new(replies: Arc<ReplyWriter<W>>, inputs: BTreeMap<Digest, Vec<u8>>, checkpoint: Option<Vec<u8>>) -> Self {
        Self { replies, inputs, checkpoint: RefCell::new(checkpoint) }
    }

    fn send(&self, goods: Goods, pieces: &[&[u8]]) -> Result<(), TaskFailure> {
        // Nobody listens: nobody will read what is said of it either.
        self.replies.send(&Parcel::of(goods, pieces), pieces).map_err(|_| TaskFailure::Paused)
    }
}

impl<W: Write> Storage for Sent<W> {
    fn get(&self, digest: &Digest) -> Result<Vec<u8>, TaskFailure> {
        let missing = || TaskFailure::Unreadable { message: format!("artifact {} did not come with its task", digest.short()) };
        self.inputs.get(digest).cloned().ok_or_else(missing)
    }

    fn put(&self, bytes: &[u8]) -> Result<Digest, TaskFailure> {
        let digest = Digest::of(Domain::Blob, bytes);
        self.send(Goods::Artifact(digest), &[bytes]).map(|()| digest)
    }

    /// The coordinator does it when they have come.
    fn flush(&self, _: &[Digest]) -> Result<(), TaskFailure> {
        Ok(())
    }

    fn checkpoint(&self, _: &TaskKey) -> Option<Vec<u8>> {
        self.checkpoint.take()
    }

    fn save_checkpoint(&self, key: &TaskKey, state: &[&[u8]]) -> Result<(), TaskFailure> {
        self.send(Goods::Checkpoint(*key), state)
    }
}
