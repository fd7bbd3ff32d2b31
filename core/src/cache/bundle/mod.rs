//! Records and their outputs as one file, to be carried to another cache: a gzipped tar of a manifest and of the files as
//! they lie in a cache. The same content gives the same bytes.
//!
//! Nothing in a bundle is trusted when it is read: [`Bundle::open`] reads all of it before anything is placed, entries have
//! the names of blobs and records and no others, and no name ever becomes a path. Digests prove that a bundle is whole,
//! not that its trainings took place: that is a matter of whom it is from.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::fingerprint::TaskKey;
use super::names::DataNames;
use super::{BLOBS, CacheError, RECORDS};
use crate::digest::Digest;
use crate::files::FileError;

pub use read::{Bundle, Imported};
pub use write::{EXPORTED_BEGINNING, Exported};

/// The version of the format that is written, and the oldest that is read: before the second, data had no names.
pub const BUNDLE_FORMAT: u32 = 2;
const OLDEST: u32 = 1;

/// The first entry.
const MANIFEST: &str = "manifest.json";

/// The other entries, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    /// Sorted by name: blobs stand before records.
    files: Vec<Line>,
    /// Of which data the results are.
    #[serde(default)]
    data: DataNames,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    /// Bytes.
    size: u64,
}

/// What an entry is, by its name, which is that of a file in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Blob(Digest),
    Record(TaskKey),
}

const RECORD_END: &str = ".json";

impl Name {
    fn parse(text: &str) -> Option<Self> {
        let (folder, digits) = text.split_once('/')?;
        let digest = |digits: &str| digits.replacen('/', "", 1).parse().ok();
        let name = match folder {
            BLOBS => Self::Blob(digest(digits)?),
            RECORDS => Self::Record(TaskKey::of_name(digest(digits.strip_suffix(RECORD_END)?)?)),
            _ => return None,
        };
        // Reading the digits takes `A` for `a`, and a `/` anywhere.
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (folder, digest, end) = match self {
            Self::Blob(digest) => (BLOBS, digest, ""),
            Self::Record(key) => (RECORDS, key.digest(), RECORD_END),
        };
        let digits = digest.to_string();
        let (shard, rest) = digits.split_at(2);
        write!(f, "{folder}/{shard}/{rest}{end}")
    }
}

/// Why a bundle cannot be written or taken in.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{}` has the format {format}, this program reads formats up to {BUNDLE_FORMAT}\nhelp: take a newer `epnas`", path.display())]
    Newer { path: PathBuf, format: u32 },
    #[error("`{}` cannot be taken in: {how}\nhelp: nothing was written; get the file anew from where it was exported", path.display())]
    Refused { path: PathBuf, how: String },
    #[error("`{}` changed while it was read\nhelp: import it again", path.display())]
    Changed { path: PathBuf },
}
