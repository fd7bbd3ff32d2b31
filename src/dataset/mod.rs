//! Data sets: files, digests, classes, splits, decoding to plain arrays.

/// Decoded images and their labels.
#[derive(Debug)]
pub struct Images {
    /// Channels × height × width of one image.
    pub shape: crate::arch::Shape,
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
}
