//! The images of a set with their classes and parts, before any of them is read.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::PhotosError;
use super::place::Place;
use crate::text::suggestion;

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
    /// What no search can do with.
    pub(super) fn check(&self, path: &Path) -> Result<(), PhotosError> {
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
            _ => self.check_parts(path),
        }
    }

    /// Refuses classes of which no image is there to learn from.
    fn check_parts(&self, path: &Path) -> Result<(), PhotosError> {
        let learnt: BTreeSet<u16> =
            self.entries.iter().filter(|entry| matches!(entry.part, None | Some(PhotoPart::Train))).map(|entry| entry.label).collect();
        let strangers = self.entries.iter().filter(|entry| !learnt.contains(&entry.label));
        let others: BTreeSet<u16> = strangers.clone().map(|entry| entry.label).collect();
        let Some(Entry { label, part: Some(part), path: image, .. }) = strangers.clone().next() else { return Ok(()) };
        let class = &self.classes[usize::from(*label)];
        let more = if others.len() > 1 { format!(" and {} more", others.len() - 1) } else { String::new() };
        let what = format!("the class `{class}`{more} of the {} part has no training images; one of its images is `{image}`", part.word());
        let known: Vec<&str> = learnt.iter().filter_map(|label| self.classes.get(usize::from(*label))).map(String::as_str).collect();
        let help = match suggestion(class, &known) {
            Some(meant) => format!("did you mean `{meant}`? Spell classes the same in each part"),
            None => "spell classes the same in each part, or move what cannot be learnt away".to_owned(),
        };
        Err(PhotosError::refused(path, what, help))
    }

    /// Makes the validation part the test part, as that of ImageNet, whose test images have no classes.
    pub(super) fn take_val_as_test(&mut self, path: &Path) -> Result<(), PhotosError> {
        let refuse = |what: &str| Err(PhotosError::refused(path, what.to_owned(), "take `val-as-test` out"));
        match (self.has(PhotoPart::Validation), self.has(PhotoPart::Test)) {
            (_, true) => return refuse("the images have a test part of their own, and `val-as-test` makes another one"),
            (false, false) => return refuse("the images have no part `val`, which `val-as-test` makes the test part"),
            (true, false) => {}
        }
        let of_val = self.entries.iter_mut().filter(|entry| entry.part == Some(PhotoPart::Validation));
        of_val.for_each(|entry| entry.part = Some(PhotoPart::Test));
        Ok(())
    }

    pub fn has(&self, part: PhotoPart) -> bool {
        self.entries.iter().any(|entry| entry.part == Some(part))
    }
}
