//! Photographs of one's own: the bytes of a file brought to the pixels that networks see.
//!
//! An image is turned as its EXIF says, laid on white where it is transparent, brought to 8 bits, cut to the largest square
//! in its middle, and resized to `size` × `size` by a triangle filter.

mod decode;
mod format;

pub use decode::pixels;
pub use format::is_named_image;
