//! Artifacts by the digest of their bytes. Says nothing about what they are or who made them.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::digest::{Digest, Domain};
use crate::files::{self, Entry};

use super::CacheError;
use super::digest_folder::{DigestFolder, expect_file};

#[derive(Clone, Debug)]
pub(super) struct Blobs(pub DigestFolder);

/// Bytes that are in memory at once of a blob that is written piece by piece.
const PIECE: usize = 1 << 16;

const OTHER_CONTENT: &str = "its content has another digest";

/// What stands where a blob should be, by name and size alone.
pub(super) enum BlobState {
    Missing,
    Present(u64),
    Damaged { path: PathBuf, how: String },
}

impl Blobs {
    /// Writes a blob unless it is there whole; anything else in its place is replaced.
    pub(super) fn put(&self, bytes: &[u8]) -> Result<Digest, CacheError> {
        let digest = Digest::of(Domain::Blob, bytes);
        let place = self.0.entry(&digest)?;
        let (path, entry) = &place;
        let size = bytes.len() as u64;
        let is_whole = *entry == Entry::File(size) && files::read(path, size).is_ok_and(|found| found == bytes);
        if !is_whole {
            self.0.write(&place, bytes)?;
        }
        Ok(digest)
    }

    /// Writes the blob with this digest piece by piece; nothing is kept, and `false` given, where the bytes have another
    /// one. The inner error is the reader's.
    pub(super) fn put_pieces(&self, digest: &Digest, bytes: &mut dyn Read) -> Result<io::Result<bool>, CacheError> {
        let place = self.0.entry(digest)?;
        let mut writing = self.0.begin(&place)?;
        let mut hasher = Domain::Blob.hasher();
        let mut piece = vec![0; PIECE];
        loop {
            let count = match bytes.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Err(error)),
            };
            hasher.update(&piece[..count]);
            writing.write_all(&piece[..count]).map_err(|source| files::FileError::new("write", &place.0, source))?;
        }
        let is_right = Digest::from_hasher(&hasher) == *digest;
        if is_right {
            writing.finish_unflushed()?;
        }
        Ok(Ok(is_right))
    }

    /// Reads a blob and verifies it.
    pub(super) fn get(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, CacheError> {
        match self.state(digest)? {
            BlobState::Missing => return Err(CacheError::Missing { digest: *digest }),
            BlobState::Damaged { path, how } => return Err(CacheError::Damaged { path, digest: *digest, how }),
            BlobState::Present(size) if size > limit => return Err(CacheError::TooLarge { what: digest.to_string(), size, limit }),
            BlobState::Present(_) => {}
        }
        let path = self.0.path(digest);
        let bytes = match files::read(&path, limit) {
            Err(error) if error.is_missing() => return Err(CacheError::Missing { digest: *digest }),
            read => read?,
        };
        if Digest::of(Domain::Blob, &bytes) == *digest {
            Ok(bytes)
        } else {
            Err(CacheError::Damaged { path, digest: *digest, how: OTHER_CONTENT.to_owned() })
        }
    }

    /// The state of a blob with its bytes read and hashed, piece by piece.
    pub(super) fn verify(&self, digest: &Digest) -> Result<BlobState, CacheError> {
        let state = self.state(digest)?;
        if !matches!(state, BlobState::Present(_)) {
            return Ok(state);
        }
        let path = self.0.path(digest);
        let file = match files::open(&path) {
            Err(error) if error.is_missing() => return Ok(BlobState::Missing),
            opened => opened?,
        };
        let found = Digest::of_reader(Domain::Blob, file).map_err(|source| files::FileError::new("read", &path, source))?;
        Ok(if found == *digest { state } else { BlobState::Damaged { path, how: OTHER_CONTENT.to_owned() } })
    }

    pub(super) fn state(&self, digest: &Digest) -> Result<BlobState, CacheError> {
        let (path, entry) = self.0.entry(digest)?;
        Ok(match expect_file(entry) {
            Ok(size) => BlobState::Present(size),
            Err(_) if entry == Entry::Nothing => BlobState::Missing,
            Err(how) => BlobState::Damaged { path, how },
        })
    }
}
