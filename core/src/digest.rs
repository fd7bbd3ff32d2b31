//! Content digests (blake3). One domain per use, so that two things of different kinds never share a digest.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a digest is of. The text is hashed with the content; changing one changes every digest of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// The bytes of an artifact in the cache.
    Blob,
    /// The fingerprint of a task.
    Task,
    /// The text of a record in the cache, against damage.
    Record,
    /// The files of a data set.
    Dataset,
    /// Which files a data set was decoded from.
    Source,
    /// A stream of random numbers.
    Seed,
    /// A resolved spec.
    Spec,
    /// All tasks of a plan.
    Plan,
    /// The text of a lock, against edits.
    Lock,
    /// A table of known results.
    Table,
    /// One column of such a table.
    TableColumn,
    /// What is saved of a training on its way, and what it belongs to.
    Checkpoint,
}

impl Domain {
    const fn context(self) -> &'static str {
        match self {
            Self::Blob => "epnas 2026 blob v1",
            Self::Task => "epnas 2026 task v1",
            Self::Record => "epnas 2026 record v1",
            Self::Dataset => "epnas 2026 dataset v1",
            Self::Source => "epnas 2026 source v1",
            Self::Seed => "epnas 2026 seed v1",
            Self::Spec => "epnas 2026 spec v1",
            Self::Plan => "epnas 2026 plan v1",
            Self::Lock => "epnas 2026 lock v1",
            Self::Table => "epnas 2026 table v1",
            Self::TableColumn => "epnas 2026 table column v1",
            Self::Checkpoint => "epnas 2026 checkpoint v1",
        }
    }

    /// A hasher for this domain, to be fed piece by piece.
    pub fn hasher(self) -> blake3::Hasher {
        blake3::Hasher::new_derive_key(self.context())
    }
}

/// 256 bits of blake3, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn of(domain: Domain, bytes: &[u8]) -> Self {
        Self(*domain.hasher().update(bytes).finalize().as_bytes())
    }

    /// Of what `hasher` was fed.
    pub fn from_hasher(hasher: &blake3::Hasher) -> Self {
        Self(*hasher.finalize().as_bytes())
    }

    /// Digest of all that `reader` gives.
    pub fn of_reader(domain: Domain, reader: impl Read) -> io::Result<Self> {
        let mut hasher = domain.hasher();
        hasher.update_reader(reader)?;
        Ok(Self(*hasher.finalize().as_bytes()))
    }

    /// Digest of the canonical JSON of `value`: plain structs and `BTreeMap`s, so that the text is one of a kind.
    pub fn of_json(domain: Domain, value: &impl Serialize) -> Self {
        let text = serde_json::to_vec(value).expect("plain data always serialises");
        Self::of(domain, &text)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a digest: 64 hexadecimal digits are expected")]
pub struct NotADigest(String);

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| NotADigest(text.chars().take(80).collect()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_separate_equal_bytes() {
        assert_ne!(Digest::of(Domain::Blob, b"x"), Digest::of(Domain::Task, b"x"));
    }

    #[test]
    fn text_round_trip_and_bad_text() {
        let digest = Digest::of(Domain::Blob, b"x");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("xyz".parse::<Digest>().is_err());
    }
}
