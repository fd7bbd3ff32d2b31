//! How many slots a pool starts and when: as many as tasks wait for, within its limits; later and later where starting fails.
//! Knows no process and no clock.

use std::time::{Duration, Instant};

/// How long after a failure the next start comes; twice as long after each further one, up to the most.
const BACK_OFF: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// The same after starts that somebody ended: the launcher itself had gone to work.
const LONGEST_ENDED: Duration = Duration::from_secs(15);

/// A pool that never had a slot is given up after so many failures in a row.
const HOPELESS: u32 = 5;

/// The limits of a pool, and how starting went so far.
#[derive(Debug)]
pub(super) struct Fleet {
    min: usize,
    max: usize,
    /// Tasks that would have a slot of it.
    wanted: usize,
    /// In a row, and those of them that came from the launcher itself.
    failures: u32,
    refusals: u32,
    next: Option<Instant>,
    had_slot: bool,
    /// Why starting failed last.
    said: String,
}

/// What follows on a failed start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was said before.
    Again,
    /// It fails for a reason that was not said yet; the next start comes after so long.
    Say(Duration),
    /// Nothing comes of this pool.
    Hopeless,
}

impl Fleet {
    pub(super) const fn new(min: usize, max: usize) -> Self {
        Self { min, max, wanted: 0, failures: 0, refusals: 0, next: None, had_slot: false, said: String::new() }
    }

    /// So many slots are at work and so many tasks wait; gives how many of those it has no room for.
    pub(super) fn want(&mut self, busy: usize, waiting: usize) -> usize {
        self.wanted = (busy + waiting).min(self.max);
        (busy + waiting).saturating_sub(self.max.max(busy))
    }

    /// How many slots are to be started where so many are there or on their way.
    pub(super) fn starts(&self, now: Instant, present: usize) -> usize {
        if self.next.is_some_and(|next| now < next) {
            return 0;
        }
        let lacking = self.wanted.max(self.min).saturating_sub(present);
        // After a failure one of them tries how it goes.
        if self.failures > 0 { lacking.min(1) } else { lacking }
    }

    /// When starting is tried again.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// A slot has appeared.
    pub(super) fn succeeds(&mut self) {
        (self.failures, self.refusals, self.next, self.had_slot) = (0, 0, None, true);
        self.said.clear();
    }

    /// A slot could not be started, for a reason. Of those that fail together one counts. What somebody ended while it started
    /// (`was_ended`) may start the next time.
    pub(super) fn fails(&mut self, now: Instant, said: &str, was_ended: bool) -> Verdict {
        let is_new = self.said != said;
        said.clone_into(&mut self.said);
        if self.next.is_none_or(|next| now >= next) {
            let longest = if was_ended { LONGEST_ENDED } else { LONGEST };
            let wait = longest.min(BACK_OFF * 2_u32.saturating_pow(self.failures.min(16)));
            self.failures += 1;
            self.refusals += u32::from(!was_ended);
            self.next = Some(now + wait);
            if self.refusals >= HOPELESS && !self.had_slot {
                return Verdict::Hopeless;
            }
        }
        let wait = self.next.map_or(Duration::ZERO, |next| next - now);
        if is_new { Verdict::Say(wait) } else { Verdict::Again }
    }

    /// Whether an idle slot may leave where so many are there or on their way.
    pub(super) const fn may_lose_one(&self, present: usize) -> bool {
        present > self.min
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_slots_start_as_tasks_wait_within_the_limits() {
        let now = Instant::now();
        let mut fleet = Fleet::new(1, 4);
        assert_eq!((fleet.starts(now, 0), fleet.starts(now, 1)), (1, 0), "the least");
        assert_eq!(fleet.want(0, 3), 0);
        assert_eq!((fleet.starts(now, 1), fleet.starts(now, 3)), (2, 0), "those on their way count");
        assert_eq!(fleet.want(3, 9), 8, "others have to take the rest");
        assert_eq!(fleet.starts(now, 3), 1);
        assert_eq!(fleet.want(0, 0), 0);
        assert_eq!(fleet.starts(now, 0), 1);
        assert!(fleet.may_lose_one(2) && !fleet.may_lose_one(1));
    }

    #[test]
    fn starting_that_fails_is_tried_later_and_later_and_told_once() {
        let begin = Instant::now();
        let mut fleet = Fleet::new(0, 8);
        fleet.want(0, 8);
        fleet.succeeds();
        let mut now = begin;
        let mut waits = Vec::new();
        for number in 0..12 {
            let verdict = fleet.fails(now, "no such partition", false);
            assert_eq!(matches!(verdict, Verdict::Say(_)), number == 0, "{verdict:?}");
            assert_eq!(fleet.fails(now, "no such partition", false), Verdict::Again, "it failed at the same time");
            assert_eq!(fleet.starts(now, 0), 0);
            let next = fleet.next().expect("later");
            waits.push((next - now).as_secs());
            now = next;
            assert_eq!(fleet.starts(now, 0), 1, "one tries how it goes");
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(fleet.fails(now, "the account is blocked", false), Verdict::Say(LONGEST));
        fleet.succeeds();
        assert_eq!((fleet.starts(now, 0), fleet.next()), (8, None));
    }

    #[test]
    fn a_pool_that_never_had_a_slot_is_given_up() {
        let mut now = Instant::now();
        let mut fleet = Fleet::new(0, 1);
        fleet.want(0, 1);
        let mut verdicts = Vec::new();
        for _ in 0..5 {
            assert_ne!(fleet.fails(now, "cancelled", true), Verdict::Hopeless);
            now = fleet.next().expect("later");
            verdicts.push(fleet.fails(now, "not found", false));
            now = fleet.next().expect("later");
        }
        let is_hopeless = |verdict: &Verdict| *verdict == Verdict::Hopeless;
        assert_eq!(verdicts.iter().map(is_hopeless).collect::<Vec<_>>(), [false, false, false, false, true]);
    }
}
