//! The pixels of images: as networks see them, or as a JPEG for each image, which is decoded when the image is looked at.

use std::borrow::Cow;
use std::sync::Arc;

use crate::files::Bytes;

/// How the pixels of images are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One byte an element.
    Raw,
    /// A JPEG an image.
    Jpeg,
}

impl Form {
    /// The largest side in pixels at which images are kept raw unless a spec asks for JPEGs.
    pub const LARGEST_RAW: usize = 96;
}

/// The pixels of images, one image behind the other.
#[derive(Clone, Debug)]
pub enum Pixels {
    /// One byte an element, row by row, pixel by pixel, the channels of a pixel side by side: images × height × width ×
    /// channels, as trainings read them.
    Raw(Bytes),
    Packed(Packed),
}

/// JPEGs, one behind the other.
#[derive(Clone, Debug)]
pub struct Packed {
    jpegs: Bytes,
    /// Where each begins, and where the last one ends.
    bounds: Arc<[usize]>,
}

impl Packed {
    /// JPEGs of these lengths; `None` where the lengths are not those of the bytes.
    pub(super) fn new(jpegs: Bytes, lengths: impl Iterator<Item = u32>) -> Option<Self> {
        let mut bounds = vec![0_usize];
        for length in lengths {
            bounds.push(bounds.last()?.checked_add(length as usize)?);
        }
        (bounds.last() == Some(&jpegs.len())).then(|| Self { jpegs, bounds: bounds.into() })
    }

    pub(super) const fn bytes(&self) -> &Bytes {
        &self.jpegs
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = u32> {
        self.bounds.iter().zip(&self.bounds[1..]).map(|(start, end)| (end - start) as u32)
    }

    fn jpeg(&self, image: usize) -> &[u8] {
        &self.jpegs[self.bounds[image]..self.bounds[image + 1]]
    }
}

impl Pixels {
    pub const fn form(&self) -> Form {
        match self {
            Self::Raw(_) => Form::Raw,
            Self::Packed(_) => Form::Jpeg,
        }
    }

    /// Whether they lie in a file, where other processes that map it share them.
    pub fn is_mapped(&self) -> bool {
        match self {
            Self::Raw(bytes) => bytes.is_mapped(),
            Self::Packed(packed) => packed.jpegs.is_mapped(),
        }
    }

    /// The bytes of all images, unless they are packed.
    pub const fn raw(&self) -> Option<&Bytes> {
        match self {
            Self::Raw(bytes) => Some(bytes),
            Self::Packed(_) => None,
        }
    }

    /// Copies those of one image, of which there are as many as `into` has. Panics where a JPEG is not what was stored: the
    /// digest of the file says that it is, and none is stored that cannot be decoded.
    pub fn read(&self, image: usize, into: &mut [u8]) {
        match self {
            Self::Raw(bytes) => into.copy_from_slice(&bytes[image * into.len()..][..into.len()]),
            Self::Packed(packed) => {
                epnas_pixels::unpack(packed.jpeg(image), into).expect("a JPEG that was decoded before it was stored");
            }
        }
    }

    /// Those of one image of so many elements; see [`Self::read`].
    pub fn image(&self, image: usize, elements: usize) -> Cow<'_, [u8]> {
        match self {
            Self::Raw(bytes) => bytes[image * elements..][..elements].into(),
            Self::Packed(_) => {
                let mut pixels = vec![0; elements];
                self.read(image, &mut pixels);
                pixels.into()
            }
        }
    }
}

impl From<Bytes> for Pixels {
    fn from(bytes: Bytes) -> Self {
        Self::Raw(bytes)
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Raw(bytes.into())
    }
}
