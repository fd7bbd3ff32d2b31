//! The one reader of files that may be packed with gzip. A file is packed where it begins like gzip, whatever its name; one
//! of several members, as `cat`, pigz and bgzip make them, is one file (RFC 1952).

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

use super::disguise::{Disguise, LOOK};

/// What is in a file, unpacked.
#[derive(Debug)]
pub struct Unpacked<R: BufRead> {
    reader: BufReader<Members<R>>,
    packed: bool,
}

/// Why a file is not what it should be, before anything of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misnamed {
    /// Another kind of file, itself or inside of its packing.
    Other { disguise: Disguise, inside: bool },
    /// It is called `.gz` and is not packed.
    NotPacked,
}

impl Misnamed {
    /// What the file is, for a sentence about it.
    pub fn what(self) -> String {
        match self {
            Self::NotPacked => "not packed, although its name ends in `.gz`".to_owned(),
            Self::Other { disguise: Disguise::Gzip, inside: true } => "packed with gzip twice".to_owned(),
            Self::Other { disguise, inside: true } => format!("{} inside of its packing", disguise.what()),
            Self::Other { disguise, inside: false } => disguise.what().to_owned(),
        }
    }

    pub const fn help(self) -> &'static str {
        match self {
            Self::NotPacked => "take `.gz` off its name, or pack it",
            Self::Other { disguise: Disguise::Gzip, .. } => "unpack it once with `gunzip`",
            Self::Other { disguise, .. } => disguise.help(),
        }
    }
}

impl<R: BufRead> Unpacked<R> {
    /// Looks at the first bytes; reads no more.
    pub fn new(mut raw: R) -> io::Result<Self> {
        let packed = Disguise::of(raw.fill_buf()?) == Some(Disguise::Gzip);
        let members = if packed { Members::Gzip(Box::new(GzDecoder::new(raw))) } else { Members::Plain(raw) };
        Ok(Self { reader: BufReader::with_capacity(1 << 16, members), packed })
    }

    pub const fn is_packed(&self) -> bool {
        self.packed
    }

    /// Whether it is something else than data, or than its name says.
    pub fn misnamed(&mut self, name: &Path) -> io::Result<Option<Misnamed>> {
        let packed = self.packed;
        let start = self.reader.fill_buf()?;
        let start = &start[..start.len().min(LOOK)];
        if let Some(disguise) = Disguise::of(start) {
            return Ok(Some(Misnamed::Other { disguise, inside: packed }));
        }
        let called_packed = name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        Ok((called_packed && !packed && !start.is_empty()).then_some(Misnamed::NotPacked))
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// The members of a packed file one after another, or a file that is not packed.
#[derive(Debug)]
enum Members<R: BufRead> {
    Plain(R),
    Gzip(Box<GzDecoder<R>>),
    Ended,
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Plain(reader) => return reader.read(buffer),
                Self::Gzip(reader) => reader.read(buffer)?,
                Self::Ended => return Ok(0),
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.next()?;
        }
    }
}

impl<R: BufRead> Members<R> {
    /// Behind a member: another one, or the end.
    fn next(&mut self) -> io::Result<()> {
        let Self::Gzip(ended) = std::mem::replace(self, Self::Ended) else { return Ok(()) };
        let mut raw = ended.into_inner();
        match raw.fill_buf()? {
            [] => {}
            // The two bytes may lie on both sides of a read.
            [0x1f] | [0x1f, 0x8b, ..] => *self = Self::Gzip(Box::new(GzDecoder::new(raw))),
            [0, ..] => return Err(io::Error::new(io::ErrorKind::InvalidData, "zeros behind the packed data")),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "bytes behind the packed data that are not packed")),
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).expect("from memory to memory");
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let read = Unpacked::new(bytes).and_then(|mut unpacked| unpacked.read_to_end(&mut content));
        read.map(|_| content).map_err(|error| error.to_string())
    }

    fn misnamed(name: &str, bytes: &[u8]) -> Option<Misnamed> {
        Unpacked::new(bytes).and_then(|mut unpacked| unpacked.misnamed(Path::new(name))).expect("intact")
    }

    #[test]
    fn several_members_are_one_file() {
        let members = [gzip(b"012"), gzip(b""), gzip(b"3456789")].concat();
        assert_eq!(read(&members), Ok(b"0123456789".to_vec()));
        assert_eq!(read(b"0123456789"), Ok(b"0123456789".to_vec()));
        assert_eq!(read(b""), Ok(Vec::new()));
        // However the bytes come.
        let mut content = Vec::new();
        Unpacked::new(BufReader::with_capacity(3, &members[..])).and_then(|mut file| file.read_to_end(&mut content)).expect("intact");
        assert_eq!(content, b"0123456789");
    }

    #[test]
    fn what_follows_the_last_member_is_no_data() {
        assert_eq!(read(&[gzip(b"012"), vec![0; 512]].concat()), Err("zeros behind the packed data".to_owned()));
        let behind = "bytes behind the packed data that are not packed";
        assert_eq!(read(&[gzip(b"012"), b"3".to_vec()].concat()), Err(behind.to_owned()));
        let whole = gzip(b"0123456789");
        let second_cut = [&whole[..], &whole[..whole.len() - 1]].concat();
        assert!(read(&second_cut).is_err());
    }

    #[test]
    fn files_that_are_not_what_they_are_called_are_named() {
        let other = |disguise, inside| Some(Misnamed::Other { disguise, inside });
        assert_eq!(misnamed("a.gz", &gzip(b"data")), None);
        assert_eq!(misnamed("a", &gzip(b"data")), None, "the content says how it is packed");
        assert_eq!(misnamed("a.gz", b"data"), Some(Misnamed::NotPacked));
        assert_eq!(misnamed("a.gz", b"<html>"), other(Disguise::Html, false));
        assert_eq!(misnamed("a.gz", &gzip(&gzip(b"data"))), other(Disguise::Gzip, true));
        assert_eq!(misnamed("a", &gzip(b"PK\x03\x04")), other(Disguise::Zip, true));
        assert_eq!(misnamed("a.gz", &gzip(&gzip(b"data"))).map(Misnamed::what), Some("packed with gzip twice".to_owned()));
    }
}
