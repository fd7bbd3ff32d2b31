//! The worker's run path to libtorch, so that it starts without `LD_LIBRARY_PATH`.

#[cfg(feature = "torch")]
mod torch {
    use std::env;
    use std::path::PathBuf;

    pub fn link() {
        println!("cargo::rerun-if-env-changed=LIBTORCH_LIB");
        println!("cargo::rerun-if-env-changed=EPNAS_WHEEL");
        let home = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let link = env::var_os("LIBTORCH_LIB").map_or_else(|| home.join(".libtorch/link"), PathBuf::from).join("lib");
        // The folder linked against may hold symbolic links only; the libraries find their own kind beside the real files.
        let real = link.join("libtorch_cpu.so").canonicalize().ok().and_then(|file| file.parent().map(PathBuf::from));
        let folders = if env::var_os("EPNAS_WHEEL").is_some() {
            environments().collect()
        } else {
            vec![real.unwrap_or_else(|| home.join(".libtorch/torch/lib")).display().to_string()]
        };
        let arguments = [
            format!("-Wl,-rpath,{}", folders.join(":")),
            // An old-style run path also serves the libraries that libtorch loads in turn.
            "-Wl,--disable-new-dtags".to_owned(),
            // The library that libtorch has its threads from, for the loops of the shim.
            link.join("libgomp.so.1").display().to_string(),
        ];
        for argument in arguments {
            println!("cargo::rustc-link-arg-bin=epnas-worker={argument}");
            // Of the benchmarks, `shared` holds the engine.
            println!("cargo::rustc-link-arg-benches={argument}");
        }
    }

    /// Where PyTorch lies, seen from the `bin` of a Python environment: for the programs of a wheel.
    fn environments() -> impl Iterator<Item = String> {
        let of = |minor| ["site", "dist"].map(|kind| format!("$ORIGIN/../lib/python3.{minor}/{kind}-packages/torch/lib"));
        (10..=15).flat_map(of)
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "torch")]
    torch::link();
}
