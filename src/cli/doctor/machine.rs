//! Processor and GPUs.

use std::path::Path;

use super::found::{Gpu, Processor};
use crate::cli::machine::{self, HostMemory, Places, Site, cores, line};

pub fn processor() -> Processor {
    let HostMemory { total, free, limit } = HostMemory::now();
    let ability = Site::processor().ability;
    let name = line(Path::new("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned());
    Processor { name, cores: cores(), memory: total, free_memory: free, memory_limit: limit, ability }
}

pub fn gpus() -> Vec<Gpu> {
    let told = |gpu: machine::Gpu| Gpu {
        name: gpu.name,
        memory: gpu.memory,
        driver: gpu.driver,
        compute_capability: gpu.capability.map(|(major, minor)| format!("{major}.{minor}")),
    };
    Places::usual().gpus().into_iter().map(told).collect()
}
