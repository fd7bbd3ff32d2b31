//! The run path to libtorch, so that the worker and its tests start without `LD_LIBRARY_PATH`.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH_LIB");
    if env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }
    let home = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let link = env::var_os("LIBTORCH_LIB").map_or_else(|| home.join(".libtorch/link"), PathBuf::from).join("lib");
    if !link.join("libtorch.so").exists() {
        println!(
            "cargo::error=there is no libtorch in `{}`: run `make setup` once, or build `epnas` alone with `--no-default-features`",
            link.display()
        );
        return;
    }
    // The folder linked against may hold symbolic links only; the libraries find their own kind beside the real files.
    let real = link.join("libtorch_cpu.so").canonicalize().ok().and_then(|file| file.parent().map(PathBuf::from));
    let folder = real.unwrap_or_else(|| home.join(".libtorch/torch/lib"));
    println!("cargo::rustc-link-arg-bin=epnas-worker=-Wl,-rpath,{}", folder.display());
    // An old-style run path also serves the libraries that libtorch loads in turn.
    println!("cargo::rustc-link-arg-bin=epnas-worker=-Wl,--disable-new-dtags");
}
