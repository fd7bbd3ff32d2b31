//! Finished tasks by key: what went in, what came out. One JSON file each, with a checksum of its own text, so that a cut
//! or altered record is noticed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;
use crate::files::{self, Entry};

use super::error::{CacheError, MissReason};
use super::fingerprint::{Fingerprint, TaskKey};
use super::shelf::{Shelf, expect_file};

/// The largest record that is written or read.
pub(super) const LIMIT: u64 = 16 << 20;

// A record file is `{"checksum":"<64 digits>","record":{…}}` and a line end, and the checksum is of the bytes of `{…}`.
const BEFORE_CHECKSUM: &[u8] = b"{\"checksum\":\"";
const BEFORE_RECORD: &[u8] = b"\",\"record\":";
const AFTER_RECORD: &[u8] = b"}\n";
const CHECKSUM_DIGITS: usize = 64;

/// What is known of a finished task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`Record::FORMAT`].
    pub format: u32,
    pub fingerprint: Fingerprint,
    pub outcome: RecordedOutcome,
    /// Bytes of every output, by the output's name.
    pub sizes: BTreeMap<String, u64>,
    /// How long the task took.
    pub seconds: f64,
    /// When it finished, in seconds since 1970.
    pub finished: u64,
    /// What it was computed with: versions, device. Never compared.
    pub environment: BTreeMap<String, String>,
}

/// How a recorded task ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RecordedOutcome {
    Done {
        /// Digests of the outputs, by name.
        outputs: BTreeMap<String, Digest>,
    },
    Failed {
        failure: TaskFailure,
    },
}

impl RecordedOutcome {
    /// Outputs by name; none of a failed task.
    pub fn outputs(&self) -> impl Iterator<Item = (&String, &Digest)> {
        let outputs = match self {
            Self::Done { outputs } => Some(outputs),
            Self::Failed { .. } => None,
        };
        outputs.into_iter().flatten()
    }
}

impl Record {
    pub const FORMAT: u32 = 1;

    pub(super) fn encode(&self) -> Result<Vec<u8>, String> {
        let record = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        let checksum = Digest::of(Domain::Record, &record).to_string();
        Ok([BEFORE_CHECKSUM, checksum.as_bytes(), BEFORE_RECORD, &record, AFTER_RECORD].concat())
    }

    fn decode(text: &[u8]) -> Result<Self, String> {
        let (checksum, record) = text
            .strip_prefix(BEFORE_CHECKSUM)
            .and_then(|rest| rest.split_at_checked(CHECKSUM_DIGITS))
            .and_then(|(checksum, rest)| Some((checksum, rest.strip_prefix(BEFORE_RECORD)?.strip_suffix(AFTER_RECORD)?)))
            .ok_or("it is cut off or not a record")?;
        // As text: reading the digits would take `A` for `a`.
        if checksum != Digest::of(Domain::Record, record).to_string().as_bytes() {
            return Err("its checksum does not fit its content".to_owned());
        }
        let record: Self = serde_json::from_slice(record).map_err(|error| error.to_string())?;
        if record.format != Self::FORMAT {
            return Err(format!("its format is {}, expected {}", record.format, Self::FORMAT));
        }
        Ok(record)
    }

    /// The record in a text that must be of the task with this key.
    pub(super) fn decode_named(text: &[u8], key: &TaskKey) -> Result<Self, String> {
        Self::decode(text)?.expect_task(|fingerprint| fingerprint.key() == *key)
    }

    fn expect_task(self, is_asked: impl Fn(&Fingerprint) -> bool) -> Result<Self, String> {
        if is_asked(&self.fingerprint) { Ok(self) } else { Err("it is the record of another task".to_owned()) }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Records(pub Shelf);

impl Records {
    /// The whole and right record of a task, or why there is none.
    pub fn find(&self, asked: &Fingerprint) -> Result<Result<Record, MissReason>, CacheError> {
        self.load(&asked.key(), |text| Record::decode(text)?.expect_task(|fingerprint| fingerprint == asked))
    }

    /// The same by key alone.
    pub fn named(&self, key: &TaskKey) -> Result<Result<Record, MissReason>, CacheError> {
        self.load(key, |text| Record::decode_named(text, key))
    }

    fn load(&self, key: &TaskKey, decode: impl Fn(&[u8]) -> Result<Record, String>) -> Result<Result<Record, MissReason>, CacheError> {
        let path = self.0.path(key.digest());
        let entry = files::entry(&path)?;
        if entry == Entry::Nothing {
            return Ok(Err(MissReason::NeverRun));
        }
        let size = match expect_file(entry) {
            Ok(size) if size <= LIMIT => size,
            Ok(size) => return Ok(Err(MissReason::RecordDamaged { path, how: format!("it has {size} bytes") })),
            Err(how) => return Ok(Err(MissReason::RecordDamaged { path, how })),
        };
        // A record that another process replaces meanwhile may have grown.
        let text = match files::read(&path, LIMIT.max(size)) {
            Err(error) if error.is_missing() => return Ok(Err(MissReason::NeverRun)),
            read => read?,
        };
        Ok(decode(&text).map_err(|how| MissReason::RecordDamaged { path, how }))
    }

    /// Writes a record after proving that [`Records::find`] will accept it: otherwise its task would run for ever.
    pub fn save(&self, record: &Record, flushed: bool) -> Result<(), CacheError> {
        let key = record.fingerprint.key();
        let text = record.encode().and_then(|text| {
            if text.len() as u64 > LIMIT {
                return Err(format!("its record has {} bytes, allowed are {LIMIT}", text.len()));
            }
            Record::decode_named(&text, &key).map(|_| text)
        });
        let text = text.map_err(|how| CacheError::Unstorable { what: format!("{} {}", record.fingerprint.kind, key.short()), how })?;
        let path = self.0.path(key.digest());
        if flushed { self.0.write_flushed(&path, &[&text]) } else { self.0.write(&path, &text) }
    }
}
