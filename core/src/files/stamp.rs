//! What tells a file from itself as it was: looked at without reading it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::FileError;

/// As long as it stays the same, so does the content: whoever writes changes the time of change, which no program can set.
/// Not so within one tick of the clock, so that a file that was changed just now may still be changed unseen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Seconds since 1970, and nanoseconds.
    modified: (i64, i64),
    /// The same; also of its name, its owner and who may read it.
    changed: (i64, i64),
}

impl Stamp {
    /// Of the file that a link leads to.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        Ok(Self::from(&fs::metadata(path).map_err(|source| FileError::new("look at", path, source))?))
    }

    /// All of it, to be hashed.
    pub fn bytes(&self) -> [u8; 56] {
        let Self { device, inode, size, modified, changed } = self;
        let numbers = [*device, *inode, *size].map(u64::to_le_bytes);
        let times = [modified.0, modified.1, changed.0, changed.1].map(i64::to_le_bytes);
        let mut bytes = [0; 56];
        bytes.as_chunks_mut().0.iter_mut().zip(numbers.into_iter().chain(times)).for_each(|(to, number)| *to = number);
        bytes
    }

    /// When it was last changed, in seconds since 1970.
    pub fn changed(&self) -> u64 {
        u64::try_from(self.changed.0).unwrap_or(0)
    }
}

impl From<&fs::Metadata> for Stamp {
    fn from(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl From<&rustix::fs::Stat> for Stamp {
    fn from(metadata: &rustix::fs::Stat) -> Self {
        let nanoseconds = |count| i64::try_from(count).unwrap_or(0);
        Self {
            device: metadata.st_dev,
            inode: metadata.st_ino,
            size: u64::try_from(metadata.st_size).unwrap_or(0),
            modified: (metadata.st_mtime, nanoseconds(metadata.st_mtime_nsec)),
            changed: (metadata.st_ctime, nanoseconds(metadata.st_ctime_nsec)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::files::write_unflushed;

    #[test]
    fn a_file_that_is_replaced_has_another_stamp() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [path, copy, link] = ["file", "copy", "link"].map(|name| folder.path().join(name));
        let file = |path: &Path, content: &[u8]| {
            write_unflushed(path, content).expect("write");
            // As `cp -p` and `tar` do.
            let file = fs::File::options().append(true).open(path).expect("our own file");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(1)).expect("our own file");
            Stamp::of(path).expect("it is there")
        };
        let first = file(&path, b"one");
        assert_eq!(Stamp::of(&path).expect("it is there"), first);
        assert_eq!(Stamp::from(&rustix::fs::stat(&path).expect("it is there")), first);
        assert_ne!(file(&copy, b"two"), first);
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        assert_eq!(Stamp::of(&link).expect("it leads there"), first);
        // Both are there at once, so that the inode is another one even where the clock has not moved on.
        crate::files::rename(&copy, &path).expect("rename");
        assert_ne!(Stamp::of(&path).expect("it is there"), first);
        assert!(Stamp::of(&copy).expect_err("renamed").is_missing());
    }
}
