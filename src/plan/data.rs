//! The contents of the data that a search reads, by digest.

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Domain};
use crate::spec::Subject;

/// Contents of the data of a search. What is searched says what they are digests of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataDigests {
    /// Of what the search reads: the training part of a data set, or the searched columns of a table.
    pub search: Digest,
    /// Of what the final task alone reads: the test part, or the whole table with its reported figures.
    pub last: Digest,
}

impl DataDigests {
    /// What stands for data that is not at hand: a plan has a shape without it, and no training counts as cached.
    pub fn unknown() -> Self {
        let unknown = Digest::of(Domain::Dataset, b"unknown");
        Self { search: unknown, last: unknown }
    }
}

/// The same as files and people name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NamedData {
    /// The two parts of a data set.
    Images { train: Digest, test: Digest },
    /// Of what the search may read, and of all with the reported figures.
    Table { search: Digest, whole: Digest },
}

impl NamedData {
    pub const fn new(subject: &Subject, DataDigests { search, last }: DataDigests) -> Self {
        match subject {
            Subject::Images { .. } => Self::Images { train: search, test: last },
            Subject::Table { .. } => Self::Table { search, whole: last },
        }
    }

    pub const fn digests(self) -> DataDigests {
        match self {
            Self::Images { train: search, test: last } | Self::Table { search, whole: last } => DataDigests { search, last },
        }
    }
}
