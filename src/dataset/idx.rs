//! The IDX format of the MNIST family: one file of images, one of labels, numbers big-endian.

use std::path::Path;

use super::content::Content;
use super::{DatasetError, DatasetKind, Images, MAX_EXAMPLES};

/// Unsigned bytes in three dimensions: example, row, column.
const IMAGES: u32 = 0x0000_0803;
/// Unsigned bytes in one dimension.
const LABELS: u32 = 0x0000_0801;

/// Reads and checks the two files of one part.
pub fn load(kind: DatasetKind, images: &Path, labels: &Path) -> Result<Images, DatasetError> {
    let pixels = pixels(kind, images)?;
    let shape = kind.shape();
    let labels = self::labels(kind, labels, pixels.len() / shape.elements())?;
    // Of one channel: the order of the file is ours.
    Ok(Images { shape, classes: kind.classes(), pixels: pixels.into(), labels: labels.into() })
}

fn pixels(kind: DatasetKind, path: &Path) -> Result<Vec<u8>, DatasetError> {
    let mut content = Content::open(path)?;
    let [magic, count, height, width] = numbers(path, &mut content)?;
    check_magic(path, magic, IMAGES, "images")?;
    let shape = kind.shape();
    if (height as usize, width as usize) != (shape.height, shape.width) {
        let expected = format!("images of {}×{}", shape.height, shape.width);
        return Err(DatasetError::malformed(path, expected, format!("{height}×{width}")));
    }
    let count = count as usize;
    if count == 0 || count > MAX_EXAMPLES {
        return Err(DatasetError::malformed(path, format!("1 to {MAX_EXAMPLES} images"), count.to_string()));
    }
    body(path, content, count * shape.elements(), &format!("{count} images"))
}

fn labels(kind: DatasetKind, path: &Path, images: usize) -> Result<Vec<u8>, DatasetError> {
    let mut content = Content::open(path)?;
    let [magic, count] = numbers(path, &mut content)?;
    check_magic(path, magic, LABELS, "labels")?;
    if count as usize != images {
        return Err(DatasetError::malformed(path, format!("{images} labels, one an image"), count.to_string()));
    }
    let labels = body(path, content, images, &format!("{images} labels"))?;
    if let Some((example, label)) = labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= kind.classes()) {
        let expected = format!("labels from 0 to {}", kind.classes() - 1);
        return Err(DatasetError::malformed(path, expected, format!("{label} at example {example}")));
    }
    Ok(labels)
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
    use super::super::{Files, Part};
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
        let images = load(KIND, &images_path, &labels_path);
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
        assert_eq!((plain.len(), plain.shape, plain.classes), (3, KIND.shape(), 10));
        assert_eq!((&plain.pixels[..], &plain.labels[..]), (&images[16..], &[0, 9, 4][..]));

        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, bytes) in [("images-idx3", &images), ("labels-idx1", &labels)] {
            std::fs::write(folder.path().join(format!("train-{name}-ubyte.gz")), gzip(bytes)).expect("a small file");
            std::fs::write(folder.path().join(format!("t10k-{name}-ubyte")), bytes).expect("a small file");
        }
        let files = Files::find(KIND, Some(folder.path())).expect("complete");
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
        rejects(&wrong, &labels, "`folder/images`: expected 1 to 1000000 images, found 0");
        let wrong = file(&[IMAGES, u32::MAX, 28, 28], &[]);
        rejects(&wrong, &labels, "`folder/images`: expected 1 to 1000000 images, found 4294967295");
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
