//! Prepared pixels as a JPEG, for sets that are too large to lie on a disk as they are.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{ExtendedColorType, ImageDecoder as _};

/// Of 100. The benchmark `packed` shows what others cost and lose. With another one, [`crate::VERSION`] is another one, too.
pub const QUALITY: u8 = 90;

/// The JPEG of `size` × `size` pixels with one channel or three, row by row. Colours are kept at full resolution.
pub fn pack(pixels: &[u8], size: usize, channels: usize, quality: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let colour = if channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    JpegEncoder::new_with_quality(&mut jpeg, quality).encode(pixels, size as u32, size as u32, colour).expect("as many bytes as pixels");
    jpeg
}

/// Decodes a JPEG of [`pack`] into as many bytes as its pixels take, or says what is wrong with it.
pub fn unpack(jpeg: &[u8], pixels: &mut [u8]) -> Result<(), String> {
    let decoder = JpegDecoder::new(Cursor::new(jpeg)).map_err(|error| error.to_string())?;
    if decoder.total_bytes() != pixels.len() as u64 {
        return Err(format!("it has {} bytes of pixels, not {}", decoder.total_bytes(), pixels.len()));
    }
    decoder.read_image(pixels).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_come_back_nearly_as_they_were() {
        for channels in [1, 3] {
            let size = 40;
            let pixels: Vec<u8> =
                (0..size * size * channels).map(|place| (place / channels / size * 5 + place % channels * 20) as u8).collect();
            let jpeg = pack(&pixels, size, channels, QUALITY);
            assert!(jpeg.len() < pixels.len(), "{channels}");
            let mut back = vec![0; pixels.len()];
            unpack(&jpeg, &mut back).expect("our own");
            assert!(pixels.iter().zip(&back).all(|(was, is)| was.abs_diff(*is) < 12), "{channels}");
            assert_eq!(pack(&pixels, size, channels, QUALITY), jpeg, "the same each time");
        }
    }

    #[test]
    fn what_is_no_image_of_that_size_is_refused() {
        let jpeg = pack(&[7; 300], 10, 3, QUALITY);
        assert_eq!(unpack(&jpeg, &mut [0; 299]), Err("it has 300 bytes of pixels, not 299".to_owned()));
        assert!(unpack(&jpeg[..jpeg.len() / 2], &mut [0; 300]).is_err());
        assert!(unpack(b"", &mut [0; 300]).is_err());
    }
}
