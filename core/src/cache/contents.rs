//! What lies in a cache folder, by the names of its files: for those who list, verify and tidy.

use super::CacheError;
use super::digest_folder::Other;
use super::fingerprint::TaskKey;
use super::reader::CacheReader;
use crate::digest::Digest;

/// The files of a cache at one moment; others may add and remove some meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Keys that records are named by, sorted.
    pub keys: Vec<TaskKey>,
    /// Digests that blobs are named by, sorted.
    pub blobs: Vec<Digest>,
    /// Keys of trainings of which something is saved, sorted.
    pub checkpoints: Vec<TaskKey>,
    /// Digests of decoded images, sorted.
    pub images: Vec<Digest>,
    /// Digests of what images were decoded from, sorted.
    pub sources: Vec<Digest>,
    pub others: Vec<Other>,
}

impl CacheReader {
    /// Everything in the cache. Checkpoints are listed first, for they go when their record comes. Records are listed before
    /// blobs: a program that is at work writes them the other way round, so that the outputs of every record found here are already there.
    pub fn contents(&self) -> Result<Contents, CacheError> {
        let (checkpoints, mut others) = self.checkpoints.walk()?;
        let (keys, more) = self.records.0.walk()?;
        others.extend(more);
        let (blobs, more) = self.blobs.0.walk()?;
        others.extend(more);
        let (images, more) = self.data.images.walk()?;
        others.extend(more);
        let (sources, more) = self.data.sources.walk()?;
        others.extend(more);
        let [keys, checkpoints] = [keys, checkpoints].map(|names| names.into_iter().map(TaskKey::of_name).collect());
        Ok(Contents { keys, blobs, checkpoints, images, sources, others })
    }
}
