//! Data sets: where their files are, decoding to plain arrays, digests and stored form of the content, splits.
//! No tensors, no augmentation, no downloads.

mod cifar;
mod classes;
mod content;
mod described;
mod error;
mod facts;
mod find;
mod idx;
mod kind;
mod part;
mod photo_facts;
pub mod photos;
mod pixels;
mod published;
mod rows;
mod source;
mod smaller;
mod split;
mod stored;

pub use described::{Described, Examples, Format, class_name};
pub use error::{DatasetError, Looked, There};
pub use facts::{Facts, PartFacts};
pub use find::Files;
pub use kind::DatasetKind;
pub use part::Part;
pub use photo_facts::PhotoFacts;
pub use pixels::{Form, Pixels};
pub use smaller::SMALLER_VERSION;
pub use source::Source;
pub use split::{Split, take_share};

use std::borrow::Cow;

use crate::arch::Shape;

/// Decoded images and their labels.
#[derive(Debug)]
pub struct Images {
    /// Channels × height × width of one image.
    pub shape: Shape,
    pub classes: usize,
    pub pixels: Pixels,
    /// One class index an image.
    pub labels: Vec<u16>,
}

impl Images {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of one image, row by row, pixel by pixel, the channels of a pixel side by side.
    pub fn image(&self, image: usize) -> Cow<'_, [u8]> {
        self.pixels.image(image, self.shape.elements())
    }

    /// Of each channel the sum of the bytes of these images, and that of their squares.
    pub fn sums(&self, examples: &[u32]) -> Vec<[u64; 2]> {
        let channels = self.shape.channels;
        let mut sums = vec![[0; 2]; channels];
        for &example in examples {
            let image = self.image(example as usize);
            for (channel, sums) in sums.iter_mut().enumerate() {
                for &pixel in image[channel..].iter().step_by(channels) {
                    let pixel = u64::from(pixel);
                    *sums = [sums[0] + pixel, sums[1] + pixel * pixel];
                }
            }
        }
        sums
    }
}
