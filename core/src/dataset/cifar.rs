//! The binary format of CIFAR-10 and CIFAR-100: records of label bytes and three colour planes, no header. The planes are
//! woven into one on the way.

use std::path::{Path, PathBuf};

use super::content::Content;
use super::{DatasetError, Described, Format, Images};

/// The number of values of each label byte of a record; the last one is the class that is learnt.
fn label_bytes(described: &Described) -> Vec<usize> {
    match described.format {
        // The coarse classes of another set than CIFAR-100 are not known.
        Format::Cifar100 => vec![if described.published.is_some() { 20 } else { 256 }, described.classes],
        Format::Cifar10 | Format::Idx | Format::Photos => vec![described.classes],
    }
}

/// Reads and checks the files of one part, in this order.
pub(super) fn load(described: &Described, batches: &[PathBuf]) -> Result<Images, DatasetError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in batches {
        append(described, path, &mut pixels, &mut labels)?;
    }
    pixels.shrink_to_fit();
    Ok(Images { shape: described.shape, classes: described.classes, pixels: pixels.into(), labels })
}

fn append(described: &Described, path: &Path, pixels: &mut Vec<u8>, labels: &mut Vec<u16>) -> Result<(), DatasetError> {
    let ranges = label_bytes(described);
    let length = ranges.len() + described.shape.elements();
    let mut content = Content::open(path)?;
    let mut record = Vec::with_capacity(length);
    for example in 0.. {
        record.clear();
        match content.append(length, &mut record)? {
            0 if example == 0 => return Err(DatasetError::malformed(path, "at least one example", "an empty file")),
            0 => break,
            read if read < length => {
                let expected = format!("records of {length} bytes");
                return Err(DatasetError::malformed(path, expected, format!("{read} bytes after {example} records")));
            }
            _ => {}
        }
        let (classes, planes) = record.split_at(ranges.len());
        for (label, classes) in classes.iter().zip(&ranges) {
            if usize::from(*label) >= *classes {
                let expected = format!("labels from 0 to {}", classes - 1);
                return Err(DatasetError::malformed(path, expected, format!("{label} at example {example}")));
            }
        }
        labels.push(classes[classes.len() - 1].into());
        weave(planes, pixels);
    }
    content.end("the last record")
}

/// Appends the pixels of an image that comes as planes of red, green and blue.
fn weave(planes: &[u8], pixels: &mut Vec<u8>) {
    let (red, rest) = planes.split_at(planes.len() / 3);
    let (green, blue) = rest.split_at(red.len());
    let start = pixels.len();
    pixels.resize(start + planes.len(), 0);
    for (((pixel, red), green), blue) in pixels[start..].as_chunks_mut().0.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = [*red, *green, *blue];
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DatasetKind, Files, Part};
    use super::*;
    use crate::files::gzip;

    fn record(labels: &[u8], pixel: u8) -> Vec<u8> {
        [labels, &[pixel; 3072]].concat()
    }

    fn load_one(kind: DatasetKind, content: &[u8]) -> Result<Images, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("batch");
        std::fs::write(&path, content).expect("a small file");
        load(&kind.described(), &[path]).map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "folder"))
    }

    #[track_caller]
    fn rejects(kind: DatasetKind, content: &[u8], expected: &str) {
        assert_eq!(load_one(kind, content).expect_err("malformed"), expected);
    }

    #[test]
    fn batches_follow_one_another() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for batch in 1..=5 {
            let path = folder.path().join(format!("data_batch_{batch}.bin"));
            std::fs::write(path, record(&[batch], batch)).expect("a small file");
        }
        let test = [record(&[9], 1), record(&[0], 2)].concat();
        std::fs::write(folder.path().join("test_batch.bin.gz"), gzip(&test)).expect("a small file");
        let files = Files::find(&DatasetKind::Cifar10.described(), Some(folder.path())).expect("complete");
        let train = files.load(Part::Train).expect("well-formed");
        assert_eq!((train.shape, train.classes, &train.labels[..]), (DatasetKind::Cifar10.described().shape, 10, &[1, 2, 3, 4, 5][..]));
        assert_eq!((train.len(), train.image(0)[3071], train.image(1)[0]), (5, 1, 2));
        let test = files.load(Part::Test).expect("well-formed");
        assert_eq!((&test.labels[..], test.image(0)[0], test.image(1)[3071]), (&[9, 0][..], 1, 2));
    }

    #[test]
    fn the_colours_of_a_pixel_lie_side_by_side() {
        let image = |first: usize| (0..3072).map(|place| ((first + place) % 251) as u8).collect::<Vec<u8>>();
        let content: Vec<u8> = [3, 7].into_iter().flat_map(|first| [vec![0], image(first)].concat()).collect();
        let images = load_one(DatasetKind::Cifar10, &content).expect("well-formed");
        for (index, first) in [3, 7].into_iter().enumerate() {
            for (row, column, channel) in [(0, 0, 0), (0, 0, 2), (0, 1, 0), (1, 0, 1), (17, 30, 2), (31, 31, 2)] {
                let pixel = images.image(index)[(row * 32 + column) * 3 + channel];
                assert_eq!(pixel, image(first)[(channel * 32 + row) * 32 + column], "{index}: {row}, {column}, {channel}");
            }
        }
    }

    #[test]
    fn the_fine_label_counts() {
        let images = load_one(DatasetKind::Cifar100, &record(&[19, 99], 7)).expect("well-formed");
        assert_eq!((&images.labels[..], images.classes, images.image(0).len()), (&[99][..], 100, 3072));
    }

    #[test]
    fn malformed_files_are_rejected() {
        let two = [record(&[1], 0), record(&[2], 0)].concat();
        rejects(DatasetKind::Cifar10, &[], "`folder/batch`: expected at least one example, found an empty file");
        let message = "`folder/batch`: expected records of 3073 bytes, found 3072 bytes after 1 records";
        rejects(DatasetKind::Cifar10, &two[..two.len() - 1], message);
        let message = "`folder/batch`: expected records of 3073 bytes, found 1 bytes after 2 records";
        rejects(DatasetKind::Cifar10, &[&two[..], &[0]].concat(), message);
        let message = "`folder/batch`: expected labels from 0 to 9, found 10 at example 1";
        rejects(DatasetKind::Cifar10, &[record(&[1], 0), record(&[10], 0)].concat(), message);
        let message = "`folder/batch`: expected labels from 0 to 99, found 100 at example 0";
        rejects(DatasetKind::Cifar100, &record(&[0, 100], 0), message);
        let message = "`folder/batch`: expected labels from 0 to 19, found 20 at example 0";
        rejects(DatasetKind::Cifar100, &record(&[20, 0], 0), message);
    }
}
