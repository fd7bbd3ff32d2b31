//! From the bytes of an image file to the pixels that networks see, and how they are changed for training.
//!
//! A crate of its own: the code of decoders and resizers that depends on types is compiled where it is used, and it is
//! compiled here once, at the highest level, instead of with each change of the program.
//!
//! An image is turned as its EXIF says, laid on white where it is transparent, brought to 8 bits, cut to the largest square
//! in its middle, and resized to `size` × `size` by a triangle filter. [`VERSION`] stands for all that.

#![cfg_attr(not(test), warn(unreachable_pub))]

pub mod change;
mod decode;
mod format;
mod packed;
mod png;

pub use decode::{Header, VERSION, header, pixels};
pub use format::{Found, is_named_image};
pub use packed::{QUALITY, pack, unpack};
pub use png::png;
