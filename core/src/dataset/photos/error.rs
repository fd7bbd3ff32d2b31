//! Why photographs cannot be used, in words for the user.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::dataset::Form;
use crate::files::FileError;
use crate::text::{ErrorText, bytes, counted};

/// The most files that a message names.
const NAMED: usize = 20;

#[derive(Debug, thiserror::Error)]
#[error("{}", self.error_text())]
pub enum PhotosError {
    Missing(PathBuf),
    /// What lies there is no set of images with classes.
    Refused {
        path: PathBuf,
        what: String,
        help: String,
    },
    /// Files that cannot be read, each with what is wrong with it.
    Unreadable {
        path: PathBuf,
        files: Vec<(String, String)>,
        of: usize,
        help: String,
    },
    Changed {
        path: PathBuf,
        image: String,
    },
    /// Bytes that are needed for images in this form, and those that are left.
    Room {
        folder: PathBuf,
        needed: u64,
        free: u64,
        form: Form,
    },
    /// The prepared images of this data set.
    Gone(PathBuf),
    File(#[from] FileError),
}

impl PhotosError {
    pub(super) fn refused(path: impl Into<PathBuf>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused { path: path.into(), what: what.into(), help: help.into() }
    }

    pub fn error_text(&self) -> ErrorText {
        match self {
            Self::Missing(path) => ErrorText::with_help(
                format!("`{}` is not there", path.display()),
                "name the folder of the images in `dataset.path`, seen from the spec",
            ),
            Self::Refused { path, what, help } => ErrorText::with_help(format!("`{}`: {what}", path.display()), help),
            Self::Unreadable { path, files, of, help } => {
                let what = format!("`{}`: {} of {of} images cannot be read{}", path.display(), files.len(), named(files));
                ErrorText::with_help(what, help)
            }
            Self::Changed { path, image } => ErrorText::with_help(
                format!("`{}`: `{image}` changed while it was read", path.display()),
                "let nobody write to the images, and start again",
            ),
            Self::Room { folder, needed, free, form } => ErrorText::with_help(
                format!(
                    "`{}` has {} left, and the prepared images take {}{}",
                    folder.display(),
                    bytes(*free),
                    if *form == Form::Jpeg { "about " } else { "" },
                    bytes(*needed)
                ),
                format!(
                    "make room, such as with `epnas cache gc`, choose another folder with `--cache`, or a smaller `size`{}",
                    if *form == Form::Raw { "; `storage: jpeg` takes a sixth" } else { "" }
                ),
            ),
            Self::Gone(path) => ErrorText::with_help(
                format!("the prepared images of `{}` are not in the cache any more", path.display()),
                "run again: they are prepared again",
            ),
            Self::File(error) => ErrorText::without_help(error.to_string()),
        }
    }
}

fn named(files: &[(String, String)]) -> String {
    let mut text = String::new();
    for (file, how) in files.iter().take(NAMED) {
        let _ = write!(text, "\n  `{file}`: {how}");
    }
    if files.len() > NAMED {
        let _ = write!(text, "\n  and {} more; `epnas data` names them all", counted(files.len() - NAMED, "file"));
    }
    text
}
