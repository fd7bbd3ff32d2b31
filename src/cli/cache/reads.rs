//! What specs read from a cache: the keys of a replay of their plans, on whatever of this machine they may run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::trouble;
use crate::cache::{CacheReader, DataNames, Record, TaskKey};
use crate::cli::data::{Data, Found};
use crate::cli::known::named;
use crate::cli::machine::ways;
use crate::cli::{Exit, fail, say};
use crate::plan::Plan;
use crate::run::{Status, replay};
use crate::spec::ResolvedSpec;
use crate::task::Task;

/// A spec held against a cache.
pub struct Reads {
    pub spec: ResolvedSpec,
    pub data: Data,
    pub images: Found,
    /// Tasks of its plan.
    pub tasks: usize,
    /// How many of them are remembered.
    pub remembered: usize,
    /// What is remembered, each key once.
    pub found: BTreeMap<TaskKey, (Task, Record)>,
}

/// Without the data of a spec its keys are not known: that is an error here.
pub fn reads(path: &Path, cache: &CacheReader) -> Result<Reads, Exit> {
    let spec = crate::cli::load(path)?;
    let (data, images) = Data::open_to_keep(&spec, Some(cache)).map_err(|error| error.tell())?;
    let (mut tasks, mut remembered, mut found) = (0, 0, BTreeMap::new());
    for way in ways(&spec) {
        let plan = Plan::new(&way.spec, data.digests, &way.device);
        let standings = replay(&plan, cache, &way.remembered).map_err(trouble)?.standings;
        tasks = standings.len();
        let mut results = Vec::new();
        for (planned, standing) in plan.tasks().zip(standings) {
            if let (Status::Cached, Some(key)) = (standing.status, standing.key)
                && let Ok(record) = cache.record(&key).map_err(trouble)?
            {
                results.push((key, (planned.task.clone(), record)));
            }
        }
        remembered = remembered.max(results.len());
        found.extend(results);
    }
    Ok(Reads { spec, data, images, tasks, remembered, found })
}

/// The keys that specs read and the data that they are of, with a word on each; a spec that reads nothing is an error, `otherwise` saying what would be.
pub fn keys(paths: &[PathBuf], cache: &CacheReader, otherwise: &str) -> Result<(BTreeSet<TaskKey>, DataNames), Exit> {
    let (mut keys, mut names) = (BTreeSet::new(), DataNames::new());
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
        names.extend([named(&reads.spec, reads.data.digests)]);
        keys.extend(reads.found.into_keys());
    }
    Ok((keys, names))
}
