//! One slot of a launched pool: where it is in its life, and until when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::TaskFailure;
use crate::run::about::About;
use crate::run::depot::Depot;
use crate::run::executor::{Capacity, Device};
use crate::run::link::{Ending, Link};
use crate::run::local::death;

/// A slot is left so long before the batch system ends it, or a quarter of its time where that is less: what it does is saved
/// and handed over until then.
const NOTICE: Duration = Duration::from_secs(120);

pub(super) struct Slot {
    pub link: Link,
    /// Where its worker has a cache of its own.
    pub depot: Option<Arc<Depot>>,
    pub state: State,
    /// When it must be left, where that is known.
    pub leaves_at: Option<Instant>,
    /// It takes nothing new.
    pub is_leaving: bool,
}

pub(super) enum State {
    /// It has not answered.
    Starting {
        since: Instant,
    },
    Idle {
        since: Instant,
    },
    Busy,
}

impl Slot {
    pub(super) const fn has_appeared(&self) -> bool {
        !matches!(self.state, State::Starting { .. })
    }

    /// It has answered; `limit` is the longest that it may live.
    pub(super) fn appears(&mut self, about: &About, limit: Option<Duration>, now: Instant) {
        self.state = State::Idle { since: now };
        let left = about.ends_in.map(Duration::from_secs).into_iter().chain(limit).min();
        self.leaves_at = left.map(|left| now + left.saturating_sub(NOTICE.min(left / 4)));
    }

    pub(super) fn starts_too_long(&self, now: Instant, limit: Option<Duration>) -> bool {
        self.start_ends(limit).is_some_and(|at| at <= now)
    }

    pub(super) fn must_leave(&self, now: Instant) -> bool {
        !self.is_leaving && self.leaves_at.is_some_and(|at| at <= now)
    }

    pub(super) fn idles_too_long(&self, now: Instant, patience: Duration) -> bool {
        self.idle_ends(patience).is_some_and(|at| at <= now)
    }

    /// When something of it is due.
    pub(super) fn due(&self, start_limit: Option<Duration>, patience: Duration) -> impl Iterator<Item = Instant> {
        let leaves_at = self.leaves_at.filter(|_| !self.is_leaving);
        [self.start_ends(start_limit), self.idle_ends(patience), leaves_at].into_iter().flatten()
    }

    fn start_ends(&self, limit: Option<Duration>) -> Option<Instant> {
        let State::Starting { since } = self.state else { return None };
        limit.map(|limit| since + limit)
    }

    fn idle_ends(&self, patience: Duration) -> Option<Instant> {
        let State::Idle { since } = self.state else { return None };
        since.checked_add(patience)
    }
}

/// What a slot computes on. Slots of one job share its memory.
pub(super) fn device(about: &About, gpu: Option<&String>) -> Device {
    let job = about.job.as_ref().map_or_else(String::new, |job| format!(", job {job}"));
    let kind = gpu.map_or_else(|| format!("{}, 1 thread", about.processor), Clone::clone);
    Device {
        name: format!("{} on {}{job}", about.device, about.host),
        kind,
        memory: about.memory.filter(|_| gpu.is_none()),
        capacity: Capacity { host: about.memory_limit, device: None },
    }
}

/// The signal that ended a process; launchers hand it on as 128 and its number.
fn signal(ending: &Ending) -> Option<i32> {
    let code = ending.status.and_then(|status| status.code());
    ending.signal().or_else(|| code.filter(|code| *code > 128 && *code < 160).map(|code| code - 128))
}

/// Whether somebody ended a launcher, rather than that it gave up: hang-up, interrupt, kill, termination.
pub(super) fn was_ended(ending: &Ending) -> bool {
    // `ssh` tells of a command that was killed by this code alone; of failures of its own it says more.
    let by_ssh = ending.status.and_then(|status| status.code()) == Some(255) && ending.words.is_empty();
    by_ssh || signal(ending).is_some_and(|signal| [1, 2, 9, 15].contains(&signal))
}

/// The failure of a task whose slot went because of it; `None` where the machine, the engine or a person ended the slot.
pub(super) fn fault_of_task(ending: &Ending) -> Option<TaskFailure> {
    // The kernel sends these for what a program does: illegal instruction,
    // abort, bus error, floating point, segmentation fault. Kills, hang-ups and terminations come from elsewhere.
    let code = ending.status.and_then(|status| status.code());
    let out_of_memory = ["memory allocation of", "oom-kill", "oom_kill", "OOM Killed", "Out Of Memory"];
    if out_of_memory.iter().any(|words| ending.words.contains(words)) {
        let message = ending.text();
        return Some(TaskFailure::OutOfMemory { memory: crate::engine::Memory::Host, message });
    }
    // A worker that panics ends with 101.
    let is_own = code == Some(101) || signal(ending).is_some_and(|signal| [4, 6, 7, 8, 11].contains(&signal));
    is_own.then(|| death(ending, false))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;
    use crate::engine::FailureKind;

    #[test]
    fn a_slot_is_lost_by_its_task_or_by_its_machine() {
        let fault = |status: i32, words: &str| {
            let ending = Ending { status: Some(ExitStatus::from_raw(status)), words: words.to_owned(), has_answered: true };
            fault_of_task(&ending).map(|failure| failure.kind())
        };
        let code = |code: i32| code << 8;
        assert_eq!(fault(11, ""), Some(FailureKind::Crashed));
        assert_eq!(fault(code(139), "srun: error: n1: task 0: Segmentation fault"), Some(FailureKind::Crashed));
        assert_eq!(fault(code(143), "slurmstepd: error: *** STEP 7.0 ON n1 CANCELLED"), None);
        assert_eq!(fault(code(101), "thread 'main' panicked at src/torch/mod.rs"), Some(FailureKind::Crashed));
        assert_eq!(fault(9, ""), None);
        assert_eq!(fault(code(255), "Connection to n1 closed by remote host."), None);
        assert_eq!(fault(code(137), "slurmstepd: error: Detected 1 oom-kill event(s)"), Some(FailureKind::OutOfMemory));
    }

    #[test]
    fn what_was_ended_while_it_started_is_no_refusal() {
        let ended = |status: i32, words: &str| {
            was_ended(&Ending { status: Some(ExitStatus::from_raw(status)), words: words.to_owned(), has_answered: false })
        };
        let code = |code: i32| code << 8;
        assert_eq!([9, 15, code(143), code(255)].map(|status| ended(status, "")), [true; 4]);
        assert!(!ended(code(255), "Permission denied (publickey).") && !ended(code(1), "") && !ended(code(127), ""));
    }

    #[test]
    fn a_slot_knows_when_it_starts_or_idles_too_long_and_when_it_must_leave() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let link = Link::begin(std::process::Command::new("true"), None, |_| true).expect("it starts");
        let mut slot = Slot { link, depot: None, state: State::Starting { since: now }, leaves_at: None, is_leaving: false };
        assert!(!slot.has_appeared() && !slot.idles_too_long(now + 99 * second, second));
        assert_eq!([8, 9].map(|after| slot.starts_too_long(now + after * second, Some(9 * second))), [false, true]);
        assert!(!slot.starts_too_long(now + 9_999 * second, None));
        assert_eq!(slot.due(Some(9 * second), 5 * second).collect::<Vec<_>>(), [now + 9 * second]);
        slot.appears(&About { ends_in: Some(1_000), ..About::this("cpu") }, Some(2_000 * second), now);
        assert!(slot.has_appeared() && !slot.starts_too_long(now + 99 * second, Some(second)));
        assert_eq!([4, 5].map(|after| slot.idles_too_long(now + after * second, 5 * second)), [false, true]);
        assert_eq!([879, 880].map(|after| slot.must_leave(now + after * second)), [false, true]);
        assert_eq!(slot.due(Some(second), 5 * second).collect::<Vec<_>>(), [now + 5 * second, now + 880 * second]);
        slot.is_leaving = true;
        assert!(!slot.must_leave(now + 999 * second));
        slot.appears(&About { ends_in: None, ..About::this("cpu") }, Some(100 * second), now);
        assert_eq!(slot.leaves_at, Some(now + 75 * second), "a quarter of a short time is enough");
    }

    #[test]
    fn slots_of_one_job_share_a_device_and_others_do_not() {
        let about = About { host: "n1".to_owned(), ..About::this("cpu") };
        let in_job = |job: &str| device(&About { job: Some(job.to_owned()), ..about.clone() }, None).name;
        assert_eq!(device(&about, None).name, "cpu on n1");
        assert_eq!(in_job("7"), "cpu on n1, job 7");
        assert_ne!(in_job("7"), in_job("8"));
    }
}
