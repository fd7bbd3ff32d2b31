//! Processor and GPUs.

use super::machine_report::{Gpu, Processor};
use crate::cli::machine::{self, Places, Site, cores};
use crate::host::{Host, Memory};

pub(super) fn processor() -> Processor {
    let (Memory { total, free, limit }, quota) = (Host::here().memory(), Host::here().quota());
    let ability = Site::processor().ability;
    let name = Host::here().processor().unwrap_or_else(|| "unknown".to_owned());
    Processor {
        name,
        cores: cores(),
        quota: quota.as_ref().map(|quota| quota.cores),
        quota_file: quota.map(|quota| quota.file),
        memory: total,
        free_memory: free,
        memory_limit: limit.as_ref().map(|limit| limit.bytes),
        memory_limit_file: limit.map(|limit| limit.file),
        ability,
    }
}

pub(super) fn gpus() -> Vec<Gpu> {
    let told = |gpu: machine::Gpu| Gpu {
        name: gpu.name,
        memory: gpu.memory,
        driver: gpu.driver,
        compute_capability: gpu.capability.map(|(major, minor)| format!("{major}.{minor}")),
    };
    Places::usual().seen().gpus.into_iter().map(told).collect()
}
