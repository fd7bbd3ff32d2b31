//! Arrays as NumPy reads them with `numpy.load` (format 1.0 of `.npy`).

use super::Logits;
use crate::dataset::Images;

/// Images as bytes: image × channel × row × column.
pub(super) fn images(images: &Images) -> Vec<u8> {
    let shape = images.shape;
    let channel = |image: usize, channel: usize| images.image(image)[channel..].iter().step_by(shape.channels).copied().collect::<Vec<_>>();
    let pixels = (0..images.len()).flat_map(|image| (0..shape.channels).flat_map(move |number| channel(image, number)));
    npy("|u1", &[images.len(), shape.channels, shape.height, shape.width], pixels.collect())
}

/// Logits: image × class.
pub(super) fn logits(logits: &Logits) -> Vec<u8> {
    npy("<f4", &[logits.rows().len(), logits.classes], logits.values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// Labels, one an image.
pub(super) fn labels(labels: &[u16]) -> Vec<u8> {
    npy("<u2", &[labels.len()], labels.iter().flat_map(|label| label.to_le_bytes()).collect())
}

fn npy(kind: &str, shape: &[usize], data: Vec<u8>) -> Vec<u8> {
    // Of one side, too, a tuple ends with a comma.
    let sides: Vec<String> = shape.iter().map(ToString::to_string).chain([String::new()]).collect();
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}), }}", sides.join(", ").trim_end());
    // The data begin at a multiple of 64 bytes; a line break is the last byte before them.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(header.bytes().chain(std::iter::repeat(b' ')).take(length - 1));
    bytes.push(b'\n');
    bytes.extend(data);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Shape;

    #[test]
    fn channels_come_first_and_data_begin_where_they_should() {
        let shape = Shape { channels: 2, height: 1, width: 2 };
        let bytes = images(&Images { shape, classes: 2, pixels: vec![1, 2, 3, 4].into(), labels: vec![0] });
        assert_eq!(bytes.len(), 128 + 4);
        assert_eq!(&bytes[128..], [1, 3, 2, 4]);
        let text = String::from_utf8_lossy(&bytes[10..128]);
        assert!(text.starts_with("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 1, 2,), }   "), "{text}");
        assert!(text.ends_with(" \n"));
    }
}
