//! A worker's process and its three streams, whoever started it: orders go in, replies come out, and what is said beside them
//! is kept for messages. The same for a worker of this machine and for a launcher that carries the streams of another one.

use std::collections::BTreeSet;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded, unbounded};
use rustix::process::{Pid, Signal, kill_process_group};

use super::depot::Depot;
use super::executor::ExecutorError;
use super::parcel::Goods;
use super::protocol::{Order, Request};
pub(super) use super::streams::{Ending, Said};
use super::streams::{Given, ReplyReader, await_words, give, keep_words};
use super::words::Words;
use crate::host::{Refused, locked, thread};

/// How long a process that was asked to end may take.
const GRACE: Duration = Duration::from_secs(5);

/// How long the last words of a process that ended are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A process that is spoken to.
pub(super) struct Link {
    orders: Sender<Given>,
    process: Arc<Mutex<Child>>,
    words: Arc<Mutex<Words>>,
}

impl Link {
    /// Starts a process in a group of its own and greets it. `hear` is called from another thread, until it says no. What
    /// travels to and from a worker that has a cache of its own passes through the depot.
    pub(super) fn begin(
        mut command: Command,
        depot: Option<Arc<Depot>>,
        hear: impl Fn(Said) -> bool + Send + 'static,
    ) -> Result<Self, ExecutorError> {
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
        let (answer, answered) = bounded(1);
        let collect = Arc::clone(&words);
        let errors = thread("worker-errors", move || keep_words(stderr, &collect)).map_err(end)?;
        let source = depot.clone();
        thread("worker-orders", move || give(stdin, &waiting, &answered, source.as_deref())).map_err(end)?;
        let (waited, spoken) = (Arc::clone(&process), Arc::clone(&words));
        let listen = move || {
            let has_answered = ReplyReader { answer: &answer, words: &spoken, depot: depot.as_deref(), hear: &hear }.read(stdout);
            // The pipe is closed, or there is no sense in what it says: the process is ending or is ended.
            let status = status(&waited);
            await_words(&errors, Instant::now() + LAST_WORDS);
            let words = locked(&spoken).text();
            hear(Said::Ended(Ending { status, words, has_answered }));
        };
        thread("worker-replies", listen).map_err(end)?;
        Ok(Self { orders, process, words })
    }

    /// Gives an order behind those before it, without waiting. Of one that is gone its end is heard.
    pub(super) fn order(&self, order: Order) {
        let _ = self.orders.send(Given::Order(order));
    }

    /// Sends something from the depot behind the orders before it.
    pub(super) fn send(&self, goods: Goods) {
        let _ = self.orders.send(Given::Goods(goods));
    }

    /// Gives a task with all that belongs to it.
    pub(super) fn give(&self, request: Request, checkpoint: bool) {
        let (key, inputs) = (request.key, request.inputs.values().copied().collect::<BTreeSet<_>>());
        self.order(Order::Do(Box::new(request)));
        for digest in inputs {
            self.send(Goods::Artifact(digest));
        }
        if checkpoint {
            self.send(Goods::Checkpoint(key));
        }
    }

    /// Number of the process on this machine.
    pub(super) fn id(&self) -> u32 {
        locked(&self.process).id()
    }

    /// What the process has said beside its replies so far.
    pub(super) fn words(&self) -> String {
        locked(&self.words).text()
    }

    /// Ends the process and all that it started, at once.
    pub(super) fn kill(self) {
        end_group(&self.process, Signal::KILL);
    }

    /// Ends several processes: closes their inputs, and asks those to end that do not listen to theirs; returns when all are gone,
    /// or ends those that are still there after a grace time.
    pub(super) fn end_all(links: Vec<(bool, Self)>) {
        let processes: Vec<Arc<Mutex<Child>>> = links
            .into_iter()
            .map(|(listens, link)| {
                if !listens {
                    end_group(&link.process, Signal::TERM);
                }
                link.process
            })
            .collect();
        let mut left = GRACE;
        for process in processes {
            let began = Instant::now();
            if !ends_within(&process, left) {
                end_group(&process, Signal::KILL);
            }
            left = left.saturating_sub(began.elapsed());
        }
    }

    /// Closes its input, asks the process and all that it started to end, and ends what is still there after a grace time.
    pub(super) fn dismiss(self) {
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

/// Why there is no process of a program.
fn not_started(program: &str, source: std::io::Error) -> ExecutorError {
    if Refused::is_of_machine(&source) {
        Refused { what: "process", source }.into()
    } else {
        ExecutorError::Start { program: program.to_owned(), source }
    }
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

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
