//! Processes of this machine, by what the system says of them.

use std::path::{Path, PathBuf};

use crate::files;
use crate::host::Host;
use crate::report::status::Process;

/// This one.
pub(super) fn this() -> Process {
    let pid = std::process::id();
    Process { host: host(), pid, birth: alive(pid).unwrap_or_default() }
}

/// Whether it is there; `None` where that cannot be known: on another machine, or without `/proc`.
pub(super) fn lives(process: &Process) -> Option<bool> {
    (process.host == host() && !process.birth.is_empty()).then(|| alive(process.pid).is_some_and(|birth| birth == process.birth))
}

fn host() -> String {
    Host::here().name()
}

/// When a process that is alive began: the boot of the machine, and ticks since then.
fn alive(pid: u32) -> Option<String> {
    let boot = line(Path::new("/proc/sys/kernel/random/boot_id"))?;
    let told = line(&PathBuf::from(format!("/proc/{pid}/stat")))?;
    // `pid (name) state …`, with any letters in the name; the 22nd field is when it began (proc_pid_stat(5)).
    let fields: Vec<&str> = told.rsplit_once(')')?.1.split_whitespace().collect();
    let (state, began) = (fields.first()?, fields.get(19)?);
    // Dead, but nobody has asked how it ended.
    if ["Z", "X", "x"].contains(state) { None } else { Some(format!("{boot}/{began}")) }
}

fn line(path: &Path) -> Option<String> {
    let bytes = files::read(path, 1 << 16).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_lives_until_it_ends_and_is_not_taken_for_another() {
        let own = this();
        assert_eq!(lives(&own), Some(true));
        assert_eq!(lives(&Process { birth: "another".to_owned(), ..own.clone() }), Some(false));
        assert_eq!(lives(&Process { host: "elsewhere".to_owned(), ..own.clone() }), None);
        assert_eq!(lives(&Process { birth: String::new(), ..own.clone() }), None);
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("cat is there");
        let birth = alive(child.id()).expect("it waits for input");
        child.kill().expect("it runs");
        let of_child = Process { pid: child.id(), birth, ..own };
        child.wait().expect("it ended");
        assert_eq!(lives(&of_child), Some(false));
    }
}
