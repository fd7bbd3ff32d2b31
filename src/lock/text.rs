//! A lock as text: small YAML for people to read and compare, with a checksum against edits.

use std::fmt::Write as _;

use serde_json::Value;

use super::Lock;
use crate::digest::{Digest, Domain};
use crate::plan::NamedData;

const HEADER: &str = "\
# What `epnas run --locked` holds a search to. Written by `epnas lock`, kept beside the spec; edits are noticed.
";
const CHECKSUM: &str = "checksum: ";

/// Why a text is not a lock that this program can hold to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockFault {
    #[error("it is no lock{0}")]
    NoLock(String),
    #[error("it is a lock of format {0}, and this epnas knows formats up to {known}", known = Lock::FORMAT)]
    Newer(u64),
    #[error("it was edited after it was written: its checksum does not fit{0}")]
    Edited(String),
}

impl Lock {
    /// The same lock is always the same text.
    pub fn write(&self) -> String {
        let mut text = format!("{HEADER}format: {}\nepnas: \"{}\"\nlibtorch: \"{}\"\nkeys:\n", self.format, self.epnas, self.libtorch);
        for (name, version) in &self.keys {
            let _ = writeln!(text, "  {name}: {version}");
        }
        let _ = writeln!(text, "spec:\n  whole: \"{}\"\n  sections:", self.spec.whole);
        for (name, digest) in &self.spec.sections {
            let _ = writeln!(text, "    {name}: \"{digest}\"");
        }
        let (kind, [first, second]) = match self.data {
            NamedData::Images { train, test } => ("images", [("train", train), ("test", test)]),
            NamedData::Table { search, whole } => ("table", [("search", search), ("whole", whole)]),
        };
        let _ = writeln!(text, "data:\n  {kind}:\n    {}: \"{}\"\n    {}: \"{}\"", first.0, first.1, second.0, second.1);
        if let Some(auto) = self.auto {
            let _ = writeln!(text, "auto: {}", auto.word());
        }
        let _ = writeln!(text, "{CHECKSUM}\"{}\"", checksum(&text));
        text
    }

    /// Reads what [`Lock::write`] wrote. Line ends may have been changed on the way.
    pub fn read(bytes: &[u8]) -> Result<Self, LockFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| LockFault::NoLock(": it is not text".to_owned()))?.replace("\r\n", "\n");
        let document: Value = serde_yaml::from_str(&text).map_err(|_| LockFault::NoLock(": it is not YAML".to_owned()))?;
        // What a newer program writes may have any shape but this.
        let format = document["format"].as_u64().ok_or_else(|| LockFault::NoLock(": it has no `format`".to_owned()))?;
        if format > u64::from(Self::FORMAT) {
            return Err(LockFault::Newer(format));
        }
        let start = text.rfind(CHECKSUM).filter(|start| text[..*start].ends_with('\n'));
        let start = start.ok_or_else(|| LockFault::NoLock(": it has no `checksum`".to_owned()))?;
        let Value::Object(mut fields) = document else { return Err(LockFault::NoLock(String::new())) };
        fields.remove(CHECKSUM.trim_end_matches(": "));
        let lock = serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| at_field(&error));
        if text[start + CHECKSUM.len()..].trim_end() != format!("\"{}\"", checksum(&text[..start])) {
            return Err(LockFault::Edited(lock.err().unwrap_or_default()));
        }
        lock.map_err(LockFault::NoLock)
    }
}

/// What is wrong, and with which field.
fn at_field(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    match error.path().to_string() {
        whole if whole == "." => format!(": {}", error.inner()),
        field => format!(": `{field}`: {}", error.inner()),
    }
}

fn checksum(text: &str) -> Digest {
    Digest::of(Domain::Lock, text.as_bytes())
}
