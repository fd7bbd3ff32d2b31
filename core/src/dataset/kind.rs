//! The names of published data sets.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
