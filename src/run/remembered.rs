//! Which failures of earlier runs count. A failure is a fact of the moment in which it was met: of a kind of device, of the
//! memory there was, of what ran beside it. Where that has changed for the better, the task is tried again.

use std::collections::BTreeMap;
use std::fmt;

use super::executor::{Capacity, Device};
use crate::cache::{Record, RecordedOutcome};
use crate::engine::{FailureKind, Memory, TaskFailure};

// Names under which a record says under what its task failed.
const DEVICE_KIND: &str = "device-kind";
const LIMIT: &str = "memory-limit";
const BESIDE: &str = "beside-others";

/// How much more memory there must be for another attempt: kernels of one machine differ by less in what they tell.
const MORE: f64 = 1.0 + 1.0 / 64.0;

/// The rule by which failures of earlier runs count: those that would come again on the devices at hand.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// Of each kind of device the most memory.
    devices: BTreeMap<String, Capacity>,
    rule: Rule,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rule {
    /// Failures that would come again count.
    #[default]
    Likely,
    /// None counts: everything that failed is tried again.
    None,
    /// All count, for those who look at what a run left.
    All,
}

/// Why a failure of an earlier run does not count now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RetryReason {
    Requested,
    /// A failure that nobody said would come again.
    Passing,
    OtherDevice(Option<String>),
    BesideOthers,
    /// Under which limit it failed, if that is known, and what there is now.
    MoreMemory(Option<u64>, Option<u64>),
}

impl RetryReason {
    pub(super) const fn wants_to_be_alone(&self) -> bool {
        matches!(self, Self::BesideOthers)
    }
}

impl fmt::Display for RetryReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested => f.write_str("`--retry-failed` was asked for"),
            Self::Passing => f.write_str("the cause may have passed"),
            Self::OtherDevice(Some(kind)) => write!(f, "that was on another kind of device, {kind}"),
            Self::OtherDevice(None) => f.write_str("the device is not known"),
            Self::BesideOthers => f.write_str("other tasks shared the memory then; it is tried without them"),
            Self::MoreMemory(then, now) => match (then, now) {
                (Some(then), Some(now)) => write!(f, "there were {} of memory then, there are {} now", size(*then), size(*now)),
                (Some(then), None) => write!(f, "there were {} of memory then; how much there is now is not known", size(*then)),
                (None, _) => f.write_str("how much memory there was is not known"),
            },
        }
    }
}

/// `700 MiB`, `22.5 GiB`.
fn size(bytes: u64) -> String {
    if bytes >> 30 == 0 { format!("{} MiB", bytes >> 20) } else { format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)) }
}

impl Remembered {
    /// For tasks that run on one of these devices; with `forgets` no failure counts.
    pub fn new<'a>(devices: impl IntoIterator<Item = &'a Device>, forgets: bool) -> Self {
        let rule = if forgets { Rule::None } else { Rule::Likely };
        let mut remembered = Self { devices: BTreeMap::new(), rule };
        devices.into_iter().for_each(|device| remembered.add(device));
        remembered
    }

    /// Every failure counts as it was recorded, whatever the devices are.
    pub fn as_recorded() -> Self {
        Self { devices: BTreeMap::new(), rule: Rule::All }
    }

    /// Tasks run on this device too.
    pub(super) fn add(&mut self, device: &Device) {
        let known = self.devices.entry(device.kind.clone()).or_insert(device.capacity);
        *known = Capacity { host: known.host.max(device.capacity.host), device: known.device.max(device.capacity.device) };
    }

    /// Whether a failure would come again and is worth remembering.
    pub(super) const fn keeps(kind: FailureKind) -> bool {
        matches!(kind, FailureKind::OutOfMemory | FailureKind::Diverged)
    }

    /// What is noted of a failure beside itself. `beside_others`: whether other tasks used the same memory.
    pub(super) fn note(device: &Device, failure: &TaskFailure, beside_others: bool) -> BTreeMap<String, String> {
        let mut note = BTreeMap::from([(DEVICE_KIND.to_owned(), device.kind.clone())]);
        if let TaskFailure::OutOfMemory { memory, .. } = failure {
            note.extend(device.capacity.of(*memory).map(|limit| (LIMIT.to_owned(), limit.to_string())));
            note.insert(BESIDE.to_owned(), beside_others.to_string());
        }
        note
    }

    /// Why a record does not count: its task is tried again. `None` where it does.
    pub(super) fn retry_reason(&self, record: &Record) -> Option<RetryReason> {
        let RecordedOutcome::Failed { failure } = &record.outcome else { return None };
        let told = |name: &str| record.environment.get(name);
        match self.rule {
            Rule::None => return Some(RetryReason::Requested),
            Rule::All => return None,
            Rule::Likely => {}
        }
        if !Self::keeps(failure.kind()) {
            return Some(RetryReason::Passing);
        }
        let kind = told(DEVICE_KIND);
        let Some(capacity) = kind.and_then(|kind| self.devices.get(kind)) else { return Some(RetryReason::OtherDevice(kind.cloned())) };
        let TaskFailure::OutOfMemory { memory, .. } = failure else { return None };
        if told(BESIDE).is_some_and(|beside| beside == "true") {
            return Some(RetryReason::BesideOthers);
        }
        Self::more_memory(told(LIMIT).and_then(|limit| limit.parse().ok()), capacity.of(*memory))
    }

    fn more_memory(then: Option<u64>, now: Option<u64>) -> Option<RetryReason> {
        match (then, now) {
            (Some(then), Some(now)) if now as f64 <= then as f64 * MORE => None,
            // Nothing has come to be known meanwhile.
            (None, None) => None,
            (then, now) => Some(RetryReason::MoreMemory(then, now)),
        }
    }
}

impl Capacity {
    /// The most bytes that can be had of a memory.
    pub const fn of(&self, memory: Memory) -> Option<u64> {
        match memory {
            Memory::Host => self.host,
            Memory::Device => self.device,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const GIB: u64 = 1 << 30;

    fn device(kind: &str, host: Option<u64>, device: Option<u64>) -> Device {
        Device { name: "cpu".to_owned(), kind: kind.to_owned(), memory: None, capacity: Capacity { host, device } }
    }

    fn record(failure: TaskFailure, environment: BTreeMap<String, String>) -> Record {
        let fingerprint =
            crate::cache::Fingerprint { kind: "train".to_owned(), version: 1, parameters: Value::Null, inputs: BTreeMap::new() };
        let outcome = RecordedOutcome::Failed { failure };
        Record { format: Record::FORMAT, fingerprint, outcome, sizes: BTreeMap::new(), seconds: 1.0, finished: 7, environment }
    }

    fn out_of(memory: Memory) -> TaskFailure {
        TaskFailure::OutOfMemory { memory, message: "no room".to_owned() }
    }

    /// What is doubted about a failure that was met on one device when it is looked at from another.
    fn retry_reason(failure: &TaskFailure, then: &Device, beside_others: bool, now: &Device) -> Option<RetryReason> {
        Remembered::new([now], false).retry_reason(&record(failure.clone(), Remembered::note(then, failure, beside_others)))
    }

    #[test]
    fn memory_that_ran_out_counts_until_there_is_more() {
        let small = device("a", Some(GIB), Some(8 * GIB));
        let large = device("a", Some(32 * GIB), Some(8 * GIB));
        let host = out_of(Memory::Host);
        assert_eq!(retry_reason(&host, &small, false, &small), None);
        assert_eq!(retry_reason(&host, &large, false, &small), None, "less is no reason");
        assert_eq!(retry_reason(&host, &small, false, &device("a", Some(GIB + GIB / 100), None)), None, "nor is a rounding");
        let more = retry_reason(&host, &small, false, &large).expect("there is more");
        assert_eq!(more.to_string(), "there were 1.0 GiB of memory then, there are 32.0 GiB now");
        assert_eq!(retry_reason(&out_of(Memory::Device), &small, false, &large), None, "it is the other memory that has grown");
        assert!(retry_reason(&host, &device("a", None, None), false, &large).is_some(), "nobody knows what there was");
        assert_eq!(retry_reason(&host, &device("a", None, None), false, &device("a", None, None)), None);
    }

    #[test]
    fn a_neighbour_another_device_and_a_wish_are_reasons_to_try_again() {
        let here = device("a", Some(GIB), None);
        let beside = retry_reason(&out_of(Memory::Host), &here, true, &here).expect("it was not alone");
        assert!(beside.wants_to_be_alone());
        let diverged = TaskFailure::Diverged { epoch: 1 };
        assert_eq!(retry_reason(&diverged, &here, true, &here), None, "a loss knows no neighbours");
        assert_eq!(retry_reason(&diverged, &here, false, &device("a", Some(99 * GIB), None)), None, "nor memory");
        let other = device("b", Some(GIB), None);
        assert_eq!(retry_reason(&diverged, &here, false, &other), Some(RetryReason::OtherDevice(Some("a".to_owned()))));
        assert_eq!(retry_reason(&TaskFailure::TimedOut { seconds: 1 }, &here, false, &here), Some(RetryReason::Passing));
        let wish = Remembered::new([&here], true);
        assert_eq!(wish.retry_reason(&record(diverged.clone(), Remembered::note(&here, &diverged, false))), Some(RetryReason::Requested));
        let done = Record { outcome: RecordedOutcome::Done { outputs: BTreeMap::new() }, ..record(diverged, BTreeMap::new()) };
        assert_eq!(wish.retry_reason(&done), None);
    }

    #[test]
    fn of_several_devices_of_a_kind_the_largest_counts() {
        let [small, large] = [GIB, 4 * GIB].map(|bytes| device("a", Some(bytes), None));
        let failed = |then: &Device| record(out_of(Memory::Host), Remembered::note(then, &out_of(Memory::Host), false));
        let both = Remembered::new([&large, &small], false);
        assert!(both.retry_reason(&failed(&small)).is_some());
        assert_eq!(both.retry_reason(&failed(&large)), None);
    }
}
