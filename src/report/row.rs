//! What a report is made from, one line of its tables, and what made it.

use std::collections::BTreeMap;

use crate::event::TaskResult;
use crate::plan::{Plan, Planned};
use crate::space::Family;
use crate::spec::ResolvedSpec;
use crate::strategy::{ChosenBy, Measured};

/// The tasks that ended, with their results.
pub(super) type Tasks<'a> = [(&'a Planned, &'a TaskResult)];

pub(super) fn ended<'a>(plan: &'a Plan, results: &'a [Option<TaskResult>]) -> Vec<(&'a Planned, &'a TaskResult)> {
    plan.tasks().zip(results).filter_map(|(planned, result)| Some((planned, result.as_ref()?))).collect()
}

/// One measured network.
#[derive(Clone, Debug)]
pub struct Row {
    pub task: String,
    pub stage: usize,
    pub round: usize,
    pub network: Measured,
    /// Passes over the examples, and the share of them, of each of its trainings.
    pub epochs: usize,
    pub examples: f64,
    /// How many of its trainings ended.
    pub trainings: usize,
    /// Why it was trained; `None` for the final trainings.
    pub chosen: Option<ChosenBy>,
    /// Where it was written by hand: its family, and whether the search knows nothing of it here.
    pub reference: Option<(Family, bool)>,
    /// Predicted z-score.
    pub predicted: Option<f64>,
    /// Whether all its trainings were.
    pub cached: bool,
    /// The failure kind of a training that counts all the same.
    pub failed: Option<String>,
    /// Computing time of its trainings.
    pub seconds: f64,
    /// Precision and device of its first training that ended.
    pub environment: BTreeMap<String, String>,
    /// Whether no other network of its stage is as good in accuracy and all constrained costs, and better in one.
    pub on_front: bool,
}

/// What is known of a run besides its results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Path of the spec.
    pub spec: String,
    /// Of its text, shortened.
    pub digest: String,
    /// Of epnas.
    pub version: String,
    /// Seconds since 1970.
    pub date: Option<u64>,
    /// The budget that ended the search.
    pub budget: Option<String>,
}

/// What [`Measured::score`] is: the figure that networks of a search are held against each other by.
pub fn score_title(spec: &ResolvedSpec) -> String {
    match spec.growth {
        Some(_) => "estimate of the final accuracy".to_owned(),
        None => format!("validation {}", spec.metric.title()),
    }
}
