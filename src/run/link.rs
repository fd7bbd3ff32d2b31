//! A worker's process and its three streams, whoever started it: orders go in, replies come out, and what is said beside them
//! is kept for messages. The same for a worker of this machine and for a launcher that carries the streams of another one.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rustix::process::{Pid, Signal, kill_process_group};

use super::executor::ExecutorError;
use super::protocol::{Order, Reply};
use super::words::Words;
use crate::host::{Refused, thread};

/// Bytes of the longest reply.
const REPLY_LIMIT: u64 = 16 << 20;

/// So many lines that are no replies are borne.
const NONSENSE: usize = 1_000;

/// How long after one greeting the next is said; each time twice as long, up to the most.
const GREETING: Duration = Duration::from_secs(1);
const RARE_GREETING: Duration = Duration::from_secs(60);

/// How long a process that was asked to end may take.
const GRACE: Duration = Duration::from_secs(5);

/// A process that is spoken to.
pub(super) struct Link {
    orders: Sender<Order>,
    process: Arc<Mutex<Child>>,
    words: Arc<Mutex<Words>>,
}

/// What is heard of a process. The last of it is its end.
#[derive(Debug)]
pub(super) enum Said {
    Reply(Reply),
    Ended(Ending),
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Ending {
    pub status: Option<ExitStatus>,
    /// What it said beside its replies.
    pub words: String,
    /// Whether it had said what it is.
    pub has_answered: bool,
}

impl Link {
    /// Starts a process in a group of its own and greets it. `hear` is called from another thread, until it says no.
    pub fn begin(mut command: Command, hear: impl Fn(Said) -> bool + Send + 'static) -> Result<Self, ExecutorError> {
        let program = command.get_program().to_string_lossy().into_owned();
        // Ctrl-C in a terminal is for the coordinator, which ends its workers in order.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = started.map_err(|source| not_started(&program, source))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (process.stdin.take(), process.stdout.take(), process.stderr.take()) else {
            unreachable!("all three streams are piped")
        };
        let process = Arc::new(Mutex::new(process));
        let words = Arc::new(Mutex::new(Words::default()));
        let end = |refused: Refused| {
            end_group(&process, Signal::KILL);
            let _ = status(&process);
            ExecutorError::from(refused)
        };
        let (orders, waiting) = unbounded();
        let (answer, answered) = crossbeam_channel::bounded(1);
        let collect = Arc::clone(&words);
        let errors = thread("worker-errors", move || keep_words(stderr, &collect)).map_err(end)?;
        thread("worker-orders", move || give(stdin, &waiting, &answered)).map_err(end)?;
        let (waited, spoken) = (Arc::clone(&process), Arc::clone(&words));
        let listen = move || {
            let has_answered = listen(stdout, &answer, &spoken, &hear);
            // The pipe is closed, or there is no sense in what it says: the process is ending or is ended.
            let status = status(&waited);
            let _ = errors.join();
            let words = locked(&spoken).text();
            hear(Said::Ended(Ending { status, words, has_answered }));
        };
        thread("worker-replies", listen).map_err(end)?;
        Ok(Self { orders, process, words })
    }

    /// Gives an order behind those before it, without waiting. Of one that is gone its end is heard.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// Number of the process on this machine.
    pub fn id(&self) -> u32 {
        locked(&self.process).id()
    }

    /// What the process has said beside its replies so far.
    pub fn words(&self) -> String {
        locked(&self.words).text()
    }

    /// Ends the process and all that it started, at once.
    pub fn kill(self) {
        end_group(&self.process, Signal::KILL);
    }

    /// Closes its input, asks the process and all that it started to end, and ends what is still there after a grace time.
    pub fn dismiss(self) {
        let Self { orders, process, .. } = self;
        drop(orders);
        let ends = move || {
            if !ends_within(&process, GRACE / 2) {
                end_group(&process, Signal::TERM);
                if !ends_within(&process, GRACE / 2) {
                    end_group(&process, Signal::KILL);
                }
            }
        };
        // Without a thread its input has ended at least.
        drop(thread("worker-end", ends));
    }
}

impl Ending {
    /// How it ended, with its words.
    pub fn text(&self) -> String {
        let how = match self.status.map(|status| (status.code(), status.signal())) {
            Some((Some(code), _)) => format!("exit code {code}"),
            Some((None, Some(signal))) => format!("killed by signal {signal}"),
            _ => "for no known reason".to_owned(),
        };
        if self.words.is_empty() { how } else { format!("{how}: {}", self.words) }
    }

    pub fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

/// Why there is no process of a program.
fn not_started(program: &str, source: std::io::Error) -> ExecutorError {
    if Refused::is_of_machine(&source) {
        Refused { what: "process", source }.into()
    } else {
        ExecutorError::Start { program: program.to_owned(), source }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends a signal to a process that nobody has waited for, and to all that it started.
fn end_group(process: &Mutex<Child>, signal: Signal) {
    let mut process = locked(process);
    if let (Ok(None), Some(group)) = (process.try_wait(), Pid::from_raw(process.id() as i32)) {
        // One that is gone already needs no end.
        let _ = kill_process_group(group, signal);
    }
}

/// Waits for the end of a process without keeping others from ending it.
fn status(process: &Mutex<Child>) -> Option<ExitStatus> {
    let mut pause = Duration::from_micros(200);
    loop {
        match locked(process).try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => {}
            Err(_) => return None,
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn ends_within(process: &Mutex<Child>, patience: Duration) -> bool {
    let pause = Duration::from_millis(20);
    for _ in 0..patience.as_millis() / pause.as_millis() {
        if !matches!(locked(process).try_wait(), Ok(None)) {
            return true;
        }
        std::thread::sleep(pause);
    }
    false
}

/// Greets until it is answered, then hands on orders until there will be none.
fn give(mut stdin: ChildStdin, orders: &Receiver<Order>, answered: &Receiver<()>) {
    let mut pause = GREETING;
    loop {
        if write(&mut stdin, &Order::Hello).is_err() {
            return;
        }
        match answered.recv_timeout(pause) {
            Ok(()) => break,
            Err(RecvTimeoutError::Timeout) => pause = (pause * 2).min(RARE_GREETING),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
    for order in orders {
        // A worker that is gone is reported by the thread that reads its output.
        if write(&mut stdin, &order).is_err() {
            return;
        }
    }
}

fn write(stdin: &mut ChildStdin, order: &Order) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stdin.write_all(&line).and_then(|()| stdin.flush())
}

/// Sends every reply on; whether the worker said what it is. What others say before that is kept.
fn listen(stdout: impl Read, answer: &Sender<()>, words: &Mutex<Words>, hear: &dyn Fn(Said) -> bool) -> bool {
    let (mut has_answered, mut nonsense) = (false, 0);
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line without an end would fill the memory of all.
        match stdout.by_ref().take(REPLY_LIMIT).read_until(b'\n', &mut line) {
            Ok(1..) if line.ends_with(b"\n") => {}
            Ok(1..) if !has_answered => {
                locked(words).add(&line);
                break;
            }
            _ => break,
        }
        let reply = match serde_json::from_slice(&line) {
            Ok(reply) if has_answered || matches!(reply, Reply::Hello(_)) => reply,
            other => {
                locked(words).add(&line);
                nonsense += 1;
                if has_answered {
                    let error = other.err().map(|error| error.to_string());
                    tracing::warn!(error, said = %String::from_utf8_lossy(&line).trim_end(), "a worker said something unexpected");
                }
                if nonsense > NONSENSE {
                    break;
                }
                continue;
            }
        };
        if matches!(reply, Reply::Hello(_)) {
            // Whoever greets may be gone already.
            let _ = answer.try_send(());
            if std::mem::replace(&mut has_answered, true) {
                continue;
            }
        }
        if !hear(Said::Reply(reply)) {
            break;
        }
    }
    has_answered
}

/// Keeps what a process says on its standard error, and reads to the end so that it never blocks.
fn keep_words(mut stderr: impl Read, words: &Mutex<Words>) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut piece) {
        locked(words).add(&piece[..count]);
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
