//! Which files a part of a data set was decoded from: looked at, not read.

use std::path::Path;

use super::{Described, Part};
use crate::digest::{Digest, Domain};
use crate::files::{FileError, Stamp};

/// The files of one part in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    digest: Digest,
    changed: u64,
}

impl Source {
    /// Of files by their names, which say how they are packed, and their paths, read as they are described.
    pub(super) fn of(described: &Described, part: Part, files: &[&Path]) -> Result<Self, FileError> {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let files = files.iter().map(|path| Ok((name(path), Stamp::of(path)?))).collect::<Result<Vec<_>, FileError>>()?;
        let changed = files.iter().map(|(_, stamp)| stamp.changed()).max().unwrap_or(0);
        let part = match part {
            Part::Train => "train",
            Part::Test => "test",
        };
        Ok(Self { digest: Digest::of_json(Domain::Source, &(described, part, files)), changed })
    }

    /// Another one as soon as one of the files is another one, or is changed.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// When the latest of the files was changed, in seconds since 1970.
    pub const fn changed(&self) -> u64 {
        self.changed
    }
}
