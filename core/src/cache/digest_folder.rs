//! A folder of files that are named by digests (`ab/cdef…`): where a file lies, how it is written, how a damaged one is
//! put aside. Links are not followed, so every file lies inside the cache folder. Each folder `ab` is checked once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::digest::Digest;
use crate::files::{self, Entry, Writing};

use super::CacheError;

#[derive(Clone, Debug)]
pub(super) struct DigestFolder {
    root: PathBuf,
    suffix: &'static str,
    /// Which of the folders `00` to `ff` were seen to be folders: they are asked for several times a task.
    known: Arc<[AtomicBool; 256]>,
}

impl PartialEq for DigestFolder {
    fn eq(&self, other: &Self) -> bool {
        (&self.root, self.suffix) == (&other.root, other.suffix)
    }
}

impl Eq for DigestFolder {}

impl DigestFolder {
    /// Refuses a folder that is a link or a file. It need not be there.
    pub(super) fn at(root: PathBuf, suffix: &'static str) -> Result<Self, CacheError> {
        expect_folder(&root)?;
        Ok(Self { root, suffix, known: Arc::new([const { AtomicBool::new(false) }; 256]) })
    }

    pub(super) fn is_there(&self) -> bool {
        files::entry(&self.root).is_ok_and(|entry| entry == Entry::Folder)
    }

    pub(super) fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        let (shard, rest) = name.split_at(2);
        self.root.join(shard).join(format!("{rest}{}", self.suffix))
    }

    /// The folder in which the file with this name lies, made if it is not there.
    pub(super) fn shard(&self, digest: &Digest) -> Result<PathBuf, CacheError> {
        let mut path = self.path(digest);
        path.pop();
        if self.folder(digest, &path)? != Entry::Folder && !expect_folder(&path)? {
            files::create_folder(&path)?;
        }
        Ok(path)
    }

    /// Where the file with this name lies, and what is there. What a link stands for is not looked at, be it in the place
    /// of the file or of its folder.
    pub(super) fn entry(&self, digest: &Digest) -> Result<(PathBuf, Entry), CacheError> {
        let path = self.path(digest);
        let entry = match self.folder(digest, path.parent().unwrap_or(&self.root))? {
            Entry::Folder => files::entry(&path)?,
            // It is not the file that was asked for.
            Entry::File(_) => Entry::Other,
            other => other,
        };
        Ok((path, entry))
    }

    /// What stands where the folder of the file with this name is to be; once it was a folder, it is taken to be one.
    fn folder(&self, digest: &Digest, path: &Path) -> Result<Entry, CacheError> {
        let known = &self.known[usize::from(digest.as_bytes()[0])];
        if known.load(Relaxed) {
            return Ok(Entry::Folder);
        }
        let entry = files::entry(path)?;
        known.store(entry == Entry::Folder, Relaxed);
        Ok(entry)
    }

    /// Everything that lies here: digests that files are named by, sorted, and what has another name.
    pub(super) fn walk(&self) -> Result<(Vec<Digest>, Vec<Other>), CacheError> {
        let (mut found, mut others) = (Vec::new(), Vec::new());
        if files::entry(&self.root)? == Entry::Nothing {
            return Ok((found, others));
        }
        for shard in files::list(&self.root)? {
            let is_shard = file_name(&shard).len() == 2 && files::entry(&shard)? == Entry::Folder;
            if !is_shard {
                others.push(Other { sort: sort_of(&shard, None), path: shard });
                continue;
            }
            for path in files::list(&shard)? {
                match self.digest(&path) {
                    Some(digest) => found.push(digest),
                    None => others.push(Other { sort: sort_of(&path, self.digest(&path.with_extension(""))), path }),
                }
            }
        }
        found.sort_unstable();
        Ok((found, others))
    }

    /// The digest that a file here is named by.
    fn digest(&self, path: &Path) -> Option<Digest> {
        let shard = path.parent().map(file_name)?;
        let digest = format!("{shard}{}", file_name(path).strip_suffix(self.suffix)?).parse().ok()?;
        // Reading the digits takes `A` for `a`.
        (self.path(&digest) == path).then_some(digest)
    }

    /// Writes without waiting for the disk: all content here carries its digest, so that a loss is noticed and repaired.
    /// Over what [`DigestFolder::entry`] tells.
    pub(super) fn write(&self, (path, entry): &(PathBuf, Entry), bytes: &[u8]) -> Result<(), CacheError> {
        self.make_way(path, *entry)?;
        Ok(files::write_unflushed(path, bytes)?)
    }

    /// Writes, and waits until it is on the disk.
    pub(super) fn write_flushed(&self, (path, entry): &(PathBuf, Entry), parts: &[&[u8]]) -> Result<(), CacheError> {
        self.make_way(path, *entry)?;
        files::write_parts(path, parts)?;
        self.flush_root()
    }

    /// Waits until a file that was written is on the disk, with its name.
    pub(super) fn flush(&self, path: &Path) -> Result<(), CacheError> {
        files::flush(path)?;
        files::flush_folder(path.parent().unwrap_or(&self.root))?;
        self.flush_root()
    }

    /// Waits until the names of the shards are on the disk, and that of the folder.
    fn flush_root(&self) -> Result<(), CacheError> {
        files::flush_folder(&self.root)?;
        let above = self.root.parent().filter(|above| !above.as_os_str().is_empty());
        Ok(files::flush_folder(above.unwrap_or(Path::new(".")))?)
    }

    /// The same for what comes piece by piece; to be finished without waiting for the disk.
    pub(super) fn begin(&self, (path, entry): &(PathBuf, Entry)) -> Result<Writing, CacheError> {
        self.make_way(path, *entry)?;
        Ok(Writing::begin(path)?)
    }

    /// A plain file, or nothing, is where a file is to be written.
    fn make_way(&self, path: &Path, entry: Entry) -> Result<(), CacheError> {
        match entry {
            Entry::File(_) | Entry::Nothing => Ok(()),
            Entry::Folder | Entry::Link | Entry::Other => self.put_aside(path),
        }
    }

    /// Takes a damaged file out of the way, kept for people to look at.
    pub(super) fn put_aside(&self, path: &Path) -> Result<(), CacheError> {
        expect_folder(path.parent().unwrap_or(&self.root))?;
        let mut name = path.as_os_str().to_owned();
        name.push(PUT_ASIDE);
        Ok(files::rename(path, Path::new(&name))?)
    }
}

const PUT_ASIDE: &str = ".damaged";

/// Something in the cache that is no blob, no record and no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub path: PathBuf,
    pub sort: OtherSort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSort {
    /// A damaged file, kept for people to look at.
    PutAside,
    /// A file that a program is writing, or that one was writing when it was killed.
    Unfinished,
    /// Nobody knows what it is; nobody reads it.
    Stray,
}

/// What a file of another name is; `before` is the digest of its name without the last extension.
fn sort_of(path: &Path, before: Option<Digest>) -> OtherSort {
    let name = file_name(path);
    if before.is_some() && name.ends_with(PUT_ASIDE) {
        OtherSort::PutAside
    } else if name.starts_with(files::UNFINISHED) && matches!(files::entry(path), Ok(Entry::File(_))) {
        OtherSort::Unfinished
    } else {
        OtherSort::Stray
    }
}

/// Empty where it is not text.
fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or("")
}

/// Whether there is a folder, where there is to be one or nothing yet.
pub(super) fn expect_folder(path: &Path) -> Result<bool, CacheError> {
    match files::entry(path)? {
        Entry::Folder => Ok(true),
        Entry::Nothing => Ok(false),
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
