//! Signals that ask to stop: Ctrl-C, a hang-up, and what batch systems send before they end a job. They are heard from the
//! first watch on, by every run that is going on: the first one lets it save and stop, the second one ends it at once. Where
//! nothing is watched, the first one ends the program. What was ignored when the program began stays ignored, such as the
//! hang-up under `nohup`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::{Exit, say};
use crate::files;
use crate::host;

type Interrupt = Box<dyn Fn() + Send>;

static RUNS: Mutex<BTreeMap<u64, Interrupt>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);
static ASKED: AtomicBool = AtomicBool::new(false);
static LISTENER: OnceLock<Result<(), String>> = OnceLock::new();

/// How long a run may take to end itself when it is asked the second time.
const GRACE: Duration = Duration::from_secs(2);

/// Lets signals interrupt a run for as long as it is kept.
pub(super) struct Watch(u64);

impl Watch {
    /// Says `words` at the first signal, and ends the program.
    pub(super) fn to_end(words: &'static str) -> Self {
        // Where signals cannot be heard, the system ends the program, without these words.
        Self::new(move || {
            say(words);
            end();
        })
        .0
    }

    /// Calls `interrupt` at every signal from now on; tells why that cannot be.
    pub(super) fn new(interrupt: impl Fn() + Send + 'static) -> (Self, Result<(), String>) {
        let watch = Self(NEXT.fetch_add(1, Ordering::Relaxed));
        if let Ok(mut runs) = RUNS.lock() {
            runs.insert(watch.0, Box::new(interrupt));
        }
        (watch, LISTENER.get_or_init(listen).clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Ok(mut runs) = RUNS.lock() {
            runs.remove(&self.0);
        }
    }
}

/// Whether somebody asked to stop: nothing new should be begun.
pub(super) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

fn listen() -> Result<(), String> {
    let status = files::read(Path::new("/proc/self/status"), 1 << 20).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let heard = [SIGINT, SIGTERM, SIGHUP, SIGUSR1].into_iter().filter(|signal| !is_ignored(*signal, &status));
    let signals = Signals::new(heard).map_err(|error: io::Error| error.to_string())?;
    host::thread("signals", move || hear(signals)).map(drop).map_err(|error| error.to_string())
}

fn hear(mut signals: Signals) {
    for signal in signals.forever() {
        tracing::info!(signal, "asked to stop");
        let again = ASKED.swap(true, Ordering::Relaxed);
        let heard = RUNS.lock().map_or(0, |runs| runs.values().map(|interrupt| interrupt()).count());
        if again && heard > 0 {
            // Should it be busy with something that does not listen.
            std::thread::sleep(GRACE);
        }
        if again || heard == 0 {
            end();
        }
    }
}

/// Ends the program at once: all that is written is written whole or not at all.
fn end() -> ! {
    std::process::exit(Exit::Interrupted.code());
}

/// Whether a process with this `/proc/PID/status` ignores a signal (proc_pid_status(5)).
fn is_ignored(signal: i32, status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_mask() {
        let status = "Name:\tepnas\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\tffffffffffffffff\n";
        assert_eq!([SIGHUP, SIGINT, SIGUSR1, SIGTERM].map(|signal| is_ignored(signal, status)), [true, false, false, false]);
        assert!(!is_ignored(SIGHUP, ""));
    }
}
