//! What a file is by its first bytes, where it is not what its name or its reader expects: said by name, with what mends it.

/// A kind of file that turns up in place of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disguise {
    Html,
    LfsPointer,
    Gzip,
    Xz,
    Zip,
    Zstandard,
    Bzip2,
    SevenZip,
    Tar,
    Hdf5,
    Numpy,
    Pickle,
}

/// As many bytes as a look needs at most.
pub(super) const LOOK: usize = 512;

impl Disguise {
    /// What begins like this, where it is one of those. Text is known by its words, whatever blanks stand before them.
    pub fn of(start: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Disguise); 9] = [
            (&[0x1f, 0x8b], Disguise::Gzip),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Disguise::Xz),
            (b"PK\x03\x04", Disguise::Zip),
            (&[0x28, 0xb5, 0x2f, 0xfd], Disguise::Zstandard),
            (b"BZh", Disguise::Bzip2),
            (&[b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c], Disguise::SevenZip),
            (b"\x89HDF\r\n", Disguise::Hdf5),
            (b"\x93NUMPY", Disguise::Numpy),
            (b"version https://git-lfs", Disguise::LfsPointer),
        ];
        if let Some((_, disguise)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
            // `BZh` could begin a word; the level and the magic number of the first block could not.
            let right = *disguise != Self::Bzip2 || start.get(4..10) == Some(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]);
            return right.then_some(*disguise);
        }
        // Protocols 2 to 5, then what opens a list, a tuple, a group or a frame.
        if let [0x80, 2..=5, opens, ..] = start
            && b"}](c\x95".contains(opens)
        {
            return Some(Self::Pickle);
        }
        if start.get(257..262) == Some(b"ustar") {
            return Some(Self::Tar);
        }
        let text = start.trim_ascii_start();
        let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
        [&b"<!doctype"[..], b"<html", b"<head", b"<?xml"].into_iter().any(begins).then_some(Self::Html)
    }

    /// What it is, such as `an HTML page`.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Html => "an HTML page, such as the error page of a server",
            Self::LfsPointer => "a pointer of Git LFS: the file itself was not fetched",
            Self::Gzip => "packed with gzip",
            Self::Xz => "packed with xz",
            Self::Zip => "a ZIP archive",
            Self::Zstandard => "packed with zstd",
            Self::Bzip2 => "packed with bzip2",
            Self::SevenZip => "a 7z archive",
            Self::Tar => "a tar archive",
            Self::Hdf5 => "an HDF5 file",
            Self::Numpy => "an array of NumPy",
            Self::Pickle => "a pickle of Python",
        }
    }

    /// What to do about it.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Html => "fetch the file again, and look at the address: the server sent a page in its place",
            Self::LfsPointer => "run `git lfs pull` where the file comes from",
            Self::Gzip => "unpack it with `gunzip`",
            Self::Xz => "unpack it with `xz -d`, or pack it with gzip: other packings are not read",
            Self::Zip => "unpack it with `unzip`",
            Self::Zstandard => "unpack it with `zstd -d`, or pack it with gzip: other packings are not read",
            Self::Bzip2 => "unpack it with `bunzip2`, or pack it with gzip: other packings are not read",
            Self::SevenZip => "unpack it with `7z x`",
            Self::Tar => "unpack it with `tar xf`",
            Self::Hdf5 | Self::Numpy => "write the data in a format that `docs/data.md` names",
            Self::Pickle => "fetch the binary version of the data set: pickles of Python are not read",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let mut tar = vec![b'a'; LOOK];
        tar[257..262].copy_from_slice(b"ustar");
        for (start, expected) in [
            (&b"  \n<!DOCTYPE html><html>"[..], Some(Disguise::Html)),
            (b"<HTML>", Some(Disguise::Html)),
            (b"version https://git-lfs.github.com/spec/v1\n", Some(Disguise::LfsPointer)),
            (&[0x1f, 0x8b, 8], Some(Disguise::Gzip)),
            (b"BZh91AY&SY", Some(Disguise::Bzip2)),
            (b"BZh,metric\n", None),
            (b"PK\x03\x04", Some(Disguise::Zip)),
            (&[0x80, 2, b'}', b'q'], Some(Disguise::Pickle)),
            (&tar, Some(Disguise::Tar)),
            (b"a,b,metric\n", None),
            (&[0, 0, 8, 3, 0, 0], None),
            (&[9; LOOK], None),
            (b"", None),
        ] {
            assert_eq!(Disguise::of(start), expected, "{start:?}");
        }
    }
}
