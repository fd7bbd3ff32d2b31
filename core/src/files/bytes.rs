//! Bytes that nobody changes, in memory of this process or in a mapped file: those who hold them share them.

use std::fmt;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use memmap2::{Advice, Mmap};

use super::{FileError, open};

/// Cheap to clone; the bytes stay where they are until the last copy is gone.
#[derive(Clone)]
pub struct Bytes {
    memory: Arc<Memory>,
    range: Range<usize>,
}

enum Memory {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Bytes {
    /// Some of these bytes. Panics where they are not among them.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.range.len(), "no part of these bytes");
        let start = self.range.start;
        Self { memory: Arc::clone(&self.memory), range: start + range.start..start + range.end }
    }

    /// Whether they lie in a file, where other processes that map it share them.
    pub fn is_mapped(&self) -> bool {
        matches!(*self.memory, Memory::Mapped(_))
    }

    /// Tells the system that some of these bytes are needed soon: it reads them from the disk meanwhile, if they lie there.
    /// Panics where they are not among them.
    pub fn will_need(&self, range: Range<usize>) {
        let Self { memory, range } = self.slice(range);
        if let Memory::Mapped(map) = &*memory {
            // For speed alone: a system that knows no such advice reads them when they are looked at.
            let _ = map.advise_range(Advice::WillNeed, range.start, range.len());
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let all: &[u8] = match &*self.memory {
            Memory::Owned(bytes) => bytes,
            Memory::Mapped(map) => map,
        };
        &all[self.range.clone()]
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), memory: Arc::new(Memory::Owned(bytes)) }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_mapped() { "mapped" } else { "owned" };
        write!(f, "{} {place} bytes", self.len())
    }
}

/// Maps a plain file of which nothing will be changed in place, such as one that [`super::write()`] or its kin wrote: they
/// replace files, and who has the old one mapped keeps it. Read from the disk when it is looked at.
pub fn map(path: &Path) -> Result<Bytes, FileError> {
    let file = open(path)?;
    // SAFETY: the memory is read-only and lives as long as the `Bytes` that own it. That a file is mapped cannot keep other
    // programs from changing it. Nothing of this program does, see above. Should another one: every byte is a valid `u8`,
    // nobody draws conclusions about memory from what it reads here, and reading what was cut off ends the process (SIGBUS).
    #[allow(unsafe_code)]
    let map = unsafe { Mmap::map(&file) };
    let map = map.map_err(|source| FileError::new("map", path, source))?;
    Ok(Bytes { range: 0..map.len(), memory: Arc::new(Memory::Mapped(map)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{remove, write_unflushed};

    #[test]
    fn owned_and_mapped_bytes_are_alike() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        write_unflushed(&path, b"0123456789").expect("write");
        let owned = Bytes::from(b"0123456789".to_vec());
        let mapped = map(&path).expect("map");
        assert_eq!((owned.is_mapped(), mapped.is_mapped()), (false, true));
        for bytes in [owned, mapped] {
            let part = bytes.slice(2..7).slice(1..3);
            drop(bytes);
            assert_eq!((&part[..], part.slice(2..2).len()), (&b"34"[..], 0));
        }
    }

    #[test]
    fn what_is_mapped_stays_when_the_file_is_replaced_or_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        write_unflushed(&path, b"old").expect("write");
        let old = map(&path).expect("map");
        write_unflushed(&path, b"newer").expect("write");
        let new = map(&path).expect("map");
        remove(&path).expect("remove");
        assert_eq!((&old[..], &new[..]), (&b"old"[..], &b"newer"[..]));
        assert!(map(&path).expect_err("removed").is_missing());
        assert!(map(folder.path()).is_err(), "a folder");
        write_unflushed(&path, b"").expect("write");
        assert!(map(&path).expect("map").is_empty());
    }
}
