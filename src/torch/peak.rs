//! How much memory of the host a piece of work takes at its peak, as the system counts it for this process.

use std::fs;

/// Counts from here on.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Bytes that were resident at the beginning.
    before: u64,
    /// The peak of the process up to then, where its count could not begin anew.
    earlier: Option<u64>,
}

impl Watch {
    /// `None` where the system does not tell.
    pub fn begun() -> Option<Self> {
        // Begins the count of the peak anew. May be forbidden: then only a peak above all earlier ones is seen.
        let anew = fs::write("/proc/self/clear_refs", "5").is_ok();
        let (before, peak) = sizes(&status()?)?;
        Some(Self { before, earlier: (!anew).then_some(peak) })
    }

    /// Bytes at the peak beyond those at the beginning; `None` where an earlier peak hides it. Memory that earlier work
    /// has freed and the allocator kept is used again unseen, so this is a lower bound, and exact for the first training
    /// of a process and for every one that takes more than those before.
    pub fn peak(self) -> Option<u64> {
        let (_, peak) = sizes(&status()?)?;
        self.beyond(peak)
    }

    fn beyond(self, peak: u64) -> Option<u64> {
        self.earlier.is_none_or(|earlier| peak > earlier).then(|| peak.saturating_sub(self.before))
    }
}

fn status() -> Option<String> {
    fs::read_to_string("/proc/self/status").ok()
}

/// Bytes resident now and at the peak.
fn sizes(status: &str) -> Option<(u64, u64)> {
    let kilobytes = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some((kilobytes("VmRSS")?.checked_mul(1024)?, kilobytes("VmHWM")?.checked_mul(1024)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_resident_is_read_or_not_known() {
        let status = "Name:\tVmRSS: 1\nVmPeak:\t  900 kB\nVmHWM:\t   40 kB\nVmRSS:\t   30 kB\n";
        assert_eq!(sizes(status), Some((30 * 1024, 40 * 1024)));
        assert_eq!(sizes("VmRSS:\t30 kB\n"), None);
        assert_eq!(sizes("VmRSS:\t30 kB\nVmHWM:\t99999999999999999999 kB\n"), None);
    }

    #[test]
    fn a_peak_is_known_unless_an_earlier_one_hides_it() {
        let anew = Watch { before: 100, earlier: None };
        assert_eq!([anew.beyond(100), anew.beyond(150)], [Some(0), Some(50)]);
        let hidden = Watch { before: 100, earlier: Some(200) };
        assert_eq!([hidden.beyond(200), hidden.beyond(250)], [None, Some(150)]);
    }
}
