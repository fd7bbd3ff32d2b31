//! The IDX format of the MNIST family: one file of images, one of labels, numbers big-endian.

use std::path::Path;

use super::content::Content;
use super::{DatasetError, Described, Images};
use crate::arch::Shape;
use crate::files::{self, Bytes};

/// Unsigned bytes in three dimensions: example, row, column.
const IMAGES: u32 = 0x0000_0803;
/// Bytes of its header.
const HEADER: usize = 4 * 4;
/// Unsigned bytes in one dimension.
const LABELS: u32 = 0x0000_0801;
/// Signed numbers of four bytes in one dimension.
const WIDE_LABELS: u32 = 0x0000_0c01;
/// The same in two dimensions: example, column. The first column is the class, as in QMNIST.
const COLUMNS: u32 = 0x0000_0c02;

/// Reads and checks the two files of one part.
pub(super) fn load(described: &Described, images: &Path, labels: &Path) -> Result<Images, DatasetError> {
    let Described { shape, classes, .. } = *described;
    let pixels = pixels(shape, images, MAPPED_FROM)?;
    let labels = self::labels(classes, labels, pixels.len() / shape.elements())?;
    // Of one channel: the order of the file is ours.
    Ok(Images { shape, classes, pixels: pixels.into(), labels })
}

/// Files of so many bytes of pixels are mapped, unless they are packed: they need not fit into memory.
const MAPPED_FROM: usize = 256 << 20;

fn pixels(shape: Shape, path: &Path, mapped_from: usize) -> Result<Bytes, DatasetError> {
    let mut content = Content::open(path)?;
    let [magic, count, height, width] = numbers(path, &mut content)?;
    check_magic(path, magic, IMAGES, "images")?;
    if (height as usize, width as usize) != (shape.height, shape.width) {
        let expected = format!("images of {}×{}", shape.height, shape.width);
        return Err(DatasetError::malformed(path, expected, format!("{height}×{width}")));
    }
    let count = count as usize;
    if count == 0 {
        return Err(DatasetError::malformed(path, "at least one image", "0"));
    }
    let length = count.saturating_mul(shape.elements());
    if length >= mapped_from && !content.is_packed() {
        let file = files::map(path)?;
        // One of another length is read, to say what is wrong with it.
        if file.len().checked_sub(HEADER) == Some(length) {
            return Ok(file.slice(HEADER..file.len()));
        }
    }
    Ok(body(path, content, length, &format!("{count} images"))?.into())
}

fn labels(classes: usize, path: &Path, images: usize) -> Result<Vec<u16>, DatasetError> {
    let mut content = Content::open(path)?;
    let [magic, count] = numbers(path, &mut content)?;
    let width = match magic {
        WIDE_LABELS => 4,
        COLUMNS => {
            let [columns] = numbers(path, &mut content)?;
            if columns == 0 {
                return Err(DatasetError::malformed(path, "labels of at least one column", "0"));
            }
            4 * columns as usize
        }
        _ => check_magic(path, magic, LABELS, "labels").map(|()| 1)?,
    };
    if count as usize != images {
        return Err(DatasetError::malformed(path, format!("{images} labels, one an image"), count.to_string()));
    }
    let bytes = body(path, content, images.saturating_mul(width), &format!("{images} labels"))?;
    let label = |example: &[u8]| example.first_chunk().map_or_else(|| i32::from(example[0]), |bytes| i32::from_be_bytes(*bytes));
    let class = |(example, bytes)| {
        let label = label(bytes);
        u16::try_from(label).ok().filter(|label| usize::from(*label) < classes).ok_or_else(|| {
            let expected = format!("labels from 0 to {}", classes - 1);
            DatasetError::malformed(path, expected, format!("{label} at example {example}"))
        })
    };
    bytes.chunks_exact(width).enumerate().map(class).collect()
}

/// The numbers of a header.
fn numbers<const N: usize>(path: &Path, content: &mut Content) -> Result<[u32; N], DatasetError> {
    let bytes = content.up_to(4 * N)?;
    if bytes.len() < 4 * N {
        let expected = format!("an IDX header of {} bytes", 4 * N);
        return Err(DatasetError::malformed(path, expected, format!("{} bytes", bytes.len())));
    }
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
        *number = u32::from_be_bytes(*bytes);
    }
    Ok(numbers)
}

fn check_magic(path: &Path, found: u32, expected: u32, what: &str) -> Result<(), DatasetError> {
    if found != expected {
        return Err(DatasetError::malformed(path, format!("the magic number 0x{expected:08x} of {what}"), format!("0x{found:08x}")));
    }
    Ok(())
}

/// All that follows the header.
fn body(path: &Path, mut content: Content, length: usize, what: &str) -> Result<Vec<u8>, DatasetError> {
    let bytes = content.up_to(length)?;
    if bytes.len() < length {
        return Err(DatasetError::malformed(path, format!("{length} bytes of {what}"), bytes.len().to_string()));
    }
    content.end(what)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{DatasetKind, Files, Part};
    use super::*;
    use crate::files::gzip;

    const KIND: DatasetKind = DatasetKind::Mnist;

    fn file(numbers: &[u32], body: &[u8]) -> Vec<u8> {
        let header = numbers.iter().flat_map(|number| number.to_be_bytes());
        header.chain(body.iter().copied()).collect()
    }

    /// Three images and their labels.
    fn example() -> (Vec<u8>, Vec<u8>) {
        let pixels: Vec<u8> = (0..3 * 784).map(|place| (place % 251) as u8).collect();
        (file(&[IMAGES, 3, 28, 28], &pixels), file(&[LABELS, 3], &[0, 9, 4]))
    }

    fn load_files(images: &[u8], labels: &[u8]) -> Result<Images, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (images_path, labels_path) = (folder.path().join("images"), folder.path().join("labels"));
        std::fs::write(&images_path, images).expect("a small file");
        std::fs::write(&labels_path, labels).expect("a small file");
        let images = load(&KIND.described(), &images_path, &labels_path);
        images.map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "folder"))
    }

    #[track_caller]
    fn rejects(images: &[u8], labels: &[u8], expected: &str) {
        assert_eq!(load_files(images, labels).expect_err("malformed"), expected);
    }

    #[test]
    fn images_and_labels_are_decoded_and_packing_does_not_show() {
        let (images, labels) = example();
        let plain = load_files(&images, &labels).expect("well-formed");
        assert_eq!((plain.len(), plain.shape, plain.classes), (3, KIND.described().shape, 10));
        assert_eq!((plain.pixels.raw().map(|bytes| &bytes[..]), &plain.labels[..]), (Some(&images[16..]), &[0, 9, 4][..]));

        let folder = tempfile::tempdir().expect("a temporary folder");
        // Large ones are mapped, unless they are packed, cut off or too long.
        let path = folder.path().join("large");
        let is_mapped = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("a small file");
            pixels(plain.shape, &path, 1000).ok().map(|pixels| (pixels.is_mapped(), pixels[..] == images[16..]))
        };
        assert_eq!(is_mapped(&images), Some((true, true)));
        assert_eq!(is_mapped(&gzip(&images)), Some((false, true)));
        assert_eq!((is_mapped(&images[..images.len() - 1]), is_mapped(&[&images[..], b"more"].concat())), (None, None));
        for (name, bytes) in [("images-idx3", &images), ("labels-idx1", &labels)] {
            std::fs::write(folder.path().join(format!("train-{name}-ubyte.gz")), gzip(bytes)).expect("a small file");
            std::fs::write(folder.path().join(format!("t10k-{name}-ubyte")), bytes).expect("a small file");
        }
        let files = Files::find(&KIND.described(), Some(folder.path())).expect("complete");
        for part in [Part::Train, Part::Test] {
            assert_eq!(files.load(part).expect("well-formed").digest(), plain.digest());
        }
    }

    #[test]
    fn malformed_images_are_rejected() {
        let (images, labels) = example();
        rejects(&images[..9], &labels, "`folder/images`: expected an IDX header of 16 bytes, found 9 bytes");
        rejects(&labels, &labels, "`folder/images`: expected an IDX header of 16 bytes, found 11 bytes");
        let wrong = file(&[LABELS, 3, 28, 28], &[]);
        rejects(&wrong, &labels, "`folder/images`: expected the magic number 0x00000803 of images, found 0x00000801");
        let wrong = file(&[IMAGES, 3, 32, 28], &[]);
        rejects(&wrong, &labels, "`folder/images`: expected images of 28×28, found 32×28");
        let wrong = file(&[IMAGES, 0, 28, 28], &[]);
        rejects(&wrong, &labels, "`folder/images`: expected at least one image, found 0");
        let wrong = file(&[IMAGES, u32::MAX, 28, 28], &[]);
        rejects(&wrong, &labels, "`folder/images`: expected 3367254359280 bytes of 4294967295 images, found 0");
        let short = &images[..images.len() - 1];
        rejects(short, &labels, "`folder/images`: expected 2352 bytes of 3 images, found 2351");
        let long = [&images[..], &[0]].concat();
        rejects(&long, &labels, "`folder/images`: expected the end of the file after 3 images, found more bytes");
    }

    #[test]
    fn malformed_labels_are_rejected() {
        let (images, labels) = example();
        rejects(&images, &[], "`folder/labels`: expected an IDX header of 8 bytes, found 0 bytes");
        rejects(&images, &images, "`folder/labels`: expected the magic number 0x00000801 of labels, found 0x00000803");
        rejects(&images, &file(&[LABELS, 4], &[0, 9, 4, 1]), "`folder/labels`: expected 3 labels, one an image, found 4");
        rejects(&images, &labels[..10], "`folder/labels`: expected 3 bytes of 3 labels, found 2");
        let long = [&labels[..], &[0]].concat();
        rejects(&images, &long, "`folder/labels`: expected the end of the file after 3 labels, found more bytes");
        rejects(&images, &file(&[LABELS, 3], &[0, 10, 4]), "`folder/labels`: expected labels from 0 to 9, found 10 at example 1");
    }

    /// Classes and columns of QMNIST, and more classes than a byte has.
    #[test]
    fn labels_may_be_wide_and_have_columns() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (images, labels) = (folder.path().join("images"), folder.path().join("labels"));
        let described = Described { classes: 300, shape: Shape { channels: 1, height: 1, width: 2 }, ..KIND.described() };
        std::fs::write(&images, file(&[IMAGES, 2, 1, 2], &[1, 2, 3, 4])).expect("a small file");
        let said = |content: &[u8]| {
            std::fs::write(&labels, content).expect("a small file");
            load(&described, &images, &labels).map(|images| images.labels).map_err(|error| error.to_string())
        };
        assert_eq!(said(&file(&[WIDE_LABELS, 2, 299, 256], &[])), Ok(vec![299, 256]));
        assert_eq!(said(&file(&[COLUMNS, 2, 3, 7, 1, 1, 9, 300, 300], &[])), Ok(vec![7, 9]));
        for (content, expected) in [
            (file(&[WIDE_LABELS, 2, 0, 300], &[]), "labels from 0 to 299, found 300 at example 1"),
            (file(&[WIDE_LABELS, 2, u32::MAX, 0], &[]), "labels from 0 to 299, found -1 at example 0"),
            (file(&[WIDE_LABELS, 2, 0], &[0, 0, 0]), "8 bytes of 2 labels, found 7"),
            (file(&[COLUMNS, 2, 0], &[]), "labels of at least one column, found 0"),
            (file(&[COLUMNS, 2, u32::MAX], &[]), "34359738360 bytes of 2 labels, found 0"),
        ] {
            let error = said(&content).expect_err("malformed");
            assert!(error.ends_with(&format!("expected {expected}")), "{error}");
        }
    }

    #[test]
    fn a_packed_file_is_not_unpacked_beyond_what_its_header_says() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bomb.gz");
        let bomb = file(&[IMAGES, 1, 28, 28], &vec![0; 50_000_000]);
        std::fs::write(&path, gzip(&bomb)).expect("a small file");
        let mut content = Content::open(&path).expect("it is there");
        let header: [u32; 4] = numbers(&path, &mut content).expect("a header");
        assert_eq!(header, [IMAGES, 1, 28, 28]);
        let bytes = content.up_to(784).expect("one image");
        assert!(bytes.capacity() < 10_000, "{}", bytes.capacity());
        assert!(content.end("1 images").is_err());
    }
}
