//! For the worker and its tests: the C++ of `src/torch/shim`, and the run path to libtorch, so that they start without
//! `LD_LIBRARY_PATH`.

#[cfg(feature = "torch")]
mod torch {
    use std::env;
    use std::path::{Path, PathBuf};

    pub fn build() {
        println!("cargo::rerun-if-env-changed=LIBTORCH_LIB");
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
        let include = env::var_os("LIBTORCH_INCLUDE").map_or_else(|| home.join(".libtorch/torch"), PathBuf::from).join("include");
        shim(&include, &link.join("libgomp.so.1"));
    }

    /// Builds the shim as a library for the worker alone: in that of the package, `epnas` would be linked to libtorch. `threads`
    /// is the library that libtorch has its threads from.
    fn shim(include: &Path, threads: &Path) {
        let folder = Path::new("src/torch/shim");
        println!("cargo::rerun-if-changed={}", folder.display());
        println!("cargo::rerun-if-env-changed=LIBTORCH_INCLUDE");
        // Loops over numbers are fast only when they are optimised, whatever the profile; nothing in them traps.
        let compiler = || {
            let mut build = cc::Build::new();
            build.cpp(true).std("c++17").opt_level(3).cargo_metadata(false).flag("-fno-math-errno").flag("-fno-trapping-math");
            build
        };
        let mut generations = vec![("baseline", Vec::new())];
        if env::var_os("CARGO_CFG_TARGET_ARCH").is_some_and(|name| name == "x86_64") {
            generations.push(("avx2", vec!["-mavx2", "-mfma"]));
            let vectors = ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mfma", "-mprefer-vector-width=512"];
            generations.push(("avx512", vectors.to_vec()));
        }
        let mut objects = Vec::new();
        for (name, flags) in generations {
            let mut build = compiler();
            // Whole vectors go from function to function of one file only, so that nothing depends on how they are handed over.
            build.define("GENERATION", name).flags(flags).flag("-Wno-psabi").file(folder.join("kernels.cpp"));
            // Equal source files would become equal objects.
            build.out_dir(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join(name));
            objects.extend(build.compile_intermediates());
        }
        let mut build = compiler();
        for name in ["generation", "norm", "pool", "depthwise", "calls"] {
            build.file(folder.join(name).with_extension("cpp"));
        }
        // The threads of libtorch, which its headers use in line; without this flag they would leave all to one of them.
        build.flag("-fopenmp");
        // What warns in libtorch's own headers is no concern of ours.
        build.flag("-isystem").flag(include).flag("-isystem").flag(include.join("torch/csrc/api/include"));
        build.objects(objects).compile("epnas_shim");
        let library = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("libepnas_shim.a");
        println!("cargo::rustc-link-arg-bin=epnas-worker={}", library.display());
        println!("cargo::rustc-link-arg-bin=epnas-worker={}", threads.display());
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "torch")]
    torch::build();
}
