//! Slots on this machine: one long-lived worker process each, started when first needed and again after it died.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::clock::Notifier;
use super::executor::{Device, Executor, ExecutorError, Message};
use super::protocol::{Order, Reply, Request};
use crate::engine::{Memory, TaskFailure};
use crate::host::{Host, Refused, thread};

/// What a slot's worker is started with.
#[derive(Clone, Debug)]
pub struct SlotSettings {
    pub device: Device,
    pub threads: usize,
}

/// Worker processes on this machine.
pub struct LocalExecutor {
    program: PathBuf,
    /// All that workers get of the environment.
    environment: Vec<(OsString, OsString)>,
    slots: Vec<Slot>,
    /// Slots that are to be said to have appeared.
    unsaid: std::ops::Range<usize>,
    sender: Sender<FromWorker>,
    receiver: Receiver<FromWorker>,
    notifier: Notifier,
}

/// A message, and which worker of the slot it is of: what is left of one that was ended is not heard.
struct FromWorker {
    worker: u64,
    message: Message,
}

struct Slot {
    settings: SlotSettings,
    worker: Option<Worker>,
    /// Workers started so far.
    started: u64,
}

struct Worker {
    stdin: ChildStdin,
    process: Arc<Mutex<Child>>,
}

/// Keeps freed tensors with the process, in large pages: without it glibc gives each one back to the system, and training
/// is a fifth to a half slower. An allocator that is not glibc's ignores it.
pub const ALLOCATOR: [(&str, &str); 4] = [
    ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    ("MALLOC_MMAP_THRESHOLD_", "34359738368"),
    ("MALLOC_TRIM_THRESHOLD_", "34359738368"),
    ("MALLOC_TOP_PAD_", "268435456"),
];

/// Bytes of the longest reply.
const REPLY_LIMIT: u64 = 16 << 20;

/// How much of a worker's standard error is kept for a message.
const SAID_LIMIT: u64 = 4_000;

impl LocalExecutor {
    /// Notifies `notifier` of every message.
    pub fn new(program: PathBuf, environment: Vec<(OsString, OsString)>, slots: Vec<SlotSettings>, notifier: Notifier) -> Self {
        let (sender, receiver) = unbounded();
        let unsaid = 0..slots.len();
        let slots = slots.into_iter().map(|settings| Slot { settings, worker: None, started: 0 }).collect();
        Self { program, environment, slots, unsaid, sender, receiver, notifier }
    }

    /// Starts a worker where there is none.
    pub(super) fn have_worker(&mut self, slot: usize) -> Result<(), ExecutorError> {
        if self.slots[slot].worker.is_none() {
            self.slots[slot].worker = Some(self.spawn(slot)?);
        }
        Ok(())
    }

    /// What a worker says next, at most as long as `patience` says.
    pub(super) fn wait(&mut self, patience: Duration) -> Option<Message> {
        let until = Instant::now() + patience;
        loop {
            let sent = self.receiver.recv_deadline(until).ok()?;
            if let Some(message) = self.accept(sent) {
                return Some(message);
            }
        }
    }

    /// What is heard of a worker; nothing of one that was ended.
    fn accept(&mut self, FromWorker { worker, message }: FromWorker) -> Option<Message> {
        let (Message::Reply { slot, .. } | Message::Died { slot, .. }) = &message else { return Some(message) };
        let slot = &mut self.slots[*slot];
        if slot.worker.is_none() || worker != slot.started {
            return None;
        }
        if let Message::Died { failure, .. } = &message {
            tracing::warn!(%failure, device = slot.settings.device.name, "a worker is gone");
            slot.worker = None;
        }
        Some(message)
    }

    pub(super) fn order(&mut self, slot: usize, order: &Order) {
        self.slots[slot].order(order);
    }

    fn spawn(&mut self, slot: usize) -> Result<Worker, ExecutorError> {
        self.slots[slot].started += 1;
        let number = self.slots[slot].started;
        let settings = &self.slots[slot].settings;
        let kills = Host::here().out_of_memory_kills();
        let program = self.program.display().to_string();
        let mut process = Command::new(&self.program)
            .args(["--device", &settings.device.name, "--threads", &settings.threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(ALLOCATOR)
            // Ctrl-C in a terminal is for the coordinator, which ends its workers in order.
            .process_group(0)
            .spawn()
            .map_err(|source| not_started(&program, source))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (process.stdin.take(), process.stdout.take(), process.stderr.take()) else {
            unreachable!("all three streams are piped")
        };
        let process = Arc::new(Mutex::new(process));
        let said = Arc::new(Mutex::new(String::new()));
        let collect = Arc::clone(&said);
        let end = |refused| end_refused(&process, refused);
        let errors = thread("worker-errors", move || collect_errors(stderr, &collect)).map_err(end)?;
        tracing::info!(slot, device = settings.device.name, pid = process.lock().map_or(0, |process| process.id()), "a worker starts");
        let (sender, notifier, waited) = (self.sender.clone(), self.notifier.clone(), Arc::clone(&process));
        let watch = move || {
            let send = |message| {
                let is_sent = sender.send(FromWorker { worker: number, message }).is_ok();
                notifier.notify();
                is_sent
            };
            let was_ready = forward(slot, stdout, &send);
            // The pipe is closed: the process is ending or was ended.
            let status = waited.lock().ok().and_then(|mut process| process.wait().ok());
            let _ = errors.join();
            let said = said.lock().map(|said| said.clone()).unwrap_or_default();
            // One that was killed while it started may start the next time; one that gives up will not.
            let was_killed = status.is_some_and(|status| status.signal().is_some());
            let message = if was_ready || was_killed {
                Message::Died { slot, failure: death(status, &said, Host::here().out_of_memory_kills() > kills) }
            } else {
                Message::Broken(ExecutorError::NotReady { program, said: ending(status, &said) })
            };
            send(message);
        };
        thread("worker-replies", watch).map_err(end)?;
        Ok(Worker { stdin, process })
    }
}

impl Executor for LocalExecutor {
    fn name(&self) -> &'static str {
        "this machine"
    }

    fn devices(&self) -> Vec<Device> {
        self.slots.iter().map(|slot| slot.settings.device.clone()).collect()
    }

    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError> {
        self.have_worker(slot)?;
        self.order(slot, &Order::Do(Box::new(request)));
        Ok(())
    }

    fn pause(&mut self, slot: usize) {
        self.order(slot, &Order::Pause);
    }

    fn end(&mut self, slot: usize) {
        if let Some(worker) = self.slots[slot].worker.take()
            && let Ok(mut process) = worker.process.lock()
        {
            // One that is gone already needs no end; the thread that reads its output waits for it.
            let _ = process.kill();
        }
    }

    fn take(&mut self) -> Option<Message> {
        if let Some(slot) = self.unsaid.next() {
            return Some(Message::Appeared { slot, device: self.slots[slot].settings.device.clone() });
        }
        while let Ok(sent) = self.receiver.try_recv() {
            if let Some(message) = self.accept(sent) {
                return Some(message);
            }
        }
        None
    }
}

impl Slot {
    fn order(&mut self, order: &Order) {
        let mut line = serde_json::to_vec(order).expect("plain data always serialises");
        line.push(b'\n');
        if let Some(worker) = &mut self.worker {
            // A worker that is gone is reported by the thread that reads its output.
            let _ = worker.stdin.write_all(&line).and_then(|()| worker.stdin.flush());
        }
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        for worker in self.slots.iter_mut().filter_map(|slot| slot.worker.take()) {
            // Closing its input ends a worker that listens; whatever it writes is written whole or not at all.
            drop(worker.stdin);
            if let Ok(mut process) = worker.process.lock() {
                let _ = process.kill();
            }
        }
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

/// Ends a worker that nobody can listen to.
fn end_refused(process: &Mutex<Child>, refused: Refused) -> ExecutorError {
    if let Ok(mut process) = process.lock() {
        let _ = process.kill().and_then(|()| process.wait().map(drop));
    }
    refused.into()
}

/// Sends every reply on; whether the worker was ready once.
fn forward(slot: usize, stdout: impl Read, send: &dyn Fn(Message) -> bool) -> bool {
    let mut ready = false;
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    loop {
        line.clear();
        // A line without an end would fill the memory of all.
        match stdout.by_ref().take(REPLY_LIMIT).read_line(&mut line) {
            Ok(1..) if line.ends_with('\n') => {}
            _ => break,
        }
        let reply = match serde_json::from_str(&line) {
            Ok(reply) => reply,
            Err(error) => {
                tracing::warn!(slot, %error, said = line.trim_end(), "a worker said something unexpected");
                continue;
            }
        };
        ready |= matches!(reply, Reply::Ready);
        if !send(Message::Reply { slot, reply }) {
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

/// What the death of a worker means for its task. The kernel counts the processes it ended for want of memory.
fn death(status: Option<ExitStatus>, said: &str, kernel_killed: bool) -> TaskFailure {
    let was_killed = status.and_then(|status| status.signal()) == Some(9);
    if said.contains("memory allocation of") && said.contains("failed") {
        // Rust's last words when it gets none.
        TaskFailure::OutOfMemory { memory: Memory::Host, message: said.to_owned() }
    } else if was_killed && kernel_killed {
        TaskFailure::OutOfMemory { memory: Memory::Host, message: "the system ended the worker".to_owned() }
    } else {
        TaskFailure::Crashed { how: ending(status, said) }
    }
}

fn ending(status: Option<ExitStatus>, said: &str) -> String {
    let how = match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("exit code {code}"),
        Some((None, Some(signal))) => format!("killed by signal {signal}"),
        _ => "for no known reason".to_owned(),
    };
    if said.is_empty() { how } else { format!("{how}: {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_the_machine_refuses_is_no_missing_program() {
        let told = |code| not_started("epnas-worker", std::io::Error::from_raw_os_error(code)).to_string();
        let [again, missing] = [11, 2].map(told);
        assert!(again.starts_with("the machine refuses another process: ") && again.contains("`--workers N`"), "{again}");
        assert!(missing.starts_with("cannot start the worker `epnas-worker`: "), "{missing}");
    }
}
