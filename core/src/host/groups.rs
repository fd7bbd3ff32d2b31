//! Control groups: in which ones a process is, and what each allows. Version 1 has a tree of groups for each controller,
//! version 2 one tree for all (cgroups(7)). A group is limited by all that it lies in.

use std::path::{Path, PathBuf};

use super::{Limit, Quota, text, value};

/// What a group limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Processors,
}

/// One group, seen for one controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Controller {
    /// Its name in version 1.
    const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Processors => "cpu",
        }
    }
}

/// The group of a process, and those that it is in up to the highest one that can be seen, the nearest first. `own`: its
/// `/proc/self/cgroup`. `mounts`: its `/proc/self/mountinfo`.
pub(super) fn of(root: &Path, own: &str, mounts: &str, controller: Controller) -> Vec<Group> {
    // Where both versions are mounted a controller belongs to one of them; version 2 then has no files of it.
    [Version::One, Version::Two].into_iter().flat_map(|version| lineage(root, own, mounts, controller, version)).collect()
}

fn lineage(root: &Path, own: &str, mounts: &str, controller: Controller, version: Version) -> Vec<Group> {
    let Some(path) = own.lines().find_map(|line| path_of(line, controller, version)) else { return Vec::new() };
    let Some((top, place)) = mounts.lines().find_map(|line| mount(line, controller, version)) else { return Vec::new() };
    let place = root.join(place.strip_prefix("/").unwrap_or(&place));
    // A process may be in a group that is not below what its container shows; what is shown is then all that is known.
    let below = Path::new(path).strip_prefix(&top).ok().filter(|below| !below.starts_with("..") && place.join(below).is_dir());
    let own = below.map_or_else(|| place.clone(), |below| place.join(below));
    let up = own.ancestors().take_while(|folder| folder.starts_with(&place));
    up.map(|folder| Group { folder: folder.components().collect(), version }).collect()
}

/// The group that a line of `/proc/self/cgroup` names: `number:controllers:path`, number 0 without controllers in version 2.
fn path_of(line: &str, controller: Controller, version: Version) -> Option<&str> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let is_it = match version {
        Version::One => controllers.split(',').any(|word| word == controller.word()),
        Version::Two => controllers.is_empty(),
    };
    is_it.then_some(path)
}

/// Which group a line of `/proc/self/mountinfo` shows, and where: fields 4 and 5 of proc_pid_mountinfo(5); the kind of file
/// system and its options follow a lone dash.
fn mount(line: &str, controller: Controller, version: Version) -> Option<(PathBuf, PathBuf)> {
    let (mount, system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(3);
    let (top, place) = (fields.next()?, fields.next()?);
    let mut fields = system.split(' ');
    let (kind, options) = (fields.next()?, fields.nth(1).unwrap_or_default());
    let is_it = match version {
        Version::One => kind == "cgroup" && options.split(',').any(|word| word == controller.word()),
        Version::Two => kind == "cgroup2",
    };
    is_it.then(|| (PathBuf::from(plain(top)), PathBuf::from(plain(place))))
}

/// Blanks and backslashes of paths stand there as octal numbers.
fn plain(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

impl Group {
    fn read(&self, name: &str) -> Option<String> {
        text(&self.folder.join(name))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.read(name)?.trim().parse().ok()
    }

    /// What its processes may take together; a word such as `max` is no limit.
    pub(super) fn memory_limit(&self) -> Option<Limit> {
        let names: &[&str] = match self.version {
            Version::One => &["memory.limit_in_bytes"],
            // Beyond `memory.high` processes are held up until they have given memory back: as good as a limit.
            Version::Two => &["memory.max", "memory.high"],
        };
        let limit = |name: &&str| Some(Limit { bytes: self.number(name)?, file: self.folder.join(name) });
        names.iter().filter_map(limit).reduce(|least, next| if next.bytes < least.bytes { next } else { least })
    }

    /// What its processes hold and the system cannot take back: files that were read count as free.
    pub(super) fn memory_in_use(&self) -> Option<u64> {
        let (name, key) = match self.version {
            Version::One => ("memory.usage_in_bytes", "total_inactive_file "),
            Version::Two => ("memory.current", "inactive_file "),
        };
        let idle = self.read("memory.stat").and_then(|told| value(&told, key)?.parse().ok()).unwrap_or(0);
        Some(self.number(name)?.saturating_sub(idle))
    }

    /// The share of the processors; `None` without a limit.
    pub(super) fn quota(&self) -> Option<Quota> {
        let (name, quota, period) = match self.version {
            Version::One => {
                let name = "cpu.cfs_quota_us";
                // No limit is -1.
                (name, self.number(name)?, self.number("cpu.cfs_period_us")?)
            }
            Version::Two => {
                let told = self.read("cpu.max")?;
                let (quota, period) = told.trim().split_once(' ')?;
                ("cpu.max", quota.parse().ok()?, period.parse().ok()?)
            }
        };
        (period > 0).then(|| Quota { cores: quota as f64 / period as f64, file: self.folder.join(name) })
    }

    /// How many of its processes the kernel has ended for want of memory.
    pub(super) fn out_of_memory_kills(&self) -> Option<u64> {
        let name = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        value(&self.read(name)?, "oom_kill ")?.parse().ok()
    }
}
