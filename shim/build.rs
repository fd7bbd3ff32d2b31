//! Builds the C++ of `cpp/` as a static library. It is optimised whatever the profile: loops over numbers are fast only then.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=cpp");
    for name in ["LIBTORCH_LIB", "LIBTORCH_INCLUDE"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let folder = |name: &str| env::var_os(name).map(PathBuf::from);
    let (Some(include), Some(link)) = (folder("LIBTORCH_INCLUDE"), folder("LIBTORCH_LIB")) else {
        println!("cargo::error=LIBTORCH_INCLUDE and LIBTORCH_LIB are not set; `.cargo/config.toml` of epnas sets them");
        return;
    };
    let (include, link) = (include.join("include"), link.join("lib"));
    if !link.join("libtorch.so").exists() {
        println!(
            "cargo::error=there is no libtorch in `{}`: run `make setup` once, or build `epnas` alone with `--no-default-features`",
            link.display()
        );
        return;
    }
    build(&include, &folder("OUT_DIR").unwrap_or_default());
}

fn build(include: &Path, out: &Path) {
    let folder = Path::new("cpp");
    // Nothing in the loops traps.
    let compiler = || {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").opt_level(3).debug(false).flag("-fno-math-errno").flag("-fno-trapping-math");
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
        build.out_dir(out.join(name));
        objects.extend(build.compile_intermediates());
    }
    let mut build = compiler();
    // One file includes the others: reading libtorch's headers takes longer than compiling the code.
    build.file(folder.join("generation.cpp")).file(folder.join("shim.cpp"));
    // The threads of libtorch, which its headers use in line; without this flag they would leave all to one of them.
    build.flag("-fopenmp");
    // What warns in libtorch's own headers is no concern of ours.
    build.flag("-isystem").flag(include).flag("-isystem").flag(include.join("torch/csrc/api/include"));
    build.objects(objects).compile("epnas_shim");
}
