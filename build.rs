//! The worker's run path to libtorch, so that it starts without `LD_LIBRARY_PATH`.

#[cfg(feature = "torch")]
mod torch {
    use std::env;
    use std::path::PathBuf;

    pub fn link() {
        println!("cargo::rerun-if-env-changed=LIBTORCH_LIB");
        let home = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let link = env::var_os("LIBTORCH_LIB").map_or_else(|| home.join(".libtorch/link"), PathBuf::from).join("lib");
        // The folder linked against may hold symbolic links only; the libraries find their own kind beside the real files.
        let real = link.join("libtorch_cpu.so").canonicalize().ok().and_then(|file| file.parent().map(PathBuf::from));
        let folder = real.unwrap_or_else(|| home.join(".libtorch/torch/lib"));
        println!("cargo::rustc-link-arg-bin=epnas-worker=-Wl,-rpath,{}", folder.display());
        // An old-style run path also serves the libraries that libtorch loads in turn.
        println!("cargo::rustc-link-arg-bin=epnas-worker=-Wl,--disable-new-dtags");
        // The library that libtorch has its threads from, for the loops of the shim.
        println!("cargo::rustc-link-arg-bin=epnas-worker={}", link.join("libgomp.so.1").display());
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "torch")]
    torch::link();
}
