//! The files inside a tar or zip archive: where their bytes lie, so that they are read in place.

use std::collections::BTreeSet;
use std::io::{BufReader, Seek as _};
use std::path::Path;
use std::sync::Arc;

use super::PhotosError;
use super::hub::{MAGIC, is_parquet};
use super::place::{Packing, Place};
use super::tree::{Member, Notes, Tree};
use super::walk::passed_over;
use crate::files::{self, Disguise, FileError};

pub(super) fn read(path: &Path) -> Result<Tree, PhotosError> {
    let mut start = vec![0; 512];
    let mut file = files::open(path)?;
    let length = std::io::Read::read(&mut file, &mut start).map_err(|error| FileError::new("read", path, error))?;
    start.truncate(length);
    let mut tree = Tree { root: path.to_owned(), members: Vec::new(), folders: BTreeSet::new(), notes: Notes::default(), packed: true };
    if start.get(257..262) == Some(b"ustar") {
        tar(path, &mut tree)?;
    } else if start.starts_with(b"PK") {
        zip(path, &mut tree)?;
    } else if start.starts_with(MAGIC) {
        // Of the rows nothing is known yet.
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let name = if is_parquet(&name) { name } else { format!("{name}.parquet") };
        tree.members.push(Member { path: name, place: Place::File(path.to_owned()), link: None });
        tree.packed = false;
    } else if let Some(disguise) = Disguise::of(&start) {
        return Err(PhotosError::refused(path, format!("the file is {}", disguise.what()), disguise.help()));
    } else {
        let help = "name a folder of images, a CSV or JSONL table, or a tar or zip archive in `dataset.path`";
        return Err(PhotosError::refused(path, "a file that is neither a table nor an archive", help));
    }
    Ok(tree)
}

/// Bytes in a block of a tar archive.
const BLOCK: u64 = 512;

/// Adds the members of a tar archive.
pub(super) fn tar(path: &Path, tree: &mut Tree) -> Result<(), PhotosError> {
    let archive: Arc<Path> = path.into();
    let cut = |error: std::io::Error| {
        PhotosError::refused(
            path,
            format!("the archive cannot be read to its end: {error}"),
            "fetch the archive again: it is cut off or damaged",
        )
    };
    let file = files::open(path)?;
    let size = file.metadata().map_err(cut)?.len();
    let mut reader = tar::Archive::new(BufReader::new(file));
    let mut end = 0;
    for entry in reader.entries_with_seek().map_err(cut)? {
        let entry = entry.map_err(cut)?;
        let name = entry.path_bytes().into_owned();
        let Ok(name) = String::from_utf8(name) else {
            return Err(PhotosError::refused(path, "the name of a member is not UTF-8", "pack the archive again with UTF-8 names"));
        };
        let place =
            Place::Piece { archive: archive.clone(), start: entry.raw_file_position(), length: entry.size(), packing: Packing::Plain };
        if entry.raw_file_position() + entry.size() > size {
            return Err(cut(std::io::Error::other(format!("it ends inside `{name}`"))));
        }
        end = (entry.raw_file_position() + entry.size()).next_multiple_of(BLOCK);
        match entry.header().entry_type() {
            kind if kind.is_file() => add(tree, &name, Some(place)),
            kind if kind.is_dir() => add(tree, &name, None),
            _ => tree.notes.add("a link or device inside an archive and passed over", &name),
        }
    }
    // An archive ends with blocks of zeros: without them nobody knows that this is its end.
    if size < end + BLOCK {
        return Err(cut(std::io::Error::other("it ends behind a file, without the blocks that end an archive")));
    }
    Ok(())
}

fn zip(path: &Path, tree: &mut Tree) -> Result<(), PhotosError> {
    let archive: Arc<Path> = path.into();
    let damaged = |error: zip::result::ZipError| {
        PhotosError::refused(path, format!("the archive cannot be read: {error}"), "fetch the archive again: it is cut off or damaged")
    };
    let mut file = files::open(path)?;
    file.rewind().map_err(|error| FileError::new("read", path, error))?;
    let mut reader = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    for index in 0..reader.len() {
        let entry = reader.by_index_raw(index).map_err(damaged)?;
        let name = entry.name().to_owned();
        if entry.is_dir() {
            add(tree, &name, None);
            continue;
        }
        let deflated = match entry.compression() {
            zip::CompressionMethod::Stored => false,
            zip::CompressionMethod::DEFLATE => true,
            other => {
                let what = format!("`{name}` is packed with {other:?}");
                return Err(PhotosError::refused(path, what, "unpack the archive, and name the folder"));
            }
        };
        if entry.encrypted() {
            return Err(PhotosError::refused(path, format!("`{name}` is encrypted"), "unpack the archive, and name the folder"));
        }
        let Some(start) = entry.data_start() else {
            return Err(PhotosError::refused(path, format!("`{name}` has no place in the archive"), "fetch the archive again"));
        };
        let packing = Packing::Zip { deflated, checksum: entry.crc32() };
        let place = Place::Piece { archive: archive.clone(), start, length: entry.compressed_size(), packing };
        add(tree, &name, Some(place));
    }
    Ok(())
}

/// A member, or a folder where there is no place.
fn add(tree: &mut Tree, name: &str, place: Option<Place>) {
    let name = name.strip_prefix("./").unwrap_or(name).trim_matches('/');
    if name.is_empty() || name == "." {
        return;
    }
    if let Some(reason) = name.split('/').find_map(passed_over) {
        tree.notes.add(reason, name);
        return;
    }
    let mut above = name;
    while let Some((folder, _)) = above.rsplit_once('/') {
        tree.folders.insert(folder.to_owned());
        above = folder;
    }
    match place {
        Some(place) => tree.members.push(Member { path: name.to_owned(), place, link: None }),
        None => drop(tree.folders.insert(name.to_owned())),
    }
}
