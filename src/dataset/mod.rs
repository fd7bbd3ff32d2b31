//! Data sets: where their files are, decoding to plain arrays, digests of the content, splits.
//! No tensors, no augmentation, no downloads.

mod cifar;
mod content;
mod error;
mod find;
mod idx;
mod kind;
mod split;

pub use error::{DatasetError, Looked};
pub use find::{Files, Part};
pub use kind::DatasetKind;
pub use split::{Split, take_share};

use std::io::Read;

use crate::arch::Shape;
use crate::digest::{Digest, Domain};

/// The most examples one part of a data set may hold: a limit on memory, whatever a file says of itself.
const MAX_EXAMPLES: usize = 1_000_000;

/// Decoded images and their labels.
#[derive(Debug)]
pub struct Images {
    /// Channels × height × width of one image.
    pub shape: Shape,
    pub classes: usize,
    /// One byte an element, image after image, each channel by channel, row by row.
    pub pixels: Vec<u8>,
    /// One class index an image.
    pub labels: Vec<u8>,
}

impl Images {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Digest of the content: the same for packed and unpacked files and for every folder.
    pub fn digest(&self) -> Digest {
        let numbers = [self.shape.channels, self.shape.height, self.shape.width, self.classes, self.len()];
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| (*number as u64).to_le_bytes()).collect();
        let content = numbers.as_slice().chain(&self.pixels[..]).chain(&self.labels[..]);
        Digest::of_reader(Domain::Dataset, content).expect("memory can be read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_each_part_of_the_content() {
        let images = |height, width, classes, pixels: &[u8], labels: &[u8]| {
            let shape = Shape { channels: 1, height, width };
            Images { shape, classes, pixels: pixels.to_vec(), labels: labels.to_vec() }.digest()
        };
        let digests = [
            images(2, 1, 10, &[1, 2], &[3]),
            images(1, 2, 10, &[1, 2], &[3]),
            images(2, 1, 11, &[1, 2], &[3]),
            images(2, 1, 10, &[1, 3], &[3]),
            images(2, 1, 10, &[1, 2], &[4]),
        ];
        assert_eq!(digests[0], images(2, 1, 10, &[1, 2], &[3]));
        assert!(digests[1..].iter().all(|digest| *digest != digests[0]), "{digests:?}");
    }
}
