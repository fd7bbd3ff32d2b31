//! A command that prints a number: run in a group of its own, with a time limit, and with its words kept for messages.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::engine::NoMeasurement;
use crate::host::{Refused, locked, thread};
use crate::run::streams::{await_words, keep_words};
use crate::run::words::Words;

/// How often it is looked whether it has ended, at first and later.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(50);

/// The time between two signs of life.
const BEAT: Duration = Duration::from_secs(1);

/// How long its words are waited for when it has ended: what it leaves behind may keep its streams open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A command and what it is bound by.
pub(super) struct Run<'a> {
    /// A line of a shell.
    pub command: &'a str,
    pub time_limit: Duration,
    pub stop: &'a AtomicBool,
    /// Called about once a second.
    pub alive: &'a dyn Fn(),
}

/// Why there is no number, and what the command said; `None` where it was stopped.
pub(super) type Failed = Option<(NoMeasurement, String)>;

/// What is said on a stream, collected by a thread.
struct Listener {
    words: Arc<Mutex<Words>>,
    thread: JoinHandle<()>,
}

impl Listener {
    fn listen(stream: impl std::io::Read + Send + 'static) -> Result<Self, Refused> {
        let words = Arc::new(Mutex::new(Words::default()));
        let keep = Arc::clone(&words);
        Ok(Self { words, thread: thread("measure-words", move || keep_words(stream, &keep))? })
    }

    fn text(&self, until: Instant) -> String {
        await_words(&self.thread, until);
        locked(&self.words).text()
    }
}

impl Run<'_> {
    /// The number that it prints in its last line.
    pub(super) fn number(&self) -> Result<f64, Failed> {
        let not_started = |error: String| Some((NoMeasurement::NotStarted, error));
        let mut command = Command::new("/bin/sh");
        // Ctrl-C in a terminal is for the run, which ends its commands in order.
        command.args(["-c", self.command]).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| not_started(error.to_string()))?;
        let (Some(stdout), Some(stderr)) = (process.stdout.take(), process.stderr.take()) else { unreachable!("both streams are piped") };
        let listeners = Listener::listen(stdout).and_then(|printed| Ok((printed, Listener::listen(stderr)?)));
        let (printed, said) = listeners.map_err(|refused| {
            end(&mut process);
            not_started(refused.to_string())
        })?;
        let status = self.wait(&mut process);
        let until = Instant::now() + LAST_WORDS;
        let (printed, said) = (printed.text(until), said.text(until));
        let words = [printed.as_str(), said.as_str()].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("\n");
        let status = status.map_err(|why| why.map(|why| (why, words.clone())))?;
        if !status.success() {
            return Err(Some((NoMeasurement::Ended { status: told(status) }, words)));
        }
        let number = printed.lines().next_back().and_then(|line| line.trim().parse::<f64>().ok());
        number.filter(|number| number.is_finite() && *number >= 0.0).ok_or(Some((NoMeasurement::NoNumber, words)))
    }

    /// Waits for its end, or ends it with all that it started; the error is `None` where it was stopped.
    fn wait(&self, process: &mut Child) -> Result<ExitStatus, Option<NoMeasurement>> {
        let (began, mut beat, mut pause) = (Instant::now(), Instant::now(), SOON);
        loop {
            match process.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(_) => return Err(Some(NoMeasurement::NotStarted)),
            }
            if self.stop.load(SeqCst) {
                end(process);
                return Err(None);
            }
            if began.elapsed() >= self.time_limit {
                end(process);
                return Err(Some(NoMeasurement::TimedOut { seconds: self.time_limit.as_secs() }));
            }
            if beat.elapsed() >= BEAT {
                beat = Instant::now();
                (self.alive)();
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LATER);
        }
    }
}

/// Ends a process and all that it started.
fn end(process: &mut Child) {
    if let Some(group) = Pid::from_raw(process.id() as i32) {
        // One that is gone already needs no end.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = process.wait();
}

fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}
