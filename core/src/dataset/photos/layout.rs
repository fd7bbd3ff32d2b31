//! Finds out how the images at a path are laid out.

use std::path::Path;

use super::listing::Listing;
use super::tree::Tree;
use super::{Photos, PhotosError, archive, classes, devkit, hub, parquet_rows, shards, table, walk};
use epnas_pixels::is_named_image;

impl Listing {
    /// Finds out what lies at a path.
    pub fn at(path: &Path, photos: &Photos) -> Result<Self, PhotosError> {
        let mut listing = Self::labelled(path, photos.group.as_deref())?;
        if photos.val_as_test {
            listing.take_val_as_test(path)?;
        }
        listing.check(path)?;
        Ok(listing)
    }

    /// The same without asking whether anything can be learnt from the images. `group` is a column of a table.
    pub fn labelled(path: &Path, group: Option<&str>) -> Result<Self, PhotosError> {
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(PhotosError::Missing(path.to_owned())),
            Err(error) => return Err(crate::files::FileError::new("look at", path, error).into()),
            Ok(_) => {}
        }
        let mut listing = if table::is_table(path) { table::file(path, group)? } else { tree(Tree::at(path)?, group)? };
        listing.entries.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(listing)
    }
}

impl Tree {
    /// Looks at a folder, a tar or a zip archive. A folder that holds one archive of class folders stands for the archive.
    fn at(path: &Path) -> Result<Self, PhotosError> {
        let mut tree = if path.is_dir() { walk::walk(path)? } else { archive::read(path)? };
        if !tree.packed
            && let Some(archive) = tree.only_archive()
        {
            let packed = archive::read(archive)?;
            tree = if shards::are(&packed) { tree } else { packed };
        }
        tree.members.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(tree)
    }

    /// The archive of a folder that holds one archive and no images.
    fn only_archive(&self) -> Option<&Path> {
        let is_archive = |path: &str| [".tar", ".zip"].iter().any(|ending| path.to_ascii_lowercase().ends_with(ending));
        let mut archives = self.members.iter().filter(|member| is_archive(&member.path));
        let only = archives.next().filter(|_| !self.members.iter().any(|member| is_named_image(&member.path)))?;
        archives.next().is_none().then(|| only.place.file())
    }
}

fn tree(mut tree: Tree, group: Option<&str>) -> Result<Listing, PhotosError> {
    tree.unwrap_single();
    if let Some(name) = table::inside(&tree)? {
        return table::in_tree(&tree, &name, group);
    }
    if let Some(group) = group {
        let what = format!("`group: {group}` names a column, and the images lie in folders");
        return Err(PhotosError::refused(tree.root, what, "take `group` out, or list the images in a CSV with that column"));
    }
    if hub::are(&tree) {
        return parquet_rows::listing(tree);
    }
    if shards::are(&tree) {
        return shards::listing(tree);
    }
    let sorted = devkit::sort(&mut tree)?;
    classes::listing(tree, sorted)
}
