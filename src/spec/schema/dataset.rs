//! The section `dataset`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arch::Shape;
use crate::dataset::photos::{Corrupt, Photos, Portion, Storage};
use crate::dataset::{DatasetKind, Described, Format};
use crate::spec::portion::PortionSpec;

/// Rows and columns of a photograph by default.
const DEFAULT_SIZE: usize = 64;

/// The images to learn from: a published data set by its `name`, photographs by their `path`, or your own files by their
/// `format`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DatasetSpec {
    /// Name of a published data set.
    pub name: Option<DatasetKind>,
    /// Format of your own files. Formats other than `photos` also need `path`, `height`, `width`, `classes` and `validation`.
    /// Default with a `path` and no `name`: `photos`.
    pub format: Option<Format>,
    /// Folder of the files, relative to the folder of the spec; for photographs also a CSV or JSONL table or a tar or zip
    /// archive. Not part of any key: the content counts. Default: the usual folders of the data set.
    pub path: Option<PathBuf>,
    /// With a `format` other than `photos`: rows of an image.
    pub height: Option<usize>,
    /// With a `format` other than `photos`: columns of an image.
    pub width: Option<usize>,
    /// With a `format` other than `photos`: number of classes, which is the largest label plus one. Labels are used as they are
    /// in the files: EMNIST's letters have the labels 1 to 26, so there are 27 classes, and the first one has no images. Default:
    /// as many as `class-names`.
    pub classes: Option<usize>,
    /// With a `format` other than `photos`: names of the classes in the order of their labels, for the results. Not part of any key.
    pub class_names: Option<Vec<String>>,
    /// With photographs: rows and columns of the images that networks see. Each image is cropped to its largest centred square
    /// and resized. Default: 64.
    pub size: Option<usize>,
    /// Training images held out for validation, balanced over the classes: a number, or a share such as `10%` (a number
    /// only with a `format` other than `photos`, which has no default). Default: a tenth; for photographs in parts those in `val`.
    pub validation: Option<PortionSpec>,
    /// With photographs: images held out for the test, a number or a share. Default: those in `test`, otherwise a tenth.
    pub test: Option<PortionSpec>,
    /// With photographs in parts, but without a test part: use the images in `val` as the test part, as with ImageNet, and hold
    /// out training images for validation. Default: false.
    pub val_as_test: Option<bool>,
    /// With photographs: what happens if files cannot be read. Default: `fail`.
    pub corrupt: Option<Corrupt>,
    /// With `corrupt: skip`: most files that may be skipped, a number or a share; at least one. Default: `0.1%`.
    pub corrupt_limit: Option<PortionSpec>,
    /// With photographs: how prepared images lie on the disk. Default: `auto`.
    pub storage: Option<Storage>,
    /// With photographs in a table: the column whose groups are never split between parts, such as a patient or a camera.
    pub group: Option<String>,
    /// Seed of the split into training and validation. Default: 0.
    pub split_seed: Option<u64>,
}

impl DatasetSpec {
    /// What the files must hold, if the spec says enough.
    pub fn described(&self) -> Option<Described> {
        if let Some(name) = self.name {
            return Some(name.described());
        }
        let (format, path) = (self.laid_out()?, self.path.as_ref()?);
        let photos = self.photos();
        let name = path.file_name().map_or_else(|| format.word().into(), |name| name.to_string_lossy());
        Some(Described {
            name: name.into_owned(),
            published: None,
            format,
            shape: match &photos {
                Some(Photos { size, .. }) => Shape { channels: format.channels(), height: *size, width: *size },
                None => Shape { channels: format.channels(), height: self.height?, width: self.width? },
            },
            // The fewest: those of photographs are known once they are looked at.
            classes: if photos.is_some() { 2 } else { self.class_count()? },
            class_names: self.class_names.clone().unwrap_or_default(),
            photos,
        })
    }

    /// How files of one's own are laid out, as given or by default.
    pub fn laid_out(&self) -> Option<Format> {
        self.format.or_else(|| self.path.as_ref().filter(|_| self.name.is_none()).map(|_| Format::Photos))
    }

    /// The settings of photographs, if the data are photographs.
    fn photos(&self) -> Option<Photos> {
        (self.laid_out()? == Format::Photos).then(|| Photos {
            size: self.size.unwrap_or(DEFAULT_SIZE),
            validation: self.validation.map(PortionSpec::resolved),
            test: self.test.map(PortionSpec::resolved),
            seed: self.split_seed.unwrap_or(0),
            corrupt: self.corrupt.unwrap_or_default(),
            corrupt_limit: self.corrupt_limit.map_or(Portion::Millionths(1_000), PortionSpec::resolved),
            group: self.group.clone(),
            val_as_test: self.val_as_test.unwrap_or(false),
            storage: self.storage.unwrap_or_default(),
        })
    }

    /// With `format`: as given, or as many as are named.
    pub fn class_count(&self) -> Option<usize> {
        self.classes.or(self.class_names.as_ref().map(Vec::len))
    }
}
