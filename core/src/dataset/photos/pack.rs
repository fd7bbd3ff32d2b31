//! Prepared images in files: the pixels as they are mapped later, and beside them an index that says which content each row
//! is of. What a killed program wrote is of use to the next one, and so is what was prepared of another state of the set.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::PhotosError;
use crate::dataset::stored::HEADER;
use crate::digest::{Digest, Domain};
use crate::files::{self, Bytes, FileError};
use epnas_pixels::VERSION;

/// What a row was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub size: usize,
    pub channels: usize,
}

impl Shape {
    pub(super) const fn row(self) -> usize {
        self.size * self.size * self.channels
    }

    /// The first bytes of an index.
    fn mark(self) -> [u8; 16] {
        let mut mark = [0; 16];
        let numbers = [0x6e70_6d65, VERSION, self.size as u32, self.channels as u32];
        for (bytes, number) in mark.as_chunks_mut().0.iter_mut().zip(numbers) {
            *bytes = number.to_le_bytes();
        }
        mark
    }
}

/// Content, and eight bytes of the digest of its pixels.
const ENTRY: usize = 32 + 8;

/// Rows that were decoded before, by content.
#[derive(Default)]
pub(super) struct Former {
    rows: BTreeMap<[u8; 32], (usize, usize, [u8; 8])>,
    packs: Vec<Bytes>,
}

impl Former {
    /// Of every index in a folder that fits. `images` tells where the images with a digest lie.
    pub(super) fn read(folder: &Path, shape: Shape, images: &dyn Fn(&Digest) -> PathBuf) -> Self {
        let mut former = Self::default();
        for path in files::list(folder).unwrap_or_default() {
            let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(INDEX)) else { continue };
            let pixels = name.parse().map_or_else(|_| path.with_extension(""), |digest| images(&digest));
            // One that cannot be read is decoded anew.
            if let (Ok(index), Ok(pixels)) = (files::map(&path), files::map(&pixels)) {
                former.add(&index, pixels, shape);
            }
        }
        former
    }

    fn add(&mut self, index: &[u8], pixels: Bytes, shape: Shape) {
        let Some(entries) = index.strip_prefix(&shape.mark()) else { return };
        let pack = self.packs.len();
        for (row, entry) in entries.as_chunks::<ENTRY>().0.iter().enumerate() {
            let (mut content, mut check) = ([0; 32], [0; 8]);
            content.copy_from_slice(&entry[..32]);
            check.copy_from_slice(&entry[32..]);
            self.rows.insert(content, (pack, HEADER + row * shape.row(), check));
        }
        self.packs.push(pixels);
    }

    /// The pixels of a content, where they are whole.
    pub(super) fn row(&self, content: &[u8; 32], length: usize) -> Option<&[u8]> {
        let (pack, start, check) = self.rows.get(content)?;
        let row = self.packs[*pack].get(*start..start + length)?;
        blake3::hash(row).as_bytes().starts_with(check).then_some(row)
    }
}

/// What the name of an index ends in; what stands before it is the digest of the images.
pub const INDEX: &str = ".index";
const UNFINISHED: &str = "unfinished-";

/// A file of images that grows row by row, or only its digest where there is no folder.
pub(super) struct Pack {
    hasher: blake3::Hasher,
    files: Option<Growing>,
}

struct Growing {
    folder: PathBuf,
    path: PathBuf,
    pixels: BufWriter<File>,
    index: BufWriter<File>,
}

impl Growing {
    fn fail(&self, error: std::io::Error) -> PhotosError {
        FileError::new("write", &self.path, error).into()
    }
}

impl Pack {
    pub(super) fn begin(folder: Option<&Path>, name: &str, header: &[u8], shape: Shape) -> Result<Self, PhotosError> {
        let files = folder.map(|folder| {
            // What an earlier program left is read from while this is written.
            let free = |number: &u32| !folder.join(format!("{UNFINISHED}{name}-{number}")).exists();
            let number = (0..u32::MAX).find(free).unwrap_or_default();
            let path = folder.join(format!("{UNFINISHED}{name}-{number}"));
            let index = path.with_extension(&INDEX[1..]);
            let mut growing = Growing {
                folder: folder.to_owned(),
                pixels: BufWriter::with_capacity(1 << 20, files::create(&path)?),
                index: BufWriter::new(files::create(&index)?),
                path,
            };
            growing.pixels.write_all(header).and_then(|()| growing.index.write_all(&shape.mark())).map_err(|error| growing.fail(error))?;
            Ok::<_, PhotosError>(growing)
        });
        let mut hasher = Domain::Dataset.hasher();
        hasher.update(header);
        Ok(Self { hasher, files: files.transpose()? })
    }

    /// Adds a row of this digest.
    pub(super) fn add(&mut self, content: &[u8; 32], row: &[u8], digest: &[u8; 32]) -> Result<(), PhotosError> {
        self.hasher.update(row);
        let Some(files) = &mut self.files else { return Ok(()) };
        let written =
            files.pixels.write_all(row).and_then(|()| files.index.write_all(content)).and_then(|()| files.index.write_all(&digest[..8]));
        written.map_err(|error| files.fail(error))
    }

    /// Makes what was added of use to others: pixels first, so that the index promises nothing.
    pub(super) fn flush(&mut self) -> Result<(), PhotosError> {
        let Some(files) = &mut self.files else { return Ok(()) };
        files.pixels.flush().and_then(|()| files.index.flush()).map_err(|error| files.fail(error))
    }

    /// Ends the file with its labels; returns the digest, and where the file lies until it is put in its place.
    pub(super) fn finish(mut self, labels: &[u8]) -> Result<(Digest, Option<PathBuf>), PhotosError> {
        self.hasher.update(labels);
        let digest = Digest::from_hasher(&self.hasher);
        if let Some(files) = &mut self.files {
            files.pixels.write_all(labels).map_err(|error| files.fail(error))?;
        }
        self.flush()?;
        let Some(files) = self.files else { return Ok((digest, None)) };
        files::rename(&files.path.with_extension(&INDEX[1..]), &files.folder.join(format!("{digest}{INDEX}")))?;
        Ok((digest, Some(files.path)))
    }
}

/// Removes what was left unfinished by preparations of the same data.
pub fn tidy(folder: &Path, data: &Path) -> Result<(), PhotosError> {
    let start = format!("{UNFINISHED}{}-", name_of(data));
    for path in files::list(folder)? {
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&start)) {
            files::remove(&path)?;
        }
    }
    Ok(())
}

/// A short name for what lies at a path.
pub fn name_of(data: &Path) -> String {
    blake3::hash(data.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned()
}
