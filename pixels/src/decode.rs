//! From the bytes of a file to the pixels that networks see.

use std::io::Cursor;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};
use memchr::memchr;
use serde::{Deserialize, Serialize};

use crate::format::Found;

/// Another one as soon as the same file gives other pixels.
pub const VERSION: u32 = 1;

/// The most pixels of an image: what claims more is refused before anything of it is decoded.
pub(crate) const MOST_PIXELS: u64 = 100_000_000;

/// What the first bytes of an image say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub width: u32,
    pub height: u32,
    /// Without colours by its format, whatever its pixels are.
    pub grey: bool,
    /// Such as `JPEG, 8-bit colour`.
    pub mode: String,
}

/// Reads what an image says of itself, or what is wrong with it.
pub fn header(bytes: &[u8]) -> Result<Header, String> {
    let (format, decoder) = opened(bytes)?;
    let (width, height) = decoder.dimensions();
    let (grey, mode) = mode(format, decoder.color_type(), decoder.original_color_type());
    Ok(Header { width, height, grey, mode })
}

/// An image of which nothing is decoded yet, whole and of a size that is read, with its format.
fn opened(bytes: &[u8]) -> Result<(ImageFormat, impl ImageDecoder + '_), String> {
    let format = format(bytes)?;
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err("it is cut off".to_owned());
    }
    let decoder = decoder(bytes, format)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(format!("it claims {width}×{height} pixels, and {} million are the most", MOST_PIXELS / 1_000_000));
    }
    if pixels == 0 {
        return Err("it has no pixels".to_owned());
    }
    Ok((format, decoder))
}

/// The pixels of an image as `size` × `size` with one channel or three, row by row, or what is wrong with it.
pub fn pixels(bytes: &[u8], size: usize, channels: usize) -> Result<Vec<u8>, String> {
    let (_, mut decoder) = opened(bytes)?;
    // One whose EXIF cannot be read is taken as it lies.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| words(&error))?;
    let side = image.width().min(image.height());
    let small =
        if channels == 1 { resize::<U8>(&grey(image), side, size as u32)? } else { resize::<U8x3>(&colour(image), side, size as u32)? };
    Ok(turn(small, size as u32, channels, orientation))
}

type Plane = (u32, u32, Vec<u8>);

/// Bytes of red, green and blue, on white where there is alpha.
fn colour(image: DynamicImage) -> Plane {
    let (width, height) = (image.width(), image.height());
    if !image.color().has_alpha() {
        return (width, height, image.into_rgb8().into_raw());
    }
    let rgba = image.into_rgba8().into_raw();
    let on_white = |[red, green, blue, alpha]: &[u8; 4]| [red, green, blue].map(|value| over_white(*value, *alpha));
    (width, height, rgba.as_chunks().0.iter().flat_map(on_white).collect())
}

fn grey(image: DynamicImage) -> Plane {
    let (width, height) = (image.width(), image.height());
    if !image.color().has_alpha() {
        return (width, height, image.into_luma8().into_raw());
    }
    let pairs = image.into_luma_alpha8().into_raw();
    (width, height, pairs.as_chunks().0.iter().map(|[value, alpha]: &[u8; 2]| over_white(*value, *alpha)).collect())
}

fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// The largest square in the middle, resized. A triangle filter over all pixels that fall into one: no aliasing. The type
/// of a pixel is known when this is compiled: else its crate compiles the resizing of every type there is.
fn resize<P: PixelTrait>((width, height, pixels): &Plane, side: u32, size: u32) -> Result<Vec<u8>, String> {
    let source = TypedImageRef::<P>::from_buffer(*width, *height, pixels).map_err(|error| error.to_string())?;
    let mut small = vec![0; P::size() * (size * size) as usize];
    let mut target = TypedImage::<P>::from_buffer(size, size, &mut small).map_err(|error| error.to_string())?;
    let (left, top) = (f64::from(width - side) / 2.0, f64::from(height - side) / 2.0);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false).crop(
        left,
        top,
        f64::from(side),
        f64::from(side),
    );
    Resizer::new().resize_typed(&source, &mut target, &options).map_err(|error| error.to_string())?;
    Ok(small)
}

/// Turned as the EXIF says: the square in the middle stays the square in the middle, so that little has to be turned.
fn turn(pixels: Vec<u8>, size: u32, channels: usize, orientation: image::metadata::Orientation) -> Vec<u8> {
    if orientation == image::metadata::Orientation::NoTransforms {
        return pixels;
    }
    let image = if channels == 1 {
        image::GrayImage::from_raw(size, size, pixels).map(DynamicImage::ImageLuma8)
    } else {
        image::RgbImage::from_raw(size, size, pixels).map(DynamicImage::ImageRgb8)
    };
    let mut image = image.expect("as many bytes as pixels");
    image.apply_orientation(orientation);
    image.into_bytes()
}

fn format(bytes: &[u8]) -> Result<ImageFormat, String> {
    match Found::of(bytes) {
        Found::Image(format) => Ok(format),
        Found::Foreign(name) => Err(format!("it is of the format {name}, which is not read: convert it to JPEG or PNG")),
        Found::Other if bytes.is_empty() => Err("it is empty".to_owned()),
        Found::Other => Err("it is no JPEG, PNG, WebP, BMP, GIF or TIFF image".to_owned()),
    }
}

fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder + '_, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(8 * MOST_PIXELS);
    reader.limits(limits);
    reader.into_decoder().map_err(|error| words(&error))
}

/// Without the names of formats and types that its reader puts in front.
fn words(error: &image::ImageError) -> String {
    let text = error.to_string();
    if ["unexpected end", "UnexpectedEof", "failed to fill", "Unexpected EOF", "No more bytes", "Not enough bytes"]
        .iter()
        .any(|word| text.contains(word))
    {
        return "it is cut off".to_owned();
    }
    format!("it is damaged: {}", text.trim())
}

/// Whether its markers lead to the end of the image; what a camera puts behind that does not count. Decoders fill what is
/// missing with grey and say nothing.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut place = 2;
    while let Some(skipped) = bytes.get(place..).and_then(|rest| memchr(0xff, rest)) {
        place += skipped + 1;
        match bytes.get(place..) {
            Some([0xd9, ..]) => return true,
            Some([0xff, ..]) => {}
            // Of the pixels: a byte 255, or a place to start again at.
            Some([0 | 1 | 0xd0..=0xd7, ..]) => place += 1,
            Some([_, high, low, ..]) => place += 1 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        }
    }
    false
}

fn mode(format: ImageFormat, color: ColorType, original: ExtendedColorType) -> (bool, String) {
    let grey = !color.has_color() && !matches!(original, ExtendedColorType::Unknown(_));
    let name = match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Gif => "GIF",
        _ => "TIFF",
    };
    let bits = original.bits_per_pixel() / u16::from(original.channel_count().max(1));
    let kind = match original {
        ExtendedColorType::Cmyk8 => "CMYK",
        _ if grey => "grey",
        _ => "colour",
    };
    let alpha = if color.has_alpha() { " with alpha" } else { "" };
    (grey, format!("{name}, {bits}-bit {kind}{alpha}"))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).expect("encodes");
        bytes.into_inner()
    }

    /// Red on the left, blue on the right.
    fn halves() -> RgbImage {
        RgbImage::from_fn(16, 16, |x, _| if x < 8 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) })
    }

    /// Whether the first and the last pixel are more red than blue.
    fn reds(pixels: &[u8], size: usize) -> [bool; 4] {
        [0, size - 1, size * (size - 1), size * size - 1].map(|place| pixels[3 * place] > pixels[3 * place + 2])
    }

    /// The JPEG with an EXIF that says how it lies.
    fn lying(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let exif = [&b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation], b"\0\0\0\0\0\0"].concat();
        let length = (exif.len() + 2) as u16;
        [&jpeg[..2], &[0xff, 0xe1], &length.to_be_bytes(), &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn images_are_turned_as_their_exif_says() {
        let jpeg = encoded(halves(), ImageFormat::Jpeg);
        for (orientation, expected) in [
            (1, [true, false, true, false]),
            (2, [false, true, false, true]),
            (3, [false, true, false, true]),
            (6, [true, true, false, false]),
            (8, [false, false, true, true]),
        ] {
            let pixels = pixels(&lying(&jpeg, orientation), 8, 3).expect("whole");
            assert_eq!(reds(&pixels, 8), expected, "{orientation}");
        }
    }

    #[test]
    fn the_square_in_the_middle_is_what_is_seen() {
        let wide = RgbImage::from_fn(40, 8, |x, _| if (16..24).contains(&x) { Rgb([9, 200, 9]) } else { Rgb([255, 0, 255]) });
        let pixels = pixels(&encoded(wide, ImageFormat::Png), 8, 3).expect("whole");
        assert_eq!(pixels, [9, 200, 9].repeat(64));
    }

    #[test]
    fn depths_palettes_and_alpha_become_eight_bits_on_white() {
        let half = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 128]));
        assert_eq!(pixels(&encoded(half, ImageFormat::Png), 8, 3).expect("whole")[..3], [255, 127, 127]);
        let deep = image::ImageBuffer::from_pixel(8, 8, Rgb([0x1234_u16, 0xabcd, 0xffff]));
        let deep = encoded(DynamicImage::ImageRgb16(deep), ImageFormat::Png);
        assert_eq!(pixels(&deep, 8, 3).expect("whole")[..3], [0x12, 0xab, 0xff]);
        assert_eq!(header(&deep).expect("whole").mode, "PNG, 16-bit colour");
        for format in [ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP] {
            let seen = pixels(&encoded(DynamicImage::ImageRgb8(halves()), format), 8, 3).unwrap_or_else(|how| panic!("{format:?}: {how}"));
            assert_eq!(reds(&seen, 8), [true, false, true, false], "{format:?}");
        }
    }

    /// Made by Pillow from 8×8 pixels of (200, 40, 40): inverted, as Adobe writes them.
    const CMYK: &str = "ffd8ffee000e41646f626500640000000000ffdb0043000302020302020303030304030304050805050404050a070706080c \
     0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffc00014080008000804431100 \
     4d11005911004b1100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b510000201 \
     0303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282 \
     090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778 \
     797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5 \
     d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda000e0443004d0059004b00003f00fb02be14af852bf54e \
     bfffd9";

    #[test]
    fn cmyk_is_read_as_the_colours_it_shows() {
        let digits: Vec<u8> = CMYK.bytes().filter(u8::is_ascii_hexdigit).collect();
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).expect("digits"), 16).expect("hexadecimal")).collect();
        let seen = pixels(&bytes, 8, 3).expect("whole");
        let near = |value: u8, expected: u8| value.abs_diff(expected) < 12;
        assert!(near(seen[0], 200) && near(seen[1], 40) && near(seen[2], 40), "{:?}", &seen[..3]);
    }

    #[test]
    fn what_claims_to_be_huge_is_refused_before_it_is_decoded() {
        let mut png = encoded(halves(), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        let crc = crc32fast::hash(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&crc);
        assert_eq!(header(&png), Err("it claims 100000×100000 pixels, and 100 million are the most".to_owned()));
    }

    #[test]
    fn a_jpeg_without_its_end_is_cut_off_wherever_it_is_cut() {
        let jpeg = encoded(halves(), ImageFormat::Jpeg);
        for length in [jpeg.len() - 2, jpeg.len() / 2, 4] {
            assert!(pixels(&jpeg[..length], 8, 3).is_err(), "{length}");
        }
        assert!(pixels(&[&jpeg[..], b"more of a camera"].concat(), 8, 3).is_ok());
    }
}
