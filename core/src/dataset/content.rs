//! The content of a data file, packed or not: read piece by piece, never more than was asked for.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::DatasetError;
use crate::files::{self, FileError, Unpacked};

/// Unpacked content of one file. What a file claims is never allocated, only what it gives.
pub(super) struct Content<'a> {
    path: &'a Path,
    reader: Unpacked<BufReader<File>>,
}

impl<'a> Content<'a> {
    /// Refuses what is another kind of file, or another than its name says.
    pub(super) fn open(path: &'a Path) -> Result<Self, DatasetError> {
        let file = files::open(path)?;
        let reader = Unpacked::new(BufReader::with_capacity(1 << 16, file)).map_err(|error| FileError::new("read", path, error))?;
        let mut content = Self { path, reader };
        match content.reader.misnamed(path).map_err(|error| content.failure(error))? {
            Some(misnamed) => Err(DatasetError::Misnamed { path: path.to_owned(), misnamed }),
            None => Ok(content),
        }
    }

    pub(super) const fn is_packed(&self) -> bool {
        self.reader.is_packed()
    }

    /// The next `length` bytes, or as many as there are.
    pub(super) fn up_to(&mut self, length: usize) -> Result<Vec<u8>, DatasetError> {
        let mut bytes = Vec::new();
        self.append(length, &mut bytes)?;
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    /// Appends the next `length` bytes, or as many as there are; returns how many.
    pub(super) fn append(&mut self, length: usize, bytes: &mut Vec<u8>) -> Result<usize, DatasetError> {
        (&mut self.reader).take(length as u64).read_to_end(bytes).map_err(|error| self.failure(error))
    }

    /// Checks that nothing follows; `what` says after what. This also compares the checksum of packed content.
    pub(super) fn end(mut self, what: &str) -> Result<(), DatasetError> {
        if self.append(1, &mut Vec::new())? > 0 {
            return Err(DatasetError::malformed(self.path, format!("the end of the file after {what}"), "more bytes"));
        }
        Ok(())
    }

    fn failure(&self, error: io::Error) -> DatasetError {
        let packed = self.reader.is_packed();
        match error.kind() {
            io::ErrorKind::UnexpectedEof if packed => DatasetError::malformed(self.path, "complete gzip data", "an early end of the file"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if packed => {
                DatasetError::malformed(self.path, "intact gzip data", format!("damage: {error}"))
            }
            _ => FileError::new("read", self.path, error).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::gzip;

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
        assert_eq!(read("a.gz", &[gzip(b"01234"), gzip(b"56789x")].concat()), more("a.gz"));
        let zeros = "`folder/a.gz`: expected intact gzip data, found damage: zeros behind the packed data";
        assert_eq!(read("a.gz", &[gzip(b"0123456789"), vec![0]].concat()), Err(zeros.to_owned()));
    }

    #[test]
    fn damage_is_an_error() {
        let packed = gzip(b"0123456789");
        let early = Err("`folder/a.gz`: expected complete gzip data, found an early end of the file".to_owned());
        for length in [2, 5, packed.len() - 9, packed.len() - 1] {
            assert_eq!(read("a.gz", &packed[..length]), early, "{length}");
        }
        let mut checksum = packed.clone();
        let place = checksum.len() - 6;
        checksum[place] ^= 1;
        let damage = |what: &str| Err(format!("`folder/a.gz`: expected intact gzip data, found damage: {what}"));
        assert_eq!(read("a.gz", &checksum), damage("corrupt gzip stream does not have a matching checksum"));
        let mut deflate = packed;
        deflate[10] = 0xff;
        assert_eq!(read("a.gz", &deflate), damage("corrupt deflate stream"));
    }

    #[test]
    fn what_is_no_data_is_called_by_its_name() {
        for (content, what) in [
            (&b"<!DOCTYPE html>\n<html>"[..], "an HTML page, such as the error page of a server\nhelp: fetch the file again, and"),
            (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS: the file itself was not fetched\nhelp: run `git lfs"),
            (b"0123456789", "not packed, although its name ends in `.gz`\nhelp: take `.gz` off its name"),
            (&gzip(&gzip(b"0123456789")), "packed with gzip twice\nhelp: unpack it once"),
            (b"\xfd7zXZ\0\0", "packed with xz\nhelp: unpack it with `xz -d`"),
        ] {
            let said = read("a.gz", content).expect_err("no data");
            assert!(said.starts_with(&format!("`folder/a.gz` is {what}")), "{said}");
        }
        assert_eq!(read("a", &gzip(b"0123456789")), Ok(b"0123456789".to_vec()), "packed without saying so");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Content::open(Path::new("none/a.gz")).err().expect("missing");
        assert!(error.to_string().starts_with("cannot read `none/a.gz`: "), "{error}");
    }
}
