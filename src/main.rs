//! `epnas`: specs, plans, runs, reports. Never loads libtorch; `epnas-worker` does.

fn main() -> std::process::ExitCode {
    epnas::cli::main()
}
