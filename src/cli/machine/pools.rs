//! Pools of a file, as a run uses them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::diagnostics::{Style, render};
use crate::cli::{Exit, fail};
use crate::engine::Precision;
use crate::files;
use crate::run::{LaunchSettings, MeasureSettings, worker_program};
use crate::spec::load::MAX_BYTES;
use crate::spec::pools::{MeasureSpec, PoolCacheSpec, PoolSpec, PoolsSpec, SlotsSpec, is_plain, read};

/// How long an idle slot stays where nobody says, in seconds.
const LEAVES_AFTER: u64 = 300;

/// A file that was read and found right.
#[derive(Clone, Debug)]
pub(crate) struct PoolsFile {
    /// None where the file has measures alone: then the workers of this machine compute.
    pub pools: Vec<PoolSpec>,
    pub measures: Vec<Measure>,
    /// What is doubtful about it.
    pub doubts: Vec<String>,
}

/// A measure of a file.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub settings: MeasureSettings,
    pub version: u32,
}

/// Where nobody says: how often a network is measured, and for how many seconds at the most.
const REPEAT: usize = 3;
const TIME_LIMIT: u64 = 60;

fn measures(given: Option<BTreeMap<String, MeasureSpec>>) -> Vec<Measure> {
    let measure = |(name, measure): (String, MeasureSpec)| {
        let MeasureSpec { command, unit, repeat, time_limit, version } = measure;
        let time_limit = Duration::from_secs(time_limit.map_or(TIME_LIMIT, |span| span.0));
        // That it is one was checked.
        let name = name.parse().ok()?;
        let settings = MeasureSettings { name, command, unit, repeat: repeat.unwrap_or(REPEAT), time_limit };
        Some(Measure { settings, version: version.unwrap_or(1) })
    };
    given.into_iter().flatten().filter_map(measure).collect()
}

/// Reads a file that an argument names; fails with all that is wrong with it.
pub(super) fn file(path: &str) -> Result<PoolsFile, String> {
    let path = Path::new(path);
    let bytes = files::read(path, MAX_BYTES as u64).map_err(|error| error.to_string())?;
    let reading = read(&bytes);
    let faults = render(&path.display().to_string(), &reading.source, &reading.faults, Style::Plain);
    match reading.spec {
        None => Err(format!("it cannot be used\n\n{}", faults.trim_end())),
        Some(PoolsSpec { pools, measures: given }) => {
            let doubts = reading.faults.iter().map(|fault| format!("`{}`: {}", path.display(), fault.message)).collect();
            Ok(PoolsFile { pools: pools.unwrap_or_default(), measures: measures(given), doubts })
        }
    }
}

/// The least and the most slots.
pub(super) const fn slots(pool: &PoolSpec) -> (usize, usize) {
    match pool.slots {
        None => (0, 1),
        Some(SlotsSpec::Most(most)) => (0, most),
        Some(SlotsSpec::Range(range)) => (if let Some(min) = range.min { min } else { 0 }, range.max),
    }
}

/// What latencies are measured on, on slots that a launcher gives a GPU.
pub(super) fn gpu_of(pool: &str) -> String {
    format!("a GPU of pool `{pool}`")
}

/// Whether its slots compute on a GPU.
pub(super) fn has_gpu(pool: &PoolSpec) -> bool {
    pool.device.as_ref().is_some_and(|device| device.starts_with("cuda"))
}

/// What the slots of a launched pool are started with; `None` of one of this machine. Fails where the worker cannot be named.
pub(crate) fn settings(pool: &PoolSpec, precisions: &[Precision]) -> Result<Option<LaunchSettings>, Exit> {
    let Some(launch) = &pool.launch else { return Ok(None) };
    let worker = if let Some(worker) = &pool.worker {
        worker.clone()
    } else {
        let program = std::env::current_exe().map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
        worker_program(&program).display().to_string()
    };
    if !is_plain(&worker) {
        let why = format!("pool `{}`: the path of the worker, `{worker}`, would not pass through shells as it is", pool.name);
        return Err(fail(Exit::Trouble, &format!("{why}\nhelp: install it below another one, and say so with `worker: …`")));
    }
    let device = match pool.device.as_deref() {
        None => "cpu",
        // Whatever numbers the engine knows them by, a job sees its GPUs from 0 on.
        Some("cuda") => "cuda:0",
        Some(device) => device,
    };
    let threads = pool.cpus_per_slot.unwrap_or(1);
    let scratch = pool.scratch.as_ref().map_or_else(String::new, |folder| format!(" --scratch {folder}"));
    let command = launch.replace("{worker}", &format!("{worker} --launched --device {device} --threads {threads}{scratch}"));
    Ok(Some(LaunchSettings {
        name: pool.name.clone(),
        command,
        slots: slots(pool),
        leaves_after: Duration::from_secs(pool.leaves_after.map_or(LEAVES_AFTER, |span| span.0)),
        start_limit: pool.start_limit.map(|span| Duration::from_secs(span.0)),
        time_limit: pool.time_limit.map(|span| Duration::from_secs(span.0)),
        shares_cache: pool.cache == Some(PoolCacheSpec::Shared),
        data: pool.data.as_ref().map(PathBuf::from),
        precisions: precisions.to_vec(),
        gpu: has_gpu(pool).then(|| gpu_of(&pool.name)),
    }))
}
