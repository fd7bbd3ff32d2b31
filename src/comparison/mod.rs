//! Several searches over several seeds: which found more, how soon, and how surely. From plain curves to a summary, to
//! Markdown, CSV and a drawing; it knows neither how a search runs nor what a network is.

mod drawing;
mod markdown;
mod measure;
mod picture;
mod plot;
mod sentence;
mod spreadsheet;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::files::{self, FileError};

pub use markdown::markdown;
pub use measure::{At, OverSeeds, Reach};
pub use picture::Axis;
pub use plot::plot;
pub use sentence::{of_table, sentence};
pub use spreadsheet::{curves_csv, summary_csv};
pub use summary::{Contestant, Summary};

/// Searches that are held against each other. Everything measured is a share (0.91 for 91 %), higher being better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub name: String,
    /// What the searches went by, as the axis of the drawing says it: `validation accuracy after 12 epochs`.
    pub signal: String,
    /// In the order shown.
    pub contestants: Vec<String>,
    /// What the others are held against; without one the first contestant.
    pub reference: Option<String>,
    pub seeds: Vec<u64>,
    /// By contestant the digest of its spec, whatever the seed.
    #[serde(default)]
    pub searches: BTreeMap<String, Digest>,
    pub curves: Vec<Curve>,
    /// Mean rank correlation of each contestant that predicts.
    pub predictor: BTreeMap<String, f64>,
    /// What a search of a table cannot pass.
    #[serde(default)]
    pub ceiling: Option<Ceiling>,
    /// Two contestants whose searches train differently, so that only the networks they give back can be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlike: Option<[String; 2]>,
}

/// The best that a table holds under the constraints.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    pub rows: usize,
    /// Rows that keep all constraints.
    pub feasible: usize,
    pub signal: f64,
    pub validation: f64,
    pub test: Option<f64>,
}

/// The file that holds a comparison in full, for a report made later.
pub const COMPARISON_FILE: &str = "comparison.json";

/// The file of all curves, beside the summary.
pub const CURVES: &str = "curves.csv";

/// One search of one seed: what it had found after each training, in the order of trainings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub contestant: String,
    pub seed: u64,
    pub points: Vec<Point>,
    /// Of the network it gave back; `None` where nothing feasible was found or no final training was made.
    pub last: Option<Last>,
    /// `None` in a table, and in comparisons that an earlier version wrote.
    #[serde(default)]
    pub cost: Option<SearchCost>,
}

/// What a search took, its final trainings included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchCost {
    /// Over the training split.
    pub passes: f64,
    /// Worker time; trainings of a cache count with what they took.
    pub seconds: f64,
}

/// What a search had found when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Distinct trainings so far.
    pub trainings: usize,
    pub epochs: f64,
    pub seconds: f64,
    /// Best feasible so far by the search signal; `None` while nothing is feasible.
    pub best: Option<f64>,
    /// What a table says of that best one; `None` in real training.
    pub reported: Option<Reported>,
}

/// What a benchmark table says of a network trained in full.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    pub validation: f64,
    pub test: Option<f64>,
}

/// The network a search gave back, trained in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    pub validation: f64,
    pub test: Option<f64>,
    pub costs: BTreeMap<String, f64>,
}

impl Curve {
    /// The state after `trainings`: that of the last point not after it, also where the search ended before.
    pub fn at(&self, trainings: usize) -> Option<&Point> {
        self.points[..self.points.partition_point(|point| point.trainings <= trainings)].last()
    }

    /// Distinct trainings in all.
    pub fn trainings(&self) -> usize {
        self.points.last().map_or(0, |point| point.trainings)
    }
}

impl Comparison {
    /// The curves of a contestant, by seed.
    pub fn of<'a>(&'a self, contestant: &str) -> BTreeMap<u64, &'a Curve> {
        self.curves.iter().filter(|curve| curve.contestant == contestant).map(|curve| (curve.seed, curve)).collect()
    }

    /// The name of what the others are held against; `None` without contestants.
    pub fn reference(&self) -> Option<&str> {
        let named = self.reference.iter().find(|name| self.contestants.contains(name));
        named.or(self.contestants.first()).map(String::as_str)
    }

    /// The most distinct trainings of any search.
    pub fn budget(&self) -> usize {
        self.curves.iter().map(Curve::trainings).max().unwrap_or(0)
    }

    /// 10, 20, 50, 100, … below the budget, and the budget.
    pub fn checkpoints(&self) -> Vec<usize> {
        let budget = self.budget();
        let decades = (1..).map(|power| 10_usize.pow(power)).take_while(|decade| *decade < budget);
        let mut checkpoints: BTreeSet<usize> =
            decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]).filter(|count| *count < budget).collect();
        checkpoints.extend((budget > 0).then_some(budget));
        checkpoints.into_iter().collect()
    }

    /// Writes `comparison.md`, `comparison.json`, `curves.csv`, `summary.csv` and `curves.svg` into `folder`.
    pub fn write(&self, folder: &Path, summary: &Summary, axis: Axis) -> Result<(), FileError> {
        files::write(&folder.join("comparison.md"), markdown(summary).as_bytes())?;
        files::write(&folder.join(COMPARISON_FILE), &serde_json::to_vec(self).expect("plain data always serialises"))?;
        files::write(&folder.join(CURVES), &curves_csv(self))?;
        files::write(&folder.join("summary.csv"), &summary_csv(summary))?;
        files::write(&folder.join("curves.svg"), plot(self, axis).as_bytes())
    }
}
