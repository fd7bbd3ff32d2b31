//! Decoded images as one piece of bytes: shape, number of classes and of images, pixels, labels. The digest is of these
//! bytes, so that a file of them proves itself. A label takes one byte where there are at most 256 classes, else two.

use std::borrow::Cow;
use std::ops::Range;

use super::Images;
use crate::arch::Shape;
use crate::digest::{Digest, Domain};
use crate::files::Bytes;

/// Channels, height, width, classes, images: 64-bit, little-endian.
pub(super) const HEADER: usize = 5 * 8;

impl Images {
    /// Digest of the content: the same for packed and unpacked files and for every folder.
    pub fn digest(&self) -> Digest {
        let mut hasher = Domain::Dataset.hasher();
        for piece in [&self.header()[..], &self.pixels, &self.label_bytes()] {
            hasher.update(piece);
        }
        Digest::from_hasher(&hasher)
    }

    /// The stored form, in pieces.
    pub fn stored(&self) -> [Cow<'_, [u8]>; 3] {
        [self.header().to_vec().into(), self.pixels[..].into(), self.label_bytes().into()]
    }

    /// The labels as they are stored.
    pub fn label_bytes(&self) -> Vec<u8> {
        label_bytes(&self.labels, self.classes)
    }

    /// Images whose stored form is `bytes`, whose pixels they share; or what is wrong with it. Their digest is that of `bytes`.
    pub fn from_stored(bytes: &Bytes) -> Result<Self, String> {
        let (numbers, _) = bytes.as_chunks::<8>();
        let Some(&[channels, height, width, classes, count]) = numbers.first_chunk() else {
            return Err(format!("it has {} bytes, too few for a header", bytes.len()));
        };
        let [channels, height, width, classes, count] = [channels, height, width, classes, count].map(u64::from_le_bytes);
        let width_of_label = label_width(classes as usize);
        let parts = || -> Option<(Shape, Range<usize>, Range<usize>)> {
            let side = |number| usize::try_from(number).ok();
            let shape = Shape { channels: side(channels)?, height: side(height)?, width: side(width)? };
            let elements = shape.channels.checked_mul(shape.height)?.checked_mul(shape.width)?;
            let count = side(count).filter(|count| *count > 0)?;
            let pixels = HEADER..HEADER.checked_add(count.checked_mul(elements)?)?;
            let labels = pixels.end..pixels.end.checked_add(count.checked_mul(width_of_label)?)?;
            (elements > 0 && labels.end == bytes.len()).then_some((shape, pixels, labels))
        };
        let (shape, pixels, labels) = parts().ok_or_else(|| format!("it has {} bytes, not as many as its header says", bytes.len()))?;
        let labels = &bytes[labels];
        let labels: Vec<u16> = match width_of_label {
            1 => labels.iter().copied().map(u16::from).collect(),
            _ => labels.as_chunks().0.iter().copied().map(u16::from_le_bytes).collect(),
        };
        let images = Self { shape, classes: classes as usize, pixels: bytes.slice(pixels), labels };
        match images.labels.iter().max() {
            Some(label) if u64::from(*label) >= classes => Err(format!("it has a label {label}, and {classes} classes")),
            _ => Ok(images),
        }
    }

    fn header(&self) -> [u8; HEADER] {
        header(self.shape, self.classes, self.len())
    }
}

/// What stands before the pixels of so many images.
pub(super) fn header(shape: Shape, classes: usize, images: usize) -> [u8; HEADER] {
    let numbers = [shape.channels, shape.height, shape.width, classes, images];
    let mut header = [0; HEADER];
    for (bytes, number) in header.as_chunks_mut().0.iter_mut().zip(numbers) {
        *bytes = (number as u64).to_le_bytes();
    }
    header
}

/// Labels as they are stored.
pub(super) fn label_bytes(labels: &[u16], classes: usize) -> Vec<u8> {
    if label_width(classes) == 1 {
        labels.iter().map(|label| *label as u8).collect()
    } else {
        labels.iter().flat_map(|label| label.to_le_bytes()).collect()
    }
}

/// Bytes of a label.
const fn label_width(classes: usize) -> usize {
    if classes <= 256 { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(height: usize, width: usize, classes: usize, pixels: &[u8], labels: &[u16]) -> Images {
        let shape = Shape { channels: 1, height, width };
        Images { shape, classes, pixels: pixels.to_vec().into(), labels: labels.to_vec() }
    }

    fn stored(images: &Images) -> Vec<u8> {
        images.stored().concat()
    }

    #[test]
    fn labels_of_many_classes_take_two_bytes() {
        for (classes, bytes, label) in [(256, 1, 255), (257, 2, 256), (1000, 2, 999)] {
            let images = images(1, 1, classes, &[1, 2], &[label, 0]);
            let form = stored(&images);
            assert_eq!(form.len(), HEADER + 2 + 2 * bytes, "{classes}");
            let back = Images::from_stored(&form.into()).expect("well-formed");
            assert_eq!((back.labels, back.classes), (vec![label, 0], classes));
        }
    }

    #[test]
    fn a_digest_depends_on_each_part_of_the_content() {
        let digests = [
            images(2, 1, 10, &[1, 2], &[3]),
            images(1, 2, 10, &[1, 2], &[3]),
            images(2, 1, 11, &[1, 2], &[3]),
            images(2, 1, 10, &[1, 3], &[3]),
            images(2, 1, 10, &[1, 2], &[4]),
        ]
        .map(|images| images.digest());
        assert_eq!(digests[0], images(2, 1, 10, &[1, 2], &[3]).digest());
        assert!(digests[1..].iter().all(|digest| *digest != digests[0]), "{digests:?}");
    }

    /// A guard on keys: trainings in the cache name their images so.
    #[test]
    fn the_digest_of_known_images_stays() {
        let digest = images(2, 1, 10, &[1, 2], &[3]).digest().to_string();
        assert_eq!(digest, "63f97f9902b4ca93d8976f1fc19d647b3971c2b7ffc54d72aa313f6e0e9cb344");
    }

    #[test]
    fn images_come_back_from_their_stored_form() {
        let images = images(2, 2, 10, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 9]);
        let bytes = Bytes::from(stored(&images));
        let back = Images::from_stored(&bytes).expect("well-formed");
        assert_eq!((back.shape, back.classes), (images.shape, images.classes));
        assert_eq!((&back.pixels[..], &back.labels[..]), (&images.pixels[..], &images.labels[..]));
        assert_eq!(back.digest(), images.digest());
        assert_eq!(Digest::of(Domain::Dataset, &bytes), images.digest());
    }

    #[test]
    fn what_is_no_stored_form_is_refused() {
        let good = stored(&images(2, 2, 10, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 9]));
        for length in 0..good.len() {
            assert!(Images::from_stored(&Bytes::from(good[..length].to_vec())).is_err(), "{length}");
        }
        assert!(Images::from_stored(&Bytes::from([&good[..], &[0]].concat())).is_err(), "one byte more");
        let with = |place: usize, number: u64| {
            let mut bytes = good.clone();
            bytes[8 * place..8 * (place + 1)].copy_from_slice(&number.to_le_bytes());
            Images::from_stored(&Bytes::from(bytes)).map(drop)
        };
        for (place, number) in [(0, 0), (0, u64::MAX), (1, u64::MAX / 2), (2, 3), (4, 0), (4, 1), (4, u64::MAX)] {
            assert_eq!(with(place, number), Err("it has 50 bytes, not as many as its header says".to_owned()), "{place}: {number}");
        }
        assert_eq!(with(3, 9), Err("it has a label 9, and 9 classes".to_owned()));
    }
}
