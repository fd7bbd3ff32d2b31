//! The NVIDIA GPUs of a machine, as its driver and `nvidia-smi` show them. Whether libtorch can use them only a worker knows.

mod visible;

use std::path::{Path, PathBuf};
use std::process::Command;

use super::line;
use crate::files;

/// A GPU; what nobody tells is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gpu {
    /// Model.
    pub name: String,
    /// Bytes.
    pub memory: Option<u64>,
    pub driver: Option<String>,
    /// Compute capability.
    pub capability: Option<(u32, u32)>,
}

/// What workers can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub gpus: Vec<Gpu>,
    /// Why there are fewer than somebody may expect.
    pub doubt: Option<String>,
}

/// Where GPUs are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Places {
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
    pub(crate) fn usual() -> Self {
        Self { root: PathBuf::from("/"), smi: PathBuf::from("nvidia-smi"), visible: std::env::var("CUDA_VISIBLE_DEVICES").ok() }
    }

    /// The GPUs that workers can see, in the order in which they number them.
    pub(crate) fn seen(&self) -> Seen {
        let devices = files::list(&self.root.join("dev")).unwrap_or_default();
        let present = devices.iter().filter(|path| is_gpu(path)).count();
        let visible = self.visible.as_deref().map(str::trim);
        if present == 0 {
            let named = visible.filter(|words| !words.is_empty() && *words != "-1");
            let doubt = named.map(|words| format!("`CUDA_VISIBLE_DEVICES` is `{words}`, but there is no NVIDIA GPU here"));
            return Seen { gpus: Vec::new(), doubt };
        }
        let told = self.listed();
        // In a container `nvidia-smi` may tell of more or fewer than there are.
        let is_told = told.len() == present;
        let all = if is_told { told } else { vec![self.nameless(); present] };
        let instances = if is_told { self.instances(&all) } else { Vec::new() };
        visible::seen(&visible::Present { all: &all, instances: &instances, are_named: is_told }, visible)
    }

    /// What `nvidia-smi` tells: identifiers and GPUs.
    fn listed(&self) -> Vec<(String, Gpu)> {
        let query = ["--query-gpu=uuid,name,memory.total,driver_version,compute_cap", "--format=csv,noheader,nounits"];
        self.ask(&query).lines().filter_map(of_line).collect()
    }

    /// The MIG instances that `nvidia-smi` lists, each below its GPU: `MIG 3g.40gb  Device  0: (UUID: MIG-…)`.
    fn instances(&self, all: &[(String, Gpu)]) -> Vec<(String, Gpu)> {
        let mut of: Option<&Gpu> = None;
        let mut found = Vec::new();
        for line in self.ask(&["-L"]).lines() {
            let uuid = line.rsplit_once("(UUID: ").map(|(_, uuid)| uuid.trim_end().trim_end_matches(')'));
            let (Some(uuid), line) = (uuid, line.trim_start()) else { continue };
            let Some(rest) = line.strip_prefix("MIG ") else {
                of = all.iter().find(|(known, _)| known == uuid).map(|(_, gpu)| gpu);
                continue;
            };
            if let (Some(gpu), Some(profile)) = (of, rest.split_whitespace().next()) {
                let gigabytes = profile.rsplit_once('.').and_then(|(_, size)| size.strip_suffix("gb")?.parse::<u64>().ok());
                let name = format!("{} MIG {profile}", gpu.name);
                found.push((uuid.to_owned(), Gpu { name, memory: gigabytes.map(|gigabytes| gigabytes << 30), ..gpu.clone() }));
            }
        }
        found
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.smi).args(arguments).output().ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
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
        let gpus = places.seen().gpus;
        let driver = Some("580.65.06".to_owned());
        let h100 = Gpu { name: "NVIDIA H100 80GB HBM3".to_owned(), memory: Some(81_559 << 20), driver, capability: Some((9, 0)) };
        assert_eq!((gpus.len(), &gpus[0], gpus[1].capability), (2, &h100, Some((7, 5))));
        let (_folder, places) = machine(2, "Failed to initialize NVML\n");
        let nameless = Gpu { name: "Tesla T4".to_owned(), memory: None, driver: None, capability: None };
        assert_eq!(places.seen().gpus, [nameless.clone(), nameless]);
        let (_folder, places) = machine(0, TWO);
        assert_eq!(places.seen().gpus, []);
        let none = Places { smi: PathBuf::from("/proc/none"), ..machine(0, "").1 };
        assert_eq!(none.seen().gpus, []);
    }

    /// Where `nvidia-smi -L` tells of instances.
    fn with_instances(told: &str, listed: &str) -> (tempfile::TempDir, Places) {
        let (folder, places) = machine(told.lines().count(), told);
        let at = |name: &str| folder.path().join(name).display().to_string();
        files::write(&folder.path().join("listed"), listed.as_bytes()).expect("our own folder");
        let text = format!("#!/bin/sh\nif [ \"$1\" = -L ]; then cat '{}'; else cat '{}'; fi\n", at("listed"), at("told"));
        files::write(&places.smi, text.as_bytes()).expect("our own folder");
        std::fs::set_permissions(&places.smi, std::fs::Permissions::from_mode(0o755)).expect("our own file");
        (folder, places)
    }

    #[test]
    fn an_instance_has_its_own_memory() {
        let listed = "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aa1)\n  MIG 1g.10gb     Device  0: (UUID: MIG-c1)\n  MIG 3g.40gb     \
                      Device  1: (UUID: MIG-d2)\nGPU 1: Tesla T4 (UUID: GPU-bb2)\n";
        let (_folder, places) = with_instances(TWO, listed);
        let seen = Places { visible: Some("MIG-d".to_owned()), ..places.clone() }.seen();
        assert_eq!((seen.gpus.len(), seen.doubt.as_deref()), (1, None));
        assert_eq!((seen.gpus[0].name.as_str(), seen.gpus[0].memory), ("NVIDIA H100 80GB HBM3 MIG 3g.40gb", Some(40 << 30)));
        assert_eq!(seen.gpus[0].capability, Some((9, 0)));
    }

    #[test]
    fn a_variable_that_names_a_gpu_where_there_is_none_is_doubted() {
        let (_folder, places) = machine(0, "");
        let doubt = |words: &str| Places { visible: Some(words.to_owned()), ..places.clone() }.seen().doubt;
        assert_eq!(doubt("0").as_deref(), Some("`CUDA_VISIBLE_DEVICES` is `0`, but there is no NVIDIA GPU here"));
        assert_eq!((doubt(""), doubt("-1"), places.seen().doubt), (None, None, None));
    }
}
