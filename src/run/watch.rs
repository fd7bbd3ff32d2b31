//! How long slots may be waited for: which are at work, since when, and when each was last heard of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::engine::TaskFailure;
use crate::spec::Failures;

/// How long a worker may take to start: libtorch may come from a slow disk.
const STARTING: Duration = Duration::from_secs(180);

pub(super) struct Watch {
    silence: Duration,
    /// Of one attempt, in seconds.
    time_limit: Option<u64>,
    /// Slots whose worker has said that it is ready.
    ready: BTreeSet<usize>,
    at_work: BTreeMap<usize, AtWork>,
    /// The slots at work by when each is ended.
    deadlines: BTreeSet<(Instant, usize)>,
}

struct AtWork {
    given: Instant,
    /// When its worker began the task; `None` before.
    since: Option<Instant>,
    /// When its worker gave the last sign of life.
    heard: Instant,
    /// Its deadline.
    until: Instant,
}

impl Watch {
    pub(super) fn new(failures: &Failures) -> Self {
        let silence = Duration::from_secs(failures.silence);
        Self { silence, time_limit: failures.time_limit, ready: BTreeSet::new(), at_work: BTreeMap::new(), deadlines: BTreeSet::new() }
    }

    /// A slot is given a task.
    pub(super) fn gives(&mut self, slot: usize, now: Instant) {
        self.at_work.insert(slot, AtWork { given: now, since: None, heard: now, until: now });
        self.set_deadline(slot);
    }

    /// A slot's worker says something, which is its first sign of life or another one.
    pub(super) fn hears(&mut self, slot: usize, now: Instant) {
        self.ready.insert(slot);
        if let Some(work) = self.at_work.get_mut(&slot) {
            work.heard = now;
            self.set_deadline(slot);
        }
    }

    /// A slot's worker begins its task.
    pub(super) fn begins(&mut self, slot: usize, now: Instant) {
        if let Some(work) = self.at_work.get_mut(&slot) {
            work.since.get_or_insert(now);
            self.set_deadline(slot);
        }
    }

    /// The task of a slot has ended; gives the seconds that its worker was at it.
    pub(super) fn ends(&mut self, slot: usize, now: Instant) -> f64 {
        let work = self.at_work.remove(&slot);
        if let Some(work) = &work {
            self.deadlines.remove(&(work.until, slot));
        }
        work.map_or(0.0, |work| now.saturating_duration_since(work.since.unwrap_or(work.given)).as_secs_f64())
    }

    /// The worker of a slot is gone.
    pub(super) fn loses(&mut self, slot: usize) {
        self.ready.remove(&slot);
        self.set_deadline(slot);
    }

    /// Works the deadline of a slot out anew, if it is at work.
    fn set_deadline(&mut self, slot: usize) {
        let Some(until) = self.at_work.get(&slot).map(|work| self.deadline(slot, work).0) else { return };
        if let Some(work) = self.at_work.get_mut(&slot) {
            self.deadlines.remove(&(work.until, slot));
            work.until = until;
            self.deadlines.insert((until, slot));
        }
    }

    /// How long slots may be waited for.
    pub(super) fn until_overdue(&self, now: Instant) -> Option<Duration> {
        self.deadlines.first().map(|(until, _)| until.saturating_duration_since(now))
    }

    /// How long a worker may take to give its first sign of life.
    pub(super) fn starting(&self) -> Duration {
        self.silence.max(STARTING)
    }

    /// Whether a slot's worker has said that it is ready, and is not gone.
    pub(super) fn is_ready(&self, slot: usize) -> bool {
        self.ready.contains(&slot)
    }

    /// When a slot is ended, and why: silence counts from the last sign of life, the time limit from the beginning of the task.
    fn deadline(&self, slot: usize, work: &AtWork) -> (Instant, TaskFailure) {
        let patience = if self.ready.contains(&slot) { self.silence } else { self.starting() };
        let hangs = (work.heard + patience, TaskFailure::Hung { seconds: patience.as_secs() });
        let late = self.time_limit.zip(work.since);
        let late = late.map(|(seconds, since)| (since + Duration::from_secs(seconds), TaskFailure::TimedOut { seconds }));
        late.filter(|(at, _)| *at < hangs.0).unwrap_or(hangs)
    }

    /// The slots that have fallen silent or taken too long.
    pub(super) fn overdue(&self, now: Instant) -> Vec<(usize, TaskFailure)> {
        let mut overdue: Vec<usize> = self.deadlines.iter().take_while(|(until, _)| *until <= now).map(|(_, slot)| *slot).collect();
        overdue.sort_unstable();
        overdue.into_iter().filter_map(|slot| Some((slot, self.deadline(slot, self.at_work.get(&slot)?).1))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(more: &str) -> Watch {
        let text = format!("name: a\ndataset: {{name: mnist}}\nfailures: {{silence: 60s{more}}}\n");
        Watch::new(&crate::spec::read(text.as_bytes()).resolved.expect("a good spec").execution.failures)
    }

    #[test]
    fn the_time_limit_counts_from_when_the_worker_begins_the_task() {
        let mut watch = watch(", time-limit: 2s");
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        watch.gives(0, at(0));
        assert_eq!(watch.overdue(at(170)), [], "a worker may take its time to start");
        watch.hears(0, at(170));
        assert_eq!(watch.until_overdue(at(170)), Some(Duration::from_secs(60)), "it is ready, and has not begun");
        watch.begins(0, at(175));
        assert_eq!(watch.until_overdue(at(175)), Some(Duration::from_secs(2)));
        assert_eq!(watch.overdue(at(176)), []);
        assert_eq!(watch.overdue(at(177)), [(0, TaskFailure::TimedOut { seconds: 2 })]);
        assert!((watch.ends(0, at(177)) - 2.0).abs() < 1e-9, "nor does its start count as computing");
        // A worker that is there already must be heard of, too.
        watch.gives(0, at(180));
        assert_eq!(watch.overdue(at(239)), []);
        assert_eq!(watch.overdue(at(240)), [(0, TaskFailure::Hung { seconds: 60 })]);
    }

    #[test]
    fn silence_ends_a_slot_sooner_once_its_worker_was_ready() {
        let mut watch = watch("");
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        watch.gives(0, at(0));
        watch.gives(1, at(0));
        watch.hears(1, at(10));
        assert_eq!(watch.overdue(at(69)), []);
        assert_eq!(watch.overdue(at(70)), [(1, TaskFailure::Hung { seconds: 60 })]);
        watch.hears(1, at(70));
        assert_eq!(watch.overdue(at(180)), [(0, TaskFailure::Hung { seconds: 180 }), (1, TaskFailure::Hung { seconds: 60 })]);
        watch.ends(0, at(180));
        watch.ends(1, at(180));
        assert_eq!(watch.until_overdue(at(500)), None, "nobody waits for a slot without a task");
    }
}
