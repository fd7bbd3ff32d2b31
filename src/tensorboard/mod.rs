//! Trainings of a run as event files of TensorBoard: losses and accuracies, and hyper-parameters for the HParams tab.

mod frame;
mod messages;

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message as _;

use self::messages::{
    Content, Dim, End, Event, Experiment, HParam, HParams, HParamsData, Kind, Metadata, Metric, MetricName, Plugin, Setting, Start,
    Summary, Tensor, TensorShape, Value, What,
};
use crate::files::{self, FileError};
use crate::report::{Learning, Report, Row};
use crate::spec::ResolvedSpec;

const ACCURACY: &str = "accuracy/validation";
const TRAINING_LOSS: &str = "loss/train";
const VALIDATION_LOSS: &str = "loss/validation";

/// The files of a run by their paths in the folder of logs: one for the whole, one for each training.
pub fn event_files(spec: &ResolvedSpec, report: &Report, learning: &[Learning]) -> Vec<(String, Vec<u8>)> {
    let began = report.made.as_ref().and_then(|made| made.date).unwrap_or(0) as f64;
    let rows: BTreeMap<&str, &Row> = report.rows.iter().map(|row| (row.task.as_str(), row)).collect();
    let whole = experiment(spec, &rows, learning);
    let mut files = vec![(path("", began), file(began, vec![(0, hparams("experiment", HParamsData::Experiment(whole)))]))];
    for one in learning {
        let start = Start { hparams: settings(spec, one, rows.get(one.task.as_str()).copied()), group: one.task.clone(), seconds: began };
        let metrics = &one.metrics;
        let mut values = vec![(0, hparams("session_start_info", HParamsData::Start(start)))];
        values.extend(metrics.train_loss.iter().enumerate().map(|(epoch, loss)| (epoch as i64 + 1, scalar(TRAINING_LOSS, *loss))));
        let end = metrics.train_loss.len() as i64;
        values.push((end, scalar(ACCURACY, metrics.validation_accuracy)));
        values.extend(metrics.validation_loss.map(|loss| (end, scalar(VALIDATION_LOSS, loss))));
        let ended = End { status: 1, seconds: began + one.seconds };
        values.push((end, hparams("session_end_info", HParamsData::End(ended))));
        files.push((path(&one.task, began), file(began, values)));
    }
    files
}

/// Writes the files of a run into a folder of logs; gives how many trainings they tell of.
pub fn write(folder: &Path, spec: &ResolvedSpec, report: &Report, learning: &[Learning]) -> Result<usize, FileError> {
    for (path, bytes) in event_files(spec, report, learning) {
        files::write(&folder.join(path), &bytes)?;
    }
    Ok(learning.len())
}

/// A folder for each task, by letters that every file system takes.
fn path(task: &str, began: f64) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '_' };
    let folders: Vec<String> = task.split('/').filter(|part| !part.is_empty()).map(|part| part.chars().map(plain).collect()).collect();
    let name = format!("events.out.tfevents.{began:010}.epnas");
    if folders.is_empty() { name } else { format!("{}/{name}", folders.join("/")) }
}

fn file(began: f64, values: Vec<(i64, Value)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::add(&mut bytes, &Event { wall_time: began, step: 0, what: Some(What::FileVersion("brain.Event:2".to_owned())) });
    for (step, value) in values {
        frame::add(&mut bytes, &Event { wall_time: began + step as f64, step, what: Some(What::Summary(Summary { value: vec![value] })) });
    }
    bytes
}

fn scalar(tag: &str, value: f64) -> Value {
    Value { tag: tag.to_owned(), metadata: None, content: Some(Content::Simple(value as f32)) }
}

/// Something for the HParams tab. TensorBoard drops a value without a tensor, so that it has one of no elements.
fn hparams(tag: &str, data: HParamsData) -> Value {
    let content = HParams { version: 0, data: Some(data) }.encode_to_vec();
    let plugin = Plugin { name: "hparams".to_owned(), content };
    let shape = TensorShape { dim: vec![Dim { size: 0 }] };
    Value {
        tag: format!("_hparams_/{tag}"),
        metadata: Some(Metadata { plugin: Some(plugin) }),
        content: Some(Content::Tensor(Tensor { dtype: 1, shape: Some(shape) })),
    }
}

fn experiment(spec: &ResolvedSpec, rows: &BTreeMap<&str, &Row>, learning: &[Learning]) -> Experiment {
    let mut known: BTreeMap<String, i32> = BTreeMap::new();
    for one in learning {
        let settings = settings(spec, one, rows.get(one.task.as_str()).copied());
        known.extend(settings.into_iter().map(|(name, setting)| (name, if matches!(setting.kind, Some(Kind::Word(_))) { 1 } else { 3 })));
    }
    let metric = |tag: &str| Metric { name: Some(MetricName { tag: tag.to_owned() }), display_name: tag.to_owned() };
    Experiment {
        name: spec.name.clone(),
        hparams: known.into_iter().map(|(name, kind)| HParam { name, kind }).collect(),
        metrics: [ACCURACY, VALIDATION_LOSS, TRAINING_LOSS].map(metric).to_vec(),
    }
}

/// What a training was made with: stage, round, fidelity, costs and the network itself.
fn settings(spec: &ResolvedSpec, one: &Learning, row: Option<&Row>) -> BTreeMap<String, Setting> {
    let word = |word: &str| Setting { kind: Some(Kind::Word(word.to_owned())) };
    let number = |number: f64| Setting { kind: Some(Kind::Number(number)) };
    let stage = spec.stages.get(one.stage).map_or("final", |stage| &stage.name);
    let mut settings = BTreeMap::from([("stage".to_owned(), word(stage)), ("round".to_owned(), number(one.round as f64))]);
    if let Some(precision) = one.environment.get("precision") {
        settings.insert("precision".to_owned(), word(precision));
    }
    if let Some(row) = row {
        settings.insert("epochs".to_owned(), number(row.epochs as f64));
        settings.insert("examples".to_owned(), number(row.examples));
        settings.insert("reward".to_owned(), number(row.network.reward.value));
        settings.insert("network".to_owned(), word(&row.network.architecture.summary()));
        settings.extend(row.network.costs.iter().map(|(kind, cost)| (kind.word().to_owned(), number(*cost))));
    }
    settings
}

#[cfg(test)]
mod tests;
