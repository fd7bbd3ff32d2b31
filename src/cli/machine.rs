//! The machine the program runs on: its processors and GPUs, and what runs on which.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use super::{Exit, fail};
use crate::files;
use crate::run::{Device, LocalExecutor, SlotSettings, worker_program};

/// The workers of this machine.
#[derive(Debug, Default, clap::Args)]
pub struct LocalArguments {
    /// Workers, one task each at a time, or `auto`: one single-threaded worker per core; with GPUs up to 4 on each. Those of
    /// one device take on only as much at once as fits into its memory.
    #[arg(long, value_name = "N", default_value = "auto")]
    workers: Workers,
    /// Where workers compute: `cpu`, `cuda` or `auto`.
    #[arg(long, value_enum, default_value = "auto")]
    device: Where,
    /// Try again what ran out of memory or diverged in an earlier run.
    #[arg(long)]
    pub retry_failed: bool,
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Where {
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// The most workers of one GPU, where nobody says: search-sized networks do not fill one, but each worker has its own
/// share of memory for libtorch.
const PER_GPU: usize = 4;

/// The machine as a run uses it, looked at once.
pub struct Local {
    slots: Vec<SlotSettings>,
    pub retry_failed: bool,
}

impl Local {
    pub fn find(arguments: &LocalArguments) -> Result<Self, Exit> {
        let count = workers(arguments)?;
        let gpus = usable_gpus(arguments)?;
        let devices: Vec<Device> = if gpus == 0 { vec![processor()] } else { (0..gpus).map(|index| gpu(index, arguments)).collect() };
        // More workers than cores share them; more cores than workers stay single-threaded on a processor: two
        // single-threaded workers train more images than one with two threads.
        let threads = if gpus == 0 { 1 } else { (cores() / count).max(1) };
        let slot = |index: usize| SlotSettings { device: devices[index % devices.len()].clone(), threads };
        Ok(Self { slots: (0..count).map(slot).collect(), retry_failed: arguments.retry_failed })
    }

    /// Names of the devices of the slots.
    pub fn devices(&self) -> Vec<String> {
        self.slots.iter().map(|slot| slot.device.name.clone()).collect()
    }

    /// Slots with workers of this program.
    pub fn executor(&self) -> Result<LocalExecutor, Exit> {
        let program = std::env::current_exe().map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
        Ok(LocalExecutor::new(worker_program(&program), worker_environment(), self.slots.clone()))
    }
}

/// How many workers are asked for.
pub fn workers(arguments: &LocalArguments) -> Result<usize, Exit> {
    let gpus = usable_gpus(arguments)?;
    Ok(match arguments.workers {
        Workers::Count(count) => count,
        Workers::Auto if gpus == 0 => cores(),
        Workers::Auto => (gpus * PER_GPU).min(cores().max(gpus)),
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The GPUs that are to be used; an error where one is asked for and there is none.
fn usable_gpus(arguments: &LocalArguments) -> Result<usize, Exit> {
    let gpus = match arguments.device {
        Where::Cpu => 0,
        Where::Auto | Where::Cuda => gpus(),
    };
    if arguments.device == Where::Cuda && gpus == 0 {
        return Err(fail(
            Exit::Trouble,
            "`--device cuda` was asked for, but no NVIDIA GPU was found\nhelp: check that `nvidia-smi` lists one",
        ));
    }
    Ok(gpus)
}

/// Bytes that a worker takes before it computes anything.
const WORKER: u64 = 300 << 20;

/// The processor, with the memory that is free now.
fn processor() -> Device {
    let kilobytes = |key: &str| line(Path::new("/proc/meminfo"), key)?.strip_suffix(" kB")?.trim().parse::<u64>().ok();
    let [total, free] = ["MemTotal", "MemAvailable"].map(|key| kilobytes(key).map(|kilobytes| kilobytes << 10));
    let limit = files::read(Path::new("/sys/fs/cgroup/memory.max"), 100).ok();
    let limit = limit.and_then(|text| String::from_utf8_lossy(&text).trim().parse::<u64>().ok());
    let least = |bytes: Option<u64>| bytes.map(|bytes| limit.map_or(bytes, |limit| bytes.min(limit)));
    let gigabytes = least(total).map_or(0, |bytes| bytes >> 30);
    Device {
        name: "cpu".to_owned(),
        kind: format!("{}, {gigabytes} GiB", device_name(&LocalArguments { device: Where::Cpu, ..LocalArguments::default() })),
        memory: least(free).map(|bytes| bytes.saturating_sub(cores() as u64 * WORKER)),
    }
}

/// A GPU; its memory is known where `nvidia-smi` tells it.
fn gpu(index: usize, arguments: &LocalArguments) -> Device {
    let asked = ["--query-gpu=memory.total", "--format=csv,noheader,nounits", &format!("--id={index}")];
    let told = Command::new("nvidia-smi").args(asked).output().ok().filter(|output| output.status.success());
    let megabytes = told.and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse::<u64>().ok());
    let memory = megabytes.map(|megabytes| megabytes << 20);
    Device {
        name: format!("cuda:{index}"),
        kind: format!("{}, {} GiB", device_name(arguments), memory.unwrap_or(0) >> 30),
        // Each worker's CUDA context takes some.
        memory: memory.map(|bytes| (bytes / 10 * 9).saturating_sub(PER_GPU as u64 * (500 << 20))),
    }
}

/// What workers get of the environment: what they and libtorch need to run, and nothing else.
fn worker_environment() -> Vec<(OsString, OsString)> {
    const NAMES: [&str; 8] = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD", "RUST_BACKTRACE"];
    const FAMILIES: [&str; 10] = ["LC_", "CUDA_", "CUDNN_", "NVIDIA_", "OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_"];
    let needed = |name: &OsString| {
        let name = name.to_string_lossy();
        NAMES.contains(&name.as_ref()) || FAMILIES.iter().any(|family| name.starts_with(family))
    };
    std::env::vars_os().filter(|(name, _)| needed(name)).collect()
}

/// NVIDIA GPUs: those the driver shows, or those that `CUDA_VISIBLE_DEVICES` leaves of them.
#[expect(clippy::disallowed_methods, reason = "the environment enters in `cli`")]
fn gpus() -> usize {
    let numbered = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("nvidia"));
        name.is_some_and(|number| number.parse::<u16>().is_ok())
    };
    let present = files::list(Path::new("/dev")).map_or(0, |devices| devices.iter().filter(|path| numbered(path)).count());
    match std::env::var("CUDA_VISIBLE_DEVICES") {
        Ok(visible) => present.min(visible.split(',').filter(|device| !device.trim().is_empty()).count()),
        Err(_) => present,
    }
}

/// The models of all that workers of this machine can compute on.
pub fn device_names() -> BTreeSet<String> {
    [Where::Auto, Where::Cpu].map(|device| device_name(&LocalArguments { device, ..LocalArguments::default() })).into()
}

/// What workers compute on, by its model: measured latencies are of it.
pub fn device_name(arguments: &LocalArguments) -> String {
    let gpu = if arguments.device != Where::Cpu && gpus() > 0 {
        let boards = files::list(Path::new("/proc/driver/nvidia/gpus")).unwrap_or_default();
        Some(boards.first().and_then(|board| line(&board.join("information"), "Model")).unwrap_or_else(|| "an NVIDIA GPU".to_owned()))
    } else {
        None
    };
    gpu.or_else(|| Some(format!("{}, 1 thread", line(Path::new("/proc/cpuinfo"), "model name")?)))
        .unwrap_or_else(|| "an unknown processor, 1 thread".to_owned())
}

/// What a file of the system says after a key.
fn line(path: &Path, key: &str) -> Option<String> {
    let text = files::read(path, 1 << 20).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let found = text.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(':'));
    found.map(|(_, name)| name.trim().to_owned())
}
