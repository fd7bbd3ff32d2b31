//! Decoded images, so that a data set is decoded once on a machine and its workers share one copy in memory.
//!
//! A file of images is named by their digest, which is of its bytes: whoever maps it hashes it before it is used. What is
//! damaged is told, put aside and decoded again. Beside it is remembered which files gave which images, by their
//! [`Source`], so that files that did not change since need not be read to know their digest. Nothing here is a result:
//! all of it is made again when it is missing, and what cannot be written is decoded into memory.

use std::io::Write as _;
use std::path::PathBuf;

use super::digest_folder::{DigestFolder, expect_file};
use super::reader::CacheReader;
use super::{Cache, CacheError};
use crate::dataset::{DatasetError, Files, Images, Part, Source};
use crate::digest::{Digest, Domain};
use crate::files::{self, Entry, FileError};

/// Files that were changed within so many seconds may be changed again without another time of change.
pub(super) const SETTLED: u64 = 2;

/// The name that people know this module by: they ask for its log lines with it.
const LOG: &str = "epnas::cache::data";

/// More bytes than a note has.
const NOTE_LIMIT: u64 = 1 << 10;

/// One part of a data set, as it was found.
#[derive(Debug)]
pub struct Loaded {
    pub digest: Digest,
    pub images: Images,
    came: Came,
}

#[derive(Debug)]
enum Came {
    /// Mapped from a file in this folder.
    Mapped { digest_folder: DigestFolder },
    /// From these files, unless they were changed meanwhile.
    Decoded { source: Option<Source> },
}

impl CacheReader {
    /// The images of a part: mapped where its files were decoded before and did not change since, decoded otherwise.
    pub fn load(&self, files: &Files, part: Part) -> Result<Loaded, DatasetError> {
        let source = files.source(part)?;
        if let Some(digest) = self.decoded(&source) {
            match self.images(&digest) {
                Ok(Some(images)) => return Ok(Loaded { digest, images, came: Came::Mapped { digest_folder: self.data.images.clone() } }),
                Ok(None) => {}
                Err(error) => tell(&error),
            }
        }
        Loaded::decode(files, part)
    }

    /// The images with this digest, mapped and held against it; `None` where there are none.
    pub fn images(&self, digest: &Digest) -> Result<Option<Images>, CacheError> {
        let (path, entry) = self.data.images.entry(digest)?;
        let damaged = |how: String| CacheError::Damaged { path: path.clone(), digest: *digest, how };
        if entry == Entry::Nothing {
            return Ok(None);
        }
        expect_file(entry).map_err(damaged)?;
        let bytes = match files::map(&path) {
            Err(error) if error.is_missing() => return Ok(None),
            mapped => mapped?,
        };
        let images = Images::from_stored(&bytes).map_err(damaged)?;
        if Digest::of(Domain::Dataset, &bytes) == *digest {
            Ok(Some(images))
        } else {
            Err(damaged("its content has another digest".to_owned()))
        }
    }

    /// What these files gave when they were decoded; `None` where nobody knows.
    fn decoded(&self, source: &Source) -> Option<Digest> {
        self.verify_source(source.digest()).unwrap_or_else(|(path, how)| {
            tracing::warn!(target: LOG, "`{}` is of no use: {how}", path.display());
            None
        })
    }

    /// The digest of the images that a source gave; what is wrong with what says so, if something is.
    pub(super) fn verify_source(&self, source: &Digest) -> Result<Option<Digest>, (PathBuf, String)> {
        let path = self.data.sources.path(source);
        let wrong = |how: String| (path.clone(), how);
        let (_, entry) = self.data.sources.entry(source).map_err(|error| wrong(error.to_string()))?;
        if entry == Entry::Nothing {
            return Ok(None);
        }
        expect_file(entry).map_err(wrong)?;
        let text = match files::read(&path, NOTE_LIMIT) {
            Err(error) if error.is_missing() => return Ok(None),
            read => read.map_err(|error| wrong(error.source.to_string()))?,
        };
        let digest = str::from_utf8(&text).ok().and_then(|text| text.get(..64)?.parse().ok());
        match digest.filter(|digest| note(source, digest).as_bytes() == text) {
            Some(digest) => Ok(Some(digest)),
            None => Err(wrong("it is cut off or altered".to_owned())),
        }
    }
}

impl Loaded {
    /// Decodes the files of a part, whatever is known of them.
    pub fn decode(files: &Files, part: Part) -> Result<Self, DatasetError> {
        let before = files.source(part)?;
        let images = files.load(part)?;
        let source = Some(files.source(part)?).filter(|after| *after == before);
        Ok(Self { digest: images.digest(), images, came: Came::Decoded { source } })
    }
}

impl Cache {
    /// Keeps images that were not taken from here, for workers and for the next time; `now` is in seconds since 1970. That
    /// they cannot be kept is told and is no error.
    pub fn keep_images(&self, loaded: &Loaded, now: u64) {
        let Loaded { digest, images, came } = loaded;
        if matches!(came, Came::Mapped { digest_folder } if *digest_folder == self.reader.data.images) {
            return;
        }
        let kept = self.put_images(digest, images).and_then(|()| match came {
            Came::Decoded { source: Some(source) } if source.changed().saturating_add(SETTLED) <= now => {
                let digest_folder = &self.reader.data.sources;
                digest_folder.write(&digest_folder.entry(source.digest())?, note(source.digest(), digest).as_bytes())
            }
            _ => Ok(()),
        });
        if let Err(error) = kept {
            tracing::warn!(target: LOG, "decoded images cannot be kept, each worker will have its own: {error}");
        }
    }

    /// The images with this digest: mapped, or decoded, kept and mapped then; in memory where they cannot be kept. `None`:
    /// the files give other images.
    pub fn images(&self, digest: &Digest, decode: impl FnOnce() -> Result<Images, DatasetError>) -> Result<Option<Images>, DatasetError> {
        if let Some(images) = self.mapped(digest) {
            return Ok(Some(images));
        }
        let images = decode()?;
        if images.digest() != *digest {
            return Ok(None);
        }
        if let Err(error) = self.put_images(digest, &images) {
            tracing::warn!(target: LOG, "decoded images cannot be kept, they take memory of their own: {error}");
            return Ok(Some(images));
        }
        Ok(Some(self.mapped(digest).unwrap_or(images)))
    }

    /// Images that are there whole; a damaged file is put aside.
    pub(super) fn mapped(&self, digest: &Digest) -> Option<Images> {
        let error = match self.reader.images(digest) {
            Ok(images) => return images,
            Err(error) => error,
        };
        let CacheError::Damaged { path, how, .. } = &error else {
            tell(&error);
            return None;
        };
        match self.reader.data.images.put_aside(path) {
            Ok(()) => tracing::warn!(target: LOG, "`{}` is damaged: {how}; it is put aside", path.display()),
            Err(error) => tell(&error),
        }
        None
    }

    /// Writes images unless they are there whole. Of those who write the same at the same time, the first one's file stays.
    fn put_images(&self, digest: &Digest, images: &Images) -> Result<(), CacheError> {
        if self.mapped(digest).is_some() {
            return Ok(());
        }
        let digest_folder = &self.reader.data.images;
        let place = digest_folder.entry(digest)?;
        let mut writing = digest_folder.begin(&place)?;
        for piece in images.stored() {
            writing.write_all(&piece).map_err(|source| FileError::new("write", &place.0, source))?;
        }
        Ok(writing.finish_if_new()?)
    }
}

fn tell(error: &CacheError) {
    match error {
        CacheError::Damaged { path, how, .. } => tracing::warn!(target: LOG, "`{}` is damaged: {how}; it is not used", path.display()),
        error => tracing::warn!(target: LOG, "decoded images cannot be used: {error}"),
    }
}

/// What is written of a source: the digest of its images, and a checksum, without which damage could make it that of others.
pub(super) fn note(source: &Digest, images: &Digest) -> String {
    let checksum = Digest::of(Domain::Source, format!("{source} {images}").as_bytes());
    format!("{images}\n{checksum}\n")
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
