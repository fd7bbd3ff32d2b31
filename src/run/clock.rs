//! Time as a run sees it, and how a run waits: pools and signals wake it, a simulation replaces the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Wakes a run that waits. Its clones belong to the same run.
#[derive(Clone, Debug)]
pub struct Notifier {
    sender: Sender<()>,
    receiver: Receiver<()>,
    interrupts: Arc<AtomicUsize>,
}

impl Default for Notifier {
    fn default() -> Self {
        let (sender, receiver) = bounded(1);
        Self { sender, receiver, interrupts: Arc::default() }
    }
}

impl Notifier {
    /// Says that there may be a message.
    pub fn notify(&self) {
        // A notification that is already there is enough.
        let _ = self.sender.try_send(());
    }

    /// Asks the run to stop, for a signal handler.
    pub fn interrupt(&self) {
        self.interrupts.fetch_add(1, SeqCst);
        self.notify();
    }

    /// Takes one of the interrupts that were asked for.
    pub(super) fn take_interrupt(&self) -> bool {
        self.interrupts.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// The time, and waiting.
pub trait Clock {
    fn now(&self) -> Instant;

    /// Waits for a notification, at most as long as `patience` says. It may return early.
    fn wait(&mut self, notifier: &Notifier, patience: Option<Duration>);
}

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&mut self, notifier: &Notifier, patience: Option<Duration>) {
        // The notifier holds a sender, so that an error is a time that is over.
        let _ = match patience {
            None => notifier.receiver.recv().ok(),
            Some(patience) => notifier.receiver.recv_timeout(patience).ok(),
        };
    }
}
