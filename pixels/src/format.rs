//! What kind of file an image is, by its first bytes; endings say nothing.

use image::ImageFormat;

/// What a file is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Image(ImageFormat),
    /// An image of a format that is not read, by name.
    Foreign(&'static str),
    Other,
}

impl Found {
    pub fn of(start: &[u8]) -> Self {
        let brand = start.get(4..12).and_then(|box_| box_.strip_prefix(b"ftyp"));
        match start {
            [0xff, 0xd8, 0xff, ..] => Self::Image(ImageFormat::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Self::Image(ImageFormat::Png),
            [b'G', b'I', b'F', b'8', ..] => Self::Image(ImageFormat::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Image(ImageFormat::WebP),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Self::Image(ImageFormat::Tiff),
            // The reserved bytes are zeros: two letters alone begin many a text.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Self::Image(ImageFormat::Bmp),
            [0, 0, 0, 12, b'J', b'X', b'L', ..] | [0xff, 0x0a, ..] => Self::Foreign("JPEG XL"),
            [0, 0, 0, 12, b'j', b'P', ..] => Self::Foreign("JPEG 2000"),
            _ => match brand {
                Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1") => Self::Foreign("HEIC"),
                Some(b"avif" | b"avis") => Self::Foreign("AVIF"),
                _ => Self::Other,
            },
        }
    }
}

/// Whether a name ends as those of images do, in letters of any size.
pub fn is_named_image(path: &str) -> bool {
    const ENDINGS: [&str; 18] = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "dib", "gif", "tif", "tiff", "heic", "heif", "avif", "jxl", "jp2", "ppm", "pgm",
    ];
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_first_bytes() {
        assert_eq!(Found::of(b"\xff\xd8\xff\xe0"), Found::Image(ImageFormat::Jpeg));
        assert_eq!(Found::of(b"\0\0\0\x18ftypheic"), Found::Foreign("HEIC"));
        assert_eq!(Found::of(b"BMW is a car, and this is a text"), Found::Other);
        assert_eq!(Found::of(b""), Found::Other);
        assert!(is_named_image("a/b.JPG") && !is_named_image("a.jpg/b") && !is_named_image("jpg"));
    }
}
