//! What can be wrong with a data set, in words for the user.

use std::fmt;
use std::path::PathBuf;

use super::{DatasetKind, MAX_EXAMPLES};
use crate::files::FileError;

/// A data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("the files of `{kind}` are not found{}\nhelp: {}", Looked::list(looked), kind.help())]
    Missing { kind: DatasetKind, looked: Vec<Looked> },
    #[error(transparent)]
    File(#[from] FileError),
    /// The content of a file is not what its format says.
    #[error("`{}`: expected {expected}, found {found}", path.display())]
    Malformed { path: PathBuf, expected: String, found: String },
    #[error("{validation} of {examples} examples cannot be kept for validation: at least 1 must be, and at least 1 must be left")]
    Split { validation: usize, examples: usize },
}

impl DatasetError {
    pub(super) fn malformed(path: impl Into<PathBuf>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), expected: expected.into(), found: found.into() }
    }

    pub(super) fn too_many(path: impl Into<PathBuf>) -> Self {
        Self::malformed(path, format!("1 to {MAX_EXAMPLES} examples"), "more")
    }
}

/// A folder that was looked into, and the files it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub folder: PathBuf,
    /// `None`: there is no such folder.
    pub missing: Option<Vec<String>>,
}

impl Looked {
    fn list(looked: &[Self]) -> String {
        looked.iter().fold(String::new(), |list, folder| list + "\n  " + &folder.to_string())
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.folder.display())?;
        match &self.missing {
            None => f.write_str("no such folder"),
            Some(names) => write!(f, "no `{}`", names.join("`, `")),
        }
    }
}
