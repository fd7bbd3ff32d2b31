//! From the bytes of a file to the pixels that networks see.

use std::io::Cursor;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};
use serde::{Deserialize, Serialize};

use super::format::Found;

/// Another one as soon as the same file gives other pixels.
pub const VERSION: u32 = 1;

/// The most pixels of an image: what claims more is refused before anything of it is decoded.
pub const MOST_PIXELS: u64 = 100_000_000;

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
    let (grey, mode) = mode(format, decoder.color_type(), decoder.original_color_type());
    Ok(Header { width, height, grey, mode })
}

/// The pixels of an image as `size` × `size` with one channel or three, row by row, or what is wrong with it.
pub fn pixels(bytes: &[u8], size: usize, channels: usize) -> Result<Vec<u8>, String> {
    header(bytes)?;
    let mut decoder = decoder(bytes, format(bytes)?)?;
    // One whose EXIF cannot be read is taken as it lies.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| words(&error))?;
    let side = image.width().min(image.height());
    let (pixels, kind) = if channels == 1 { (grey(image), PixelType::U8) } else { (colour(image), PixelType::U8x3) };
    let (width, height, pixels) = pixels;
    let small = resize(&pixels, (width, height), side, size as u32, kind)?;
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

/// The largest square in the middle, resized. A triangle filter over all pixels that fall into one: no aliasing.
fn resize(pixels: &[u8], (width, height): (u32, u32), side: u32, size: u32, kind: PixelType) -> Result<Vec<u8>, String> {
    let source = ImageRef::new(width, height, pixels, kind).map_err(|error| error.to_string())?;
    let mut small = Image::new(size, size, kind);
    let (left, top) = (f64::from(width - side) / 2.0, f64::from(height - side) / 2.0);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false).crop(
        left,
        top,
        f64::from(side),
        f64::from(side),
    );
    Resizer::new().resize(&source, &mut small, &options).map_err(|error| error.to_string())?;
    Ok(small.into_vec())
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
        Found::Foreign(name) => Err(format!("it is a {name} image, which is not read: convert it to JPEG or PNG")),
        Found::Other if bytes.is_empty() => Err("it is empty".to_owned()),
        Found::Other => Err(crate::files::Disguise::of(bytes).map_or_else(
            || "it is no JPEG, PNG, WebP, BMP, GIF or TIFF image".to_owned(),
            |disguise| format!("it is {}", disguise.what()),
        )),
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
    if ["unexpected end", "UnexpectedEof", "failed to fill", "Unexpected EOF", "No more bytes"].iter().any(|word| text.contains(word)) {
        return "it is cut off".to_owned();
    }
    format!("it is damaged: {text}")
}

/// Whether the end marker follows the last scan. Decoders fill what is missing with grey and say nothing.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    match (last(0xda), last(0xd9)) {
        (Some(scan), Some(end)) => end > scan,
        // Without a scan the decoder has a better word for it.
        (None, _) => true,
        (Some(_), None) => false,
    }
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
    let bits = u16::from(original.bits_per_pixel()) / u16::from(original.channel_count().max(1));
    let kind = match original {
        ExtendedColorType::Cmyk8 => "CMYK",
        _ if grey => "grey",
        _ => "colour",
    };
    let alpha = if color.has_alpha() { " with alpha" } else { "" };
    (grey, format!("{name}, {bits}-bit {kind}{alpha}"))
}
