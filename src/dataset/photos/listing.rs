//! The images of a set with their classes and parts, before any of them is read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::place::Place;
use super::tree::Tree;
use super::{Photos, PhotosError, classes, devkit, shards, table};

/// The part that the data themselves put an image into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhotoPart {
    Train,
    Validation,
    Test,
}

impl PhotoPart {
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// By the name of a folder, of a shard, or in a column.
    pub fn named(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Self::Train),
            "val" | "valid" | "validation" => Some(Self::Validation),
            "test" => Some(Self::Test),
            _ => None,
        }
    }
}

/// One image.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As people find it, seen from the path of the data set.
    pub path: String,
    pub place: Place,
    /// Index of its class.
    pub label: u16,
    pub part: Option<PhotoPart>,
    /// What stays on one side, where a column says so.
    pub group: Option<String>,
}

/// All images, by path.
#[derive(Debug)]
pub struct Listing {
    /// Such as `class folders in train and test`.
    pub layout: String,
    /// Names by label.
    pub classes: Vec<String>,
    pub entries: Vec<Entry>,
    /// What was passed over or is doubtful, in full sentences.
    pub notes: Vec<String>,
}

/// The most classes.
const MOST: usize = u16::MAX as usize;

impl Listing {
    /// Finds out what lies at a path.
    pub fn at(path: &Path, photos: &Photos) -> Result<Self, PhotosError> {
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(PhotosError::Missing(path.to_owned())),
            Err(error) => return Err(crate::files::FileError::new("look at", path, error).into()),
            Ok(_) => {}
        }
        let mut listing = if table::is_table(path) { table::file(path, photos)? } else { tree(Tree::at(path)?, photos)? };
        listing.entries.sort_by(|left, right| left.path.cmp(&right.path));
        listing.check(path)?;
        Ok(listing)
    }

    /// What no search can do with.
    fn check(&self, path: &Path) -> Result<(), PhotosError> {
        let refuse = |what: String, help: &str| Err(PhotosError::refused(path, what, help));
        match self.classes.len() {
            _ if self.entries.is_empty() => {
                refuse("there are no images".to_owned(), "name a folder with a folder of images for each class")
            }
            1 => refuse(
                format!("all images are of one class, `{}`", self.classes[0]),
                "bring images of at least two classes: there is nothing to tell apart",
            ),
            count if count > MOST => refuse(
                format!("{count} classes, and at most {MOST} are told apart"),
                "is each image a class of its own? put images of one kind into one folder",
            ),
            _ => Ok(()),
        }
    }

    pub fn has(&self, part: PhotoPart) -> bool {
        self.entries.iter().any(|entry| entry.part == Some(part))
    }
}

fn tree(mut tree: Tree, photos: &Photos) -> Result<Listing, PhotosError> {
    tree.unwrap_single();
    if let Some(name) = table::inside(&tree)? {
        return table::in_tree(&tree, &name, photos);
    }
    if let Some(group) = &photos.group {
        let what = format!("`group: {group}` names a column, and the images lie in folders");
        return Err(PhotosError::refused(tree.root, what, "take `group` out, or list the images in a CSV with that column"));
    }
    if shards::are(&tree) {
        return shards::listing(tree);
    }
    let sorted = devkit::sort(&mut tree)?;
    classes::listing(tree, sorted)
}
