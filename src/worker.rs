//! `epnas-worker`: runs the tasks that need tensors, one after another, as `epnas` asks for them on standard input.
//! The only program that loads libtorch. It ends when its input is closed, whatever it is doing.

// A module of this program and not of the library: a single piece of `tch` there, and the linker keeps libtorch in `epnas`.
mod torch;

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use clap::Parser;

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

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (sender, requests) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if sender.send(line).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    let mut trainer = match torch::TorchTrainer::new(&arguments.device, arguments.threads) {
        Ok(trainer) => trainer,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{message}");
            return ExitCode::from(3);
        }
    };
    let mut policies = torch::TorchPolicies::new(arguments.threads);
    match epnas::run::serve(&mut trainer, &mut policies, requests.iter(), std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // The coordinator is gone.
        Err(_) => ExitCode::from(3),
    }
}
