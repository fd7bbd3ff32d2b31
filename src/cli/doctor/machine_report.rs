//! The findings of `epnas doctor`, as plain data and as JSON.

use std::path::PathBuf;

use serde::Serialize;

use crate::engine::{Ability, Precision};
use crate::run::About;
use crate::text::ErrorText;

#[derive(Debug, Serialize)]
pub(super) struct MachineReport {
    /// Raised when a word comes to mean something else.
    pub format: u32,
    /// Version of the program.
    pub epnas: &'static str,
    pub processor: Processor,
    pub gpus: Vec<Gpu>,
    /// What trainings of a run compute with.
    pub precision: Ability,
    pub worker: Worker,
    /// Whether libtorch's CUDA half can be used; `None` where there is no worker to say so.
    pub cuda: Option<Cuda>,
    /// The device of each worker of a run.
    pub workers: Vec<String>,
    /// Of launched pools, where a file names such: one slot of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolSlot>,
    /// Of measures, where a file names such: what the reference network costs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureTrial>,
    pub speeds: Vec<DeviceSpeed>,
    pub data: Vec<DataSet>,
    pub cache: Cache,
    /// What is not as it could be, and keeps no run from running.
    pub doubts: Vec<String>,
    /// What a run needs and cannot have.
    pub faults: Vec<Fault>,
}

#[derive(Debug, Serialize)]
pub(super) struct Processor {
    pub name: String,
    pub cores: usize,
    /// Cores' worth of time that a control group allows, and the file that says so.
    pub quota: Option<f64>,
    pub quota_file: Option<PathBuf>,
    /// Bytes: of the machine, of them free under all limits, and the most that a control group allows, with the file that says
    /// so.
    pub memory: Option<u64>,
    pub free_memory: Option<u64>,
    pub memory_limit: Option<u64>,
    pub memory_limit_file: Option<PathBuf>,
    pub ability: Ability,
}

#[derive(Debug, Serialize)]
pub(super) struct Gpu {
    pub name: String,
    /// Bytes.
    pub memory: Option<u64>,
    pub driver: Option<String>,
    pub compute_capability: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Worker {
    pub program: PathBuf,
    /// Until it was ready; `None` where it does not start.
    pub seconds: Option<f64>,
    /// Version and folder of the libtorch that it has loaded.
    pub libtorch: Option<String>,
    pub libtorch_folder: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cuda {
    pub loaded: bool,
    /// Why not.
    pub said: Option<String>,
}

/// A slot of a pool that was started and let go again.
#[derive(Debug, Serialize)]
pub(super) struct PoolSlot {
    pub pool: String,
    /// Until it answered, and what it said; `None` where it did not.
    pub seconds: Option<f64>,
    pub about: Option<About>,
}

/// A measure that was tried.
#[derive(Debug, Serialize)]
pub(super) struct MeasureTrial {
    pub measure: String,
    /// Of the reference network, and the seconds that it took to measure; `None` where nothing was measured.
    pub cost: Option<f64>,
    pub unit: Option<String>,
    pub seconds: f64,
}

/// Training steps of the reference network.
#[derive(Debug, Serialize)]
pub(super) struct DeviceSpeed {
    pub device: String,
    pub precision: Precision,
    /// What `auto` means on the device.
    pub is_auto: bool,
    pub batch_size: usize,
    pub images_per_second: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct DataSet {
    pub name: &'static str,
    /// `None` where it is in none of the usual places.
    pub folder: Option<PathBuf>,
    pub missing: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cache {
    pub folder: PathBuf,
    pub is_there: bool,
    pub writable: bool,
    /// Bytes.
    pub free: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Fault {
    pub what: String,
    /// The words of what went wrong.
    pub why: String,
    pub help: Option<String>,
}

impl Fault {
    pub(super) fn new(what: impl Into<String>, why: ErrorText) -> Self {
        Self { what: what.into(), why: why.what, help: why.help }
    }
}
