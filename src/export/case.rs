//! Images with the logits that a network gives for them.

use super::{Logits, npy};
use crate::dataset::Images;
use crate::seed::{Seed, below};

/// What networks that are loaded again are compared by.
#[derive(Debug)]
pub struct Case {
    /// All of class 0 where they have none.
    pub images: Images,
    /// [`NONE`] where an image has no class.
    pub labels: Vec<u16>,
    pub logits: Logits,
}

/// Images of the validation split that are kept with an export.
const KEPT: usize = 64;

/// The label of images without a class.
const NONE: u16 = u16::MAX;

/// How many of them come first.
pub const UNLABELLED: usize = 2;

/// The images that everything is compared on: black, noise, and those of `examples`. The first two have no class.
pub fn probes(images: &Images, examples: &[u32]) -> Images {
    let size = images.shape.elements();
    let mut noise = Seed::root(0).child("export").stream();
    let mut pixels = vec![0; size];
    pixels.extend((0..size).map(|_| below(&mut noise, 256) as u8));
    with(images, examples, pixels, vec![0; UNLABELLED])
}

/// Those of `examples` alone.
pub fn picked(images: &Images, examples: &[u32]) -> Images {
    with(images, examples, Vec::new(), Vec::new())
}

/// Those of `examples` behind others.
fn with(images: &Images, examples: &[u32], mut pixels: Vec<u8>, mut labels: Vec<u16>) -> Images {
    for &example in examples {
        pixels.extend_from_slice(&images.image(example as usize));
        labels.push(images.labels[example as usize]);
    }
    Images { shape: images.shape, classes: images.classes, pixels: pixels.into(), labels }
}

impl Case {
    /// Of [`probes`] and what was computed for them.
    pub fn new(images: Images, logits: Logits) -> Self {
        let labels = std::iter::repeat_n(NONE, UNLABELLED).chain(images.labels.iter().skip(UNLABELLED).copied()).collect();
        Self { images, labels, logits }
    }

    /// The part that is kept with an export.
    #[must_use]
    pub fn check(&self) -> Self {
        let count = self.images.len().min(UNLABELLED + KEPT);
        let Images { shape, classes, ref labels, .. } = self.images;
        let pixels = (0..count).flat_map(|image| self.images.image(image).into_owned()).collect::<Vec<u8>>();
        let images = Images { shape, classes, pixels: pixels.into(), labels: labels[..count].to_vec() };
        Self { images, labels: self.labels[..count].to_vec(), logits: self.logits.of(0..count) }
    }

    /// The three arrays that `verify.py` reads.
    pub fn arrays(&self) -> [(&'static str, Vec<u8>); 3] {
        [("image.npy", npy::images(&self.images)), ("logits.npy", npy::logits(&self.logits)), ("label.npy", npy::labels(&self.labels))]
    }
}
