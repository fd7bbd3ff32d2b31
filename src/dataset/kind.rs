//! The data sets that are known by name: their shapes, their classes, and the folders they are looked for in.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arch::Shape;

/// A data set of images, each with one label.
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

impl DatasetKind {
    pub const ALL: [Self; 4] = [Self::FashionMnist, Self::Mnist, Self::Cifar10, Self::Cifar100];

    /// The word for it in a spec.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FashionMnist => "fashion-mnist",
            Self::Mnist => "mnist",
            Self::Cifar10 => "cifar-10",
            Self::Cifar100 => "cifar-100",
        }
    }

    /// Channels × height × width of one image.
    pub const fn shape(self) -> Shape {
        match self {
            Self::FashionMnist | Self::Mnist => Shape { channels: 1, height: 28, width: 28 },
            Self::Cifar10 | Self::Cifar100 => Shape { channels: 3, height: 32, width: 32 },
        }
    }

    pub const fn classes(self) -> usize {
        match self {
            Self::FashionMnist | Self::Mnist | Self::Cifar10 => 10,
            Self::Cifar100 => 100,
        }
    }

    /// Examples in the official training part; a user's own files may hold another number.
    pub const fn training_examples(self) -> usize {
        match self {
            Self::FashionMnist | Self::Mnist => 60_000,
            Self::Cifar10 | Self::Cifar100 => 50_000,
        }
    }

    /// Examples in the official test part.
    pub const fn test_examples(self) -> usize {
        10_000
    }

    /// Where the files are looked for, in this order, when the spec names no folder.
    pub const fn default_folders(self) -> &'static [&'static str] {
        match self {
            Self::FashionMnist => &["data/fashion-mnist", "/usr/share/datasets/fashion-mnist"],
            Self::Mnist => &["data/mnist", "/usr/share/datasets/mnist"],
            Self::Cifar10 => &["data/cifar-10-batches-bin", "data/cifar-10"],
            Self::Cifar100 => &["data/cifar-100-binary", "data/cifar-100"],
        }
    }

    /// What to do when the files are in none of the folders.
    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::FashionMnist => {
                "run `make data`, install the Debian package `dataset-fashion-mnist`, \
                 or name the folder of the files in `dataset.path`, seen from the spec"
            }
            Self::Mnist => "put the four files into `data/mnist`, or name their folder in `dataset.path`, seen from the spec",
            Self::Cifar10 => {
                "unpack the binary version of CIFAR-10 into `data/cifar-10-batches-bin`, or name its folder in `dataset.path`, seen from the spec"
            }
            Self::Cifar100 => {
                "unpack the binary version of CIFAR-100 into `data/cifar-100-binary`, or name its folder in `dataset.path`, seen from the spec"
            }
        }
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
    fn words_are_what_a_spec_says() {
        for kind in DatasetKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("plain data"), kind.word());
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
