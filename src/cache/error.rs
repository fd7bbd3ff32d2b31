//! What can be wrong with the cache ([`CacheError`]), and why a task has no usable result in it ([`MissReason`]).

use std::path::PathBuf;

use crate::digest::Digest;
use crate::files::FileError;

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error(
        "the cache folder `{}` cannot be used: {source}\nhelp: choose another one with `--cache DIR` or the variable `EPNAS_CACHE`",
        folder.display()
    )]
    Unusable {
        folder: PathBuf,
        #[source]
        source: Box<CacheError>,
    },
    #[error("`{}` is a link or a file; inside the cache it must be a real folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the artifact `{digest}` is not in the cache")]
    Missing { digest: Digest },
    #[error("the artifact `{}` is damaged: {how}\nhelp: run again, it will be computed anew", path.display())]
    Damaged { path: PathBuf, digest: Digest, how: String },
    #[error("`{what}` has {size} bytes, allowed are {limit}")]
    TooLarge { what: String, size: u64, limit: u64 },
    #[error("the artifact `{digest}` does not hold what was expected: {source}")]
    Unreadable {
        digest: Digest,
        #[source]
        source: serde_json::Error,
    },
    #[error("the result of {what} cannot be stored: {how}")]
    Unstorable { what: String, how: String },
}

/// Why a task must run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissReason {
    #[error("never run")]
    NeverRun,
    #[error("it is tried again after it failed: {how}")]
    NotAccepted { how: String },
    #[error("its record `{}` is damaged: {how}", path.display())]
    RecordDamaged { path: PathBuf, how: String },
    #[error("its output `{name}` is gone from the cache")]
    BlobMissing { name: String, digest: Digest },
    #[error("its output `{name}` is damaged: {how}")]
    BlobDamaged { name: String, digest: Digest, how: String },
}
