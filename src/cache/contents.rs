//! What lies in a cache folder, by the names of its files: for those who list, verify and tidy.

use super::CacheError;
use super::fingerprint::TaskKey;
use super::reader::CacheReader;
use super::shelf::Other;
use crate::digest::Digest;

/// The files of a cache at one moment; others may add and remove some meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Keys that records are named by, sorted.
    pub keys: Vec<TaskKey>,
    /// Digests that blobs are named by, sorted.
    pub blobs: Vec<Digest>,
    pub others: Vec<Other>,
}

impl CacheReader {
    /// Everything in the cache. Records are listed before blobs: a program that is at work writes them the other way
    /// round, so that the outputs of every record found here are already there.
    pub fn contents(&self) -> Result<Contents, CacheError> {
        let (keys, mut others) = self.records.0.walk()?;
        let (blobs, more) = self.blobs.0.walk()?;
        others.extend(more);
        Ok(Contents { keys: keys.into_iter().map(TaskKey::of_name).collect(), blobs, others })
    }
}
