//! Parquet files as a hub hands out sets of images: a column `image` with `bytes` and `path`, a column `label`, and perhaps
//! the names of the classes.

use super::tree::Tree;
use epnas_pixels::is_named_image;

/// What a Parquet file begins with.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Whether these are Parquet files: some, and no images beside them.
pub(super) fn are(tree: &Tree) -> bool {
    !tree.packed
        && tree.members.iter().any(|member| is_parquet(&member.path))
        && !tree.members.iter().any(|member| is_named_image(&member.path))
}

pub(super) fn is_parquet(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("parquet"))
}
