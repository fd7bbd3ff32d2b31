//! `epnas-worker`: runs the tasks that need tensors, one after another, as `epnas` asks for them on standard input.
//! The only program that loads libtorch. When its input ends it saves what it is doing and ends within seconds.

// A module of this program and not of the library: a single piece of `tch` there, and the linker keeps libtorch in `epnas`.
mod torch;

use std::io::{Write as _, stderr, stdin, stdout};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use crossbeam_channel::{Sender, bounded};
use epnas::host::{environment, thread};
use epnas::run::{ALLOCATOR, About, Listener, Own, ReplyWriter, STOPPING};
use signal_hook::iterator::Signals;

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
    /// Started by a launcher, such as `srun` or `ssh`: signals that ask to stop are told to the coordinator.
    #[arg(long)]
    launched: bool,
    /// Folder on this machine for data that were decoded or sent. Default: a temporary one.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// The job of the batch system, and when it ends, in seconds since 1970.
    #[arg(long, env = "SLURM_JOB_ID")]
    job: Option<String>,
    #[arg(long, env = "SLURM_JOB_END_TIME")]
    job_ends: Option<String>,
    /// The environment is that of workers already.
    #[arg(long, hide = true)]
    prepared: bool,
}

/// The coordinator is gone, what it says is not understood, or the device cannot be used.
const TROUBLE: u8 = 3;

/// How long what goes on may take to be saved when the input has ended.
const LAST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.launched && !arguments.prepared {
        return prepare(&arguments);
    }
    epnas::run::raise_oom_score();
    match work(&arguments) {
        Ok(code) => code,
        Err(message) => {
            complain(&message);
            ExitCode::from(TROUBLE)
        }
    }
}

/// A launcher hands on whatever environment it has. Begins anew in that of workers: nothing else must change how they compute.
fn prepare(arguments: &Arguments) -> ExitCode {
    let Ok(program) = std::env::current_exe() else {
        complain(&"this program does not know where it lies");
        return ExitCode::from(TROUBLE);
    };
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).arg("--prepared").env_clear().envs(environment::of_workers()).envs(ALLOCATOR);
    for (name, value) in [("--job", &arguments.job), ("--job-ends", &arguments.job_ends)] {
        if let Some(value) = value {
            command.arg(format!("{name}={value}"));
        }
    }
    complain(&command.exec());
    ExitCode::from(TROUBLE)
}

fn work(arguments: &Arguments) -> Result<ExitCode, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let replies = Arc::new(ReplyWriter::new(stdout()));
    if arguments.launched {
        let mut signals = Signals::new(STOPPING).map_err(|error| text(&error))?;
        let told = Arc::clone(&replies);
        // Where nobody listens the input ends too.
        let tell = move || signals.forever().for_each(|_| drop(told.say_leaving()));
        thread("signals", tell).map_err(|refused| text(&refused))?;
    } else {
        epnas::run::leave_signals_to_the_coordinator();
    }
    let temporary =
        if arguments.launched && arguments.scratch.is_none() { Some(tempfile::tempdir().map_err(|error| text(&error))?) } else { None };
    let scratch = arguments.scratch.clone().or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
    let gone = temporary.as_ref().map(|folder| folder.path().to_owned());
    let (listener, mut inbox) = epnas::run::inbox();
    let (over, is_over) = bounded(1);
    let of_listener = gone.clone();
    thread("inbox", move || listen(listener, &over, of_listener)).map_err(|refused| text(&refused))?;
    let mut trainer = torch::TorchTrainer::new(&arguments.device, arguments.threads)?;
    let mut policies = torch::TorchPolicies::new(arguments.threads);
    let heart = Arc::clone(&replies);
    thread("alive", move || heart.keep_saying_alive()).map_err(|refused| text(&refused))?;
    let own = Own { about: about(arguments), scratch };
    let served = epnas::run::serve(&own, &mut trainer, &mut policies, &mut inbox, &replies);
    // No more will come: whether that is as it should be, those who listen know, and end the process where it is not.
    let is_over = if served.is_ok() { is_over.recv().is_ok() } else { is_over.try_recv().is_ok() };
    end(if is_over { 0 } else { TROUBLE }, gone)
}

fn about(arguments: &Arguments) -> About {
    #[expect(clippy::disallowed_methods, reason = "when the job ends is told by the clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let ends = arguments.job_ends.as_ref().and_then(|ends| ends.parse::<u64>().ok());
    About { job: arguments.job.clone(), ends_in: ends.map(|ends| ends.saturating_sub(now)), ..About::this(&arguments.device) }
}

/// Reads requests. Where they end the process ends too, as soon as what it does is saved.
fn listen(listener: Listener, over: &Sender<()>, gone: Option<PathBuf>) {
    match listener.listen(stdin().lock()) {
        Ok(()) => {
            let _ = over.send(());
            std::thread::sleep(LAST);
            end(0, gone)
        }
        Err(error) => {
            complain(&error);
            end(TROUBLE, gone)
        }
    }
}

fn complain(what: &dyn std::fmt::Display) {
    let _ = writeln!(stderr(), "{what}");
}

/// Ends the process without taking libtorch down first: what it has in static memory must stay for as long as another
/// thread computes with it. Files are written whole or not at all however a process ends.
#[allow(unsafe_code)]
fn end(code: u8, gone: Option<PathBuf>) -> ! {
    unsafe extern "C" {
        safe fn _exit(code: std::ffi::c_int) -> !;
    }
    if let Some(folder) = gone {
        let _ = std::fs::remove_dir_all(folder);
    }
    _exit(code.into())
}
