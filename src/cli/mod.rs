//! The command line: clap types, one file a command, exit codes. The composition root: here paths, the clock and the
//! environment enter.

mod cache;
pub mod check;
mod clock;
mod compare;
mod data;
mod diff;
pub mod diagnostics;
mod doctor;
mod export;
mod familiar;
mod former;
mod inference;
mod init;
mod inspect;
mod interrupt;
mod known;
mod load;
mod lock;
mod log;
mod machine;
mod output;
mod photos;
mod paths;
mod plan;
mod predict;
mod process;
mod report;
mod results;
mod run;
pub mod schema;
mod shared;
mod shell;
mod status;
mod study;
mod what_if;
mod why;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use self::check::Checked;
use self::diagnostics::Style;
use self::load::{load, load_changed, load_with_source, read_spec};
use self::output::{print, print_json};
use self::paths::CACHE;
use crate::cache::{Cache, CacheReader};

const EXIT_CODES: &str = "Exit codes:
  0    done
  1    finished, but tasks failed, nothing feasible was found or the cache has faults
  2    bad spec or usage
  3    cache or machine trouble
  4    finished without a network, because the trainings failed
  70   bug
  130  interrupted";

/// What a first use shows.
const GREETING: &str = "\
Neural architecture search as a declarative pipeline. Begin with these:

  epnas init > my.yaml   write a commented spec
  epnas check my.yaml    find the mistakes in it
  epnas run my.yaml      run the search, or resume it
  epnas status           show how far it is

`epnas --help` lists all commands.
";

/// Neural architecture search as a declarative pipeline.
#[derive(Debug, Parser)]
#[command(
    name = "epnas",
    version,
    about,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Level of the log on standard error, such as `info` or `epnas=debug`. A run also logs JSON lines to
    /// `results/<name>/log.jsonl`, at level `info` or at this level if it is more detailed; at 32 MiB the file becomes
    /// `log.1.jsonl`.
    #[arg(long, global = true, default_value = "warn", env = paths::LOG, value_parser = paths::log())]
    log: log::LogLevels,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a first spec, with comments, to standard output.
    Init(init::Arguments),
    /// Find all faults in specs; needs neither data nor libtorch.
    Check(check::Arguments),
    /// Show what a folder of images holds: classes, parts, sizes, copies, unreadable files.
    Data(inspect::Arguments),
    /// Show what this machine has, how fast it is and what is missing.
    Doctor(doctor::Arguments),
    /// Write a lock file with the digests and versions of a search, for `run --locked`.
    Lock(lock::Arguments),
    /// Write the JSON Schemas of the spec language and of pools files, for editors.
    Schema {
        /// Folder to write to.
        #[arg(long, default_value = "schemas", value_parser = paths::path())]
        out: PathBuf,
    },
    /// Show which tasks a run would execute, and which are cached (dry run).
    Plan(plan::Arguments),
    /// Show how other constraints would judge the networks that a search has measured.
    WhatIf(what_if::Arguments),
    /// Show what changed between two specs, which results it invalidates and how much new work follows.
    Diff(diff::Arguments),
    /// Show what a task depends on, and why it is cached or runs.
    Why(why::Arguments),
    /// Run a search, or resume it.
    Run(run::Arguments),
    /// Export a network: ONNX, PyTorch, a model card, and a proof that they agree.
    Export(export::Arguments),
    /// Classify images with a network that was found.
    Predict(predict::Arguments),
    /// Show the progress of runs, also from another terminal.
    Status(status::Arguments),
    /// Write a run or a comparison as one HTML page with figures.
    Report(report::Arguments),
    /// Run several searches over several seeds, and report which one leads, by how much and how certain that is.
    Compare(compare::Arguments),
    /// Train random networks at every fidelity of a search, and report how well each fidelity ranks them.
    Study(study::Arguments),
    /// List, verify, clean, export and import cached results.
    #[command(subcommand)]
    Cache(cache::Command),
    /// Write shell completions to standard output.
    Completions { shell: clap_complete::Shell },
    /// Write man pages.
    Man {
        /// Folder to write to.
        #[arg(long, default_value = "man", value_parser = paths::path())]
        out: PathBuf,
    },
}

/// Where results are kept.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CacheArgument {
    /// Folder of the cache.
    #[arg(long = "cache", default_value = CACHE.default, env = CACHE.variable, value_name = "DIR", value_parser = paths::folder(CACHE))]
    folder: PathBuf,
}

impl CacheArgument {
    /// For a look at images decoded before. Code that needs the folder reports why it cannot be used.
    fn look(&self) -> Option<CacheReader> {
        Cache::open_for_reading(&self.folder).ok()
    }
}

/// How a run talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Talk {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Finished, but tasks failed, nothing feasible was found or the cache has faults.
    Incomplete,
    /// Finished without a network, for the trainings failed.
    Failed,
    /// Bad spec or usage.
    BadSpec,
    /// Cache or machine trouble.
    Trouble,
    Interrupted,
}

impl Exit {
    const fn code(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::BadSpec => 2,
            Self::Trouble => 3,
            Self::Failed => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code() as u8)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    if std::env::args_os().len() < 2 {
        print(GREETING);
        return Exit::BadSpec.into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unusable(&familiar::hint(error)),
    };
    let log = log::Log::begin(&cli.log);
    match cli.command {
        Command::Init(arguments) => init::init(&arguments),
        Command::Check(arguments) => check(&arguments),
        Command::Data(arguments) => inspect::inspect(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Lock(arguments) => lock::lock(&arguments),
        Command::Schema { out } => schema(&out),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::WhatIf(arguments) => what_if::what_if(&arguments),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Why(arguments) => why::why(&arguments),
        Command::Run(arguments) => run::run(&arguments, &log),
        Command::Export(arguments) => export::export(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Status(arguments) => status::status(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Study(arguments) => study::study(&arguments),
        Command::Cache(command) => cache::cache(&command),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { out } => shell::man(&out),
    }
    .into()
}

/// Help and wrong usage. With `--detailed-exitcode` a 2 means that there is work to do, so that it is 1 here.
fn unusable(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    let detailed = std::env::args_os().any(|argument| argument == "--detailed-exitcode");
    if detailed && error.use_stderr() { Exit::Incomplete.into() } else { ExitCode::from(error.exit_code() as u8) }
}

/// Everything goes to standard output: it is what was asked for.
fn check(arguments: &check::Arguments) -> Exit {
    match check::check(arguments, Style::of(&std::io::stdout()), &mut UntilClosed(std::io::stdout().lock())) {
        Ok(Checked::Good) => Exit::Done,
        Ok(Checked::Bad) => Exit::BadSpec,
        Err(error) => fail(Exit::Trouble, &format!("cannot write what was found: {error}")),
    }
}

/// An output whose reader may have had enough: what is found further on still counts.
struct UntilClosed<W>(W);

impl<W: std::io::Write> std::io::Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes).or_else(|error| if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(bytes.len()) } else { Err(error) })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush().or_else(|error| if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
    }
}

fn schema(folder: &Path) -> Exit {
    match schema::write_schemas(folder) {
        Ok(paths) => {
            say(&paths.map(|path| format!("wrote `{}`", path.display())).join("\n"));
            Exit::Done
        }
        Err(error) => fail(Exit::Trouble, &error.to_string()),
    }
}

/// Says what is wrong; every line of help in `message` stands on its own.
fn fail(exit: Exit, message: &str) -> Exit {
    tracing::error!(target: log::TOLD, "{message}");
    say(&format!("error: {}", diagnostics::visible_lines(message)));
    exit
}

/// A line to standard error; nobody may be reading.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}
