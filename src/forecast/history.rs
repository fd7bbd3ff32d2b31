//! What earlier tasks took: from the records of a cache, by what was asked of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::gauge::Gauge;
use super::rates::{Rate, Rates};
use crate::arch::Architecture;
use crate::cache::{Record, RecordedOutcome, Speeds, asked};
use crate::digest::{Digest, Domain};
use crate::engine::{Precision, TrainRecipe};
use crate::task::{Port, SplitName, Task, TaskKind};

/// How far the speed of a reference network may be from that of others, and that of one precision from another's.
const OF_REFERENCE: f64 = 4.0;
const OF_PRECISION: f64 = 2.0;
/// How much more a unit of work takes in what searches begin with than in the reference network: smaller ones spend more of
/// their time between operations.
const SMALLER: f64 = 1.5;

/// Time and size of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    pub seconds: f64,
    /// The dearest one.
    pub most: f64,
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
        self.price.most = self.price.most.max(seconds);
        self.price.bytes += bytes;
    }

    fn mean(self) -> Option<Price> {
        let count = self.count as f64;
        (self.count > 0).then(|| Price { seconds: self.price.seconds / count, most: self.price.most, bytes: self.price.bytes / count })
    }
}

/// What a plan is to run on: what was measured elsewhere says nothing of the time here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Here {
    /// The model of the processor or GPU.
    pub name: String,
    pub on_gpu: bool,
}

impl Here {
    /// Whether a task was computed on the like. What says nothing of its device needed none.
    fn made(&self, record: &Record) -> bool {
        match record.environment.get("device") {
            None => true,
            Some(device) if device == "cpu" => {
                !self.on_gpu && record.environment.get("processor").is_none_or(|processor| self.name.starts_with(processor.as_str()))
            }
            Some(_) => self.on_gpu,
        }
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
    /// Trainings of one data set, by precision.
    rates: BTreeMap<(Digest, &'static str), Rates>,
    /// The same by whether weights are kept: the size of what they give.
    bytes: BTreeMap<bool, Sum>,
    /// Work of the networks that were trained on one data set: sum and number.
    works: BTreeMap<Digest, (f64, usize)>,
    /// The same by the recipe too.
    works_by_recipe: BTreeMap<Digest, (f64, usize)>,
    speeds: Option<Speeds>,
    here: Here,
}

impl History {
    /// `network` gives the architecture that an artifact holds.
    pub fn new(
        records: impl Iterator<Item = Record>,
        gauge: Option<&Gauge>,
        here: Here,
        network: &dyn Fn(&Digest) -> Option<Architecture>,
    ) -> Self {
        let mut history = Self { here, ..Self::default() };
        for record in records {
            let bytes = record.sizes.values().sum::<u64>() as f64;
            let fingerprint = &record.fingerprint;
            let alike = asked(&fingerprint.kind, fingerprint.version, &fingerprint.parameters);
            if let RecordedOutcome::Failed { .. } = record.outcome {
                *history.failed.entry(alike).or_default() += 1;
                continue;
            }
            history.alike.entry(alike).or_default().add(record.seconds, bytes);
            history.subjects.entry(subject(&fingerprint.kind, &fingerprint.parameters)).or_default().add(record.seconds, bytes);
            history.kinds.entry(fingerprint.kind.clone()).or_default().add(record.seconds, bytes);
            let of_training = fingerprint.kind == TaskKind::Train.word();
            if of_training
                && let Ok(Task::Train { dataset, recipe, keep_weights, .. }) = serde_json::from_value(fingerprint.parameters.clone())
            {
                history.bytes.entry(keep_weights).or_default().add(record.seconds, bytes);
                let candidate =
                    fingerprint.inputs.get(Port::Candidate.name().as_ref()).filter(|_| history.here.made(&record)).and_then(network);
                if let (Some(gauge), Some(candidate)) = (gauge, candidate)
                    && let Some(work) = gauge.work(&candidate, &recipe, dataset.size)
                {
                    let all = history.works.entry(dataset.digest).or_default();
                    let alike = history.works_by_recipe.entry(trained_alike(&dataset, &recipe)).or_default();
                    for works in [all, alike] {
                        *works = (works.0 + work, works.1 + 1);
                    }
                    let rates = history.rates.entry((dataset.digest, recipe.precision.word())).or_default();
                    rates.add(record.seconds, work * gauge.images(&dataset, &recipe));
                }
            }
        }
        history
    }

    /// The same with what was measured of the machine before anything was trained on it.
    #[must_use]
    pub fn with_speeds(self, speeds: Option<Speeds>) -> Self {
        Self { speeds, ..self }
    }

    /// How many results, or failures that may be remembered, there are of tasks that were asked the same, whatever their inputs.
    pub fn known(&self, asked: &TaskParameters) -> usize {
        self.alike.get(&asked.0).map_or(0, |sum| sum.count) + self.failed.get(&asked.0).copied().unwrap_or(0)
    }

    /// What a unit of work takes in a training: by those on the same data, in the same precision if there are any; else by
    /// what was measured of the machine. `None` where nothing was.
    pub fn rate(&self, split: &SplitName, recipe: &TrainRecipe) -> Option<Rate> {
        let of = |precision: Precision| self.rates.get(&(split.digest, precision.word())).and_then(Rates::rate);
        let others = || {
            let all = [Precision::Auto, Precision::Fp32, Precision::Tf32, Precision::Bf16].into_iter();
            all.filter_map(of).map(|rate| rate.widened(OF_PRECISION)).max_by(|a, b| a.most(1.0).total_cmp(&b.most(1.0)))
        };
        let reference = || {
            let seconds = self.speeds.as_ref()?.of(&self.here.name, recipe.precision)?;
            Some(Rate::of_machine(SMALLER * seconds).widened(OF_REFERENCE))
        };
        of(recipe.precision).or_else(others).or_else(reference)
    }

    /// The work of the networks that were trained on the same data, in the mean.
    pub fn seen(&self, split: &SplitName) -> Option<f64> {
        self.works.get(&split.digest).map(|(sum, count)| sum / *count as f64)
    }

    /// The same of those that were trained by one recipe: finalists are dearer than what a search tries.
    pub fn seen_by_recipe(&self, split: &SplitName, recipe: &TrainRecipe) -> Option<f64> {
        self.works_by_recipe.get(&trained_alike(split, recipe)).map(|(sum, count)| sum / *count as f64)
    }

    /// Bytes of what a training gives.
    pub fn bytes(&self, keep_weights: bool) -> f64 {
        self.bytes.get(&keep_weights).and_then(|sum| sum.mean()).map_or(0.0, |price| price.bytes)
    }

    /// What a task that is no training will take: the mean of those that were asked the same; else of its kind in the
    /// same space; else of its kind. `None` where nothing like it was measured.
    pub fn price(&self, task: &Task) -> Option<Price> {
        let parameters = serde_json::to_value(task).expect("plain data always serialises");
        let kind = task.kind().word();
        let of = |sum: Option<&Sum>| sum.and_then(|sum| sum.mean());
        let in_space = of(self.subjects.get(&subject(kind, &parameters))).or_else(|| of(self.kinds.get(kind)))?;
        let alike = of(self.alike.get(&asked(kind, task.kind().version(), &parameters)));
        // The dearest of all in the space: which ones are alike says little where a few were measured.
        Some(Price { most: in_space.most, ..alike.unwrap_or(in_space) })
    }
}

/// What is asked of a task: its kind and parameters, without its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskParameters(Digest);

impl TaskParameters {
    pub fn of(task: &Task) -> Self {
        Self(asked(task.kind().word(), task.kind().version(), &serde_json::to_value(task).expect("plain data always serialises")))
    }
}

fn trained_alike(split: &SplitName, recipe: &TrainRecipe) -> Digest {
    Digest::of_json(Domain::Task, &(split.digest, recipe))
}

/// Of a kind of task and what it searches or weighs, whatever else it is asked.
fn subject(kind: &str, parameters: &Value) -> Digest {
    let asked = parameters.as_object().and_then(|only| only.values().next());
    let of = asked.map(|asked| asked.get("problem").or_else(|| asked.get("setting")));
    Digest::of_json(Domain::Task, &(kind, of))
}
