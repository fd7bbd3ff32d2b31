//! Trainings done once more, to see how far their results can be trusted to come again. What is remembered stays as it is:
//! the new results go to a cache of their own.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::executor::{Executor, Message};
use super::protocol::{Reply, Request};
use super::watch::Watch;
use super::{DataPlace, RunError, Store, serve};
use crate::arch::Architecture;
use crate::cache::{BLOB_LIMIT, Cache, CacheReader, Record};
use crate::digest::Digest;
use crate::engine::{Metrics, PEAK, TaskFailure, Unaccompanied};
use crate::spec::Failures;
use crate::task::{Task, World};

/// What trainings are done again with.
pub struct Retraining<'a> {
    /// Where they are remembered.
    pub cache: &'a CacheReader,
    /// An empty cache for the new results.
    pub scratch: &'a Cache,
    pub place: DataPlace,
    pub store: &'a mut Store,
    pub executor: &'a mut dyn Executor,
    /// How long a slot may be silent, and take: as in a run. Nothing is tried twice.
    pub failures: &'a Failures,
    /// Told of each training that has ended.
    pub listen: &'a mut dyn FnMut(&Retrained),
}

/// A training that was done again.
#[derive(Clone, Debug)]
pub struct Retrained {
    pub network: Architecture,
    pub remembered: Metrics,
    pub again: Result<Metrics, TaskFailure>,
    /// What it was computed with, then and now.
    pub environments: [BTreeMap<String, String>; 2],
}

impl Retrained {
    /// How far the validation accuracy moved.
    pub fn drift(&self) -> Option<f64> {
        self.again.as_ref().ok().map(|again| again.validation_accuracy - self.remembered.validation_accuracy)
    }
}

/// Does trainings again, each with its record; `None` if it was interrupted. In the order given.
pub fn retrain(trainings: &[(Task, Record)], retraining: Retraining<'_>) -> Result<Option<Vec<Retrained>>, RunError> {
    let Retraining { cache, scratch, place, store, executor, failures, listen } = retraining;
    let mut watch = Watch::new(failures);
    let mut results: BTreeMap<usize, Retrained> = BTreeMap::new();
    let mut running: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue: VecDeque<usize> = (0..trainings.len()).collect();
    while results.len() < trainings.len() {
        for slot in 0..executor.slots() {
            if running.contains_key(&slot) {
                continue;
            }
            let Some(index) = queue.pop_front() else { break };
            let (task, record) = &trainings[index];
            let inputs = &record.fingerprint.inputs;
            for digest in inputs.values() {
                scratch.put(&cache.get(digest, BLOB_LIMIT)?)?;
            }
            if task.needs_tensors() {
                let request = Request {
                    task: task.clone(),
                    key: record.fingerprint.key(),
                    checkpoint: None,
                    inputs: inputs.clone(),
                    cache: scratch.folder().to_owned(),
                    data: place.clone(),
                };
                executor.start(slot, request)?;
                watch.gives(slot, Instant::now());
                running.insert(slot, index);
            } else {
                let world = World { data: store, engines: None };
                let done = serve::compute(scratch, task, inputs, world, &mut Unaccompanied).map(|done| (done.outputs, done.environment));
                let retrained = compare(record, cache, scratch, done)?;
                listen(&retrained);
                results.insert(index, retrained);
            }
        }
        if running.is_empty() {
            continue;
        }
        let ended: Vec<(usize, Result<Done, TaskFailure>)> = match executor.next(watch.until_overdue(Instant::now())) {
            Some(Message::Reply { slot, reply }) => {
                watch.hears(slot, Instant::now());
                match reply {
                    Reply::Done { outputs, environment, .. } => vec![(slot, Ok((outputs, environment)))],
                    Reply::Failed { failure } => vec![(slot, Err(failure))],
                    Reply::Ready | Reply::Alive | Reply::Progress(_) | Reply::Measured(_) => continue,
                }
            }
            Some(Message::Died { slot, failure }) => {
                watch.loses(slot);
                vec![(slot, Err(failure))]
            }
            Some(Message::Broken(error)) => return Err(error.into()),
            Some(Message::Interrupt) => return Ok(None),
            None => {
                let overdue = watch.overdue(Instant::now());
                overdue.iter().try_for_each(|(slot, failure)| watch.end(executor, *slot, failure))?;
                overdue.into_iter().map(|(slot, failure)| (slot, Err(failure))).collect()
            }
        };
        for (slot, done) in ended {
            watch.ends(slot, Instant::now());
            if let Some(index) = running.remove(&slot) {
                let retrained = compare(&trainings[index].1, cache, scratch, done)?;
                listen(&retrained);
                results.insert(index, retrained);
            }
        }
    }
    Ok(Some(results.into_values().collect()))
}

type Done = (BTreeMap<String, Digest>, BTreeMap<String, String>);

fn compare(record: &Record, cache: &CacheReader, scratch: &Cache, done: Result<Done, TaskFailure>) -> Result<Retrained, RunError> {
    let output = |outputs: &BTreeMap<String, Digest>, name: &str| outputs.get(name).copied();
    let remembered: BTreeMap<String, Digest> = record.outcome.outputs().map(|(name, digest)| (name.clone(), *digest)).collect();
    let candidate = output(&record.fingerprint.inputs, "candidate").expect("a training has a candidate");
    let metrics = output(&remembered, "metrics").expect("a training gives metrics");
    let (again, environment) = match done {
        Ok((outputs, environment)) => {
            let metrics = output(&outputs, "metrics").expect("a training gives metrics");
            (Ok(scratch.get_json(&metrics)?), environment)
        }
        Err(failure) => (Err(failure), BTreeMap::new()),
    };
    // What it took is no part of what it was computed with.
    let environments = [record.environment.clone(), environment].map(|mut environment| {
        environment.remove(PEAK);
        environment
    });
    Ok(Retrained { network: cache.get_json(&candidate)?, remembered: cache.get_json(&metrics)?, again, environments })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::{Capacity, Device, ExecutorError, fingerprint};
    use super::*;
    use crate::arch::Row;
    use crate::cache::{Lookup, RecordedOutcome};

    /// Slots that answer at once: the training says what `answer` says of the number in its recipe's place.
    struct Fake {
        device: Device,
        waiting: VecDeque<Message>,
        scratch: Cache,
        ended: Vec<usize>,
    }

    impl Executor for Fake {
        fn slots(&self) -> usize {
            2
        }

        fn device(&self, _: usize) -> &Device {
            &self.device
        }

        fn pause(&mut self) {}

        fn end(&mut self, slot: usize) {
            self.ended.push(slot);
        }

        fn start(&mut self, slot: usize, request: Request) -> Result<(), ExecutorError> {
            let Task::Train { recipe, .. } = &request.task else { panic!("trainings only") };
            self.scratch.get(&request.inputs["candidate"], 1_000).expect("inputs are there");
            let message = match recipe.seed {
                0 => Message::Died { slot, failure: TaskFailure::Crashed { how: "signal 9".to_owned() } },
                9 => Message::Interrupt,
                // It is ready, and then nothing is heard of it.
                8 => Message::Reply { slot, reply: Reply::Ready },
                seed => {
                    let metrics = metrics(0.5 + seed as f64 / 100.0);
                    let outputs = BTreeMap::from([("metrics".to_owned(), self.scratch.put_json(&metrics).expect("put"))]);
                    Message::Reply { slot, reply: Reply::Done { outputs, environment: BTreeMap::new(), seconds: 0.0 } }
                }
            };
            // The last one started answers first.
            self.waiting.push_front(message);
            Ok(())
        }

        fn next(&mut self, _: Option<Duration>) -> Option<Message> {
            self.waiting.pop_front()
        }
    }

    fn metrics(validation_accuracy: f64) -> Metrics {
        Metrics { validation_accuracy, validation_loss: None, train_loss: Vec::new(), diverged: None }
    }

    /// Trainings with these seeds, remembered with an accuracy of one half, done again.
    fn again(seeds: &[u64]) -> Option<Vec<Retrained>> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(&folder.path().join("cache")).expect("a cache");
        let scratch = Cache::open(&folder.path().join("scratch")).expect("a cache");
        let trainings: Vec<(Task, Record)> = seeds
            .iter()
            .map(|seed| {
                let recipe = json!({
                    "epochs": 1, "examples": 1.0, "batch_size": 8, "optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9,
                    "weight_decay": 0.0, "schedule": "one-cycle", "warmup": 0.2, "augment": { "flip": true, "crop": 0, "cutout": 0 },
                    "label_smoothing": 0.0, "ema": 0.0, "precision": "auto", "seed": seed,
                });
                let digest = Digest::of(crate::digest::Domain::Dataset, b"images");
                let task = json!({ "train": { "dataset": { "digest": digest, "validation": 1, "seed": 0 }, "recipe": recipe, "keep_weights": false } });
                let task: Task = serde_json::from_value(task).expect("a task");
                let candidate = cache.put_json(&Architecture::Row(Row(vec!["a".to_owned()]))).expect("put");
                let fingerprint = fingerprint(&task, BTreeMap::from([("candidate".to_owned(), candidate)]));
                let Lookup::Miss { reservation, .. } = cache.lookup(&fingerprint).expect("lookup") else { panic!("never run") };
                let outputs = BTreeMap::from([("metrics".to_owned(), cache.put_json(&metrics(0.5)).expect("put"))]);
                (task, reservation.save(RecordedOutcome::Done { outputs }, 0.0, 0, BTreeMap::new()).expect("save"))
            })
            .collect();
        let before = cache.reader().contents().expect("list");
        let place = DataPlace::Images {
            kind: crate::dataset::DatasetKind::Mnist,
            folder: None,
            train: Digest::of(crate::digest::Domain::Dataset, b"images"),
            test: Digest::of(crate::digest::Domain::Dataset, b"images"),
        };
        let device = Device { name: "cpu".to_owned(), kind: "a processor".to_owned(), memory: None, capacity: Capacity::default() };
        let mut executor = Fake { device, waiting: VecDeque::new(), scratch: scratch.clone(), ended: Vec::new() };
        let mut failures = crate::spec::read(b"name: a\ndataset: {name: mnist}\n").resolved.expect("a spec").conduct.failures;
        failures.silence = 0;
        let mut told = 0;
        let retraining = Retraining {
            cache: cache.reader(),
            scratch: &scratch,
            place,
            store: &mut Store::default(),
            executor: &mut executor,
            failures: &failures,
            listen: &mut |_| told += 1,
        };
        let retrained = retrain(&trainings, retraining).expect("nothing is wrong with the machine");
        assert_eq!(cache.reader().contents().expect("list"), before, "what is remembered stays");
        assert_eq!(told, retrained.as_ref().map_or(0, Vec::len));
        assert_eq!(executor.ended.len(), seeds.iter().filter(|seed| **seed == 8).count());
        retrained
    }

    #[test]
    fn drifts_come_in_the_order_asked_for_and_a_dead_worker_is_told() {
        let retrained = again(&[3, 0, 1, 2]).expect("not interrupted");
        let drifts: Vec<Option<f64>> = retrained.iter().map(|training| Some((training.drift()? * 100.0).round())).collect();
        assert_eq!(drifts, [Some(3.0), None, Some(1.0), Some(2.0)]);
        assert!(retrained[1].again.is_err());
    }

    #[test]
    fn a_worker_that_falls_silent_is_not_waited_for_for_ever() {
        let retrained = again(&[8, 3]).expect("not interrupted");
        assert_eq!(retrained[0].again, Err(TaskFailure::Hung { seconds: 0 }));
        assert!(retrained[1].again.is_ok());
    }

    #[test]
    fn an_interruption_ends_it() {
        assert!(again(&[9]).is_none());
        assert_eq!(again(&[]).map(|retrained| retrained.len()), Some(0));
    }
}
