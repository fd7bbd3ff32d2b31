//! Where the bytes of an image lie.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::DeflateDecoder;

#[cfg(feature = "parquet")]
use super::row_groups::Shard;
use crate::files::{self, FileError};

/// No image is as large; what claims to be is not read.
pub(super) const LARGEST: u64 = 1 << 30;

/// How a piece lies in its archive.
#[derive(Clone, Copy, Debug)]
pub enum Packing {
    /// Of tar, which has no checksums of what it holds.
    Plain,
    /// Of zip, with its CRC-32.
    Zip { deflated: bool, checksum: u32 },
}

/// A file of its own, or a piece of an archive.
#[derive(Clone, Debug)]
pub enum Place {
    File(PathBuf),
    Piece {
        archive: Arc<Path>,
        start: u64,
        length: u64,
        packing: Packing,
    },
    /// A row of a group of a Parquet file.
    #[cfg(feature = "parquet")]
    Row {
        shard: Arc<Shard>,
        group: usize,
        row: usize,
    },
}

impl Place {
    /// The file that is looked at to see whether anything changed.
    pub fn file(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Piece { archive, .. } => archive,
            #[cfg(feature = "parquet")]
            Self::Row { shard, .. } => &shard.path,
        }
    }

    /// Whether it is a piece of a file.
    pub const fn is_packed(&self) -> bool {
        !matches!(self, Self::File(_))
    }

    /// All bytes, or what is wrong.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => files::read(path, LARGEST).map_err(|error| cause(&error)),
            Self::Piece { archive, start, length, packing } => piece(archive, *start, *length, *packing),
            #[cfg(feature = "parquet")]
            Self::Row { shard, group, row } => shard.image(*group, *row),
        }
    }

    /// The first bytes, by which a format is known.
    pub fn start(&self) -> Vec<u8> {
        let mut start = Vec::new();
        if let Self::File(path) = self {
            if let Ok(file) = files::open(path) {
                let _ = file.take(32).read_to_end(&mut start);
            }
        } else {
            start = self.read().unwrap_or_default();
        }
        start.truncate(32);
        start
    }
}

fn piece(archive: &Path, start: u64, length: u64, packing: Packing) -> Result<Vec<u8>, String> {
    if length > LARGEST {
        return Err(format!("it has {length} bytes, more than an image may have"));
    }
    let file: File = files::open(archive).map_err(|error| cause(&error))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, start).map_err(|_| "the archive ends inside it".to_owned())?;
    let Packing::Zip { deflated, checksum } = packing else { return Ok(bytes) };
    if deflated {
        let packed = std::mem::take(&mut bytes);
        let read = DeflateDecoder::new(&packed[..]).take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
    }
    if crc32fast::hash(&bytes) != checksum {
        return Err("it is damaged: its checksum in the archive is another one".to_owned());
    }
    Ok(bytes)
}

/// Without the path, which stands beside it.
fn cause(error: &FileError) -> String {
    error.source.to_string()
}
