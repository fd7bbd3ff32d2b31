//! In place of the rows of Parquet files, in a program that was built without them.

use super::PhotosError;
use super::listing::Listing;
use super::tree::Tree;

pub(super) fn listing(tree: Tree) -> Result<Listing, PhotosError> {
    let help = "build it again with them, `cargo install --locked --path . --features parquet`, or unpack the images into class folders";
    Err(PhotosError::refused(tree.root, "the images lie in Parquet files, which this epnas was built without", help))
}
