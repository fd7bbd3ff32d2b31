//! A task held against the cache, with every output read: only what can be used counts as there.

use std::collections::BTreeSet;

use super::RunError;
use crate::cache::{BLOB_LIMIT, Cache, CacheError, Fingerprint, Lookup, MissReason, Record, RecordedOutcome, Reservation, TaskKey};
use crate::engine::{FailureKind, TaskFailure};
use crate::event::{Outcome, TaskResult};

pub(super) enum Found {
    Hit(TaskResult),
    /// It failed before, and would again.
    Failed(TaskFailure),
    Miss {
        reason: MissReason,
        reservation: Reservation,
    },
}

/// The name under which the kind of device is recorded that a task failed on.
pub(super) const DEVICE_KIND: &str = "device-kind";

/// Which failures of earlier runs count: those on devices like the ones at hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered {
    pub device_kinds: BTreeSet<String>,
    /// Whether everything that failed is tried again.
    pub forgets: bool,
}

impl Remembered {
    /// Whether a failure would come again and is worth remembering.
    pub const fn keeps(kind: FailureKind) -> bool {
        matches!(kind, FailureKind::OutOfMemory | FailureKind::Diverged)
    }

    fn counts(&self, record: &Record) -> bool {
        match &record.outcome {
            RecordedOutcome::Done { .. } => true,
            RecordedOutcome::Failed { failure } => {
                let same_kind = || record.environment.get(DEVICE_KIND).is_some_and(|kind| self.device_kinds.contains(kind));
                !self.forgets && Self::keeps(failure.kind()) && same_kind()
            }
        }
    }
}

/// A hit counts only when every output can be read and has its hash; what is damaged is put aside and computed anew.
pub(super) fn look_up(cache: &Cache, key: &TaskKey, fingerprint: &Fingerprint, remembered: &Remembered) -> Result<Found, RunError> {
    // The second look finds what the first one put aside.
    let mut damage = None;
    for _ in 0..2 {
        match cache.lookup_if(key, fingerprint, |record| remembered.counts(record))? {
            Lookup::Miss { reason, reservation } => return Ok(Found::Miss { reason: damage.unwrap_or(reason), reservation }),
            Lookup::Hit(record) => {
                let outputs = match &record.outcome {
                    RecordedOutcome::Done { outputs } => outputs,
                    RecordedOutcome::Failed { failure } => return Ok(Found::Failed(failure.clone())),
                };
                let unreadable = outputs.iter().find_map(|(name, digest)| Some((name, digest, cache.get(digest, BLOB_LIMIT).err()?)));
                match unreadable {
                    None => {
                        return Ok(Found::Hit(TaskResult {
                            outcome: Outcome::Cached,
                            outputs: outputs.clone(),
                            seconds: record.seconds,
                            environment: record.environment,
                        }));
                    }
                    Some((name, digest, CacheError::Damaged { how, .. })) => {
                        damage = Some(MissReason::BlobDamaged { name: name.clone(), digest: *digest, how });
                    }
                    Some((_, _, CacheError::Missing { .. })) => {}
                    Some((_, _, error)) => return Err(error.into()),
                }
            }
        }
    }
    unreachable!("a damaged output is put aside when it is found")
}
