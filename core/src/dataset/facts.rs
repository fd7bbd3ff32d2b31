//! What decoded images hold, counted: how many, of which classes, which values, and which of them are there more than once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Images;
use super::photo_facts::PhotoFacts;

/// What one part of a data set holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    pub images: usize,
    /// Images of each class, from class 0 on.
    #[serde(alias = "per-class")]
    pub per_class: Vec<usize>,
    /// The least and the most of all elements.
    pub values: [u8; 2],
    /// How many images are there that an earlier one of the part equals.
    pub repeated: usize,
    /// Digests of the contents of all images, each once: what other parts are held against.
    #[serde(skip)]
    contents: BTreeSet<[u8; 16]>,
    /// Digest of the labels in their order, by which a published data set is known.
    #[serde(skip)]
    pub labels: [u8; 32],
}

/// What a data set holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub train: PartFacts,
    pub test: PartFacts,
    /// Contents that are in both parts.
    pub shared: usize,
    /// Where the images are photographs that were prepared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<PhotoFacts>,
}

/// What is counted of one image.
pub(super) struct Look {
    /// Of its pixels.
    pub digest: [u8; 32],
    values: [u8; 2],
}

impl Look {
    pub(super) fn at(image: &[u8]) -> Self {
        // Two passes, each of which a processor does with wide registers.
        let least = image.iter().copied().fold(u8::MAX, u8::min);
        let most = image.iter().copied().fold(u8::MIN, u8::max);
        Self { digest: *blake3::hash(image).as_bytes(), values: [least, most] }
    }
}

/// Facts in the making, image by image.
pub(super) struct Counting {
    per_class: Vec<usize>,
    values: [u8; 2],
    contents: BTreeSet<[u8; 16]>,
}

impl Counting {
    pub(super) fn new(classes: usize) -> Self {
        Self { per_class: vec![0; classes], values: [u8::MAX, u8::MIN], contents: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, look: &Look, label: u16) {
        // Labels are checked where images are decoded.
        if let Some(count) = self.per_class.get_mut(usize::from(label)) {
            *count += 1;
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&look.digest[..16]);
        self.contents.insert(digest);
        let ([low, high], [least, most]) = (self.values, look.values);
        self.values = [low.min(least), high.max(most)];
    }

    /// With the labels in their order, as they are stored.
    pub(super) fn finish(self, labels: &[u8]) -> PartFacts {
        let Self { per_class, values, contents } = self;
        let images: usize = per_class.iter().sum();
        PartFacts { images, per_class, values, repeated: images - contents.len(), contents, labels: *blake3::hash(labels).as_bytes() }
    }
}

impl PartFacts {
    pub fn of(images: &Images) -> Self {
        let mut counting = Counting::new(images.classes);
        for (image, &label) in images.labels.iter().enumerate() {
            counting.add(&Look::at(&images.image(image)), label);
        }
        counting.finish(&images.label_bytes())
    }

    /// The classes that have an image.
    pub fn present(&self) -> usize {
        self.per_class.iter().filter(|count| **count > 0).count()
    }

    /// The classes that have none.
    pub fn missing(&self) -> Vec<usize> {
        self.per_class.iter().enumerate().filter(|(_, count)| **count == 0).map(|(class, _)| class).collect()
    }

    /// Such as `400 images of 10 classes, 40 each, values 0 to 239`.
    pub fn summary(&self) -> String {
        let counts = || self.per_class.iter().copied().filter(|count| *count > 0);
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let word = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let mut text = format!("{} of {}", word(self.images, "image", "images"), word(self.present(), "class", "classes"));
        let _ = if least == most { write!(text, ", {least} each") } else { write!(text, ", {least} to {most} each") };
        let [low, high] = self.values;
        let _ = write!(text, ", values {low} to {high}");
        text
    }
}

impl Facts {
    pub fn new(train: PartFacts, test: PartFacts) -> Self {
        let shared = test.contents.intersection(&train.contents).count();
        Self { train, test, shared, photos: None }
    }

    /// One line about both parts, where so many training images are for validation.
    pub fn summary(&self, validation: usize) -> String {
        let shared = if self.shared > 0 { format!("; {} in both", self.shared) } else { String::new() };
        let validation = if validation > 0 { format!(", {validation} of them for validation") } else { String::new() };
        format!("training: {}{validation}; test: {}{shared}", self.train.summary(), self.test.summary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Shape;

    fn images(pixels: &[u8], labels: &[u16]) -> Images {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        Images { shape, classes: 4, pixels: pixels.to_vec().into(), labels: labels.to_vec() }
    }

    #[test]
    fn what_is_there_is_counted() {
        let train = PartFacts::of(&images(&[1, 2, 3, 4, 1, 2, 9, 9], &[0, 1, 1, 3]));
        assert_eq!((train.images, &train.per_class[..], train.values, train.repeated), (4, &[1, 2, 0, 1][..], [1, 9], 1));
        assert_eq!((train.present(), train.missing()), (3, vec![2]));
        assert_eq!(train.summary(), "4 images of 3 classes, 1 to 2 each, values 1 to 9");
        let test = PartFacts::of(&images(&[9, 9], &[2]));
        let facts = Facts::new(train, test);
        assert_eq!(facts.shared, 1);
        let both =
            "training: 4 images of 3 classes, 1 to 2 each, values 1 to 9; test: 1 image of 1 class, 1 each, values 9 to 9; 1 in both";
        assert_eq!(facts.summary(0), both);
        assert!(facts.summary(2).contains("values 1 to 9, 2 of them for validation; test: "));
    }
}
