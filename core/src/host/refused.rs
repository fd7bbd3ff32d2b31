//! Threads and processes that the machine may refuse: a limit of the user, of the control group or of the service. That is
//! trouble to be told of, not a bug.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::text::ErrorText;

/// The machine gives this process no further thread or process.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.error_text())]
pub struct Refused {
    pub what: &'static str,
    #[source]
    pub source: io::Error,
}

impl Refused {
    pub fn error_text(&self) -> ErrorText {
        ErrorText::with_help(
            format!("the machine refuses another {}: {}", self.what, self.source),
            "allow more processes and threads (`ulimit -u`, `pids.max` of the control group, `TasksMax` of the service), \
             or choose fewer workers with `--workers N`",
        )
    }

    /// Whether a process was refused for want of room rather than because of its program.
    pub fn is_of_machine(error: &io::Error) -> bool {
        matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory)
    }
}

/// A thread that does `work`.
pub fn thread<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Refused> {
    begin(Builder::new().name(name.to_owned()), work)
}

fn begin<T: Send + 'static>(builder: Builder, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Refused> {
    builder.spawn(work).map_err(|source| Refused { what: "thread", source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_cannot_be_had_is_told_with_what_to_do() {
        assert_eq!(thread("adds", || 1 + 1).expect("there is room").join().expect("no panic"), 2);
        // No machine has so much room for its stack: it is all that addresses reach.
        let refused = begin(Builder::new().stack_size(1 << 47), || ()).expect_err("no room");
        let told = refused.to_string();
        assert!(told.starts_with("the machine refuses another thread: ") && told.contains("\nhelp: allow more processes"), "{told}");
        assert!(Refused::is_of_machine(&io::Error::from_raw_os_error(11)), "EAGAIN");
        assert!(!Refused::is_of_machine(&io::Error::from_raw_os_error(2)), "ENOENT");
    }
}
