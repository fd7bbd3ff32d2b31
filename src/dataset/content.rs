//! The content of a data file, packed or not: read piece by piece, never more than was asked for.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

use super::DatasetError;
use crate::files::{self, FileError};

/// Unpacked content of one file. What a file claims is never allocated, only what it gives.
pub struct Content<'a> {
    path: &'a Path,
    reader: Reader,
}

enum Reader {
    Plain(BufReader<File>),
    Gzip(Box<GzDecoder<BufReader<File>>>),
}

impl<'a> Content<'a> {
    /// A name that ends in `.gz` says that the file is packed.
    pub fn open(path: &'a Path) -> Result<Self, DatasetError> {
        let file = BufReader::with_capacity(1 << 16, files::open(path)?);
        let packed = path.extension().is_some_and(|extension| extension == "gz");
        Ok(Self { path, reader: if packed { Reader::Gzip(Box::new(GzDecoder::new(file))) } else { Reader::Plain(file) } })
    }

    /// The next `length` bytes, or as many as there are.
    pub fn up_to(&mut self, length: usize) -> Result<Vec<u8>, DatasetError> {
        let mut bytes = Vec::new();
        self.append(length, &mut bytes)?;
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    /// Appends the next `length` bytes, or as many as there are; returns how many.
    pub fn append(&mut self, length: usize, bytes: &mut Vec<u8>) -> Result<usize, DatasetError> {
        let limit = length as u64;
        let read = match &mut self.reader {
            Reader::Plain(reader) => reader.take(limit).read_to_end(bytes),
            Reader::Gzip(reader) => reader.take(limit).read_to_end(bytes),
        };
        read.map_err(|error| self.failure(error))
    }

    /// Checks that nothing follows; `what` says after what. This also compares the checksum of packed content.
    pub fn end(mut self, what: &str) -> Result<(), DatasetError> {
        let mut left = self.append(1, &mut Vec::new())?;
        if let (0, Reader::Gzip(reader)) = (left, self.reader) {
            let mut rest = reader.into_inner();
            left = rest.read(&mut [0]).map_err(|error| FileError::new("read", self.path, error))?;
        }
        if left > 0 {
            return Err(DatasetError::malformed(self.path, format!("the end of the file after {what}"), "more bytes"));
        }
        Ok(())
    }

    fn failure(&self, error: io::Error) -> DatasetError {
        let kind = error.kind();
        match self.reader {
            Reader::Gzip(_) if kind == io::ErrorKind::UnexpectedEof => {
                DatasetError::malformed(self.path, "complete gzip data", "an early end of the file")
            }
            Reader::Gzip(_) if matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
                DatasetError::malformed(self.path, "intact gzip data", format!("damage: {error}"))
            }
            Reader::Plain(_) | Reader::Gzip(_) => FileError::new("read", self.path, error).into(),
        }
    }
}

#[cfg(test)]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).expect("from memory to memory");
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads ten bytes and the end of a file with this content.
    fn read(name: &str, content: &[u8]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a small file");
        let result = Content::open(&path).and_then(|mut content| {
            let bytes = content.up_to(10)?;
            content.end("ten bytes")?;
            Ok(bytes)
        });
        result.map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "folder"))
    }

    #[test]
    fn packed_and_plain_content_are_the_same() {
        assert_eq!(read("a", b"0123456789"), Ok(b"0123456789".to_vec()));
        assert_eq!(read("a.gz", &gzip(b"0123456789")), Ok(b"0123456789".to_vec()));
        assert_eq!(read("a", b"012"), Ok(b"012".to_vec()));
    }

    #[test]
    fn what_follows_is_an_error() {
        let more = |name: &str| Err(format!("`folder/{name}`: expected the end of the file after ten bytes, found more bytes"));
        assert_eq!(read("a", b"0123456789x"), more("a"));
        assert_eq!(read("a.gz", &gzip(b"0123456789x")), more("a.gz"));
        assert_eq!(read("a.gz", &[gzip(b"0123456789"), vec![0]].concat()), more("a.gz"));
    }

    #[test]
    fn damage_is_an_error() {
        let packed = gzip(b"0123456789");
        let early = Err("`folder/a.gz`: expected complete gzip data, found an early end of the file".to_owned());
        for length in [0, 5, packed.len() - 9, packed.len() - 1] {
            assert_eq!(read("a.gz", &packed[..length]), early, "{length}");
        }
        let mut checksum = packed.clone();
        let place = checksum.len() - 6;
        checksum[place] ^= 1;
        let damage = |what: &str| Err(format!("`folder/a.gz`: expected intact gzip data, found damage: {what}"));
        assert_eq!(read("a.gz", &checksum), damage("corrupt gzip stream does not have a matching checksum"));
        assert_eq!(read("a.gz", b"0123456789ab"), damage("invalid gzip header"));
        let mut deflate = packed;
        deflate[10] = 0xff;
        assert_eq!(read("a.gz", &deflate), damage("corrupt deflate stream"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Content::open(Path::new("none/a.gz")).err().expect("missing");
        assert!(error.to_string().starts_with("cannot read `none/a.gz`: "), "{error}");
    }
}
