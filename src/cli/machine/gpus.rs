//! The NVIDIA GPUs of a machine, as its driver and `nvidia-smi` show them. Whether libtorch can use them only a worker knows.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::line;
use crate::files;

/// A GPU; what nobody tells is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Model.
    pub name: String,
    /// Bytes.
    pub memory: Option<u64>,
    pub driver: Option<String>,
    /// Compute capability.
    pub capability: Option<(u32, u32)>,
}

/// Where GPUs are looked for.
#[derive(Clone, Debug)]
pub struct Places {
    /// The folder with `dev` and `proc`.
    pub root: PathBuf,
    /// The program that tells of them.
    pub smi: PathBuf,
    /// What `CUDA_VISIBLE_DEVICES` says.
    pub visible: Option<String>,
}

impl Places {
    /// Those of this machine.
    #[expect(clippy::disallowed_methods, reason = "the environment enters in `cli`")]
    pub fn usual() -> Self {
        Self { root: PathBuf::from("/"), smi: PathBuf::from("nvidia-smi"), visible: std::env::var("CUDA_VISIBLE_DEVICES").ok() }
    }

    /// The GPUs that workers can see, in the order in which they number them.
    pub fn gpus(&self) -> Vec<Gpu> {
        let devices = files::list(&self.root.join("dev")).unwrap_or_default();
        let present = devices.iter().filter(|path| is_gpu(path)).count();
        if present == 0 {
            return Vec::new();
        }
        let told = self.told();
        // In a container `nvidia-smi` may tell of more or fewer than there are.
        let all = if told.len() == present { told } else { vec![self.nameless(); present] };
        let Some(visible) = &self.visible else { return all.into_iter().map(|(_, gpu)| gpu).collect() };
        let mut seen = Vec::new();
        // What is no GPU hides those behind it: so CUDA reads the variable.
        for word in visible.split(',').map(str::trim) {
            let numbered = word.parse::<usize>().ok().and_then(|number| all.get(number));
            let named = || all.iter().find(|(uuid, _)| word.starts_with("GPU-") && uuid.starts_with(word));
            let Some((_, gpu)) = numbered.or_else(named) else { break };
            seen.push(gpu.clone());
        }
        seen
    }

    /// What `nvidia-smi` tells: identifiers and GPUs.
    fn told(&self) -> Vec<(String, Gpu)> {
        let query = ["--query-gpu=uuid,name,memory.total,driver_version,compute_cap", "--format=csv,noheader,nounits"];
        let output = Command::new(&self.smi).args(query).output().ok().filter(|output| output.status.success());
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.lines().filter_map(of_line).collect()
    }

    /// A GPU of which only the model is known, if that.
    fn nameless(&self) -> (String, Gpu) {
        let boards = files::list(&self.root.join("proc/driver/nvidia/gpus")).unwrap_or_default();
        let name = boards.first().and_then(|board| line(&board.join("information"), "Model"));
        let name = name.unwrap_or_else(|| "an NVIDIA GPU".to_owned());
        (String::new(), Gpu { name, memory: None, driver: None, capability: None })
    }
}

fn is_gpu(device: &Path) -> bool {
    let name = device.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("nvidia"));
    name.is_some_and(|number| number.parse::<u16>().is_ok())
}

fn of_line(line: &str) -> Option<(String, Gpu)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let &[uuid, name, memory, driver, capability] = &fields[..] else { return None };
    let capability = capability.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let memory = memory.parse::<u64>().ok().map(|megabytes| megabytes << 20);
    Some((uuid.to_owned(), Gpu { name: name.to_owned(), memory, driver: Some(driver.to_owned()), capability }))
}

#[cfg(test)]
pub mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A machine with so many GPUs, whose `nvidia-smi` tells this.
    pub fn machine(count: usize, told: &str) -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| files::write(&folder.path().join(name), text.as_bytes()).expect("our own folder");
        for index in 0..count {
            write(&format!("dev/nvidia{index}"), "");
        }
        write("dev/nvidiactl", "");
        write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t Tesla T4\nIRQ: 1\n");
        write("told", told);
        write("smi", &format!("#!/bin/sh\ncat '{}'\n", folder.path().join("told").display()));
        let smi = folder.path().join("smi");
        std::fs::set_permissions(&smi, std::fs::Permissions::from_mode(0o755)).expect("our own file");
        let places = Places { root: folder.path().to_owned(), smi, visible: None };
        (folder, places)
    }

    const TWO: &str = "GPU-aa1, NVIDIA H100 80GB HBM3, 81559, 580.65.06, 9.0\nGPU-bb2, Tesla T4, 15360, 580.65.06, 7.5\n";

    #[test]
    fn gpus_are_what_the_driver_shows_and_nvidia_smi_tells() {
        let (_folder, places) = machine(2, TWO);
        let gpus = places.gpus();
        let driver = Some("580.65.06".to_owned());
        let h100 = Gpu { name: "NVIDIA H100 80GB HBM3".to_owned(), memory: Some(81_559 << 20), driver, capability: Some((9, 0)) };
        assert_eq!((gpus.len(), &gpus[0], gpus[1].capability), (2, &h100, Some((7, 5))));
        let (_folder, places) = machine(2, "Failed to initialize NVML\n");
        let nameless = Gpu { name: "Tesla T4".to_owned(), memory: None, driver: None, capability: None };
        assert_eq!(places.gpus(), [nameless.clone(), nameless]);
        let (_folder, places) = machine(0, TWO);
        assert_eq!(places.gpus(), []);
        let none = Places { smi: PathBuf::from("/proc/none"), ..machine(0, "").1 };
        assert_eq!(none.gpus(), []);
    }

    #[test]
    fn cuda_visible_devices_hides_and_orders_them() {
        let (_folder, places) = machine(2, TWO);
        let names = |visible: &str| -> Vec<String> {
            let places = Places { visible: Some(visible.to_owned()), ..places.clone() };
            places.gpus().into_iter().map(|gpu| gpu.name[..5].to_owned()).collect()
        };
        assert_eq!(names("1,0"), ["Tesla", "NVIDI"]);
        assert_eq!(names("GPU-bb"), ["Tesla"]);
        for (visible, count) in [("", 0), ("-1", 0), ("0,-1,1", 1), ("7", 0), ("1,7", 1), ("0,1", 2)] {
            assert_eq!(names(visible).len(), count, "{visible}");
        }
    }
}
