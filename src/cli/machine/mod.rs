//! The machine the program runs on: its processors and GPUs, and what runs on which.

mod gpus;
mod pools;
mod site;
mod ways;

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use super::interrupt::Watch;
use super::{Exit, fail};
use crate::arch::MeasureName;
use crate::cache::Cache;
use crate::engine::Precision;
use crate::files;
use crate::host::Host;
use crate::host::environment::of_workers;
use crate::run::{
    Capacity, Device, Executor, LaunchedExecutor, LocalExecutor, MeterExecutor, Notifier, Pools, Remembered, SlotSettings, worker_program,
};
use crate::spec::ResolvedSpec;
use crate::spec::pools::PoolSpec;

pub(super) use crate::host::environment::kept_back;
pub(super) use gpus::{Gpu, Places};
pub(super) use pools::{Measure, PoolsFile, settings as launch_settings};
pub(super) use site::{Site, Where, usable};
pub(super) use ways::ways;

/// The workers of this machine.
#[derive(Debug, Default, clap::Args)]
pub(super) struct LocalArguments {
    /// Number of workers, or `auto`: one single-threaded worker per core, or up to 4 on each GPU. Each worker computes one task
    /// at a time. Workers of one device take only as many tasks at once as fit into its memory.
    #[arg(long, value_name = "N", default_value = "auto")]
    workers: Workers,
    /// Pools file with the workers of this machine and of launchers; see docs/clusters.md.
    #[arg(long, value_name = "FILE", value_parser = pools::file, conflicts_with_all = ["workers", "device"])]
    pub pools: Option<PoolsFile>,
    /// Device of the workers: `cpu`, `cuda` for all GPUs, `cuda:N` for one GPU, or `auto`: usable GPUs if there are any,
    /// otherwise the CPU.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Where,
    /// Retry trainings that ran out of memory or diverged in an earlier run. Without this option they are retried only if there
    /// is more memory now, if other tasks shared the memory then, or on another kind of device.
    #[arg(long)]
    pub retry_failed: bool,
}

impl LocalArguments {
    /// As many workers as by default, on this device.
    pub(super) fn on(device: Where) -> Self {
        Self { device, ..Self::default() }
    }

    /// The same for the workers of this machine that a file names.
    fn of_pool(pool: &PoolSpec) -> Self {
        let device = pool.device.as_ref().map_or(Ok(Where::Cpu), |device| device.parse()).unwrap_or_default();
        Self { workers: Workers::Count(pool.workers.unwrap_or(1)), ..Self::on(device) }
    }

    fn pools(&self) -> &[PoolSpec] {
        self.pools.as_ref().map_or(&[], |file| &file.pools)
    }

    pub(super) fn measures(&self) -> &[Measure] {
        self.pools.as_ref().map_or(&[], |file| &file.measures)
    }

    /// Which failures of earlier runs count for a run at this site.
    pub(super) fn remembered(&self, site: &Site) -> Remembered {
        // The slots take the devices in turn.
        Remembered::new(devices(site).iter().take(workers(site, self)), self.retry_failed)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Workers {
    #[default]
    Auto,
    Count(usize),
}

impl FromStr for Workers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = text.parse::<usize>().ok().filter(|count| (1..=1024).contains(count)).map(Self::Count);
        if text == "auto" { Ok(Self::Auto) } else { count.ok_or_else(|| "`auto` or a number from 1 to 1024 is expected".to_owned()) }
    }
}

/// The most workers of one GPU, where nobody says: search-sized networks do not fill one, but each worker has its own
/// share of memory for libtorch.
const PER_GPU: usize = 4;

/// The machine as a run uses it, looked at once.
pub(super) struct Local {
    pub site: Site,
    slots: Vec<SlotSettings>,
    /// Those of a file, where there is one; workers of this machine with their slots.
    pools: Vec<(PoolSpec, Vec<SlotSettings>)>,
    measures: Vec<Measure>,
    pub retry_failed: bool,
}

impl Local {
    pub(super) fn find(arguments: &LocalArguments) -> Result<Self, Exit> {
        Ok(Self::at(Site::find(arguments)?, arguments))
    }

    pub(super) fn at(site: Site, arguments: &LocalArguments) -> Self {
        let (retry_failed, measures) = (arguments.retry_failed, arguments.measures().to_vec());
        if arguments.pools().is_empty() {
            return Self { slots: slots(&site, arguments), pools: Vec::new(), measures, site, retry_failed };
        }
        let of_pool = |pool: &PoolSpec| {
            let local = pool.workers.map(|_| LocalArguments::of_pool(pool));
            // That there is such a GPU was found when the site was.
            let own = local.and_then(|local| Some(slots(&Site::of_pool(&local).ok()?, &local)));
            (pool.clone(), own.unwrap_or_default())
        };
        let pools: Vec<(PoolSpec, Vec<SlotSettings>)> = arguments.pools().iter().map(of_pool).collect();
        Self { slots: pools.iter().flat_map(|(_, slots)| slots.clone()).collect(), pools, measures, site, retry_failed }
    }

    /// Names of the devices of the slots.
    pub(super) fn devices(&self) -> Vec<String> {
        self.slots.iter().map(|slot| slot.device.name.clone()).collect()
    }

    /// The pools of runs of these specs, one after another: workers, and devices for the measures that the specs name. What others
    /// make is kept in `cache`. A further pool joins here.
    pub(super) fn crew(&self, cache: &Cache, specs: &[ResolvedSpec]) -> Result<Crew, Exit> {
        let precisions: BTreeSet<Precision> = specs.iter().flat_map(ResolvedSpec::precisions).collect();
        let precisions: Vec<Precision> = precisions.into_iter().collect();
        let notifier = Notifier::default();
        let mut executors: Vec<Box<dyn Executor>> = Vec::new();
        if self.pools.is_empty() {
            executors.push(Box::new(executor(self.slots.clone(), notifier.clone())?));
        }
        for (pool, slots) in &self.pools {
            executors.push(match pools::settings(pool, &precisions)? {
                None => Box::new(executor(slots.clone(), notifier.clone())?.called(&pool.name)),
                Some(settings) => Box::new(LaunchedExecutor::new(settings, cache.clone(), notifier.clone())),
            });
        }
        let asked: BTreeSet<MeasureName> = specs.iter().flat_map(ResolvedSpec::measures_asked).collect();
        for Measure { settings, .. } in self.measures.iter().filter(|measure| asked.contains(&measure.settings.name)) {
            executors.push(Box::new(MeterExecutor::new(settings.clone(), cache.clone(), notifier.clone())));
        }
        let interrupted = notifier.clone();
        let (watch, set) = Watch::new(move || interrupted.interrupt());
        if let Err(error) = set {
            tracing::warn!("Ctrl-C will end this at once: {error}");
        }
        Ok(Crew { pools: Pools::new(notifier, executors), retry_failed: self.retry_failed, _watch: watch })
    }

    /// The same where no folder can be shared with other machines.
    #[must_use]
    pub(super) fn without_sharing(mut self) -> Self {
        self.pools.iter_mut().for_each(|(pool, _)| pool.cache = None);
        self
    }
}

/// The pools of runs, which signals interrupt for as long as it is kept. Slots stay from one run to the next.
pub(super) struct Crew {
    pub pools: Pools<'static>,
    pub retry_failed: bool,
    _watch: Watch,
}

/// The slots of workers of this machine.
fn slots(site: &Site, arguments: &LocalArguments) -> Vec<SlotSettings> {
    let count = workers(site, arguments);
    let devices = devices(site);
    // More workers than cores share them; more cores than workers stay single-threaded on a processor: two
    // single-threaded workers train more images than one with two threads.
    let threads = if site.gpus.is_empty() { 1 } else { (cores() / count).max(1) };
    let slot = |index: usize| SlotSettings { device: devices[index % devices.len()].clone(), threads };
    (0..count).map(slot).collect()
}

/// Slots with workers of this program, which notify of what they say.
pub(super) fn executor(slots: Vec<SlotSettings>, notifier: Notifier) -> Result<LocalExecutor, Exit> {
    let program = std::env::current_exe().map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    Ok(executor_beside(&program, slots, notifier))
}

/// The same for a program that is known.
pub(super) fn executor_beside(program: &Path, slots: Vec<SlotSettings>, notifier: Notifier) -> LocalExecutor {
    LocalExecutor::new(worker_program(program), of_workers(), slots, notifier)
}

/// What slots compute on.
pub(super) fn devices(site: &Site) -> Vec<Device> {
    if site.gpus.is_empty() { vec![processor()] } else { site.gpus.iter().map(|(index, found)| gpu(*index, found)).collect() }
}

/// How many workers there are.
pub(super) fn workers(site: &Site, arguments: &LocalArguments) -> usize {
    if !arguments.pools().is_empty() {
        return arguments.pools().iter().map(|pool| pool.workers.unwrap_or_else(|| pools::slots(pool).1)).sum();
    }
    let gpus = site.gpus.len();
    match arguments.workers {
        Workers::Count(count) => count,
        Workers::Auto if gpus == 0 => cores(),
        Workers::Auto => (gpus * PER_GPU).min(cores().max(gpus)),
    }
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Bytes that a worker takes before it computes anything.
const WORKER: u64 = 300 << 20;

/// The processor, with the memory that is free now.
fn processor() -> Device {
    let memory = Host::here().memory();
    Device {
        name: "cpu".to_owned(),
        kind: processor_name(),
        memory: memory.free.map(|bytes| bytes.saturating_sub(cores() as u64 * WORKER)),
        capacity: Capacity { host: memory.most(), device: None },
    }
}

fn gpu(index: usize, found: &Gpu) -> Device {
    Device {
        name: format!("cuda:{index}"),
        kind: format!("{}, {} GiB", found.name, found.memory.unwrap_or(0) >> 30),
        // Each worker's CUDA context takes some.
        memory: found.memory.map(|bytes| (bytes / 10 * 9).saturating_sub(PER_GPU as u64 * (500 << 20))),
        capacity: Capacity { host: Host::here().memory().most(), device: found.memory },
    }
}

/// The processor by its model: measured latencies are of it.
fn processor_name() -> String {
    Host::here().processor().map_or_else(|| "an unknown processor, 1 thread".to_owned(), |model| format!("{model}, 1 thread"))
}

/// What a file of the system says after a key.
fn line(path: &Path, key: &str) -> Option<String> {
    let text = files::read(path, 1 << 20).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let found = text.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(':'));
    found.map(|(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Devices of the slots, threads of each, and megabytes for all trainings on the first.
    fn slots(gpus: Vec<(usize, Gpu)>, workers: usize) -> (Vec<String>, usize, Option<u64>) {
        let arguments = LocalArguments { workers: Workers::Count(workers), ..LocalArguments::default() };
        let local = Local::at(Site::of(gpus), &arguments);
        let memory = local.slots[0].device.memory.map(|bytes| bytes >> 20);
        (local.devices(), local.slots[0].threads, memory)
    }

    #[test]
    fn slots_are_dealt_out_to_the_devices_in_turn() {
        let told = "GPU-a, A GPU, 10240, 580.65.06, 9.0\nGPU-b, A GPU, 10240, 580.65.06, 9.0\n";
        let (_folder, places) = gpus::tests::machine(2, told);
        let all: Vec<(usize, Gpu)> = places.seen().gpus.into_iter().enumerate().collect();
        let (devices, threads, memory) = slots(all.clone(), 3);
        assert_eq!(devices, ["cuda:0", "cuda:1", "cuda:0"]);
        assert_eq!(threads, (cores() / 3).max(1));
        // What the contexts of its workers take is no room for trainings.
        assert_eq!(memory, Some(10_240 / 10 * 9 - 4 * 500));
        assert_eq!(slots(all[1..].to_vec(), 2).0, ["cuda:1", "cuda:1"]);
        let (devices, threads, memory) = slots(Vec::new(), 2);
        assert_eq!((devices, threads, memory.is_some()), (vec!["cpu".to_owned(); 2], 1, true));
        let auto = LocalArguments::default();
        assert_eq!(workers(&Site::of(all), &auto), 8.min(cores().max(2)));
        assert_eq!(workers(&Site::processor(), &auto), cores());
    }
}
