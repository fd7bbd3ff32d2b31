//! What a program takes.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time and peak kilobytes of a command that must succeed; what it starts itself is not counted. Its output is dropped.
pub fn measured(command: &mut Command) -> (Duration, u64) {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(kilobytes) = std::fs::read_to_string(&status).ok().as_deref().and_then(high_water) {
            peak = peak.max(kilobytes);
        }
        if let Some(ended) = child.try_wait().expect("it was started") {
            assert!(ended.success(), "{command:?} failed");
            return (began.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The peak in a status of the kernel, in kilobytes.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
