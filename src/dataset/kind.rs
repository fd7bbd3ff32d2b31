//! The data sets that are known by name, as rows of one table.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Described, Examples, Format, classes};
use crate::arch::Shape;

/// A published data set of images, each with one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DatasetKind {
    /// Clothes: 28×28 grey images, 10 classes, 60,000 for training and 10,000 for the test.
    #[serde(rename = "fashion-mnist")]
    FashionMnist,
    /// Handwritten digits: 28×28 grey images, 10 classes, 60,000 for training and 10,000 for the test.
    #[serde(rename = "mnist")]
    Mnist,
    /// Animals and vehicles: 32×32 colour images, 10 classes, 50,000 for training and 10,000 for the test.
    #[serde(rename = "cifar-10")]
    Cifar10,
    /// Animals, plants and things: 32×32 colour images, 100 classes, 50,000 for training and 10,000 for the test.
    #[serde(rename = "cifar-100")]
    Cifar100,
}

/// What is published of a data set.
struct Row {
    word: &'static str,
    format: Format,
    /// Height and width of an image.
    side: usize,
    class_names: &'static [&'static str],
    examples: Examples,
    /// An image and its mirror image are of the same class.
    mirrored: bool,
    /// Where the files are looked for, in this order, when the spec names no folder.
    folders: &'static [&'static str],
    /// What to do when the files are in none of the folders.
    help: &'static str,
}

/// In the order of the variants.
const ROWS: [Row; 4] = [
    Row {
        word: "fashion-mnist",
        format: Format::Idx,
        side: 28,
        class_names: &classes::FASHION_MNIST,
        examples: Examples { train: 60_000, test: 10_000 },
        mirrored: true,
        folders: &["data/fashion-mnist", "/usr/share/datasets/fashion-mnist"],
        help: "run `make data`, install the Debian package `dataset-fashion-mnist`, \
               or name the folder of the files in `dataset.path`, seen from the spec",
    },
    Row {
        word: "mnist",
        format: Format::Idx,
        side: 28,
        class_names: &classes::MNIST,
        examples: Examples { train: 60_000, test: 10_000 },
        mirrored: false,
        folders: &["data/mnist", "/usr/share/datasets/mnist"],
        help: "put the four files into `data/mnist`, or name their folder in `dataset.path`, seen from the spec",
    },
    Row {
        word: "cifar-10",
        format: Format::Cifar10,
        side: 32,
        class_names: &classes::CIFAR_10,
        examples: Examples { train: 50_000, test: 10_000 },
        mirrored: true,
        folders: &["data/cifar-10-batches-bin", "data/cifar-10"],
        help: "unpack the binary version of CIFAR-10 into `data/cifar-10-batches-bin`, or name its folder in `dataset.path`, seen from the spec",
    },
    Row {
        word: "cifar-100",
        format: Format::Cifar100,
        side: 32,
        class_names: &classes::CIFAR_100,
        examples: Examples { train: 50_000, test: 10_000 },
        mirrored: true,
        folders: &["data/cifar-100-binary", "data/cifar-100"],
        help: "unpack the binary version of CIFAR-100 into `data/cifar-100-binary`, or name its folder in `dataset.path`, seen from the spec",
    },
];

impl DatasetKind {
    pub const ALL: [Self; 4] = [Self::FashionMnist, Self::Mnist, Self::Cifar10, Self::Cifar100];

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The word for it in a spec.
    pub const fn word(self) -> &'static str {
        self.row().word
    }

    /// What its files hold.
    pub fn described(self) -> Described {
        let Row { format, side, class_names, .. } = *self.row();
        Described {
            name: self.word().to_owned(),
            published: Some(self),
            format,
            shape: Shape { channels: format.channels(), height: side, width: side },
            classes: class_names.len(),
            class_names: class_names.iter().map(ToString::to_string).collect(),
        }
    }

    /// The images it is published with; a user's own files may hold another number.
    pub const fn examples(self) -> Examples {
        self.row().examples
    }

    /// Whether an image and its mirror image are of the same class.
    pub const fn is_mirrored(self) -> bool {
        self.row().mirrored
    }

    pub(super) const fn folders(self) -> &'static [&'static str] {
        self.row().folders
    }

    pub(super) const fn help(self) -> &'static str {
        self.row().help
    }
}

impl fmt::Display for DatasetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_row_and_its_word() {
        for kind in DatasetKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("plain data"), kind.word());
        }
    }

    #[test]
    fn no_class_is_named_twice() {
        for kind in DatasetKind::ALL {
            let mut names = kind.described().class_names;
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{kind}");
        }
    }

    #[test]
    fn every_variant_is_described_in_the_schema() {
        let schema = schemars::schema_for!(DatasetKind).to_value();
        let variants = schema["oneOf"].as_array().expect("one entry a variant");
        assert_eq!(variants.len(), DatasetKind::ALL.len());
        assert!(variants.iter().all(|variant| variant["description"].is_string()), "{schema}");
    }
}
