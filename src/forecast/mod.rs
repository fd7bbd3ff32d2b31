//! What a run will do before it does it: which part of a plan is certain, how much the rest can come to, and what it
//! will take by the measure of earlier tasks.
//!
//! A search is adaptive: past the first training that has to run, the inputs of the others are not known, only what is
//! asked of them. Of the tasks of a stage that are asked the same (say all trainings by one recipe), as many can be cached
//! as there are results that the stage has not met yet; the others must run. Those of another stage may be the same
//! ones: networks that are carried over are known where both stages train alike.
//!
//! What is expected is rehearsed: the search is walked to its end on guesses of what its trainings will measure
//! ([`Rehearsals`]), which says how many networks are known already and how dear the others are.
//!
//! Time goes by work: multiply–accumulates and what moves, times the images of a training ([`Gauge`]). What a unit of it
//! takes was measured ([`History`]); how much of it a network is that is not known yet is bounded by its space and the
//! constraints. What is expected follows the tasks through the plan onto the workers; what a run takes at most is no
//! less for any order in which workers take what is ready. Failures that are tried again are not in it.

mod counting;
mod dearest;
mod gauge;
mod history;
mod networks;
mod rates;
mod rehearsals;
mod schedule;
mod time;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::arch::Architecture;
use crate::digest::Digest;
use crate::plan::Plan;
use crate::run::Replay;
use crate::spec::ResolvedSpec;
use crate::task::TaskKind;

pub use gauge::Gauge;
pub use history::{Here, History, Price, TaskParameters};
pub use rehearsals::Rehearsals;

/// Between the fewest and the most, and what to reckon with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Range {
    pub at_least: f64,
    /// As rehearsals say; else as if every second result of the same kind that is known were met again.
    pub expected: f64,
    pub at_most: f64,
}

impl Range {
    fn add(&mut self, other: Self) {
        self.at_least += other.at_least;
        self.expected += other.expected;
        self.at_most += other.at_most;
    }
}

/// The tasks of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tasks {
    pub cached: usize,
    /// Failed in an earlier run, and not tried again.
    pub failed: usize,
    /// Certain to run: their inputs are known and no result is.
    pub now: usize,
    /// Behind those.
    pub open: usize,
    pub skipped: usize,
    /// How many run in all, those of `now` among them. Fewer where the search runs out of networks to propose.
    pub run: Range,
}

impl Tasks {
    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.cached += other.cached;
        self.failed += other.failed;
        self.now += other.now;
        self.open += other.open;
        self.skipped += other.skipped;
        self.run.add(other.run);
        self
    }
}

/// A plan, foreseen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    pub tasks: BTreeMap<TaskKind, Tasks>,
    /// Of the whole, from its start to its end.
    pub seconds: Range,
    /// Computing time of tasks that need a worker, in seconds.
    pub worker_seconds: Range,
    /// Of all others.
    pub own_seconds: Range,
    /// Bytes that the cache will grow by.
    pub bytes: Range,
    /// Trainings, as many as may run, of which nothing like them was measured: they are not in the seconds and bytes.
    pub unmeasured: usize,
}

/// What a forecast is made from.
pub struct Basis<'a> {
    /// With its precision decided, as it was planned.
    pub spec: &'a ResolvedSpec,
    pub plan: &'a Plan,
    pub replay: &'a Replay,
    pub rehearsals: &'a Rehearsals,
    pub history: &'a History,
    /// The architecture that an artifact holds.
    pub network: &'a dyn Fn(&Digest) -> Option<Architecture>,
    pub workers: usize,
}

impl Forecast {
    pub fn new(basis: &Basis<'_>) -> Self {
        let mut forecast = Self::default();
        let chances = counting::count(basis, &mut forecast);
        if !forecast.is_done() {
            time::tell(basis, &chances, &mut forecast);
        }
        forecast
    }

    /// Whether every task is cached or will never run.
    pub fn is_done(&self) -> bool {
        self.tasks.values().all(|tasks| tasks.now + tasks.open == 0)
    }

    /// Trainings that run.
    pub fn trainings(&self) -> Range {
        self.tasks.get(&TaskKind::Train).map_or_else(Range::default, |tasks| tasks.run)
    }
}
