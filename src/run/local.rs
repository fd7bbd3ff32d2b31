//! Slots on this machine: one long-lived worker process each, started when first needed and again after it died.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::clock::Notifier;
use super::executor::{Device, Executor, ExecutorError, Message};
use super::link::{Ending, Link, Said};
use super::protocol::{Order, Reply, Request};
use crate::engine::{Memory, TaskFailure};
use crate::event::LOCAL_POOL;
use crate::host::Host;

/// What a slot's worker is started with.
#[derive(Clone, Debug)]
pub struct SlotSettings {
    pub device: Device,
    pub threads: usize,
}

/// Worker processes on this machine.
pub struct LocalExecutor {
    name: String,
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
    worker: Option<Link>,
    /// Workers started so far.
    started: u64,
}

/// Keeps freed tensors with the process, in large pages: without it glibc gives each one back to the system, and training
/// is a fifth to a half slower. An allocator that is not glibc's ignores it.
pub const ALLOCATOR: [(&str, &str); 4] = [
    ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    ("MALLOC_MMAP_THRESHOLD_", "34359738368"),
    ("MALLOC_TRIM_THRESHOLD_", "34359738368"),
    ("MALLOC_TOP_PAD_", "268435456"),
];

impl LocalExecutor {
    /// Notifies `notifier` of every message.
    pub fn new(program: PathBuf, environment: Vec<(OsString, OsString)>, slots: Vec<SlotSettings>, notifier: Notifier) -> Self {
        let (sender, receiver) = unbounded();
        let unsaid = 0..slots.len();
        let slots = slots.into_iter().map(|settings| Slot { settings, worker: None, started: 0 }).collect();
        Self { name: LOCAL_POOL.to_owned(), program, environment, slots, unsaid, sender, receiver, notifier }
    }

    /// The same by another name.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
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

    /// What is heard of a worker; nothing of one that was ended. One that does not fit is ended.
    fn accept(&mut self, FromWorker { worker, message }: FromWorker) -> Option<Message> {
        let (Message::Reply { slot: number, .. } | Message::Died { slot: number, .. }) = message else { return Some(message) };
        let slot = &mut self.slots[number];
        if slot.worker.is_none() || worker != slot.started {
            return None;
        }
        match &message {
            Message::Reply { reply: Reply::Hello(about), .. } => {
                if let Some(why) = about.refusal() {
                    self.end(number);
                    return Some(Message::Broken(ExecutorError::Unfit { why }));
                }
            }
            Message::Died { failure, .. } => {
                tracing::warn!(%failure, device = slot.settings.device.name, "a worker is gone");
                slot.worker = None;
            }
            _ => {}
        }
        Some(message)
    }

    pub(super) fn order(&mut self, slot: usize, order: Order) {
        if let Some(worker) = &self.slots[slot].worker {
            worker.order(order);
        }
    }

    fn spawn(&mut self, slot: usize) -> Result<Link, ExecutorError> {
        self.slots[slot].started += 1;
        let number = self.slots[slot].started;
        let settings = &self.slots[slot].settings;
        let kills = Host::here().out_of_memory_kills();
        let program = self.program.display().to_string();
        let mut command = Command::new(&self.program);
        command
            .args(["--device", &settings.device.name, "--threads", &settings.threads.to_string()])
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(ALLOCATOR);
        let (sender, notifier) = (self.sender.clone(), self.notifier.clone());
        let hear = move |said| {
            let message = match said {
                Said::Reply(reply) => Message::Reply { slot, reply },
                Said::Broken(failure) => Message::Died { slot, failure },
                // One that was killed while it started may start the next time; one that gives up will not.
                Said::Ended(ending) if ending.has_answered || ending.signal().is_some() => {
                    Message::Died { slot, failure: death(&ending, Host::here().out_of_memory_kills() > kills) }
                }
                Said::Ended(ending) => Message::Broken(ExecutorError::NotReady { program: program.clone(), said: ending.text() }),
            };
            let is_sent = sender.send(FromWorker { worker: number, message }).is_ok();
            notifier.notify();
            is_sent
        };
        let link = Link::begin(command, None, hear)?;
        tracing::info!(slot, device = settings.device.name, pid = link.id(), "a worker starts");
        Ok(link)
    }
}

impl Executor for LocalExecutor {
    fn name(&self) -> &str {
        &self.name
    }

    fn devices(&self) -> Vec<Device> {
        self.slots.iter().map(|slot| slot.settings.device.clone()).collect()
    }

    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError> {
        self.have_worker(slot)?;
        self.order(slot, Order::Do(Box::new(request)));
        Ok(())
    }

    fn pause(&mut self, slot: usize) {
        self.order(slot, Order::Pause);
    }

    fn end(&mut self, slot: usize) {
        if let Some(worker) = self.slots[slot].worker.take() {
            worker.kill();
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

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        // Whatever a worker writes is written whole or not at all.
        self.slots.iter_mut().filter_map(|slot| slot.worker.take()).for_each(Link::kill);
    }
}

/// What the death of a worker means for its task. The kernel counts the processes it ended for want of memory.
pub(super) fn death(ending: &Ending, kernel_killed: bool) -> TaskFailure {
    let said = &ending.words;
    if said.contains("memory allocation of") && said.contains("failed") {
        // Rust's last words when it gets none.
        TaskFailure::OutOfMemory { memory: Memory::Host, message: said.clone() }
    } else if ending.signal() == Some(9) && kernel_killed {
        TaskFailure::OutOfMemory { memory: Memory::Host, message: "the system ended the worker".to_owned() }
    } else {
        TaskFailure::Crashed { how: ending.text() }
    }
}
