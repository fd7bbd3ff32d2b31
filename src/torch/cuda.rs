//! Loading libtorch's CUDA half at run time, so that one program serves machines with and without a GPU; and why it
//! was not loaded. Where to look is handed over, so that tests have folders and drivers of their own.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

/// The file name of the CUDA half.
pub const LIBRARY: &str = "libtorch_cuda.so";

/// The version of CUDA that libtorch is built for: the driver must serve it.
const CUDA: (i32, i32) = (13, 0);

/// Why there is no CUDA.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CudaFault {
    #[error("libtorch's own folder is not known, so that its CUDA half cannot be found")]
    NoFolder,
    #[error("there is no `{LIBRARY}` in `{}`, libtorch is here without its CUDA half\nhelp: run `make setup` again with the driver present", .folder.display())]
    NoLibrary { folder: PathBuf },
    #[error("the NVIDIA driver is not there: {said}\nhelp: install it; `nvidia-smi` shows it")]
    NoDriver { said: String },
    #[error(
        "the NVIDIA driver serves CUDA {}.{}, libtorch needs {}.{}\nhelp: install a newer driver",
        found.0, found.1, CUDA.0, CUDA.1
    )]
    OldDriver { found: (i32, i32) },
    #[error("`{}` cannot be loaded: {said}\nhelp: run `make setup` again with the driver present", .library.display())]
    Broken { library: PathBuf, said: String },
    #[error(
        "libtorch finds no GPU although driver and library are there\nhelp: `nvidia-smi` shows the GPUs; `CUDA_VISIBLE_DEVICES` can hide them"
    )]
    NoGpu,
    #[error("there is no `cuda:{index}`: {}\nhelp: choose one of them with `--device cuda:N`", gpus(*.count))]
    NoSuchGpu { index: usize, count: usize },
}

fn gpus(count: usize) -> String {
    if count == 1 { "the only GPU is `cuda:0`".to_owned() } else { format!("the GPUs are `cuda:0` to `cuda:{}`", count.saturating_sub(1)) }
}

/// Loads CUDA for this process, once; must run before libtorch is first asked for it.
pub fn load() -> Result<(), CudaFault> {
    static LOADED: OnceLock<Result<(), CudaFault>> = OnceLock::new();
    LOADED.get_or_init(|| load_from(folder().as_deref(), &driver)).clone()
}

/// Whether GPU number `index` is among those that libtorch finds.
pub const fn among(index: usize, count: usize) -> Result<(), CudaFault> {
    match count {
        0 => Err(CudaFault::NoGpu),
        _ if index < count => Ok(()),
        _ => Err(CudaFault::NoSuchGpu { index, count }),
    }
}

/// Loads the CUDA half that lies in `folder` where `driver` finds one that is new enough: it gives the version of CUDA
/// that the driver serves.
fn load_from(folder: Option<&Path>, driver: &dyn Fn() -> Result<(i32, i32), String>) -> Result<(), CudaFault> {
    let folder = folder.ok_or(CudaFault::NoFolder)?;
    let library = folder.join(LIBRARY);
    if !library.is_file() {
        return Err(CudaFault::NoLibrary { folder: folder.to_owned() });
    }
    let found = driver().map_err(|said| CudaFault::NoDriver { said })?;
    if found < CUDA {
        return Err(CudaFault::OldDriver { found });
    }
    keep(&library).map_err(|said| CudaFault::Broken { library, said })
}

/// The folder that the running program has its libtorch from.
pub fn folder() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path =
        maps.lines().filter_map(|line| line.find('/').map(|start| &line[start..])).find(|path| path.ends_with("/libtorch_cpu.so"))?;
    Path::new(path).parent().map(Path::to_path_buf)
}

/// The version of CUDA that the driver of this machine serves.
#[allow(unsafe_code)]
fn driver() -> Result<(i32, i32), String> {
    let library = open(Path::new("libcuda.so.1"))?;
    let mut version: i32 = 0;
    // SAFETY: `CUresult cuDriverGetVersion(int *)` of NVIDIA's driver interface, which may be called at any time.
    let result = unsafe {
        let ask = library.get::<unsafe extern "C" fn(*mut i32) -> i32>(b"cuDriverGetVersion\0").map_err(|error| words(&error))?;
        ask(&raw mut version)
    };
    std::mem::forget(library);
    if result == 0 { Ok((version / 1000, version % 1000 / 10)) } else { Err(format!("it answers with error {result}")) }
}

/// Loads a library for good, its symbols visible to all.
fn keep(path: &Path) -> Result<(), String> {
    open(path).map(std::mem::forget)
}

#[allow(unsafe_code)]
fn open(path: &Path) -> Result<Library, String> {
    // SAFETY: the initialisers that run are those of NVIDIA's driver and of the libtorch this program is already
    // linked to, made to be loaded at any time.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }.map_err(|error| words(&error))
}

/// What the loader says: libloading's own words name no cause.
fn words(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(content: Option<&[u8]>, driver: &Result<(i32, i32), String>) -> (CudaFault, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Some(content) = content {
            std::fs::write(folder.path().join(LIBRARY), content).expect("our own folder");
        }
        let fault = load_from(Some(folder.path()), &|| driver.clone()).expect_err("nothing of it is CUDA");
        (fault, folder.path().to_owned())
    }

    #[test]
    fn each_reason_has_its_words() {
        let (missing, folder) = fault(None, &Ok(CUDA));
        assert_eq!(missing, CudaFault::NoLibrary { folder: folder.clone() });
        let expected = format!(
            "there is no `libtorch_cuda.so` in `{}`, libtorch is here without its CUDA half\nhelp: run `make setup` again with the driver present",
            folder.display()
        );
        assert_eq!(missing.to_string(), expected);
        let (no_driver, _) = fault(Some(b""), &Err("libcuda.so.1: cannot open shared object file".to_owned()));
        let expected =
            "the NVIDIA driver is not there: libcuda.so.1: cannot open shared object file\nhelp: install it; `nvidia-smi` shows it";
        assert_eq!(no_driver.to_string(), expected);
        let (old, _) = fault(Some(b""), &Ok((12, 8)));
        assert_eq!(old.to_string(), "the NVIDIA driver serves CUDA 12.8, libtorch needs 13.0\nhelp: install a newer driver");
        assert_eq!(load_from(None, &|| Ok(CUDA)), Err(CudaFault::NoFolder));
        let many = "there is no `cuda:2`: the GPUs are `cuda:0` to `cuda:1`\nhelp: choose one of them with `--device cuda:N`";
        assert_eq!(among(2, 2).map_err(|fault| fault.to_string()), Err(many.to_owned()));
        assert!(among(1, 1).expect_err("there is one").to_string().contains("the only GPU is `cuda:0`"));
        assert_eq!((among(0, 0), among(1, 2)), (Err(CudaFault::NoGpu), Ok(())));
    }

    #[test]
    fn a_library_that_is_none_is_told_with_the_words_of_the_loader() {
        for (content, words) in [(&b"not a library"[..], "file too short"), (&[7; 4096][..], "invalid ELF header")] {
            let (broken, folder) = fault(Some(content), &Ok((13, 1)));
            let said = broken.to_string();
            assert!(matches!(broken, CudaFault::Broken { .. }) && said.contains(words), "{said}");
            assert!(said.starts_with(&format!("`{}` cannot be loaded: ", folder.join(LIBRARY).display())), "{said}");
            assert!(said.ends_with("help: run `make setup` again with the driver present"), "{said}");
        }
    }

    #[test]
    fn the_folder_of_libtorch_is_found() {
        tch::set_num_threads(1);
        assert!(folder().is_some_and(|folder| folder.join("libtorch_cpu.so").is_file()));
    }
}
