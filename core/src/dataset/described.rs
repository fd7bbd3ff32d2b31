//! What is known of a data set before its files are opened: how they are laid out, and what they must hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DatasetKind;
use super::photos::Photos;
use crate::arch::Shape;

/// How the files of a data set are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    /// The files of MNIST: grey images in `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte` (or `test-…`), labels in
    /// `…-labels-idx1-ubyte` (or `…-idx2-int`, of which the first column counts), with any prefix, packed with gzip or not.
    #[serde(rename = "idx")]
    Idx,
    /// The binary files of CIFAR-10: colour images in `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, one byte
    /// of label before each.
    #[serde(rename = "cifar-10")]
    Cifar10,
    /// The binary files of CIFAR-100: colour images in `train.bin` and `test.bin`, a byte of coarse and a byte of fine label
    /// before each; the fine one counts.
    #[serde(rename = "cifar-100")]
    Cifar100,
    /// Photographs of any size, JPEG, PNG, WebP, BMP, GIF or TIFF: in a folder for each class, perhaps below `train`, `val` and
    /// `test`; listed in a CSV or JSONL table with `path` and `label`; in a tar or zip archive of such folders; or in
    /// WebDataset shards.
    #[serde(rename = "photos")]
    Photos,
}

impl Format {
    /// The word for it in a spec.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idx => "idx",
            Self::Cifar10 => "cifar-10",
            Self::Cifar100 => "cifar-100",
            Self::Photos => "photos",
        }
    }

    pub const fn channels(self) -> usize {
        match self {
            Self::Idx => 1,
            Self::Cifar10 | Self::Cifar100 | Self::Photos => 3,
        }
    }
}

/// The number of images in each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    pub train: usize,
    pub test: usize,
}

/// A data set, described. Labels are indices of classes as they stand in the files: a set whose labels begin at 1 has a
/// class 0 without images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// For people; in no key.
    pub name: String,
    /// The published data set that it is, if it is one.
    pub published: Option<DatasetKind>,
    pub format: Format,
    /// Channels × height × width of one image.
    pub shape: Shape,
    pub classes: usize,
    /// By label; none where nobody named them. In no key.
    pub class_names: Vec<String>,
    /// How photographs are prepared, where they are some. Shape, classes and their names are those of the files once these
    /// are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<Photos>,
}

/// What people call a class: its name, or its label where it has none.
pub fn class_name(names: &[String], label: usize) -> String {
    names.get(label).cloned().unwrap_or_else(|| label.to_string())
}

impl Described {
    /// What tells it from others: the published name, else all that results depend on.
    pub fn identity(&self) -> impl Serialize + use<> {
        match (self.published, &self.photos) {
            (Some(kind), _) => Identity::Published(kind),
            (None, Some(photos)) => Identity::Photos(photos.clone()),
            (None, None) => Identity::Own(self.format, self.shape, self.classes),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Identity {
    Published(DatasetKind),
    Own(Format, Shape, usize),
    Photos(Photos),
}
