//! The process of a worker as the system sees it. Where the system does not tell, nothing is known; that is no error.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};

/// Signals that ask a process to stop, the one that batch systems send in advance among them.
pub const STOPPING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1];

/// Asks the system to end this process rather than others when memory runs out: its task is tried again, while the
/// coordinator would end the run.
pub fn raise_oom_score() {
    // More than twice as ready as by default, without being the first for a little memory. May be forbidden.
    let _ = fs::write("/proc/self/oom_score_adj", "500");
}

/// Leaves it to the coordinator to answer signals that ask to stop: a batch system sends them to every process of a job, and a
/// worker that ended at once could save nothing. It ends when the coordinator does.
pub fn leave_signals_to_the_coordinator() {
    for signal in STOPPING {
        // Where that cannot be, they end this process as always.
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
}

/// Hundredths of a second that this process has had of the processor, all threads but the one that asks.
pub(super) fn ticks() -> Option<u64> {
    let of = |path| fs::read_to_string(path).ok().and_then(|text| spent(&text));
    Some(of("/proc/self/stat")?.saturating_sub(of("/proc/thread-self/stat")?))
}

/// User and system time in a line of `stat`: fields 14 and 15, the second being a name in brackets that may hold anything.
fn spent(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1185 0 0 0 70 30 5 6 20 0 1 0 99 8192 208";
        assert_eq!(spent(stat), Some(100));
        assert_eq!(spent("42 (a) S 1"), None);
        assert_eq!(spent(""), None);
    }
}
