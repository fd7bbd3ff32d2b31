//! What can be wrong with a data set, in words for the user.

use std::fmt;
use std::path::PathBuf;

use super::photos::PhotosError;
use super::{DatasetKind, Described};
use crate::files::{Disguise, FileError, Misnamed};
use crate::text::ErrorText;

/// A data set cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.error_text())]
pub enum DatasetError {
    Missing {
        described: Box<Described>,
        looked: Vec<Looked>,
        /// The folder is named by the spec.
        given: bool,
    },
    /// A folder has files with several prefixes, each of another data set.
    Several {
        folder: PathBuf,
        prefixes: Vec<String>,
    },
    File(#[from] FileError),
    Photos(#[from] PhotosError),
    /// The content of a file is not what its format says.
    Malformed {
        path: PathBuf,
        expected: String,
        found: String,
    },
    /// A file is not what its name says.
    Misnamed {
        path: PathBuf,
        misnamed: Misnamed,
    },
    Split {
        validation: usize,
        examples: usize,
    },
}

impl DatasetError {
    pub(super) fn malformed(path: impl Into<PathBuf>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), expected: expected.into(), found: found.into() }
    }

    pub fn error_text(&self) -> ErrorText {
        match self {
            Self::Missing { described, looked, given } => ErrorText::with_help(
                format!("the files of `{}` are not found{}", described.name, Looked::list(looked)),
                Looked::help(looked, described, *given),
            ),
            Self::Several { folder, prefixes } => ErrorText::with_help(
                format!("`{}` holds files of several data sets: `{}…`", folder.display(), prefixes.join("…`, `")),
                "put the files of one into a folder of their own",
            ),
            Self::File(error) => ErrorText::without_help(error.to_string()),
            Self::Photos(error) => error.error_text(),
            Self::Malformed { path, expected, found } => {
                ErrorText::without_help(format!("`{}`: expected {expected}, found {found}", path.display()))
            }
            Self::Misnamed { path, misnamed } => {
                ErrorText::with_help(format!("`{}` is {}", path.display(), misnamed.what()), misnamed.help())
            }
            Self::Split { validation, examples } => ErrorText::without_help(format!(
                "{validation} of {examples} examples cannot be kept for validation: at least 1 must be, and at least 1 must be left"
            )),
        }
    }
}

/// A folder that was looked into, and the files it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub folder: PathBuf,
    /// The files it lacks, where it is a folder.
    pub missing: Vec<String>,
    pub there: There,
}

/// What lies where a folder of files is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum There {
    Nothing,
    /// A file, and what kind of file where that is known.
    File(Option<Disguise>),
    /// A folder with the first of its entries, and one below it that has all files.
    Folder {
        names: Vec<String>,
        more: usize,
        complete: Option<PathBuf>,
    },
}

impl Looked {
    fn list(looked: &[Self]) -> String {
        looked.iter().fold(String::new(), |list, folder| list + "\n  " + &folder.to_string())
    }

    /// About the folder that was given, where one was.
    fn help(looked: &[Self], described: &Described, given: bool) -> String {
        let usual = || described.published.map_or("name the folder of the files in `dataset.path`", DatasetKind::help).to_owned();
        let [folder] = looked else { return usual() };
        let path = folder.folder.display();
        match &folder.there {
            There::Folder { complete: Some(complete), .. } => format!("name the folder `{}`: the files are there", complete.display()),
            There::File(Some(disguise)) => format!("{}, and name the folder of the files in `dataset.path`", disguise.help()),
            There::File(None) => "name the folder of the files in `dataset.path`, not one of them".to_owned(),
            There::Nothing | There::Folder { .. } if given => {
                format!("put the files of `{}` into `{path}`, or name another folder in `dataset.path`, seen from the spec", described.name)
            }
            There::Nothing | There::Folder { .. } => usual(),
        }
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.folder.display())?;
        match &self.there {
            There::Nothing => f.write_str("no such folder"),
            There::File(Some(disguise)) => write!(f, "a file is no folder; it is {}", disguise.what()),
            There::File(None) => f.write_str("a file, and a folder is expected"),
            There::Folder { names, more, .. } => {
                write!(f, "no `{}`", self.missing.join("`, `"))?;
                if names.is_empty() {
                    return f.write_str("; the folder is empty");
                }
                write!(f, "; there are `{}`", names.join("`, `"))?;
                if *more > 0 { write!(f, " and {more} more") } else { Ok(()) }
            }
        }
    }
}
