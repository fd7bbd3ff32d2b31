//! The machine the program runs on: its processors and GPUs, and what runs on which.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Exit, fail};
use crate::files;
use crate::run::SlotSettings;

/// The workers of this machine.
#[derive(Debug, Default, clap::Args)]
pub struct LocalArguments {
    /// Workers, one task each at a time. Default: one per GPU, else one single-threaded worker per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Where workers compute: `cpu`, `cuda` or `auto`.
    #[arg(long, value_enum, default_value = "auto")]
    device: Device,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Device {
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// One worker per GPU, else one single-threaded worker per core, unless told otherwise.
pub fn slots(arguments: &LocalArguments) -> Result<Vec<SlotSettings>, Exit> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let gpus = match arguments.device {
        Device::Cpu => 0,
        Device::Auto | Device::Cuda => gpus(),
    };
    if arguments.device == Device::Cuda && gpus == 0 {
        return Err(fail(
            Exit::Trouble,
            "`--device cuda` was asked for, but no NVIDIA GPU was found\nhelp: check that `nvidia-smi` lists one",
        ));
    }
    let count = arguments.workers.map_or(if gpus > 0 { gpus } else { cores }, usize::from);
    let threads = (cores / count).max(1);
    let slot = |index: usize| match gpus {
        // More workers than cores share them; more cores than workers stay single-threaded: two single-threaded
        // workers train more images than one with two threads.
        0 => SlotSettings { device: "cpu".to_owned(), threads: 1 },
        gpus => SlotSettings { device: format!("cuda:{}", index % gpus), threads },
    };
    Ok((0..count).map(slot).collect())
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
    [Device::Auto, Device::Cpu].map(|device| device_name(&LocalArguments { workers: None, device })).into()
}

/// What workers compute on, by its model: measured latencies are of it.
pub fn device_name(arguments: &LocalArguments) -> String {
    let line = |path: &Path, key: &str| {
        let text = files::read(path, 1 << 20).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let found = text.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(':'));
        found.map(|(_, name)| name.trim().to_owned())
    };
    let gpu = if arguments.device != Device::Cpu && gpus() > 0 {
        let boards = files::list(Path::new("/proc/driver/nvidia/gpus")).unwrap_or_default();
        Some(boards.first().and_then(|board| line(&board.join("information"), "Model")).unwrap_or_else(|| "an NVIDIA GPU".to_owned()))
    } else {
        None
    };
    gpu.or_else(|| Some(format!("{}, 1 thread", line(Path::new("/proc/cpuinfo"), "model name")?)))
        .unwrap_or_else(|| "an unknown processor, 1 thread".to_owned())
}
