//! The cache as seen by those who only look: creates nothing, changes nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::dataset::photos::INDEX;
use crate::digest::Digest;
use crate::files::{self, FileError};

use super::blobs::{BlobState, Blobs};
use super::digest_folder::DigestFolder;
use super::error::{CacheError, MissReason};
use super::fingerprint::{Fingerprint, TaskKey};
use super::records::{Record, Records};
use super::{BLOBS, CHECKPOINTS, DATA, JSON_LIMIT, NAMES, PHOTOS, RECORDS, SOURCES, SPEEDS};

#[derive(Clone, Debug)]
pub struct CacheReader {
    pub(super) blobs: Blobs,
    pub(super) records: Records,
    pub(super) checkpoints: DigestFolder,
    pub(super) data: Arc<Data>,
    /// The file of speeds.
    pub(super) speeds: PathBuf,
    /// That of names of data.
    pub(super) names: PathBuf,
}

/// Where decoded images lie, and notes of the files that they came from.
#[derive(Debug)]
pub(super) struct Data {
    pub images: DigestFolder,
    pub sources: DigestFolder,
    /// A folder of what saves preparing photographs again.
    pub photos: PathBuf,
}

impl Data {
    /// Where images with these digests lie, notes of these sources, and all that is noted of photographs; and whether it
    /// belongs to prepared photographs.
    pub(super) fn paths(&self, images: &[Digest], sources: &[Digest]) -> impl Iterator<Item = (PathBuf, bool)> {
        let is_prepared = |digest: &Digest| self.photos.join(format!("{digest}{INDEX}")).exists();
        let images = images.iter().map(move |name| (self.images.path(name), is_prepared(name)));
        let sources = sources.iter().map(|name| (self.sources.path(name), false));
        let photos = files::list(&self.photos).unwrap_or_default().into_iter().map(|path| (path, true));
        images.chain(sources).chain(photos)
    }
}

impl CacheReader {
    pub(super) fn open(folder: &Path) -> Result<Self, CacheError> {
        let digest_folder = |name, suffix| DigestFolder::at(folder.join(name), suffix);
        if folder.exists() && !folder.is_dir() {
            return Err(FileError::new("list", folder, io::ErrorKind::NotADirectory.into()).into());
        }
        Ok(Self {
            blobs: Blobs(digest_folder(BLOBS, "")?),
            records: Records(digest_folder(RECORDS, ".json")?),
            checkpoints: digest_folder(CHECKPOINTS, "")?,
            data: Arc::new(Data { images: digest_folder(DATA, "")?, sources: digest_folder(SOURCES, "")?, photos: folder.join(PHOTOS) }),
            speeds: folder.join(SPEEDS),
            names: folder.join(NAMES),
        })
    }

    /// Whether there is a cache at all.
    pub fn is_there(&self) -> bool {
        self.records.0.is_there() || self.blobs.0.is_there() || self.data.photos.is_dir()
    }

    /// The record of a task if all its outputs are there, or why not. Outputs are looked at by size; their bytes are
    /// verified when read.
    pub fn find(&self, fingerprint: &Fingerprint) -> Result<Result<Record, MissReason>, CacheError> {
        self.find_named(&fingerprint.key(), fingerprint)
    }

    /// The same with the fingerprint's key.
    pub fn find_named(&self, key: &TaskKey, fingerprint: &Fingerprint) -> Result<Result<Record, MissReason>, CacheError> {
        match self.records.find(key, fingerprint)? {
            Ok(record) => Ok(self.lack(&record)?.map_or(Ok(record), Err)),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// The record with this key, whether or not its outputs are there; or why there is none.
    pub fn record(&self, key: &TaskKey) -> Result<Result<Record, MissReason>, CacheError> {
        self.records.named(key)
    }

    /// What a record needs that is not there as it was stored, by size alone.
    pub fn lack(&self, record: &Record) -> Result<Option<MissReason>, CacheError> {
        for (name, digest) in record.outcome.outputs() {
            let (name, digest) = (name.clone(), *digest);
            match self.blobs.state(&digest)? {
                BlobState::Missing => return Ok(Some(MissReason::BlobMissing { name, digest })),
                BlobState::Damaged { how, .. } => return Ok(Some(MissReason::BlobDamaged { name, digest, how })),
                BlobState::Present(size) if record.sizes.get(&name) != Some(&size) => {
                    let how = format!("it has {size} bytes, not those it was stored with");
                    return Ok(Some(MissReason::BlobDamaged { name, digest, how }));
                }
                BlobState::Present(_) => {}
            }
        }
        Ok(None)
    }

    /// Every whole record, in the order of keys; what is damaged is left out.
    pub fn records(&self) -> Result<impl Iterator<Item = Record> + use<'_>, CacheError> {
        let (names, _) = self.records.0.walk()?;
        Ok(names.into_iter().filter_map(|name| self.records.named(&TaskKey::of_name(name)).ok()?.ok()))
    }

    /// Bytes of an artifact as it lies there; `None` if it does not.
    pub fn size(&self, digest: &Digest) -> Result<Option<u64>, CacheError> {
        Ok(if let BlobState::Present(size) = self.blobs.state(digest)? { Some(size) } else { None })
    }

    /// The bytes of an artifact, verified. More than `limit` of them are an error.
    pub fn get(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, CacheError> {
        self.blobs.get(digest, limit)
    }

    /// An artifact that was stored with [`super::Cache::put_json`].
    pub fn get_json<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T, CacheError> {
        parse(digest, &self.get(digest, JSON_LIMIT)?)
    }
}

/// `serde_json` stops at 128 levels.
pub(super) fn parse<T: DeserializeOwned>(digest: &Digest, text: &[u8]) -> Result<T, CacheError> {
    serde_json::from_slice(text).map_err(|source| CacheError::Unreadable { digest: *digest, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::shop;
    use crate::digest::Domain;

    #[test]
    fn the_size_of_an_artifact_is_that_of_its_bytes() {
        let shop = shop();
        let digest = shop.cache.put(b"nine byte").expect("put");
        assert_eq!(shop.cache.reader().size(&digest).expect("size"), Some(9));
        assert_eq!(shop.cache.reader().size(&Digest::of(Domain::Blob, b"another")).expect("size"), None);
    }
}
