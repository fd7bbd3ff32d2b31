//! The worker's training callback: reports progress, saves checkpoints, and pauses the training on request.

use std::io::Write;
use std::time::{Duration, Instant};

use super::inbox::Inbox;
use super::protocol::{Reply, Request};
use super::reply_writer::ReplyWriter;
use super::storage::Storage;
use crate::engine::{Callback, Control, Progress, TaskFailure};

/// The time between two progress reports.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// A training with less time left is not paused: finishing takes no longer than saving and loading it.
const NEARLY_DONE: Duration = Duration::from_secs(10);

/// Checkpoints take at most about one part in this many of the time.
const SHARE: u32 = 20;

/// The callback of the task that was taken last.
pub(super) struct WorkerCallback<'a, W> {
    replies: &'a ReplyWriter<W>,
    inbox: &'a Inbox,
    storage: &'a dyn Storage,
    request: &'a Request,
    began: Instant,
    told: Instant,
    /// When and at which step the rate is counted from.
    from: (Instant, usize),
    saved: Instant,
    /// How long the last save took.
    cost: Duration,
    pausing: bool,
    /// What the processes took that had the training before.
    before: Duration,
}

impl<'a, W: Write> WorkerCallback<'a, W> {
    pub(super) fn new(
        replies: &'a ReplyWriter<W>,
        inbox: &'a Inbox,
        storage: &'a dyn Storage,
        request: &'a Request,
        began: Instant,
    ) -> Self {
        let (from, cost, before) = ((began, 0), Duration::ZERO, Duration::ZERO);
        Self { replies, inbox, storage, request, began, told: began, from, saved: began, cost, pausing: false, before }
    }

    /// What the task took in all, other processes included.
    pub(super) fn seconds(&self) -> f64 {
        (self.before + self.began.elapsed()).as_secs_f64()
    }

    fn save_is_due(&self, now: Instant) -> bool {
        let every = self.request.checkpoint.map(|seconds| Duration::from_secs(seconds).max(self.cost * SHARE));
        every.is_some_and(|every| now - self.saved >= every)
    }
}

/// How long the rest takes when it goes on as it went.
fn rest(elapsed: Duration, steps: usize, left: usize) -> Duration {
    let seconds = elapsed.as_secs_f64() / steps.max(1) as f64 * left as f64;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

impl<W: Write> Callback for WorkerCallback<'_, W> {
    fn saved(&mut self) -> Option<Vec<u8>> {
        let mut bytes = self.storage.checkpoint(&self.request.key)?;
        let (before, _) = bytes.split_first_chunk()?;
        self.before = Duration::from_nanos(u64::from_le_bytes(*before));
        bytes.drain(..size_of::<u64>());
        Some(bytes)
    }

    fn on_step(&mut self, Progress { done_steps, total_steps }: Progress) -> Control {
        let now = Instant::now();
        self.replies.passed();
        if now - self.told >= PROGRESS_EVERY {
            self.told = now;
            // A coordinator that is gone is noticed when the result is told.
            let _ = self.replies.say(&Reply::Progress(Progress { done_steps, total_steps }));
        }
        let (since, first) = self.from;
        let left = rest(now - since, done_steps.saturating_sub(first), total_steps.saturating_sub(done_steps));
        if first == 0 {
            // What came before the first step is no part of the rate.
            self.from = (now, done_steps);
            if done_steps <= 1 {
                // It began anew: the time of others was for nothing.
                self.before = Duration::ZERO;
            }
        }
        self.pausing = self.inbox.is_closed() || self.inbox.is_to_pause() && left > NEARLY_DONE;
        if self.pausing {
            Control::Pause
        } else if self.save_is_due(now) {
            Control::Checkpoint
        } else {
            Control::Continue
        }
    }

    /// A periodic checkpoint that cannot be written is skipped, because the result counts. A pause that would lose the
    /// state fails.
    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure> {
        let begun = Instant::now();
        let before = u64::try_from((self.before + self.began.elapsed()).as_nanos()).unwrap_or(u64::MAX);
        let saved = self.storage.save_checkpoint(&self.request.key, &[&before.to_le_bytes(), state]);
        self.saved = Instant::now();
        self.cost = self.saved - begun;
        if self.pausing { saved } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::Work;
    use super::super::inbox::tests::{heard, line};
    use super::super::protocol::{CachePlace, Order};
    use super::super::serve::tests::request;
    use super::*;
    use crate::cache::Cache;

    /// Steps of a training that would take for ever.
    const ENDLESS: usize = usize::MAX / 2;

    /// Calls `each` with the callback of a task that is paused or not, as asked.
    fn accompanied(checkpoint: Option<u64>, pause: bool, each: impl FnOnce(&mut WorkerCallback<'_, Vec<u8>>)) -> Vec<Reply> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        let request = Request { checkpoint, cache: CachePlace::Folder(folder.path().to_owned()), ..request() };
        let mut lines = vec![line(&Order::Do(Box::new(request.clone())))];
        lines.extend(pause.then(|| line(&Order::Pause)));
        let mut inbox = heard(&lines);
        assert_eq!(inbox.next(), Some(Work::Task(Box::new(request.clone()))));
        let replies = ReplyWriter::new(Vec::new());
        each(&mut WorkerCallback::new(&replies, &inbox, &cache, &request, Instant::now()));
        replies.said()
    }

    const fn at(done_steps: usize, total_steps: usize) -> Progress {
        Progress { done_steps, total_steps }
    }

    #[test]
    fn a_training_pauses_unless_it_is_nearly_done() {
        accompanied(None, true, |callback| {
            assert_eq!(callback.on_step(at(1, 1)), Control::Continue);
            assert_eq!(callback.on_step(at(2, ENDLESS)), Control::Pause);
            callback.save(b"half").expect("saved");
            assert_eq!(callback.saved().as_deref(), Some(&b"half"[..]));
        });
        accompanied(None, false, |callback| assert_eq!(callback.on_step(at(1, ENDLESS)), Control::Continue));
    }

    #[test]
    fn saves_come_at_the_times_asked_for_and_not_too_often() {
        accompanied(Some(0), false, |callback| {
            assert_eq!(callback.on_step(at(1, ENDLESS)), Control::Checkpoint);
            callback.cost = Duration::from_secs(60);
            assert_eq!(callback.on_step(at(2, ENDLESS)), Control::Continue);
        });
        accompanied(Some(3600), false, |callback| assert_eq!(callback.on_step(at(1, ENDLESS)), Control::Continue));
    }

    #[test]
    fn the_time_of_the_processes_before_counts_where_their_work_does() {
        accompanied(None, false, |callback| {
            callback.before = Duration::from_secs(1_000);
            callback.save(b"half").expect("saved");
            callback.before = Duration::ZERO;
            callback.saved().expect("a state");
            let _ = callback.on_step(at(5, 9));
            assert!(callback.seconds() >= 1_000.0);
            callback.from = (callback.began, 0);
            let _ = callback.on_step(at(1, 9));
            assert!(callback.seconds() < 1_000.0, "it began anew");
        });
    }

    #[test]
    fn a_state_that_cannot_be_saved_stops_a_pause_and_nothing_else() {
        let save = |callback: &mut WorkerCallback<'_, Vec<u8>>| {
            let CachePlace::Folder(folder) = &callback.request.cache else { panic!("it has one") };
            std::fs::write(folder.join("checkpoints-v1"), b"in the way").expect("write");
            let _ = callback.on_step(at(1, ENDLESS));
            callback.save(b"half")
        };
        accompanied(None, false, |callback| assert_eq!(save(callback), Ok(())));
        accompanied(None, true, |callback| assert!(save(callback).is_err()));
    }

    #[test]
    fn the_rest_is_reckoned_from_the_rate() {
        assert_eq!(rest(Duration::from_secs(4), 2, 3), Duration::from_secs(6));
        assert_eq!(rest(Duration::from_secs(4), 0, 1), Duration::from_secs(4));
        assert_eq!(rest(Duration::MAX, 1, usize::MAX), Duration::MAX);
    }
}
