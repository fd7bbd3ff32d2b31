//! Images that are named on the command line: found, and brought to the pixels of a network.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use super::error::PredictError;
use crate::dataset::photos::{Place, is_named_image, pixels};
use crate::files::{self, FileError};

/// Folders below each other.
pub(super) const DEEPEST: usize = 64;

/// An image by its path, and of a class where its folder or a table says so.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub path: PathBuf,
    pub place: Place,
    pub label: Option<usize>,
}

impl Named {
    fn file(path: PathBuf, label: Option<usize>) -> Self {
        Self { place: Place::File(path.clone()), path, label }
    }
}

/// An image that could be read.
pub(super) struct Read<'a> {
    pub image: &'a Named,
    pub pixels: Vec<u8>,
}

/// The images that are meant, in the order given; those of a folder by name.
pub(super) fn found(given: &[PathBuf]) -> Result<Vec<Named>, PredictError> {
    let mut named = Vec::new();
    for path in given {
        if path.as_os_str() == "-" {
            for line in std::io::stdin().lock().lines() {
                let line = line.map_err(|error| PredictError::Usage(format!("the list of images cannot be read: {error}")))?;
                if !line.trim().is_empty() {
                    add(Path::new(line.trim_end_matches('\r')), &mut named)?;
                }
            }
        } else {
            add(path, &mut named)?;
        }
    }
    if named.is_empty() {
        let help = "in folders, those are looked at whose names end in such as `.jpg` or `.png`";
        return Err(PredictError::Usage(format!("no image is named\nhelp: {help}")));
    }
    Ok(named)
}

/// A file, or all images below a folder.
fn add(path: &Path, named: &mut Vec<Named>) -> Result<(), FileError> {
    if path.is_dir() {
        return below(path, None, DEEPEST, named);
    }
    named.push(Named::file(path.to_owned(), None));
    Ok(())
}

/// The images below a folder, by name; what begins with a dot is passed over.
pub(super) fn below(folder: &Path, label: Option<usize>, deepest: usize, named: &mut Vec<Named>) -> Result<(), FileError> {
    for path in files::list(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if deepest > 0 {
                below(&path, label, deepest - 1, named)?;
            }
        } else if is_named_image(&name) {
            named.push(Named::file(path, label));
        }
    }
    Ok(())
}

/// Decodes images to squares of `side` pixels; those that cannot be read come with the reason.
pub(super) fn read(images: &[Named], (side, channels): (usize, usize)) -> (Vec<Read<'_>>, Vec<(&Named, String)>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for image in images {
        match image.place.read().and_then(|bytes| pixels(&bytes, side, channels)) {
            Ok(pixels) => good.push(Read { image, pixels }),
            Err(how) => bad.push((image, how)),
        }
    }
    (good, bad)
}
