//! The section `dataset`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arch::Shape;
use crate::dataset::{DatasetKind, Described, Format};
use crate::spec::size::Size;

/// The images to learn from: a published data set by its `name`, or files of one's own by their `format`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DatasetSpec {
    /// Which published data set.
    pub name: Option<DatasetKind>,
    /// How files of one's own are laid out. They need `path`, `height`, `width`, `classes` and `validation` as well.
    pub format: Option<Format>,
    /// Folder that holds its files, seen from the folder of the spec. Default: the usual places of the data set. Not part of any
    /// key: the content counts.
    pub path: Option<PathBuf>,
    /// With `format`: rows of an image.
    pub height: Option<usize>,
    /// With `format`: columns of an image.
    pub width: Option<usize>,
    /// With `format`: number of classes, the largest label and one more. Labels are taken as they stand in the files: EMNIST's
    /// letters are labelled 1 to 26, so that they have 27 classes, of which the first has no images. Default: as many as
    /// `class-names`.
    pub classes: Option<usize>,
    /// With `format`: names of the classes in the order of their labels, for the results. Not part of any key.
    pub class_names: Option<Vec<String>>,
    /// Number of training examples kept apart for validation, balanced over the classes. Default: a tenth of a published
    /// data set.
    pub validation: Option<Size>,
    /// Seed of the split into training and validation. Default: 0.
    pub split_seed: Option<u64>,
}

impl DatasetSpec {
    /// What its files must hold, where enough is said.
    pub fn described(&self) -> Option<Described> {
        if let Some(name) = self.name {
            return Some(name.described());
        }
        let (format, path) = (self.format?, self.path.as_ref()?);
        let name = path.file_name().map_or_else(|| format.word().into(), |name| name.to_string_lossy());
        Some(Described {
            name: name.into_owned(),
            published: None,
            format,
            shape: Shape { channels: format.channels(), height: self.height?, width: self.width? },
            classes: self.class_count()?,
            class_names: self.class_names.clone().unwrap_or_default(),
        })
    }

    /// With `format`: as given, or as many as are named.
    pub fn class_count(&self) -> Option<usize> {
        self.classes.or(self.class_names.as_ref().map(Vec::len))
    }
}
