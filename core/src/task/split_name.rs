//! The images of a task, by name: which files, how they are split, and their size.

use serde::{Deserialize, Serialize};

use super::{DataStore, refused};
use crate::dataset::{Images, Split};
use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;

/// The images of the training files, and how they are split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitName {
    /// Content of the training images and labels.
    pub digest: Digest,
    /// Examples of the validation split.
    pub validation: usize,
    pub seed: u64,
    /// The validation examples are the last ones, not chosen here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
    /// Rows and columns of the images, where they are made smaller to be trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
}

impl SplitName {
    /// The images in the size in which they are trained on.
    pub(super) fn images<'a>(&self, data: &'a mut dyn DataStore) -> Result<&'a Images, TaskFailure> {
        match self.size {
            None => data.images(self.digest),
            Some(size) => data.smaller(self.digest, size),
        }
    }

    /// Names the images in the size in which they are trained on.
    pub(super) fn name_of_images(&self) -> Digest {
        self.size.map_or(self.digest, |size| Digest::of_json(Domain::Dataset, &(self.digest, size)))
    }

    /// The split of images with these labels.
    pub fn split(&self, labels: &[u16]) -> Result<Split, TaskFailure> {
        let split =
            if self.last { Split::last(labels.len(), self.validation, self.seed) } else { Split::new(labels, self.validation, self.seed) };
        split.map_err(|error| refused(error.to_string()))
    }
}
