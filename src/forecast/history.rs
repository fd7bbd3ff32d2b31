//! What earlier tasks took: from the records of a cache, by what was asked of them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cache::{Record, RecordedOutcome};
use crate::digest::{Digest, Domain};
use crate::task::{Task, TaskKind};

/// Time and size of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    pub seconds: f64,
    /// Of its outputs.
    pub bytes: f64,
}

/// How many tasks there were and what they took in all.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: usize,
    price: Price,
}

impl Sum {
    fn add(&mut self, seconds: f64, bytes: f64) {
        self.count += 1;
        self.price.seconds += seconds;
        self.price.bytes += bytes;
    }

    fn mean(self) -> Option<Price> {
        let count = self.count as f64;
        (self.count > 0).then(|| Price { seconds: self.price.seconds / count, bytes: self.price.bytes / count })
    }
}

/// The records of a cache, summed up.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// By kind and parameters.
    alike: BTreeMap<Digest, Sum>,
    /// Failures that may be remembered, by kind and parameters.
    failed: BTreeMap<Digest, usize>,
    kinds: BTreeMap<String, Sum>,
    /// By kind and what is searched.
    subjects: BTreeMap<Digest, Sum>,
    /// Trainings of one data set, by passes over its training split.
    datasets: BTreeMap<Digest, Sum>,
}

impl History {
    pub fn of(records: impl Iterator<Item = Record>) -> Self {
        let mut history = Self::default();
        for record in records {
            let bytes = record.sizes.values().sum::<u64>() as f64;
            let fingerprint = &record.fingerprint;
            let asked = digest(&fingerprint.kind, fingerprint.version, &fingerprint.parameters);
            if let RecordedOutcome::Failed { .. } = record.outcome {
                *history.failed.entry(asked).or_default() += 1;
                continue;
            }
            history.alike.entry(asked).or_default().add(record.seconds, bytes);
            history.subjects.entry(subject(&fingerprint.kind, &fingerprint.parameters)).or_default().add(record.seconds, bytes);
            history.kinds.entry(fingerprint.kind.clone()).or_default().add(record.seconds, bytes);
            if fingerprint.kind == TaskKind::Train.word()
                && let Ok(task) = serde_json::from_value::<Task>(fingerprint.parameters.clone())
                && let Some((dataset, passes)) = passes(&task)
            {
                history.datasets.entry(dataset).or_default().add(record.seconds / passes, bytes);
            }
        }
        history
    }

    /// How many results, or failures that may be remembered, there are of tasks that were asked the same, whatever their inputs.
    pub fn known(&self, asked: &Asked) -> usize {
        self.alike.get(&asked.0).map_or(0, |sum| sum.count) + self.failed.get(&asked.0).copied().unwrap_or(0)
    }

    /// What a task will take: the mean of those that were asked the same; else of trainings on the same data, by their
    /// passes over them; else of its kind in the same space; else of its kind, which for a training says nothing. `None`
    /// where nothing like it was measured.
    pub fn price(&self, task: &Task) -> Option<Price> {
        let alike = self.alike.get(&Asked::of(task).0).and_then(|sum| sum.mean());
        let scaled = || {
            let (dataset, passes) = passes(task)?;
            let mean = self.datasets.get(&dataset)?.mean()?;
            Some(Price { seconds: mean.seconds * passes, ..mean })
        };
        let of_kind = || self.kinds.get(task.kind().word()).and_then(|sum| sum.mean());
        let in_space = || {
            let parameters = serde_json::to_value(task).expect("plain data always serialises");
            self.subjects.get(&subject(task.kind().word(), &parameters)).and_then(|sum| sum.mean())
        };
        match task {
            Task::Train { .. } => alike.or_else(scaled),
            _ => alike.or_else(in_space).or_else(of_kind),
        }
    }
}

/// What is asked of a task: its kind and parameters, without its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked(Digest);

impl Asked {
    pub fn of(task: &Task) -> Self {
        Self(digest(task.kind().word(), task.kind().version(), &serde_json::to_value(task).expect("plain data always serialises")))
    }
}

fn digest(kind: &str, version: u32, parameters: &Value) -> Digest {
    Digest::of_json(Domain::Task, &(kind, version, parameters))
}

/// Of a kind of task and what it searches or weighs, whatever else it is asked.
fn subject(kind: &str, parameters: &Value) -> Digest {
    let asked = parameters.as_object().and_then(|only| only.values().next());
    let of = asked.map(|asked| asked.get("problem").or_else(|| asked.get("setting")));
    Digest::of_json(Domain::Task, &(kind, of))
}

/// Passes over the training split that a training makes, and over which.
fn passes(task: &Task) -> Option<(Digest, f64)> {
    match task {
        Task::Train { dataset, recipe, .. } => Some((dataset.digest, recipe.epochs as f64 * recipe.examples)),
        _ => None,
    }
}
