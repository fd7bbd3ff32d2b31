//! Slots on this machine: one long-lived worker process each, started when first needed and again after it died.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::executor::{Executor, ExecutorError, Message};
use super::protocol::{Order, Reply, Request};
use crate::engine::TaskFailure;

/// What a slot's worker is started with.
#[derive(Clone, Debug)]
pub struct SlotSettings {
    /// `cpu`, or `cuda:N`.
    pub device: String,
    pub threads: usize,
}

/// Worker processes on this machine.
pub struct LocalExecutor {
    program: PathBuf,
    slots: Vec<Slot>,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

struct Slot {
    settings: SlotSettings,
    worker: Option<Worker>,
}

struct Worker {
    stdin: ChildStdin,
    process: Arc<Mutex<Child>>,
}

/// Keeps freed tensors with the process, in large pages: without it glibc gives each one back to the system, and training
/// is a fifth to a half slower. An allocator that is not glibc's ignores it.
const ALLOCATOR: [(&str, &str); 4] = [
    ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    ("MALLOC_MMAP_THRESHOLD_", "34359738368"),
    ("MALLOC_TRIM_THRESHOLD_", "34359738368"),
    ("MALLOC_TOP_PAD_", "268435456"),
];

/// How much of a worker's standard error is kept for a message.
const SAID_LIMIT: u64 = 4_000;

impl LocalExecutor {
    pub fn new(program: PathBuf, slots: Vec<SlotSettings>) -> Self {
        let (sender, receiver) = unbounded();
        let slots = slots.into_iter().map(|settings| Slot { settings, worker: None }).collect();
        Self { program, slots, sender, receiver }
    }

    /// A way to tell the run to stop, for a signal handler.
    pub fn interrupter(&self) -> impl Fn() + Send + 'static {
        let sender = self.sender.clone();
        // The run may be over already.
        move || drop(sender.send(Message::Interrupt))
    }

    fn spawn(&self, slot: usize) -> Result<Worker, ExecutorError> {
        let settings = &self.slots[slot].settings;
        let program = self.program.display().to_string();
        let mut process = Command::new(&self.program)
            .args(["--device", &settings.device, "--threads", &settings.threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .envs(ALLOCATOR)
            // Ctrl-C in a terminal is for the coordinator, which ends its workers in order.
            .process_group(0)
            .spawn()
            .map_err(|source| ExecutorError::Start { program: program.clone(), source })?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (process.stdin.take(), process.stdout.take(), process.stderr.take()) else {
            unreachable!("all three streams are piped")
        };
        let process = Arc::new(Mutex::new(process));
        let said = Arc::new(Mutex::new(String::new()));
        let collect = Arc::clone(&said);
        let errors = thread::spawn(move || collect_errors(stderr, &collect));
        let (sender, waited) = (self.sender.clone(), Arc::clone(&process));
        thread::spawn(move || {
            let was_ready = forward(slot, stdout, &sender);
            // The pipe is closed: the process is ending or was ended.
            let status = waited.lock().ok().and_then(|mut process| process.wait().ok());
            let _ = errors.join();
            let said = said.lock().map(|said| said.clone()).unwrap_or_default();
            let message = if was_ready {
                Message::Died { slot, failure: TaskFailure::Crashed { how: ending(status, &said) } }
            } else {
                Message::Broken(ExecutorError::NotReady { program, said: ending(status, &said) })
            };
            let _ = sender.send(message);
        });
        Ok(Worker { stdin, process })
    }
}

impl Executor for LocalExecutor {
    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError> {
        if self.slots[slot].worker.is_none() {
            self.slots[slot].worker = Some(self.spawn(slot)?);
        }
        let mut line = serde_json::to_vec(&Order::Do(Box::new(request))).expect("plain data always serialises");
        line.push(b'\n');
        if let Some(worker) = &mut self.slots[slot].worker {
            // A worker that is gone is reported by the thread that reads its output.
            let _ = worker.stdin.write_all(&line).and_then(|()| worker.stdin.flush());
        }
        Ok(())
    }

    fn next(&mut self, patience: Option<Duration>) -> Option<Message> {
        let message = match patience {
            None => self.receiver.recv().expect("this executor holds a sender"),
            Some(patience) => self.receiver.recv_timeout(patience).ok()?,
        };
        if let Message::Died { slot, .. } = &message {
            self.slots[*slot].worker = None;
        }
        Some(message)
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        for worker in self.slots.iter_mut().filter_map(|slot| slot.worker.take()) {
            // Closing its input ends a worker, whatever it is doing.
            drop(worker.stdin);
            drop(worker.process);
        }
    }
}

/// Sends every reply on; whether the worker was ready once.
fn forward(slot: usize, stdout: impl Read, sender: &Sender<Message>) -> bool {
    let mut ready = false;
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { break };
        let reply = match serde_json::from_str(&line) {
            Ok(reply) => reply,
            Err(error) => {
                tracing::warn!("a worker said something unexpected ({error}): {line}");
                continue;
            }
        };
        ready |= matches!(reply, Reply::Ready);
        if sender.send(Message::Reply { slot, reply }).is_err() {
            break;
        }
    }
    ready
}

/// Keeps the first part of what a worker says on its standard error, and reads on so that it never blocks.
fn collect_errors(mut stderr: impl Read, said: &Mutex<String>) {
    let mut bytes = Vec::new();
    let _ = stderr.by_ref().take(SAID_LIMIT).read_to_end(&mut bytes);
    if let Ok(mut said) = said.lock() {
        String::from_utf8_lossy(&bytes).trim().clone_into(&mut said);
    }
    let _ = std::io::copy(&mut stderr, &mut std::io::sink());
}

fn ending(status: Option<ExitStatus>, said: &str) -> String {
    let how = match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("exit code {code}"),
        Some((None, Some(9))) => "killed by signal 9; the system does that when memory runs out".to_owned(),
        Some((None, Some(signal))) => format!("killed by signal {signal}"),
        _ => "for no known reason".to_owned(),
    };
    if said.is_empty() { how } else { format!("{how}: {said}") }
}
