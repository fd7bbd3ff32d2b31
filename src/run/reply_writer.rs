//! Writes a worker's replies as whole lines, from any thread, and its heartbeat while a task makes progress.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use super::parcel::{Parcel, line, parts};
use super::process;
use super::protocol::Reply;
use crate::host::locked;

/// The time between two heartbeats.
const BEAT: Duration = Duration::from_secs(1);

/// Fewer ticks of processor time (hundredths of a second) are noise, not work.
const WORK: u64 = 3;

/// Is shared by the thread that works and the one that sends heartbeats.
#[derive(Debug)]
pub struct ReplyWriter<W> {
    output: Mutex<W>,
    at_work: AtomicBool,
    /// Steps of trainings.
    steps: AtomicU64,
}

impl<W: Write> ReplyWriter<W> {
    pub const fn new(output: W) -> Self {
        Self { output: Mutex::new(output), at_work: AtomicBool::new(false), steps: AtomicU64::new(0) }
    }

    /// Says that the process was told to end soon.
    pub fn say_leaving(&self) -> io::Result<()> {
        self.say(&Reply::Leaving)
    }

    pub(super) fn say(&self, reply: &Reply) -> io::Result<()> {
        let line = line(reply)?;
        let mut output = locked(&self.output);
        output.write_all(&line)?;
        output.flush()
    }

    /// Sends bytes that lie in several pieces; replies of other threads come through between two parts.
    pub(super) fn send(&self, parcel: &Parcel, pieces: &[&[u8]]) -> io::Result<()> {
        self.say(&Reply::Parcel(*parcel))?;
        for part in parts(pieces) {
            let line = line(&Reply::Part { bytes: part.len() })?;
            let mut output = locked(&self.output);
            output.write_all(&line)?;
            output.write_all(part)?;
            output.flush()?;
        }
        Ok(())
    }

    /// A task begins or has ended.
    pub(super) fn set_at_work(&self, at_work: bool) {
        self.at_work.store(at_work, SeqCst);
    }

    /// A training has done a step.
    pub(super) fn passed(&self) {
        self.steps.fetch_add(1, SeqCst);
    }

    /// Sends a heartbeat about once a second while a task makes steps or uses the processor. A process that hangs falls
    /// silent. Ends when the reader is gone.
    pub fn keep_saying_alive(&self) {
        let mut beat = Beat::default();
        loop {
            std::thread::sleep(BEAT);
            if beat.is_due(self.at_work.load(SeqCst), self.steps.load(SeqCst), process::ticks()) && self.say(&Reply::Alive).is_err() {
                return;
            }
        }
    }
}

/// The counters at the last heartbeat.
#[derive(Debug, Default)]
struct Beat {
    steps: u64,
    ticks: u64,
}

impl Beat {
    /// Whether a task has made progress since. Where processor time is unknown, every task counts as progressing.
    fn is_due(&mut self, at_work: bool, steps: u64, ticks: Option<u64>) -> bool {
        let moved = steps != self.steps || ticks.is_none_or(|ticks| ticks >= self.ticks + WORK);
        if moved {
            (self.steps, self.ticks) = (steps, ticks.unwrap_or(0));
        }
        at_work && moved
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    impl ReplyWriter<Vec<u8>> {
        pub fn bytes(&self) -> Vec<u8> {
            self.output.lock().expect("nobody died with it").clone()
        }

        /// What was said so far.
        pub fn said(&self) -> Vec<Reply> {
            let output = self.output.lock().expect("nobody died with it");
            output
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).expect("a reply"))
                .collect()
        }
    }

    #[test]
    fn a_task_that_moves_is_alive_and_one_that_does_not_falls_silent() {
        let mut beat = Beat::default();
        assert!(!beat.is_due(false, 0, Some(50)), "nothing is to be done");
        assert!(beat.is_due(true, 0, Some(60)));
        assert!(!beat.is_due(true, 0, Some(61)), "no more than an accident");
        assert!(!beat.is_due(true, 0, Some(60)));
        assert!(beat.is_due(true, 0, Some(63)), "little, but more than nothing since it was last alive");
        assert!(beat.is_due(true, 1, Some(63)), "a step on a device");
        assert!(!beat.is_due(true, 1, Some(63)));
        assert!(beat.is_due(true, 1, None));
    }

    #[test]
    fn many_say_whole_lines() {
        let replies = ReplyWriter::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| replies.say(&Reply::Alive).expect("heard")));
            }
        });
        assert_eq!(replies.said(), vec![Reply::Alive; 200]);
    }
}
