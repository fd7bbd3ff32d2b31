//! How far a comparison is: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::say;
use crate::host::locked;
use crate::report::QUIET;
use crate::text::clock;

/// Told of each search that ends.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: Option<Mutex<Lines>>,
}

/// Where no bar can be drawn.
struct Lines {
    began: Instant,
    said: Instant,
    done: usize,
    all: usize,
}

impl Progress {
    pub(super) fn new(searches: usize) -> Self {
        let began = Instant::now();
        if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{pos} of {len} searches {wide_bar} {eta} left").expect("a valid template");
            return Self { bar: ProgressBar::new(searches as u64).with_style(style), lines: None };
        }
        say(&format!("comparing {searches} searches"));
        Self { bar: ProgressBar::hidden(), lines: Some(Mutex::new(Lines { began, said: began, done: 0, all: searches })) }
    }

    pub(super) fn advance(&self) {
        self.bar.inc(1);
        if let Some(lines) = &self.lines
            && let Some(line) = locked(lines).advance(Instant::now())
        {
            say(&line);
        }
    }

    /// Takes the bar off the terminal.
    pub(super) fn close(&self) {
        self.bar.finish_and_clear();
    }
}

impl Lines {
    /// A line, where none was said for a while.
    fn advance(&mut self, now: Instant) -> Option<String> {
        self.done += 1;
        if now - self.said < QUIET {
            return None;
        }
        self.said = now;
        let passed = now - self.began;
        let left = passed.mul_f64((self.all - self.done) as f64 / self.done as f64);
        Some(format!("{}  {} of {} searches, {} left", clock(passed), self.done, self.all, clock(left)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_is_said_when_nothing_was_for_a_while() {
        let began = Instant::now();
        let mut lines = Lines { began, said: began, done: 0, all: 4 };
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(lines.advance(after(9)), None);
        assert_eq!(lines.advance(after(60)).as_deref(), Some("1:00  2 of 4 searches, 1:00 left"));
        assert_eq!(lines.advance(after(69)), None);
    }
}
