//! The folder of results: the network, its weights, everything tried, the summary.

use std::path::Path;

use super::classes::{class_names, confusion_csv};
use super::{Report, summary};
use crate::arch::CostKind;
use crate::engine::PEAK;
use crate::event::PredictorQuality;
use crate::export::{FILE, WEIGHTS};
use crate::files::{self, FileError};
use crate::spec::ResolvedSpec;
use crate::statistics::Estimate;

/// Writes the results of a run into `folder`. What an earlier run of the spec left there is replaced; where no network
/// was found, its files are removed so that no old one is taken for the new.
pub fn write(folder: &Path, spec: &ResolvedSpec, report: &Report) -> Result<(), FileError> {
    files::write(&folder.join(SUMMARY_FILE), summary(spec, report).as_bytes())?;
    files::write(&folder.join(TRIALS), &trials(spec, report))?;
    files::write(&folder.join("timings.csv"), &timings(report))?;
    files::write(&folder.join("predictor.csv"), &predictor(spec, report))?;
    let confusion = folder.join(CONFUSION);
    match &report.confusion {
        Some(counts) => files::write(&confusion, &confusion_csv(counts, &class_names(spec, counts.classes)))?,
        None => files::remove(&confusion)?,
    }
    let (network, weights) = (folder.join(FILE), folder.join(WEIGHTS));
    match &report.found {
        Some((file, bytes)) => {
            files::write(&network, &serde_json::to_vec_pretty(file).expect("plain data always serialises"))?;
            files::write(&weights, bytes)
        }
        None => [network, weights].iter().try_for_each(|path| files::remove(path)),
    }
}

/// One line for each stage with predictions (round `all`) and for each of its rounds with five or more.
fn predictor(spec: &ResolvedSpec, report: &Report) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let statistics = ["spearman", "kendall", "precision"];
    let bounds = statistics.map(|name| [name.to_owned(), format!("{name}_low"), format!("{name}_high")]).concat();
    let header = [["stage", "round", "networks", "k"].map(str::to_owned).to_vec(), bounds].concat();
    table.write_record(header).expect("writing to memory cannot fail");
    for PredictorQuality { stage, round, quality } in &report.summary.predictor {
        let estimates = [quality.spearman, quality.kendall, quality.precision];
        let figures = estimates.map(|estimate| match estimate {
            Some(Estimate { value, low, high }) => [value, low, high].map(|figure| format!("{figure:.4}")),
            None => Default::default(),
        });
        let round = round.map_or_else(|| "all".to_owned(), |round| round.to_string());
        let place = [spec.stages[*stage].name.clone(), round, quality.networks.to_string(), quality.k.to_string()];
        table.write_record([place.to_vec(), figures.concat()].concat()).expect("writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}

/// What the trainings of each network took, and where: all that differs between two runs that find the same.
fn timings(report: &Report) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["task", "seconds", "cached", "device", "peak_memory"]).expect("writing to memory cannot fail");
    for row in &report.rows {
        let [device, peak] = ["device", PEAK].map(|name| row.environment.get(name).cloned().unwrap_or_default());
        table
            .write_record([row.task.clone(), format!("{:.3}", row.seconds), row.cached.to_string(), device, peak])
            .expect("writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}

/// The confusion matrix of the test split.
const CONFUSION: &str = "confusion.csv";

/// The file that a run writes at its end, in words.
pub const SUMMARY_FILE: &str = "summary.md";

/// The file of all that was tried.
pub const TRIALS: &str = "trials.csv";

/// One line a measured network, in the order of the plan: the same, byte for byte, with any number of workers and after any
/// interruption.
pub fn trials(spec: &ResolvedSpec, report: &Report) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let costs: Vec<CostKind> = CostKind::NAMED.into_iter().chain(spec.measures_asked().into_iter().map(CostKind::Measured)).collect();
    let first = [
        "task",
        "stage",
        "round",
        "epochs",
        "examples",
        "chosen",
        "predicted",
        "validation_accuracy",
        "validation_deviation",
        "trainings",
        "score",
        "reward",
        "feasible",
        "pareto",
    ];
    let last = ["failed", "precision", "digest", "architecture", "reference", "age"];
    let header = first.into_iter().chain(costs.iter().map(|kind| kind.word())).chain(last);
    table.write_record(header).expect("writing to memory cannot fail");
    for row in &report.rows {
        let network = &row.network;
        let word = |value: Option<String>| value.unwrap_or_default();
        let chosen = row.chosen.map(|chosen| format!("{chosen:?}").to_lowercase());
        let first = [
            row.task.clone(),
            spec.stages.get(row.stage).map_or_else(|| "final".to_owned(), |stage| stage.name.clone()),
            row.round.to_string(),
            row.epochs.to_string(),
            row.examples.to_string(),
            word(chosen),
            word(row.predicted.map(|predicted| format!("{predicted:.4}"))),
            network.validation_accuracy.to_string(),
            word(network.deviation().map(|deviation| deviation.to_string())),
            row.trainings.to_string(),
            network.score().to_string(),
            network.reward.value.to_string(),
            network.reward.feasible.to_string(),
            row.on_front.to_string(),
        ];
        let costs = costs.iter().map(|kind| word(network.costs.get(kind).map(f64::to_string)));
        let last = [
            word(row.failed.clone()),
            word(row.environment.get("precision").cloned()),
            network.architecture.digest().to_string(),
            network.architecture.summary(),
            word(row.reference.map(|(family, _)| family.word().to_owned())),
            word(network.age.map(|age| age.to_string())),
        ];
        table.write_record(first.into_iter().chain(costs).chain(last)).expect("writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}
