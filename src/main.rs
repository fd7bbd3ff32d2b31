//! `epnas`: specs, plans, runs, reports. Never loads libtorch; `epnas-worker` does.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic is a bug; it was told on standard error by the time it is caught here.
    std::panic::catch_unwind(epnas::cli::main).unwrap_or_else(|_| ExitCode::from(70))
}
