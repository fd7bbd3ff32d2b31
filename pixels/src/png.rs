//! Pixels as a file that people can open.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

/// The PNG of red, green and blue bytes, row by row, or what is wrong with them.
pub fn png(pixels: Vec<u8>, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let picture = RgbImage::from_raw(width, height, pixels).ok_or_else(|| format!("these are not {width} × {height} pixels"))?;
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}
