//! What workers get of the environment: what they and libtorch need to start, and nothing that changes how they compute. A
//! precision, an instruction set or an algorithm that a variable chose would be in no key.

use std::ffi::OsString;

/// What a process needs to start, to find its libraries and its GPU, and to write.
const HANDED_ON: [&str; 20] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LANGUAGE",
    "TZ",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "RUST_BACKTRACE",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "CUDA_CACHE_PATH",
    "CUDA_CACHE_DISABLE",
    "CUDA_CACHE_MAXSIZE",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MODULE_LOADING",
    "CUDA_MPS_PIPE_DIRECTORY",
    "CUDA_MPS_LOG_DIRECTORY",
    "XDG_RUNTIME_DIR",
    "XDG_CACHE_HOME",
];

/// Of libraries that compute; what begins so could change numbers.
const OF_LIBRARIES: [&str; 15] = [
    "ATEN_",
    "CUBLAS",
    "CUDA_",
    "CUDNN_",
    "DNNL_",
    "GOMP_",
    "KMP_",
    "LIBTORCH_",
    "MKL_",
    "NVIDIA_",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "PYTORCH_",
    "TORCH_",
];

/// Ends of names that say where something is installed or which version it has, as images of containers set them: nobody
/// expects anything of them here.
const OF_INSTALLATIONS: [&str; 12] = [
    "_HOME",
    "_PATH",
    "_ROOT",
    "_DIR",
    "_VERSION",
    "_INCLUDE",
    "_LIB",
    "_LIBRARY",
    "_ARCH_LIST",
    "_REQUIRE_CUDA",
    "_VISIBLE_DEVICES",
    "_DRIVER_CAPABILITIES",
];

/// The environment of workers.
pub fn of_workers() -> Vec<(OsString, OsString)> {
    // GPUs are numbered as `nvidia-smi` numbers them, unless the user says otherwise.
    let order = (OsString::from("CUDA_DEVICE_ORDER"), OsString::from("PCI_BUS_ID"));
    // With a workspace of fixed size cuBLAS can be deterministic.
    let workspace = (OsString::from("CUBLAS_WORKSPACE_CONFIG"), OsString::from(":4096:8"));
    // Of two of one name the later one holds.
    [order].into_iter().chain(std::env::vars_os().filter(|(name, _)| is_handed_on(&name.to_string_lossy()))).chain([workspace]).collect()
}

fn is_handed_on(name: &str) -> bool {
    HANDED_ON.contains(&name) || name.starts_with("LC_")
}

/// A warning where variables are set that somebody may count on and that workers do not get.
pub fn kept_back() -> Option<String> {
    warning(std::env::vars_os().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.to_string_lossy().into_owned()))
}

fn warning(set: impl Iterator<Item = String>) -> Option<String> {
    let counts = |name: &String| {
        let installs = OF_INSTALLATIONS.iter().any(|end| name.ends_with(end));
        OF_LIBRARIES.iter().any(|start| name.starts_with(start)) && !installs && !is_handed_on(name)
    };
    let mut names: Vec<String> = set.filter(counts).map(|name| format!("`{name}`")).collect();
    names.sort();
    let (what, is) = if names.len() == 1 { ("variable", "is") } else { ("variables", "are") };
    let why = "it could change results unseen; `precision` of the spec and `--workers` decide how trainings compute";
    (!names.is_empty()).then(|| format!("the {what} {} {is} set and not handed on to workers: {why}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_numbers_is_kept_back_and_told() {
        let told = |names: &[&str]| warning(names.iter().map(|name| (*name).to_owned()));
        let set = [
            "ONEDNN_DEFAULT_FPMATH_MODE",
            "PATH",
            "DNNL_MAX_CPU_ISA",
            "MKL_CBWR",
            "NVIDIA_TF32_OVERRIDE",
            "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
            "ATEN_CPU_CAPABILITY",
            "CUBLASLT_WORKSPACE_SIZE",
            "CUDA_FORCE_PTX_JIT",
            "OMP_NUM_THREADS",
        ];
        let said = told(&set).expect("all but one");
        for name in set {
            assert_eq!(said.contains(&format!("`{name}`")), name != "PATH", "{name}: {said}");
            assert_eq!(is_handed_on(name), name == "PATH", "{name}");
        }
        assert!(said.starts_with("the variables `ATEN_CPU_CAPABILITY`, `CUBLASLT_WORKSPACE_SIZE`, "), "{said}");
        assert!(told(&["MKL_CBWR"]).is_some_and(|said| said.starts_with("the variable `MKL_CBWR` is set and not handed on")));
        let usual =
            ["CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "LC_ALL", "TORCH_HOME", "HOME"];
        assert_eq!(told(&usual), None);
        for name in ["PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "LC_ALL"] {
            assert!(is_handed_on(name), "{name}");
        }
    }

    #[test]
    fn the_workspace_of_cublas_is_fixed() {
        let last = of_workers().into_iter().rfind(|(name, _)| name == "CUBLAS_WORKSPACE_CONFIG");
        assert_eq!(last.map(|(_, value)| value), Some(OsString::from(":4096:8")));
    }
}
