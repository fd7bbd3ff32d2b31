//! Slots in a time of their own: trainings take as long as a script says, and nothing is trained.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use epnas::cache::Cache;
use epnas::digest::{Digest, Domain};
use epnas::engine::{Metrics, TaskFailure};
use epnas::run::{Capacity, Device, Executor, ExecutorError, Message, Notifier, Pools, Reply, Request};
use epnas::strategy::Measured;
use epnas::task::{FinalResult, Task};
use serde::Serialize;

#[path = "world.rs"]
mod world;

pub use world::World;

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

/// A pool in a world.
pub struct Simulated<'a> {
    cache: Cache,
    pub world: World,
    /// When slots come and go; see [`Event`].
    events: VecDeque<(Duration, usize, Event)>,
    devices: Vec<Device>,
    script: Script<'a>,
    attempts: BTreeMap<String, usize>,
    /// When what is heard of each slot.
    coming: BTreeMap<usize, (Duration, Message)>,
    /// The same by time.
    order: BTreeSet<(Duration, usize)>,
    /// Seconds that slots were busy, all together.
    busy: f64,
    /// Trainings that were begun.
    pub trainings: usize,
    /// Trainings that came to their end, by key.
    pub trained: BTreeMap<String, usize>,
    keys: BTreeMap<usize, String>,
    /// Interrupts the run when so many trainings have begun.
    pub interrupt_at: Option<usize>,
    pub notifier: Notifier,
    /// The most tasks that were ever on a device at once.
    pub most_at_once: usize,
}

/// What becomes of a slot.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Appears,
    Leaves,
    Vanishes,
    /// Its pool can give no slot any more.
    Breaks,
}

impl<'a> Simulated<'a> {
    /// A pool whose slots are there from the beginning.
    pub fn new(cache: &Cache, slots: usize, script: Script<'a>) -> Self {
        let appear = (0..slots).map(|slot| (Duration::ZERO, slot, Event::Appears));
        Self::coming_and_going(cache, World::new(), appear, script)
    }

    /// A pool whose slots come and go, at these times.
    pub fn coming_and_going(
        cache: &Cache,
        world: World,
        events: impl IntoIterator<Item = (Duration, usize, Event)>,
        script: Script<'a>,
    ) -> Self {
        let device = Device {
            name: "cpu".to_owned(),
            kind: "a simulated processor".to_owned(),
            memory: None,
            capacity: Capacity { host: Some(1 << 30), device: None },
        };
        let mut events: Vec<(Duration, usize, Event)> = events.into_iter().collect();
        events.sort_by_key(|(at, ..)| *at);
        for (at, ..) in &events {
            world.wake_at(*at);
        }
        let slots = events.iter().map(|(_, slot, _)| slot + 1).max().unwrap_or(1);
        Self {
            cache: cache.clone(),
            world,
            events: events.into(),
            devices: vec![device; slots],
            script,
            attempts: BTreeMap::new(),
            coming: BTreeMap::new(),
            order: BTreeSet::new(),
            busy: 0.0,
            trainings: 0,
            trained: BTreeMap::new(),
            keys: BTreeMap::new(),
            interrupt_at: None,
            notifier: Notifier::default(),
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

    /// The same slots on several machines with so many each.
    pub fn on_nodes_of(mut self, slots: usize) -> Self {
        for (slot, device) in self.devices.iter_mut().enumerate() {
            device.name = format!("cpu of node {}", slot / slots);
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
    pub fn now(&self) -> f64 {
        self.world.elapsed().as_secs_f64()
    }

    /// Seconds that slots were at work, all together.
    pub fn busy_seconds(&self) -> f64 {
        self.busy
    }

    /// Which part of the time slots were busy.
    pub fn busy_share(&self) -> f64 {
        self.busy / (self.now() * self.devices.len() as f64)
    }

    fn hear(&mut self, slot: usize, at: Duration, message: Message) {
        self.order.insert((at, slot));
        self.coming.insert(slot, (at, message));
    }

    /// Nothing is heard of the slot any more; gives what would have been.
    fn forget(&mut self, slot: usize) -> Option<Message> {
        let (at, message) = self.coming.remove(&slot)?;
        self.order.remove(&(at, slot));
        self.busy -= at.saturating_sub(self.world.elapsed()).as_secs_f64();
        Some(message)
    }

    fn answer(&self, slot: usize, request: &Request, answer: Answer) -> (f64, Message) {
        match answer {
            Answer::Done(seconds) => {
                let reply = Reply::Done { outputs: outputs(&self.cache, request), environment: BTreeMap::new(), seconds };
                (seconds, Message::Reply { slot, reply })
            }
            Answer::Fails(seconds, failure) => (seconds, Message::Reply { slot, reply: Reply::Failed { failure } }),
            Answer::Dies(seconds, failure) => (seconds, Message::Died { slot, failure }),
            Answer::Hangs => (0.0, Message::Reply { slot, reply: Reply::Alive }),
        }
    }
}

impl Executor for &mut Simulated<'_> {
    fn name(&self) -> &'static str {
        "a simulated pool"
    }

    fn devices(&self) -> Vec<Device> {
        self.devices.clone()
    }

    fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError> {
        let attempts = self.attempts.entry(request.key.to_string()).or_default();
        *attempts += 1;
        let answer = (self.script)(&request, *attempts - 1);
        let (seconds, message) = self.answer(slot, &request, answer);
        self.busy += seconds;
        let at = self.world.elapsed() + Duration::from_secs_f64(seconds);
        self.world.wake_at(at);
        assert!(!self.coming.contains_key(&slot), "slot {slot} has a task");
        self.hear(slot, at, message);
        self.most_at_once = self.most_at_once.max(self.coming.len());
        if matches!(request.task, Task::Train { .. }) {
            self.trainings += 1;
            self.keys.insert(slot, request.key.to_string());
            if self.interrupt_at.is_some_and(|at| self.trainings >= at) {
                self.interrupt_at = None;
                self.notifier.interrupt();
            }
        }
        Ok(())
    }

    /// In a pool whose slots go, what is paused is saved at once, and forgotten; elsewhere all is as good as nearly done.
    fn pause(&mut self, slot: usize) {
        let goes = |(_, going, event): &(Duration, usize, Event)| *going == slot && matches!(event, Event::Vanishes);
        if self.events.iter().any(goes) && self.coming.contains_key(&slot) {
            let reply = Reply::Failed { failure: TaskFailure::Paused };
            self.forget(slot);
            self.hear(slot, self.world.elapsed(), Message::Reply { slot, reply });
        }
    }

    fn end(&mut self, slot: usize) {
        self.forget(slot);
    }

    fn take(&mut self) -> Option<Message> {
        let now = self.world.elapsed();
        let first = self.order.first().copied().filter(|(at, _)| *at <= now);
        let event = self.events.front().map(|(at, ..)| *at).filter(|at| *at <= now);
        if let Some((at, slot)) = first
            && event.is_none_or(|event| at < event)
        {
            let message = self.forget(slot)?;
            let key = self.keys.remove(&slot);
            if let (Some(key), Message::Reply { reply: Reply::Done { .. }, .. }) = (key, &message) {
                *self.trained.entry(key).or_default() += 1;
            }
            return Some(message);
        }
        event?;
        let (_, slot, event) = self.events.pop_front()?;
        Some(match event {
            Event::Appears => Message::Appeared { slot, device: self.devices[slot].clone() },
            Event::Leaves => Message::Leaving { slot },
            Event::Vanishes => {
                self.forget(slot);
                self.keys.remove(&slot);
                Message::Gone { slot }
            }
            Event::Breaks => Message::Broken(ExecutorError::Silent { seconds: 7 }),
        })
    }
}

/// Pools of one world.
pub fn pools<'p, 's: 'p, const N: usize>(executors: [&'p mut Simulated<'s>; N]) -> Pools<'p> {
    let (world, notifier) = (executors[0].world.clone(), executors[0].notifier.clone());
    let boxed = executors.into_iter().map(|executor| Box::new(executor) as Box<dyn Executor + 'p>).collect();
    Pools::with_clock(Box::new(world), notifier, boxed)
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
            let metrics = Metrics { validation_accuracy, validation_loss: Some(0.5), train_loss: vec![1.0], diverged: None, score: None };
            let mut outputs = BTreeMap::from([("metrics".to_owned(), put(cache, &metrics))]);
            if *keep_weights {
                outputs.insert("weights".to_owned(), cache.put(b"weights").expect("the cache can be written"));
            }
            outputs
        }
        Task::Final { .. } => {
            let first = &request.inputs["measured-1"];
            let network: Measured = cache.get_json(first).expect("what was measured is there");
            let final_result = FinalResult { number: 1, network, test_accuracy: Some(0.5), test_accuracies: Vec::new(), test_top_5: None };
            BTreeMap::from([("final-result".to_owned(), put(cache, &final_result))])
        }
        Task::Measure { .. } => {
            BTreeMap::from([("latency".to_owned(), put(cache, &1.0)), ("candidate".to_owned(), request.inputs["candidate"])])
        }
        other => panic!("{other:?} is not simulated"),
    }
}
