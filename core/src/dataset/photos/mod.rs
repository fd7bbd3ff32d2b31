//! Photographs of one's own: found in a folder, a table or an archive, told apart by content, brought to one size.
//!
//! [`Tree`] is what lies at a path, [`Listing`] the images of it with their classes and parts, [`Survey`] their digests and
//! headers, [`prepare`] their pixels. Each step reads what the one before it gave, and says everything that is wrong at once.
//!
//! The crate [`epnas_pixels`] says what becomes of an image.

mod archive;
mod classes;
mod decode;
mod devkit;
mod doubles;
mod error;
mod hub;
mod layout;
mod listing;
mod mat;
mod notes;
mod pack;
pub(super) mod parallel;
#[cfg_attr(not(feature = "parquet"), path = "without_parquet.rs")]
mod parquet_rows;
mod place;
mod portion;
mod prepare;
#[cfg(test)]
mod prepare_tests;
mod progress;
#[cfg(feature = "parquet")]
mod row_groups;
mod settings;
mod shards;
mod share;
mod sheet;
mod state;
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod thin;
mod tree;
mod walk;

pub use decode::pixels;
pub use epnas_pixels::{Header, VERSION, is_named_image};
pub use error::PhotosError;
pub use listing::{Entry, Listing, PhotoPart};
pub use notes::notes;
pub use pack::{INDEX, name_of, tidy};
pub use place::Place;
pub use portion::Portion;
pub use prepare::{Prepared, PreparedPart, Store, prepare};
pub use progress::{Progress, Step};
pub use settings::{Corrupt, Photos, Storage};
pub use share::share;
pub use sheet::sheet;
pub use state::State;
pub use survey::{Probe, Remembered, Survey};
