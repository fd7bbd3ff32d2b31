//! Which files are specs, and what is said of those that cannot be read.

use std::path::{Path, PathBuf};

use super::super::diagnostics::Finding;
use super::super::load::no_spec;
use crate::files::{self, FileError};

/// A file itself; of a folder every `.yaml` and `.yml` below, in letters of either case, sorted. Hidden files and folders are left out.
pub(super) fn spec_files(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    // Services that show faults beside the text know files by their plain names.
    let plain = |entry: &Path| entry.strip_prefix(".").map_or_else(|_| entry.to_owned(), Path::to_owned);
    let mut found = Vec::new();
    for entry in files::list(path)? {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // A link to a folder may lead back up.
        let folder = entry.is_dir() && !entry.is_symlink();
        let spec = entry.extension().is_some_and(|extension| ["yaml", "yml"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        if folder && !hidden {
            found.extend(spec_files(&entry)?);
        } else if spec && !hidden && !entry.is_dir() {
            found.push(plain(&entry));
        }
    }
    Ok(found)
}

pub(super) fn unreadable(error: &FileError) -> Finding {
    if error.is_missing() {
        let message = format!("there is no file or folder `{}`", error.path.display());
        return Finding::of_file("file::missing", &error.path, &message, no_spec(&error.path).as_deref());
    }
    Finding::of_file("file::unreadable", &error.path, &error.to_string(), None)
}
