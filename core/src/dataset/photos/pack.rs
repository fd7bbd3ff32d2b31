//! Prepared images in files: the rows, raw or a JPEG each, as they are mapped later, and beside them an index that says which
//! content each row is of. What a killed program wrote is of use to the next one, and so is what was prepared of another state of the set.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::PhotosError;
use crate::dataset::Form;
use crate::dataset::stored::{self, HEADER};
use crate::digest::{Digest, Domain};
use crate::files::{self, Bytes, FileError};
use epnas_pixels::VERSION;

/// What a row was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub size: usize,
    pub channels: usize,
    pub form: Form,
}

impl Shape {
    /// Bytes of an image that is not packed.
    pub(super) const fn elements(self) -> usize {
        self.size * self.size * self.channels
    }

    /// The first bytes of an index.
    fn mark(self) -> [u8; 20] {
        let mut mark = [0; 20];
        let numbers = [0x6e70_6d66, VERSION, self.size as u32, self.channels as u32, self.form as u32];
        for (bytes, number) in mark.as_chunks_mut().0.iter_mut().zip(numbers) {
            *bytes = number.to_le_bytes();
        }
        mark
    }
}

/// One image as it is stored.
pub(super) struct Row {
    /// Of the file that it was made of.
    pub content: [u8; 32],
    pub bytes: Vec<u8>,
    /// The first bytes of the digest of `bytes`.
    pub check: Check,
}

type Check = [u8; 8];

impl Row {
    pub(super) fn new(content: [u8; 32], bytes: Vec<u8>) -> Self {
        Self { content, check: check(&bytes), bytes }
    }

    /// What is written of it into an index.
    fn entry(&self) -> [u8; ENTRY] {
        let mut entry = [0; ENTRY];
        entry[..32].copy_from_slice(&self.content);
        entry[32..40].copy_from_slice(&self.check);
        entry[40..].copy_from_slice(&(self.bytes.len() as u32).to_le_bytes());
        entry
    }
}

fn check(bytes: &[u8]) -> Check {
    let mut check = Check::default();
    check.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    check
}

/// Bytes of a row's content, check and length.
const ENTRY: usize = 32 + 8 + 4;

/// Rows that were decoded before, by content.
#[derive(Default)]
pub(super) struct Former {
    rows: BTreeMap<[u8; 32], (usize, Range<usize>, Check)>,
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
        let (pack, mut start) = (self.packs.len(), HEADER);
        for entry in entries.as_chunks::<ENTRY>().0 {
            let (mut content, mut check, mut length) = ([0; 32], Check::default(), [0; 4]);
            content.copy_from_slice(&entry[..32]);
            check.copy_from_slice(&entry[32..40]);
            length.copy_from_slice(&entry[40..]);
            let end = start + u32::from_le_bytes(length) as usize;
            self.rows.insert(content, (pack, start..end, check));
            start = end;
        }
        self.packs.push(pixels);
    }

    /// What was stored of a content, where it is whole.
    pub(super) fn row(&self, content: &[u8; 32]) -> Option<Row> {
        let (pack, place, check) = self.rows.get(content)?;
        let row = Row::new(*content, self.packs[*pack].get(place.clone())?.to_vec());
        (row.check == *check).then_some(row)
    }
}

/// What the name of an index ends in; what stands before it is the digest of the images.
pub const INDEX: &str = ".index";
const UNFINISHED: &str = "unfinished-";

/// A file of images that grows row by row, or only its digest where there is no folder.
pub(super) struct Pack {
    hasher: blake3::Hasher,
    form: Form,
    /// Of the rows so far.
    lengths: Vec<u32>,
    files: Option<Growing>,
}

struct Growing {
    folder: PathBuf,
    path: PathBuf,
    rows: BufWriter<File>,
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
                rows: BufWriter::with_capacity(1 << 20, files::create(&path)?),
                index: BufWriter::new(files::create(&index)?),
                path,
            };
            growing.rows.write_all(header).and_then(|()| growing.index.write_all(&shape.mark())).map_err(|error| growing.fail(error))?;
            Ok::<_, PhotosError>(growing)
        });
        let mut hasher = Domain::Dataset.hasher();
        hasher.update(header);
        Ok(Self { hasher, form: shape.form, lengths: Vec::new(), files: files.transpose()? })
    }

    pub(super) fn add(&mut self, row: &Row) -> Result<(), PhotosError> {
        self.hasher.update(&row.bytes);
        self.lengths.push(row.bytes.len() as u32);
        let Some(files) = &mut self.files else { return Ok(()) };
        let written = files.rows.write_all(&row.bytes).and_then(|()| files.index.write_all(&row.entry()));
        written.map_err(|error| files.fail(error))
    }

    /// Makes what was added of use to others: rows first, so that the index promises nothing.
    pub(super) fn flush(&mut self) -> Result<(), PhotosError> {
        let Some(files) = &mut self.files else { return Ok(()) };
        files.rows.flush().and_then(|()| files.index.flush()).map_err(|error| files.fail(error))
    }

    /// Ends the file with its labels; returns the digest, and where the file lies until it is put in its place.
    pub(super) fn finish(mut self, labels: &[u8]) -> Result<(Digest, Option<PathBuf>), PhotosError> {
        let lengths = if self.form == Form::Jpeg { stored::length_bytes(self.lengths.drain(..)) } else { Vec::new() };
        for piece in [&lengths, labels] {
            self.hasher.update(piece);
            if let Some(files) = &mut self.files {
                files.rows.write_all(piece).map_err(|error| files.fail(error))?;
            }
        }
        let digest = Digest::from_hasher(&self.hasher);
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
