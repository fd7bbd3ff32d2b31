//! Where to compute and with which numbers: what this machine can do, found out once at the start.

use std::collections::BTreeMap;
use std::sync::Once;

use tch::{Device, Kind};

use super::{cuda, shim};
use epnas::engine::{Ability, Precision, TaskFailure};

/// The device a process computes on.
#[derive(Clone, Debug)]
pub struct Machine {
    pub device: Device,
    ability: Ability,
    processor: String,
    threads: usize,
}

impl Machine {
    /// The device called `name`: `cpu`, or `cuda:N` for the GPU number N. Fails with what is missing.
    pub fn named(name: &str, threads: usize) -> Result<Self, String> {
        let mut machine = Self::host(threads);
        if name == "cpu" {
            return Ok(machine);
        }
        let index = name.strip_prefix("cuda:").and_then(|number| number.parse::<usize>().ok());
        let index = index.ok_or_else(|| format!("`{name}` is no device: `cpu` or `cuda:N` is expected"))?;
        cuda::load().map_err(|fault| fault.to_string())?;
        let count = if tch::Cuda::is_available() { tch::Cuda::device_count() as usize } else { 0 };
        cuda::among(index, count).map_err(|fault| fault.to_string())?;
        // Choosing the fastest algorithm by trial would make results depend on timing.
        tch::Cuda::cudnn_set_benchmark(false);
        machine.device = Device::Cuda(index);
        // Which one it is `tch` does not tell; whoever asks for bf16 knows.
        machine.ability = Ability::of_gpu(None);
        Ok(machine)
    }

    /// The processor.
    pub fn host(threads: usize) -> Self {
        static INTEROP: Once = Once::new();
        // libtorch refuses a second call.
        INTEROP.call_once(|| tch::set_num_interop_threads(1));
        tch::set_num_threads(threads.max(1) as i32);
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let line = |key: &str| info.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(": ")).map(|(_, text)| text);
        let processor = line("model name").unwrap_or("unknown").to_owned();
        Self { device: Device::Cpu, ability: Ability::of_processor(&info), processor, threads: threads.max(1) }
    }

    /// The numbers to compute with; refused where the device does not, rather than be slow or another result.
    pub fn kind(&self, precision: Precision) -> Result<Kind, TaskFailure> {
        if let Some(message) = self.ability.refusal(precision) {
            return Err(TaskFailure::Refused { message });
        }
        Ok(if self.ability.decide(precision) == Precision::Bf16 { Kind::BFloat16 } else { Kind::Float })
    }

    /// Sets how this process computes on a GPU from now on.
    pub fn adopt(&self, precision: Precision, deterministic: bool) {
        if self.device.is_cuda() {
            shim::set_tf32(precision == Precision::Tf32);
            shim::set_deterministic(deterministic);
        }
    }

    /// Returns when the device has done all that it was told to do.
    pub fn wait(&self) {
        if let Device::Cuda(index) = self.device {
            tch::Cuda::synchronize(index as i64);
        }
    }

    /// For the record of a training.
    pub fn environment(&self, precision: Precision) -> BTreeMap<String, String> {
        let device = match self.device {
            Device::Cuda(index) => format!("cuda:{index}"),
            _ => "cpu".to_owned(),
        };
        let precision = self.ability.decide(precision).word();
        [
            ("device", device),
            ("precision", precision.to_owned()),
            ("processor", self.processor.clone()),
            ("threads", self.threads.to_string()),
            ("libtorch", epnas::engine::LIBTORCH.to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }
}
