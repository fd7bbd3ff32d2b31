//! `epnas-worker`: runs the tasks that need tensors, one after another, as `epnas` asks for them on standard input.
//! The only program that loads libtorch. It ends when its input is closed, whatever it is doing.

// A module of this program and not of the library: a single piece of `tch` there, and the linker keeps libtorch in `epnas`.
mod torch;

use std::io::{Write as _, stderr, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use epnas::host::thread;
use epnas::run::{About, Listener, ReplyWriter};

/// Runs the tensor tasks of `epnas run`; started by it, not by hand.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// `cpu`, or `cuda:N`.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Threads of one computation.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// The coordinator is gone, what it says is not understood, or the device cannot be used.
const TROUBLE: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    epnas::run::raise_oom_score();
    epnas::run::leave_signals_to_the_coordinator();
    let (listener, mut inbox) = epnas::run::inbox();
    let Ok(ears) = thread("inbox", move || listen(listener)).map_err(|refused| complain(&refused)) else { return ExitCode::from(TROUBLE) };
    let mut trainer = match torch::TorchTrainer::new(&arguments.device, arguments.threads) {
        Ok(trainer) => trainer,
        Err(message) => {
            complain(&message);
            return ExitCode::from(TROUBLE);
        }
    };
    let mut policies = torch::TorchPolicies::new(arguments.threads);
    let replies = Arc::new(ReplyWriter::new(stdout()));
    let heart = Arc::clone(&replies);
    if let Err(refused) = thread("alive", move || heart.keep_saying_alive()) {
        complain(&refused);
        return ExitCode::from(TROUBLE);
    }
    match epnas::run::serve(&About::this(&arguments.device), &mut trainer, &mut policies, &mut inbox, &replies) {
        // No more will come: whether that is as it should be, those who listen know, and end the process.
        Ok(()) => ears.join().unwrap_or(ExitCode::from(TROUBLE)),
        Err(_) => ExitCode::from(TROUBLE),
    }
}

/// Reads requests; where they end the process ends too, at once, and this does not return.
fn listen(listener: Listener) -> ExitCode {
    let Err(error) = listener.listen(stdin().lock()) else { end(0) };
    complain(&error);
    end(TROUBLE)
}

fn complain(what: &dyn std::fmt::Display) {
    let _ = writeln!(stderr(), "{what}");
}

/// Ends the process without taking libtorch down first: what it has in static memory must stay for as long as another
/// thread computes with it. Files are written whole or not at all however a process ends.
#[allow(unsafe_code)]
fn end(code: u8) -> ! {
    unsafe extern "C" {
        safe fn _exit(code: std::ffi::c_int) -> !;
    }
    _exit(code.into())
}
