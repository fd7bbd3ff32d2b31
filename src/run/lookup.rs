//! A task held against what earlier runs left of it: one rule for those who run, plan and ask.

use super::RunError;
use super::remembered::Remembered;
use crate::cache::{
    BLOB_LIMIT, Cache, CacheError, CacheReader, Fingerprint, Lookup, MissReason, Record, RecordedOutcome, Reservation, TaskKey,
};
use crate::digest::{Digest, Domain};
use crate::engine::TaskFailure;
use crate::event::{Outcome, TaskResult};
use crate::plan::{Plan, Planned};

pub(super) enum Found {
    Hit(TaskResult),
    /// It failed in an earlier run, after so many seconds, and would again.
    Failed(TaskFailure, f64),
    Miss {
        reason: MissReason,
        reservation: Reservation,
        /// Whether it failed beside others and is tried again without them.
        alone: bool,
    },
}

/// A hit counts only when every output can be read and has its hash; what is damaged is put aside and computed anew.
pub(super) fn look_up(cache: &Cache, key: &TaskKey, fingerprint: &Fingerprint, remembered: &Remembered) -> Result<Found, RunError> {
    // The second look finds what the first one put aside.
    let mut damage = None;
    for _ in 0..2 {
        let mut alone = false;
        let doubt = |record: &Record| {
            let doubt = remembered.doubt(record)?;
            alone = doubt.wants_to_be_alone();
            Some(doubt.to_string())
        };
        match cache.lookup_unless(key, fingerprint, doubt)? {
            Lookup::Miss { reason, reservation } => return Ok(Found::Miss { reason: damage.unwrap_or(reason), reservation, alone }),
            Lookup::Hit(record) => {
                let outputs = match &record.outcome {
                    RecordedOutcome::Done { outputs } => outputs,
                    RecordedOutcome::Failed { failure } => return Ok(Found::Failed(failure.clone(), record.seconds)),
                };
                let unreadable = outputs.iter().find_map(|(name, digest)| Some((name, digest, cache.get(digest, BLOB_LIMIT).err()?)));
                match unreadable {
                    None => return Ok(Found::Hit(cached(outputs.clone(), record))),
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

fn cached(outputs: std::collections::BTreeMap<String, Digest>, record: Record) -> TaskResult {
    TaskResult { outcome: Outcome::Cached, outputs, seconds: record.seconds, environment: record.environment }
}

/// What a run would find of a task without running it.
pub enum Earlier {
    Done(TaskResult),
    /// It failed and is not tried again; the bytes of what it counts as, where it counts.
    Failed(TaskFailure, Counted),
    Missing(MissReason),
}

/// The same look for those who run nothing: outputs are looked at by size.
pub fn earlier(
    cache: &CacheReader,
    plan: &Plan,
    planned: &Planned,
    fingerprint: &Fingerprint,
    remembered: &Remembered,
) -> Result<Earlier, CacheError> {
    let record = match cache.find(fingerprint)? {
        Ok(record) => record,
        Err(reason) => return Ok(Earlier::Missing(reason)),
    };
    if let Some(doubt) = remembered.doubt(&record) {
        return Ok(Earlier::Missing(MissReason::NotAccepted { why: doubt.to_string() }));
    }
    Ok(match &record.outcome {
        RecordedOutcome::Done { outputs } => Earlier::Done(cached(outputs.clone(), record)),
        RecordedOutcome::Failed { failure } => Earlier::Failed(failure.clone(), Counted::of(plan, planned, failure, true, record.seconds)),
    })
}

/// How a task ends that failed: a network that is to blame for it may count with an accuracy of 0.
pub struct Counted {
    pub result: TaskResult,
    /// Of its output, if it has one: whoever goes on must have it.
    pub bytes: Option<Vec<u8>>,
}

impl Counted {
    /// `remembered`: it failed in an earlier run.
    pub(super) fn of(plan: &Plan, planned: &Planned, failure: &TaskFailure, remembered: bool, seconds: f64) -> Self {
        let mut result = TaskResult::without_outputs(Outcome::Failed { failure: failure.clone(), remembered });
        result.seconds = seconds;
        let bytes = plan.after_failure(planned, failure).map(|metrics| serde_json::to_vec(&metrics).expect("plain data always serialises"));
        if let Some(bytes) = &bytes {
            result.outputs.insert("metrics".to_owned(), Digest::of(Domain::Blob, bytes));
        }
        Self { result, bytes }
    }
}
