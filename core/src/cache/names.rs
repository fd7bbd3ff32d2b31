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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::shop;
    use crate::digest::Domain;

    #[test]
    fn names_are_noted_up_to_a_length_and_a_number() {
        let shop = shop();
        let digests = [b"train", b"tests"].map(|part| Digest::of(Domain::Dataset, part));
        let noted = |name: &str| {
            shop.cache.note_data(name, digests).expect("it is noted or left out");
            shop.cache.reader().data_of(name) == Some(digests)
        };
        assert_eq!([LONGEST, LONGEST + 1].map(|length| noted(&"n".repeat(length))), [true, false]);
        let many: DataNames = (0..MOST - 1).map(|number| (number.to_string(), digests)).collect();
        files::write(&shop.cache.reader().names, &serde_json::to_vec(&many).expect("plain data")).expect("written");
        assert_eq!(["the last one", "one more", "0"].map(noted), [true, false, true]);
    }
}
