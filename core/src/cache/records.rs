//! Finished tasks by key: what went in, what came out. One JSON file each, with a checksum of its own text, so that a cut
//! or altered record is noticed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;
use crate::files::{self, Entry};

use super::digest_folder::{DigestFolder, expect_file};
use super::error::{CacheError, MissReason};
use super::fingerprint::{Fingerprint, TaskKey};

/// The largest record that is written or read.
pub(super) const LIMIT: u64 = 16 << 20;

const LONGEST_KIND: usize = 100;
/// Small enough that the sum over all files of any disk is a number.
const LARGEST_OUTPUT: u64 = 1 << 40;
/// Ten thousand years, as far as the calendars of programs go.
const LONGEST_SECONDS: f64 = 3.2e11;
const LAST_SECOND: u64 = 253_402_300_799;

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
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

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

    /// The text of its file.
    pub fn encode(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map(|record| seal(&record)).map_err(|error| error.to_string())
    }

    /// Reads the text of a file: one that is not whole, or no record, is told what is wrong with it.
    pub fn decode(text: &[u8]) -> Result<Self, String> {
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
        record.expect_sense()?;
        Ok(record)
    }

    /// What holds of every record that a run made, so that whoever adds up sizes, prints times or sorts by kind need not
    /// ask: whoever can write into the folder can write a record that has a right checksum and no sense.
    fn expect_sense(&self) -> Result<(), String> {
        let kind = &self.fingerprint.kind;
        if kind.is_empty() || kind.len() > LONGEST_KIND {
            return Err(format!("its kind has {} bytes, 1 to {LONGEST_KIND} are expected", kind.len()));
        }
        if !self.outcome.outputs().map(|(name, _)| name).eq(self.sizes.keys()) {
            return Err("it does not tell the size of every output, and of nothing else".to_owned());
        }
        if self.sizes.values().any(|size| *size > LARGEST_OUTPUT) {
            return Err(format!("an output has more than {LARGEST_OUTPUT} bytes"));
        }
        if !(0.0..=LONGEST_SECONDS).contains(&self.seconds) {
            return Err(format!("it took {} seconds", self.seconds));
        }
        if self.finished > LAST_SECOND {
            return Err(format!("it finished {} seconds after 1970", self.finished));
        }
        Ok(())
    }

    /// The record in a text that must be of the task with this key.
    pub(super) fn decode_named(text: &[u8], key: &TaskKey) -> Result<Self, String> {
        Self::decode(text)?.expect_task(|fingerprint| fingerprint.key() == *key)
    }

    fn expect_task(self, is_asked: impl Fn(&Fingerprint) -> bool) -> Result<Self, String> {
        if is_asked(&self.fingerprint) { Ok(self) } else { Err("it is the record of another task".to_owned()) }
    }
}

/// The text of a record file around `{…}`. Whoever can write a file can write its checksum, so that nothing behind it is
/// to be trusted more for it.
pub fn seal(record: &[u8]) -> Vec<u8> {
    let checksum = Digest::of(Domain::Record, record).to_string();
    [BEFORE_CHECKSUM, checksum.as_bytes(), BEFORE_RECORD, record, AFTER_RECORD].concat()
}

#[derive(Clone, Debug)]
pub(super) struct Records(pub DigestFolder);

impl Records {
    /// The whole and right record of the task with this key and fingerprint, or why there is none.
    pub(super) fn find(&self, key: &TaskKey, asked: &Fingerprint) -> Result<Result<Record, MissReason>, CacheError> {
        self.load(key, |text| Record::decode(text)?.expect_task(|fingerprint| fingerprint == asked))
    }

    /// The same by key alone.
    pub(super) fn named(&self, key: &TaskKey) -> Result<Result<Record, MissReason>, CacheError> {
        self.load(key, |text| Record::decode_named(text, key))
    }

    fn load(&self, key: &TaskKey, decode: impl Fn(&[u8]) -> Result<Record, String>) -> Result<Result<Record, MissReason>, CacheError> {
        let (path, entry) = self.0.entry(key.digest())?;
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
    pub(super) fn save(&self, key: &TaskKey, record: &Record, flushed: bool) -> Result<(), CacheError> {
        let text = record.encode().and_then(|text| {
            if text.len() as u64 > LIMIT {
                return Err(format!("its record has {} bytes, allowed are {LIMIT}", text.len()));
            }
            Record::decode(&text)?.expect_task(|fingerprint| *fingerprint == record.fingerprint).map(|_| text)
        });
        let text = text.map_err(|how| CacheError::Unstorable { what: format!("{} {}", record.fingerprint.kind, key.short()), how })?;
        let place = self.0.entry(key.digest())?;
        if flushed { self.0.write_flushed(&place, &[&text]) } else { self.0.write(&place, &text) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn record() -> Record {
        Record {
            format: Record::FORMAT,
            fingerprint: Fingerprint { kind: "train".to_owned(), version: 1, parameters: Value::Null, inputs: BTreeMap::new() },
            outcome: RecordedOutcome::Done { outputs: BTreeMap::from([("weights".to_owned(), Digest::of(Domain::Blob, b"x"))]) },
            sizes: BTreeMap::from([("weights".to_owned(), 1)]),
            seconds: 1.0,
            finished: 7,
            environment: BTreeMap::new(),
        }
    }

    #[test]
    fn a_record_without_sense_is_damaged_whatever_its_checksum() {
        assert_eq!(Record::decode(&record().encode().expect("plain data")), Ok(record()));
        let refused = |spoil: fn(&mut Record)| {
            let mut record = record();
            spoil(&mut record);
            Record::decode(&record.encode().expect("plain data")).expect_err("without sense")
        };
        let sizes = "it does not tell the size of every output, and of nothing else";
        assert_eq!(refused(|record| record.sizes.clear()), sizes);
        assert_eq!(refused(|record| record.sizes.extend([("more".to_owned(), u64::MAX)])), sizes);
        assert_eq!(
            refused(|record| record.sizes.extend([("weights".to_owned(), u64::MAX)])),
            "an output has more than 1099511627776 bytes"
        );
        assert_eq!(refused(|record| record.fingerprint.kind.clear()), "its kind has 0 bytes, 1 to 100 are expected");
        assert_eq!(refused(|record| record.fingerprint.kind = "x".repeat(101)), "its kind has 101 bytes, 1 to 100 are expected");
        assert_eq!(refused(|record| record.seconds = -1.0), "it took -1 seconds");
        assert_eq!(refused(|record| record.finished = u64::MAX), "it finished 18446744073709551615 seconds after 1970");
    }
}
