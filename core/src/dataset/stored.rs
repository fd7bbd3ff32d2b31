//! Images as one piece of bytes: form, shape, number of classes and of images, pixels, labels. Between pixels and labels,
//! packed images have the lengths of their JPEGs, 32 bits each. The digest is of these bytes, so that a file of them proves
//! itself. A label takes one byte where there are at most 256 classes, else two. Numbers are little-endian.

use std::borrow::Cow;
use std::ops::Range;

use super::Images;
use super::pixels::{Form, Packed, Pixels};
use crate::arch::Shape;
use crate::digest::{Digest, Domain};
use crate::files::Bytes;

/// Channels and form, height, width, classes, images: 64-bit.
pub(super) const HEADER: usize = 5 * 8;
/// Where the form stands in the first number.
const FORM: u32 = 32;

impl Images {
    /// Digest of the content: the same for packed and unpacked files and for every folder.
    pub fn digest(&self) -> Digest {
        let mut hasher = Domain::Dataset.hasher();
        for piece in self.stored() {
            hasher.update(&piece);
        }
        Digest::from_hasher(&hasher)
    }

    /// The stored form, in pieces.
    pub fn stored(&self) -> [Cow<'_, [u8]>; 3] {
        let header = header(self.pixels.form(), self.shape, self.classes, self.len()).to_vec();
        match &self.pixels {
            Pixels::Raw(bytes) => [header.into(), bytes[..].into(), self.label_bytes().into()],
            Pixels::Packed(packed) => {
                [header.into(), packed.bytes()[..].into(), [length_bytes(packed.lengths()), self.label_bytes()].concat().into()]
            }
        }
    }

    /// The labels as they are stored.
    pub fn label_bytes(&self) -> Vec<u8> {
        label_bytes(&self.labels, self.classes)
    }

    /// Images whose stored form is `bytes`, whose pixels they share; or what is wrong with it. Their digest is that of `bytes`.
    pub fn from_stored(bytes: &Bytes) -> Result<Self, String> {
        let (numbers, _) = bytes.as_chunks::<8>();
        let Some(&[first, height, width, classes, count]) = numbers.first_chunk() else {
            return Err(format!("it has {} bytes, too few for a header", bytes.len()));
        };
        let [first, height, width, classes, count] = [first, height, width, classes, count].map(u64::from_le_bytes);
        let (channels, form) = (first & u64::from(u32::MAX), first >> FORM);
        let width_of_label = label_width(classes as usize);
        let parts = || -> Option<(Shape, Pixels, Range<usize>)> {
            let side = |number| usize::try_from(number).ok();
            let shape = Shape { channels: side(channels)?, height: side(height)?, width: side(width)? };
            let elements = shape.channels.checked_mul(shape.height)?.checked_mul(shape.width)?;
            let count = side(count).filter(|count| *count > 0 && elements > 0)?;
            let labels = bytes.len().checked_sub(count.checked_mul(width_of_label)?)?..bytes.len();
            let pixels = match form {
                0 => {
                    let pixels = HEADER..HEADER.checked_add(count.checked_mul(elements)?)?;
                    (pixels.end == labels.start).then(|| bytes.slice(pixels).into())
                }
                1 => {
                    let lengths = labels.start.checked_sub(count.checked_mul(LENGTH)?)?..labels.start;
                    let jpegs = (HEADER <= lengths.start).then(|| bytes.slice(HEADER..lengths.start))?;
                    let lengths = bytes[lengths].as_chunks().0.iter().copied().map(u32::from_le_bytes);
                    Packed::new(jpegs, lengths).map(Pixels::Packed)
                }
                _ => None,
            };
            Some((shape, pixels?, labels))
        };
        let (shape, pixels, labels) = parts().ok_or_else(|| format!("it has {} bytes, not as many as its header says", bytes.len()))?;
        let labels = &bytes[labels];
        let labels: Vec<u16> = match width_of_label {
            1 => labels.iter().copied().map(u16::from).collect(),
            _ => labels.as_chunks().0.iter().copied().map(u16::from_le_bytes).collect(),
        };
        let images = Self { shape, classes: classes as usize, pixels, labels };
        match images.labels.iter().max() {
            Some(label) if u64::from(*label) >= classes => Err(format!("it has a label {label}, and {classes} classes")),
            _ => Ok(images),
        }
    }
}

/// What stands before the pixels of so many images.
pub(super) fn header(form: Form, shape: Shape, classes: usize, images: usize) -> [u8; HEADER] {
    let form: usize = match form {
        Form::Raw => 0,
        Form::Jpeg => 1,
    };
    let numbers = [shape.channels | form << FORM, shape.height, shape.width, classes, images];
    let mut header = [0; HEADER];
    for (bytes, number) in header.as_chunks_mut().0.iter_mut().zip(numbers) {
        *bytes = (number as u64).to_le_bytes();
    }
    header
}

/// Bytes of the length of a JPEG.
const LENGTH: usize = 4;

/// The lengths of JPEGs as they are stored.
pub(super) fn length_bytes(lengths: impl Iterator<Item = u32>) -> Vec<u8> {
    lengths.flat_map(u32::to_le_bytes).collect()
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
        assert_eq!((stored(&back), &back.labels), (stored(&images), &images.labels));
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

    #[test]
    fn packed_images_come_back_and_what_is_not_whole_is_refused() {
        let shape = Shape { channels: 1, height: 9, width: 9 };
        let jpegs = [30, 200].map(|pixel| epnas_pixels::pack(&[pixel; 81], 9, 1, 90));
        let lengths = length_bytes(jpegs.iter().map(|jpeg| jpeg.len() as u32));
        let good = [&header(Form::Jpeg, shape, 300, 2)[..], &jpegs.concat(), &lengths, &label_bytes(&[7, 299], 300)].concat();
        let images = Images::from_stored(&good.clone().into()).expect("well-formed");
        assert_eq!((stored(&images), &images.labels[..]), (good.clone(), &[7, 299][..]));
        assert_eq!(images.digest(), Digest::of(Domain::Dataset, &good));
        assert_eq!([0, 1].map(|image| images.image(image)[40]), [30, 200]);
        for length in 0..good.len() {
            assert!(Images::from_stored(&Bytes::from(good[..length].to_vec())).is_err(), "{length}");
        }
        let mut other = good;
        other[4] = 2;
        assert!(Images::from_stored(&other.into()).is_err(), "a form that nobody knows");
    }
}
