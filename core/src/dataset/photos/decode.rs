//! Images decoded; what is no image at all is called by its name.

use epnas_pixels::{Found, Header};

use crate::files::Disguise;

/// Reads what an image says of itself, or what is wrong with it.
pub(super) fn header(bytes: &[u8]) -> Result<Header, String> {
    epnas_pixels::header(bytes).map_err(|how| named(bytes, how))
}

/// The pixels of an image as `size` × `size` with one channel or three, row by row, or what is wrong with it.
pub fn pixels(bytes: &[u8], size: usize, channels: usize) -> Result<Vec<u8>, String> {
    epnas_pixels::pixels(bytes, size, channels).map_err(|how| named(bytes, how))
}

/// A page of a web server or a pointer of Git LFS in place of an image is called that.
fn named(bytes: &[u8], how: String) -> String {
    let disguise = if Found::of(bytes) == Found::Other { Disguise::of(bytes) } else { None };
    disguise.map_or(how, |disguise| format!("it is {}", disguise.what()))
}
