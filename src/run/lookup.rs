//! A task held against the cache, with every output read: only what can be used counts as there.

use super::RunError;
use crate::cache::{BLOB_LIMIT, Cache, CacheError, Fingerprint, Lookup, MissReason, RecordedOutcome, Reservation};
use crate::event::{Outcome, TaskResult};

pub(super) enum Found {
    Hit(TaskResult),
    Miss { reason: MissReason, reservation: Reservation },
}

/// A hit counts only when every output can be read and has its hash; what is damaged is put aside and computed anew.
pub(super) fn look_up(cache: &Cache, fingerprint: &Fingerprint) -> Result<Found, RunError> {
    // The second look finds what the first one put aside.
    let mut damage = None;
    for _ in 0..2 {
        match cache.lookup(fingerprint)? {
            Lookup::Miss { reason, reservation } => return Ok(Found::Miss { reason: damage.unwrap_or(reason), reservation }),
            Lookup::Hit(record) => {
                let RecordedOutcome::Done { outputs } = &record.outcome else { continue };
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
    unreachable!("failures are never recorded, and a damaged output is put aside when it is found")
}
