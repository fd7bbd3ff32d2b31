//! Which data the results of a cache are of: digests by the name that specs have for them, so that whoever has the results
//! and not the data finds them all the same. A note, not a proof: whoever has the data goes by the data.

use std::collections::BTreeMap;

use super::{Cache, CacheError, CacheReader};
use crate::digest::Digest;
use crate::files;

const LIMIT: u64 = 1 << 20;
/// More names are not kept, nor taken out of a bundle.
pub(super) const MOST: usize = 1_000;
/// The longest name.
pub(super) const LONGEST: usize = 200;

/// Two digests of every name: of a data set its two parts, of a table what is searched and the whole.
pub type DataNames = BTreeMap<String, [Digest; 2]>;

impl CacheReader {
    /// The names that are noted; none where they cannot be read.
    pub fn data_names(&self) -> DataNames {
        let read = files::read(&self.names, LIMIT).ok();
        read.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// The digests of the data of this name.
    pub fn data_of(&self, name: &str) -> Option<[Digest; 2]> {
        self.data_names().get(name).copied()
    }
}

impl Cache {
    /// Notes of which data results are.
    pub fn note_data(&self, name: &str, digests: [Digest; 2]) -> Result<(), CacheError> {
        let mut names = self.reader().data_names();
        if names.get(name) == Some(&digests) || name.len() > LONGEST || names.len() >= MOST && !names.contains_key(name) {
            return Ok(());
        }
        names.insert(name.to_owned(), digests);
        let text = serde_json::to_vec(&names).expect("plain data always serialises");
        Ok(files::write(&self.reader().names, &text)?)
    }
}
