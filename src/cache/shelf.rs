//! One folder of files named by digests, `ab/cdef…`: where a file lies, how it is written, how a bad one is put aside.
//! Follows no links: what lies on a shelf lies inside the cache folder.

use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::files::{self, Entry};

use super::CacheError;

/// Digits of a digest that name a file; the first two name its folder.
const FILE_DIGITS: usize = 62;

#[derive(Clone, Debug)]
pub(super) struct Shelf {
    root: PathBuf,
    suffix: &'static str,
}

impl Shelf {
    /// Refuses a folder that is a link or a file. It need not be there.
    pub fn at(root: PathBuf, suffix: &'static str) -> Result<Self, CacheError> {
        expect_folder(&root)?;
        Ok(Self { root, suffix })
    }

    pub fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        let (shard, rest) = name.split_at(2);
        self.root.join(shard).join(format!("{rest}{}", self.suffix))
    }

    /// Every file in its place, in the order of digests.
    pub fn files(&self) -> Result<Vec<PathBuf>, CacheError> {
        let mut found = Vec::new();
        if files::entry(&self.root)? == Entry::Nothing {
            return Ok(found);
        }
        for shard in files::list(&self.root)? {
            let in_place = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() == FILE_DIGITS + self.suffix.len());
            if files::entry(&shard)? == Entry::Folder {
                found.extend(files::list(&shard)?.into_iter().filter(in_place));
            }
        }
        Ok(found)
    }

    /// Writes without waiting for the disk: all content here carries its digest, so that a loss is noticed and repaired.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
        expect_folder(path.parent().unwrap_or(&self.root))?;
        if !matches!(files::entry(path)?, Entry::File(_) | Entry::Nothing) {
            self.put_aside(path)?;
        }
        Ok(files::write_unflushed(path, bytes)?)
    }

    /// Takes a damaged file out of the way, kept for people to look at.
    pub fn put_aside(&self, path: &Path) -> Result<(), CacheError> {
        expect_folder(path.parent().unwrap_or(&self.root))?;
        let mut name = path.as_os_str().to_owned();
        name.push(".damaged");
        Ok(files::rename(path, Path::new(&name))?)
    }
}

/// A real folder, or nothing yet.
pub(super) fn expect_folder(path: &Path) -> Result<(), CacheError> {
    match files::entry(path)? {
        Entry::Folder | Entry::Nothing => Ok(()),
        Entry::File(_) | Entry::Link | Entry::Other => Err(CacheError::NotAFolder { path: path.to_owned() }),
    }
}

/// What is wrong with an entry where a plain file is expected; its size if nothing is.
pub(super) fn expect_file(entry: Entry) -> Result<u64, String> {
    match entry {
        Entry::File(size) => Ok(size),
        Entry::Nothing => Err("it is missing".to_owned()),
        Entry::Folder => Err("it is a folder".to_owned()),
        Entry::Link => Err("it is a symbolic link".to_owned()),
        Entry::Other => Err("it is not a plain file".to_owned()),
    }
}
