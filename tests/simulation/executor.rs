//! Slots in a time of their own: trainings take as long as a script says, and nothing is trained.

use std::collections::BTreeMap;
use std::time::Duration;

use epnas::cache::Cache;
use epnas::digest::{Digest, Domain};
use epnas::engine::{Metrics, TaskFailure};
use epnas::run::{Capacity, Device, Executor, ExecutorError, Message, Reply, Request};
use epnas::strategy::Measured;
use epnas::task::{Task, Verdict};
use serde::Serialize;

/// What becomes of a task, after so many seconds.
pub enum Answer {
    Done(f64),
    Fails(f64, TaskFailure),
    /// Its worker dies.
    Dies(f64, TaskFailure),
    /// Its worker is ready, and then nothing is heard of it.
    Hangs,
}

/// Says of a request, and how often it was made before, what becomes of it.
pub type Script<'a> = Box<dyn FnMut(&Request, usize) -> Answer + 'a>;

pub struct Simulated<'a> {
    cache: Cache,
    devices: Vec<Device>,
    script: Script<'a>,
    attempts: BTreeMap<String, usize>,
    /// Seconds since the beginning.
    now: f64,
    /// When what is heard of each slot, at the latest.
    coming: BTreeMap<usize, (f64, Option<Message>)>,
    /// Seconds that slots were busy, all together.
    busy: f64,
    /// Trainings that were begun.
    pub trainings: usize,
    /// Interrupts the run when so many trainings have begun.
    pub interrupt_at: Option<usize>,
    /// The most tasks that were ever on a device at once.
    pub most_at_once: usize,
}

impl<'a> Simulated<'a> {
    pub fn new(cache: &Cache, slots: usize, script: Script<'a>) -> Self {
        let device = Device {
            name: "cpu".to_owned(),
            kind: "a simulated processor".to_owned(),
            memory: None,
            capacity: Capacity { host: Some(1 << 30), device: None },
        };
        Self {
            cache: cache.clone(),
            devices: vec![device; slots],
            script,
            attempts: BTreeMap::new(),
            now: 0.0,
            coming: BTreeMap::new(),
            busy: 0.0,
            trainings: 0,
            interrupt_at: None,
            most_at_once: 0,
        }
    }

    /// Bytes that tasks may take on the one device of all slots, and its kind.
    pub fn on(mut self, kind: &str, memory: u64) -> Self {
        for device in &mut self.devices {
            (device.kind, device.memory) = (kind.to_owned(), Some(memory));
        }
        self
    }

    /// The most bytes of memory that a task can have.
    pub fn with_host_memory(mut self, bytes: u64) -> Self {
        for device in &mut self.devices {
            device.capacity.host = Some(bytes);
        }
        self
    }

    /// What the slots compute on.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// Seconds since the beginning.
    pub const fn now(&self) -> f64 {
        self.now
    }

    /// Which part of the time slots were busy.
    pub fn busy_share(&self) -> f64 {
        self.busy / (self.now * self.devices.len() as f64)
    }

    fn answer(&self, slot: usize, request: &Request, answer: Answer) -> (f64, Message) {
        match answer {
            Answer::Done(seconds) => {
                let reply = Reply::Done { outputs: outputs(&self.cache, request), environment: BTreeMap::new(), seconds };
                (seconds, Message::Reply { slot, reply })
            }
            Answer::Fails(seconds, failure) => (seconds, Message::Reply { slot, reply: Reply::Failed { failure } }),
            Answer::Dies(seconds, failure) => (seconds, Message::Died { slot, failure }),
            Answer::Hangs => (0.0, Message::Reply { slot, reply: Reply::Ready }),
        }
    }
}

impl Executor for Simulated<'_> {
    fn slots(&self) -> usize {
        self.devices.len()
    }

    fn device(&self, slot: usize) -> &Device {
        &self.devices[slot]
    }

    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError> {
        let attempts = self.attempts.entry(request.key.to_string()).or_default();
        *attempts += 1;
        let answer = (self.script)(&request, *attempts - 1);
        let (seconds, message) = self.answer(slot, &request, answer);
        self.busy += seconds;
        self.coming.insert(slot, (self.now + seconds, Some(message)));
        self.most_at_once = self.most_at_once.max(self.coming.len());
        self.trainings += usize::from(matches!(request.task, Task::Train { .. }));
        Ok(())
    }

    fn pause(&mut self) {
        // What is saved is not part of a simulation: everything is as good as nearly done.
    }

    fn end(&mut self, slot: usize) {
        self.coming.remove(&slot);
    }

    fn next(&mut self, patience: Option<Duration>) -> Option<Message> {
        if self.interrupt_at.is_some_and(|at| self.trainings >= at) {
            self.interrupt_at = None;
            return Some(Message::Interrupt);
        }
        if patience == Some(Duration::ZERO) {
            return None;
        }
        let (&slot, _) = self.coming.iter().min_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b))?;
        let (at, message) = self.coming.remove(&slot)?;
        self.now = at;
        message
    }
}

/// A number from 0 to 1 that belongs to what a task reads.
pub fn luck(request: &Request, what: &str) -> f64 {
    let text = format!("{what} {:?}", request.inputs.get("candidate"));
    let digits = Digest::of(Domain::Blob, text.as_bytes()).to_string();
    u32::from_str_radix(&digits[..8], 16).map_or(0.0, |number| f64::from(number) / f64::from(u32::MAX))
}

/// What a training or the final test gives, as made up as the rest.
fn outputs(cache: &Cache, request: &Request) -> BTreeMap<String, Digest> {
    fn put(cache: &Cache, value: &impl Serialize) -> Digest {
        cache.put_json(value).expect("the cache can be written")
    }
    match &request.task {
        Task::Train { keep_weights, .. } => {
            let validation_accuracy = luck(request, "accuracy");
            let metrics = Metrics { validation_accuracy, validation_loss: Some(0.5), train_loss: vec![1.0], diverged: None };
            let mut outputs = BTreeMap::from([("metrics".to_owned(), put(cache, &metrics))]);
            if *keep_weights {
                outputs.insert("weights".to_owned(), cache.put(b"weights").expect("the cache can be written"));
            }
            outputs
        }
        Task::Final { .. } => {
            let first = &request.inputs["measured-1"];
            let network: Measured = cache.get_json(first).expect("what was measured is there");
            let verdict = Verdict { number: 1, network, test_accuracy: Some(0.5), test_accuracies: Vec::new() };
            BTreeMap::from([("verdict".to_owned(), put(cache, &verdict))])
        }
        other => panic!("{other:?} is not simulated"),
    }
}
