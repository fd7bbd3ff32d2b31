//! What can be wrong with the cache ([`CacheError`]), and why a task has no usable result in it ([`MissReason`]).

use std::path::PathBuf;

use crate::digest::Digest;
use crate::engine::TaskFailure;
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
    #[error("`{}` is a link or a file; inside the cache it must be a real folder: take it away, and what was in it is computed anew", path.display())]
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

impl CacheError {
    /// The failure of a task that met this error while it read its inputs or stored its outputs.
    pub fn failure(&self) -> TaskFailure {
        let message = self.to_string();
        match self {
            Self::Unusable { source, .. } => match source.failure() {
                TaskFailure::DiskFull { .. } => TaskFailure::DiskFull { message },
                TaskFailure::Unreadable { .. } => TaskFailure::Unreadable { message },
                _ => TaskFailure::Refused { message },
            },
            Self::File(error) if error.is_disk_full() => TaskFailure::DiskFull { message },
            Self::File(error) if !error.is_reading() => TaskFailure::Refused { message },
            Self::File(_) | Self::Missing { .. } | Self::Damaged { .. } | Self::Unreadable { .. } => TaskFailure::Unreadable { message },
            Self::NotAFolder { .. } | Self::TooLarge { .. } | Self::Unstorable { .. } => TaskFailure::Refused { message },
        }
    }
}

/// Why a task must run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissReason {
    #[error("never run")]
    NeverRun,
    #[error("it failed in an earlier run and is tried again: {why}")]
    NotAccepted { why: String },
    #[error("its record `{}` is damaged: {how}", path.display())]
    RecordDamaged { path: PathBuf, how: String },
    #[error("its output `{name}` is gone from the cache")]
    BlobMissing { name: String, digest: Digest },
    #[error("its output `{name}` is damaged: {how}")]
    BlobDamaged { name: String, digest: Digest, how: String },
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::*;
    use crate::engine::FailureKind;
    use crate::files;

    fn kind(action: &'static str, source: io::ErrorKind) -> FailureKind {
        let error = || CacheError::File(FileError::new(action, Path::new("a"), source.into()));
        let outer = CacheError::Unusable { folder: PathBuf::new(), source: Box::new(error()) };
        assert_eq!(outer.failure().kind(), error().failure().kind());
        error().failure().kind()
    }

    #[test]
    fn a_full_disk_is_told_from_what_cannot_be_read_or_written() {
        let full = std::fs::write("/dev/full", b"x").expect_err("it has no room");
        assert_eq!(kind("write", full.kind()), FailureKind::DiskFull);
        assert_eq!(kind("write", io::ErrorKind::QuotaExceeded), FailureKind::DiskFull);
        assert_eq!(kind("write", io::ErrorKind::PermissionDenied), FailureKind::Refused);
        assert_eq!(kind("read", io::ErrorKind::PermissionDenied), FailureKind::Unreadable);
        let digest = Digest::of(crate::digest::Domain::Blob, b"");
        assert_eq!(CacheError::Missing { digest }.failure().kind(), FailureKind::Unreadable);
        let gone = files::read(Path::new("no such file"), 1).expect_err("it is not there");
        assert_eq!(CacheError::File(gone).failure().kind(), FailureKind::Unreadable);
    }
}
