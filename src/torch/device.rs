//! Where to compute and with which numbers: what this machine can do, found out once at the start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Once;

use tch::{Device, Kind};

use epnas::engine::Precision;

/// The device a process computes on.
#[derive(Clone, Debug)]
pub struct Machine {
    pub device: Device,
    /// Whether the device computes with bf16 faster than with 32 bits.
    fast_bf16: bool,
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
        load_cuda();
        let count = tch::Cuda::device_count();
        if !tch::Cuda::is_available() || index as i64 >= count {
            return Err(format!(
                "there is no `{name}`: libtorch finds {count} GPUs; without the driver or libtorch's CUDA libraries it finds none"
            ));
        }
        // Choosing the fastest algorithm by trial would make results depend on timing.
        tch::Cuda::cudnn_set_benchmark(false);
        machine.device = Device::Cuda(index);
        machine.fast_bf16 = true;
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
        let fast_bf16 = line("flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "avx512_bf16" || flag == "amx_bf16"));
        let processor = line("model name").unwrap_or("unknown").to_owned();
        Self { device: Device::Cpu, fast_bf16, processor, threads: threads.max(1) }
    }

    /// The numbers to compute with.
    pub const fn kind(&self, precision: Precision) -> Kind {
        match precision {
            Precision::Auto if self.fast_bf16 => Kind::BFloat16,
            Precision::Bf16 => Kind::BFloat16,
            Precision::Auto | Precision::Fp32 => Kind::Float,
        }
    }

    /// Returns when the device has done all that it was told to do.
    pub fn wait(&self) {
        if let Device::Cuda(index) = self.device {
            tch::Cuda::synchronize(index as i64);
        }
    }

    /// For the record of a training.
    pub fn environment(&self, kind: Kind) -> BTreeMap<String, String> {
        let device = match self.device {
            Device::Cuda(index) => format!("cuda:{index}"),
            _ => "cpu".to_owned(),
        };
        let precision = if kind == Kind::BFloat16 { "bf16" } else { "fp32" };
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

/// Loads libtorch's CUDA half where it lies beside the libraries in use and a driver is there, so that one binary
/// serves machines with and without a GPU. Must run before libtorch is first asked for CUDA.
fn load_cuda() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let library = libtorch_folder().map(|folder| folder.join("libtorch_cuda.so"));
        if let Some(library) = library.filter(|library| library.is_file() && has_driver()) {
            // A failure is no error: the machine then computes on its processor, and the record says so.
            let _ = load(&library);
        }
    });
}

/// The folder that the running program has its libtorch from.
fn libtorch_folder() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path =
        maps.lines().filter_map(|line| line.find('/').map(|start| &line[start..])).find(|path| path.ends_with("/libtorch_cpu.so"))?;
    Path::new(path).parent().map(Path::to_path_buf)
}

fn has_driver() -> bool {
    Path::new("/dev/nvidia0").exists() || load(Path::new("libcuda.so.1"))
}

/// Loads a library for good, its symbols visible to all.
#[allow(unsafe_code)]
fn load(path: &Path) -> bool {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    // SAFETY: the initialisers that run are those of NVIDIA's driver and of the libtorch this program is already
    // linked to, made to be loaded at any time; no symbol is looked up by hand, and the library is never unloaded.
    let loaded = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) };
    loaded.map(std::mem::forget).is_ok()
}
