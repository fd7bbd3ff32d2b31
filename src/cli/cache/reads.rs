//! What specs read from a cache: the keys of a replay of their plans, on whatever of this machine they may run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::trouble;
use crate::cache::{CacheReader, DataNames, TaskKey};
use crate::cli::data::{Data, LoadedData};
use crate::cli::known::named;
use crate::cli::machine::ways;
use crate::cli::{Exit, fail, say};
use crate::event::TaskResult;
use crate::plan::Plan;
use crate::run::{Status, replay_ended};
use crate::spec::ResolvedSpec;

/// A spec held against a cache.
pub(crate) struct Reads {
    pub spec: ResolvedSpec,
    pub data: Data,
    pub images: LoadedData,
    /// Tasks of its plan.
    pub tasks: usize,
    /// How many of them are remembered.
    pub remembered: usize,
    /// The plan on each of the ways in which this machine can run it.
    pub plans: Vec<Replayed>,
    /// What is remembered, each key once: the plan that has it and its place there.
    pub found: BTreeMap<TaskKey, (usize, usize)>,
    /// Failures that are remembered.
    pub failures: BTreeSet<TaskKey>,
}

/// A plan with what is remembered of it, by place.
pub(crate) struct Replayed {
    pub plan: Plan,
    pub results: Vec<Option<TaskResult>>,
}

/// Without the data of a spec its keys are not known: that is an error here.
pub(crate) fn reads(path: &Path, cache: &CacheReader) -> Result<Reads, Exit> {
    let mut spec = crate::cli::load(path)?;
    let (data, images) = Data::open_to_keep(&mut spec, Some(cache)).map_err(|error| error.tell())?;
    let (mut plans, mut remembered, mut found, mut failures) = (Vec::new(), 0, BTreeMap::new(), BTreeSet::new());
    for (index, way) in ways(&spec, cache).map_err(trouble)?.into_iter().enumerate() {
        let plan = Plan::new(&way.spec, data.digests, &way.device);
        let replay = replay_ended(&plan, cache).map_err(trouble)?;
        let cached = replay.standings.iter().enumerate().filter(|(_, standing)| standing.status == Status::Cached);
        let keys: Vec<(TaskKey, (usize, usize))> = cached.filter_map(|(node, standing)| Some((standing.key?, (index, node)))).collect();
        let failed = replay.standings.iter().filter(|standing| matches!(standing.status, Status::Failed { .. }));
        failures.extend(failed.filter_map(|standing| standing.key));
        remembered = remembered.max(keys.len());
        for (key, place) in keys {
            found.entry(key).or_insert(place);
        }
        plans.push(Replayed { plan, results: replay.into_results() });
    }
    let tasks = plans.last().map_or(0, |replayed| replayed.results.len());
    Ok(Reads { spec, data, images, tasks, remembered, plans, found, failures })
}

/// What specs read.
#[derive(Default)]
pub(crate) struct Keys {
    pub results: BTreeSet<TaskKey>,
    pub failures: BTreeSet<TaskKey>,
    /// The data that they are of.
    pub data: DataNames,
}

/// The keys that specs read, with a line on each spec. A spec that reads nothing is an error; `otherwise` says what
/// would follow from it.
pub(crate) fn keys(paths: &[PathBuf], cache: &CacheReader, otherwise: &str) -> Result<Keys, Exit> {
    let mut keys = Keys::default();
    for path in paths {
        let reads = reads(path, cache)?;
        if reads.found.is_empty() {
            let said = format!(
                "the cache has no result of `{}`{otherwise}\nhelp: run it first, or name another cache with `--cache DIR`",
                path.display()
            );
            return Err(fail(Exit::Trouble, &said));
        }
        say(&format!("`{}` reads {} of its {} tasks from the cache", path.display(), reads.remembered, reads.tasks));
        keys.data.extend([named(&reads.spec, reads.data.digests)]);
        keys.results.extend(reads.found.into_keys());
        keys.failures.extend(reads.failures);
    }
    Ok(keys)
}
