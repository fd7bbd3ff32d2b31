//! Devices of the user's that measure networks: a command of the pools file does it, on this machine or through it. A device
//! is a pool of one slot, so that it measures one network at a time, and does nothing else.

mod command;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde_json::json;

use self::command::Run;
use super::clock::Notifier;
use super::data::Store;
use super::executor::{Capacity, Device, Executor, ExecutorError, Message};
use super::protocol::{Reply, Request};
use super::serve::compute;
use crate::arch::{MeasureName, Network};
use crate::cache::{Cache, CacheError, Fingerprint, KeyLock};
use crate::engine::{Meter, NoCallback, NoMeasurement, TaskFailure};
use crate::export::unproven_model;
use crate::files;
use crate::host::{locked, thread};
use crate::spec::pools::{ONNX, is_plain};
use crate::statistics::median;
use crate::task::{StateCache, World};

/// How a device measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureSettings {
    pub name: MeasureName,
    /// A line of a shell that prints a number; [`ONNX`] stands for the path of the network.
    pub command: String,
    pub unit: Option<String>,
    /// How often it is run; the median counts.
    pub repeat: usize,
    /// Of one run of it.
    pub time_limit: Duration,
}

/// How long until a device that another run uses is asked for again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A device with its slot, number 0.
pub struct MeterExecutor {
    settings: MeasureSettings,
    cache: Cache,
    has_appeared: bool,
    /// Which measurement goes on, and what stops it.
    at_work: Option<(u64, Arc<AtomicBool>)>,
    begun: u64,
    /// Held while a command runs: one that is stopped may take a moment to end.
    device: Arc<Mutex<()>>,
    sender: Sender<(u64, Reply)>,
    receiver: Receiver<(u64, Reply)>,
    notifier: Notifier,
}

impl MeterExecutor {
    /// Reads networks from `cache` and keeps costs there; notifies `notifier` of every message.
    pub fn new(settings: MeasureSettings, cache: Cache, notifier: Notifier) -> Self {
        let (sender, receiver) = unbounded();
        let device = Arc::default();
        Self { settings, cache, has_appeared: false, at_work: None, begun: 0, device, sender, receiver, notifier }
    }

    /// Measures a network now, outside of a run.
    pub fn try_one(&self, network: &Network) -> Result<f64, TaskFailure> {
        let stop = AtomicBool::new(false);
        let mut bench = Bench { settings: &self.settings, cache: &self.cache, device: &self.device, stop: &stop, alive: &|| {} };
        bench.measure(network).map(|(cost, _)| cost)
    }

    /// Asks the measurement that goes on to stop.
    fn stop(&self) {
        if let Some((_, stop)) = &self.at_work {
            stop.store(true, SeqCst);
        }
    }
}

impl Executor for MeterExecutor {
    fn name(&self) -> &str {
        self.settings.name.as_str()
    }

    fn measure(&self) -> Option<MeasureName> {
        Some(self.settings.name)
    }

    /// Nothing that trains.
    fn devices(&self) -> Vec<Device> {
        Vec::new()
    }

    fn start(&mut self, _: usize, request: Request) -> Result<(), ExecutorError> {
        self.begun += 1;
        let (number, stop) = (self.begun, Arc::new(AtomicBool::new(false)));
        self.at_work = Some((number, Arc::clone(&stop)));
        let (sender, notifier) = (self.sender.clone(), self.notifier.clone());
        let say = move |reply| {
            let _ = sender.send((number, reply));
            notifier.notify();
        };
        let (settings, cache, device) = (self.settings.clone(), self.cache.clone(), Arc::clone(&self.device));
        let work = move || {
            say(Reply::Begun);
            let began = Instant::now();
            let mut meter = Bench { settings: &settings, cache: &cache, device: &device, stop: &stop, alive: &|| say(Reply::Alive) };
            let world = World { data: &mut Store::default(), engines: None, meter: Some(&mut meter), states: &mut StateCache::default() };
            let done = compute(&cache, &request.task, &request.inputs, world, &mut NoCallback);
            say(done.map_or_else(
                |failure| Reply::Failed { failure },
                |done| Reply::Done { outputs: done.outputs, environment: done.environment, seconds: began.elapsed().as_secs_f64() },
            ));
        };
        thread("measure", work)?;
        Ok(())
    }

    /// What was measured of a network so far is not kept.
    fn pause(&mut self, _: usize) {
        self.stop();
    }

    fn end(&mut self, _: usize) {
        self.stop();
        self.at_work = None;
    }

    fn want(&mut self, waiting: usize) -> usize {
        waiting
    }

    fn take(&mut self) -> Option<Message> {
        if !std::mem::replace(&mut self.has_appeared, true) {
            let name = self.settings.name.to_string();
            let device = Device { kind: name.clone(), name, memory: None, capacity: Capacity::default() };
            return Some(Message::Appeared { slot: 0, device });
        }
        while let Ok((number, reply)) = self.receiver.try_recv() {
            // Of a measurement that was ended nothing is heard.
            if self.at_work.as_ref().is_some_and(|(at_work, _)| *at_work == number) {
                if matches!(reply, Reply::Done { .. } | Reply::Failed { .. }) {
                    self.at_work = None;
                }
                return Some(Message::Reply { slot: 0, reply });
            }
        }
        None
    }
}

impl Drop for MeterExecutor {
    fn drop(&mut self) {
        self.stop();
        // Its command is ended then.
        drop(locked(&self.device));
    }
}

/// One measurement.
struct Bench<'a> {
    settings: &'a MeasureSettings,
    cache: &'a Cache,
    device: &'a Mutex<()>,
    stop: &'a AtomicBool,
    /// Says that it goes on.
    alive: &'a dyn Fn(),
}

impl Bench<'_> {
    /// The device, for this run alone among those on the same cache.
    fn alone(&self) -> Result<KeyLock, TaskFailure> {
        let name = Fingerprint { kind: "device".to_owned(), version: 1, parameters: json!(self.settings.name), inputs: BTreeMap::new() };
        loop {
            if self.stop.load(SeqCst) {
                return Err(TaskFailure::Paused);
            }
            if let Some(lock) = self.cache.lock(&name.key()).map_err(|error| error.failure())? {
                return Ok(lock);
            }
            (self.alive)();
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Meter for Bench<'_> {
    fn measure(&mut self, network: &Network) -> Result<(f64, BTreeMap<String, String>), TaskFailure> {
        let MeasureSettings { name, command, unit, repeat, time_limit } = self.settings;
        let _mine = locked(self.device);
        let _alone = self.alone()?;
        let unmeasured = |why, words| TaskFailure::Unmeasured { measure: *name, why, words };
        let folder = tempfile::tempdir().map_err(|error| unmeasured(NoMeasurement::NotStarted, error.to_string()))?;
        let file = folder.path().join("network.onnx");
        files::write_unflushed(&file, &unproven_model(network)).map_err(|error| CacheError::from(error).failure())?;
        let path = file.to_string_lossy();
        if !is_plain(&path) {
            let words = format!("`{path}` would not pass through a shell as it is: set TMPDIR to another folder");
            return Err(unmeasured(NoMeasurement::NotStarted, words));
        }
        let run = Run { command: &command.replace(ONNX, &path), time_limit: *time_limit, stop: self.stop, alive: self.alive };
        let values = (0..*repeat)
            .map(|_| run.number().map_err(|failed| failed.map_or(TaskFailure::Paused, |(why, words)| unmeasured(why, words))))
            .collect::<Result<Vec<f64>, TaskFailure>>()?;
        let told: Vec<String> = values.iter().map(f64::to_string).collect();
        let environment = [("device", Some(name.to_string())), ("measured", Some(told.join(" "))), ("unit", unit.clone())];
        let environment = environment.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        let value = median(&values).ok_or_else(|| unmeasured(NoMeasurement::NoNumber, String::new()))?;
        Ok((value, environment))
    }
}

#[cfg(test)]
mod tests;
