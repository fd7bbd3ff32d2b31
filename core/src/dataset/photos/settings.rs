//! What a spec says of photographs, with nothing implied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Portion;
use crate::dataset::pixels::Form;

/// How photographs become images of one size, and which of them are kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Photos {
    /// Rows and columns of an image.
    pub size: usize,
    /// As written; a tenth where the data have no validation part of their own.
    pub validation: Option<Portion>,
    /// As written; a tenth where the data have no test part of their own.
    pub test: Option<Portion>,
    /// Of the choice of the images that are kept apart.
    pub seed: u64,
    pub corrupt: Corrupt,
    /// The largest share of unreadable files that is skipped.
    pub corrupt_limit: Portion,
    /// The column of a table whose images stay on one side.
    pub group: Option<String>,
    /// The validation part of the data is the test part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub val_as_test: bool,
    /// How prepared images lie on the disk.
    #[serde(default, skip_serializing_if = "Storage::is_auto")]
    pub storage: Storage,
}

/// What is done about files that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Corrupt {
    /// Each of them is named, and nothing runs.
    #[default]
    Fail,
    /// They are left out and named, up to `corrupt-limit`.
    Skip,
}

/// How prepared images lie on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Storage {
    /// `jpeg` for images of more than 96 × 96 pixels that would take more than 16 GiB, otherwise `raw`.
    #[default]
    Auto,
    /// One byte for each pixel and channel, which trainings read as they are.
    Raw,
    /// A JPEG for each image, which trainings decode. It takes a sixth of the space, and changes the pixels a little.
    Jpeg,
}

impl Storage {
    /// The most bytes that images larger than [`Form::LARGEST_RAW`] take raw.
    const MOST_RAW: u64 = 16 << 30;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    const fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }

    /// Of so many images of this side that take so many bytes each.
    pub(super) const fn form(self, images: usize, side: usize, bytes: usize) -> Form {
        let is_large = side > Form::LARGEST_RAW && images as u64 * bytes as u64 > Self::MOST_RAW;
        if matches!(self, Self::Jpeg) || matches!(self, Self::Auto) && is_large { Form::Jpeg } else { Form::Raw }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sets_of_large_images_are_packed() {
        let form = |storage: Storage, images, side: usize| storage.form(images, side, side * side * 3);
        assert_eq!(form(Storage::Auto, 1_300_000, 224), Form::Jpeg);
        assert_eq!(form(Storage::Auto, 100_000, 224), Form::Raw, "15 GB");
        assert_eq!(form(Storage::Auto, 10_000_000, 96), Form::Raw);
        assert_eq!([Storage::Raw, Storage::Jpeg].map(|storage| form(storage, 1_300_000, 224)), [Form::Raw, Form::Jpeg]);
    }
}
