//! Why photographs cannot be used, in words for the user.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::files::FileError;
use crate::text::counted;

/// The most files that a message names.
const NAMED: usize = 20;

#[derive(Debug, thiserror::Error)]
pub enum PhotosError {
    #[error("`{}` is not there\nhelp: name the folder of the images in `dataset.path`, seen from the spec", .0.display())]
    Missing(PathBuf),
    /// What lies there is no set of images with classes.
    #[error("`{}`: {what}\nhelp: {help}", path.display())]
    Refused { path: PathBuf, what: String, help: String },
    /// Files that cannot be read, each with what is wrong with it.
    #[error("`{}`: {} of {of} images cannot be read{}\nhelp: {help}", path.display(), files.len(), named(files))]
    Unreadable { path: PathBuf, files: Vec<(String, String)>, of: usize, help: String },
    #[error("`{}`: `{image}` changed while it was read\nhelp: let nobody write to the images, and start again", path.display())]
    Changed { path: PathBuf, image: String },
    #[error("`{}` has {free} bytes left, and the prepared images take {needed}\nhelp: make room, such as with `epnas cache gc`, choose another folder with `--cache`, or a smaller `size`", folder.display())]
    Room { folder: PathBuf, needed: u64, free: u64 },
    #[error("the prepared images of `{}` are not in the cache any more\nhelp: run again: they are prepared again", .0.display())]
    Gone(PathBuf),
    #[error(transparent)]
    File(#[from] FileError),
}

impl PhotosError {
    pub(super) fn refused(path: impl Into<PathBuf>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused { path: path.into(), what: what.into(), help: help.into() }
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
