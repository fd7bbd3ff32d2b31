//! What the system gives this process of the machine: memory, processors, threads, and what it ended for want of memory. The limits
//! are those of the machine and of every control group that the process is in, of version 1 and 2. The root of the file
//! system is handed over, so that tests can make up machines.

pub mod environment;
mod groups;
mod locked;
mod processor;
mod refused;

use std::path::{Path, PathBuf};

use crate::files;

pub use locked::locked;
pub use refused::{Refused, thread};

use groups::{Controller, Group};

/// A machine as its files tell of it.
#[derive(Clone, Debug)]
pub struct Host {
    root: PathBuf,
}

/// Memory in bytes, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of the machine.
    pub total: Option<u64>,
    /// What this process and its workers can have now, under all limits.
    pub free: Option<u64>,
    /// The lowest limit of its control groups, where it is below the memory of the machine.
    pub limit: Option<Limit>,
}

/// What a control group allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub bytes: u64,
    /// The file that says so.
    pub file: PathBuf,
}

/// A share of the processors that a control group allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    pub cores: f64,
    /// The file that says so.
    pub file: PathBuf,
}

impl Memory {
    /// The most that there can ever be for this process and its workers: of the machine or of the control group.
    pub fn most(&self) -> Option<u64> {
        self.limit.as_ref().map(|limit| limit.bytes).or(self.total)
    }
}

impl Host {
    /// This machine.
    pub fn here() -> Self {
        Self::at(Path::new("/"))
    }

    /// The one whose files lie below `root`.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub fn memory(&self) -> Memory {
        let told = self.text("/proc/meminfo");
        let kilobytes = |key: &str| value(&told, key)?.strip_suffix("kB")?.trim().parse::<u64>().ok();
        let [total, available] = ["MemTotal:", "MemAvailable:"].map(|key| kilobytes(key).map(|kilobytes| kilobytes << 10));
        let mut limit: Option<Limit> = None;
        let mut free = available;
        for group in self.groups(Controller::Memory) {
            let Some(found) = group.memory_limit().filter(|found| total.is_none_or(|total| found.bytes < total)) else { continue };
            if let Some(used) = group.memory_in_use() {
                let left = found.bytes.saturating_sub(used);
                free = Some(free.map_or(left, |free| free.min(left)));
            }
            // Of equal ones the nearest is told.
            if limit.as_ref().is_none_or(|limit| found.bytes < limit.bytes) {
                limit = Some(found);
            }
        }
        let most = limit.as_ref().map(|limit| limit.bytes);
        Memory { total, free: free.map(|free| most.map_or(free, |most| free.min(most))), limit }
    }

    /// The smallest share of the processors that a control group of this process allows.
    pub fn quota(&self) -> Option<Quota> {
        let quotas = self.groups(Controller::Processors).into_iter().filter_map(|group| group.quota());
        quotas.reduce(|least, next| if next.cores < least.cores { next } else { least })
    }

    /// How many processes the kernel has ended because memory ran out: in the control group of this process, or, where it
    /// does not count, on the whole machine; 0 where nobody says.
    pub fn out_of_memory_kills(&self) -> u64 {
        let own = self.groups(Controller::Memory).first().and_then(Group::out_of_memory_kills);
        let of_machine = || value(&self.text("/proc/vmstat"), "oom_kill ")?.parse().ok();
        own.or_else(of_machine).unwrap_or(0)
    }

    /// The control group of this process for `controller`, and those that it is in, the nearest first.
    fn groups(&self, controller: Controller) -> Vec<Group> {
        groups::of(&self.root, &self.text("/proc/self/cgroup"), &self.text("/proc/self/mountinfo"), controller)
    }

    fn text(&self, path: &str) -> String {
        text(&self.root.join(path.trim_start_matches('/'))).unwrap_or_default()
    }
}

/// What a file of the system says; `None` where it is not there.
fn text(path: &Path) -> Option<String> {
    files::read(path, 16 << 20).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// What stands behind a key at the beginning of a line.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
