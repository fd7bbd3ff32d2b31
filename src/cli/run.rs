//! `epnas run`: a search from spec to results, with local workers.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{CacheArgument, Exit, Talk, fail, print};
use crate::cache::Cache;
use crate::event::{Counts, Event};
use crate::files;
use crate::plan::Plan;
use crate::report::{self, Lines, Live, Report};
use crate::run::{self, Context, DatasetPlace, LocalExecutor, SlotSettings};
use crate::spec::ResolvedSpec;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The spec.
    spec: PathBuf,
    /// Workers, one task each at a time. Default: one per GPU, else one single-threaded worker per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Where workers compute: `cpu`, `cuda` or `auto`.
    #[arg(long, value_enum, default_value = "auto")]
    device: Device,
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    cache: CacheArgument,
    /// Folder of the results, one folder for each spec's name.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Device {
    Auto,
    Cpu,
    Cuda,
}

pub fn run(arguments: &Arguments) -> Exit {
    match try_run(arguments) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_run(arguments: &Arguments) -> Result<Exit, Exit> {
    let began = Instant::now();
    let spec = super::load(&arguments.spec)?;
    let trouble = |error: &dyn std::error::Error| fail(Exit::Trouble, &error.to_string());
    let cache = Cache::open(&arguments.cache.folder).map_err(|error| trouble(&error))?;
    // Better now than after the search.
    let folder = arguments.results.join(&spec.name);
    files::create_folder(&folder).and_then(|()| files::check_writable(&folder)).map_err(|error| {
        fail(Exit::Trouble, &format!("the folder of the results cannot be used: {error}\nhelp: choose another one with `--results DIR`"))
    })?;
    let data = super::plan::digests(&spec).map_err(|error| trouble(&error))?;
    let plan = Plan::new(&spec, data);
    let slots = slots(arguments)?;
    let workers = slots.len();
    let program = std::env::current_exe().map_err(|error| trouble(&error))?;
    let mut executor = LocalExecutor::new(run::worker_program(&program), slots);
    if let Err(error) = ctrlc::set_handler(executor.interrupter()) {
        tracing::warn!("Ctrl-C will end the run at once: {error}");
    }
    let mut listener = Listener::new(arguments.format, &spec, &plan);
    let mut tasks = std::collections::BTreeMap::new();
    for planned in plan.tasks() {
        *tasks.entry(planned.task.kind()).or_default() += 1;
    }
    listener.hear(&Event::RunStarted { name: spec.name.clone(), workers, tasks });
    let ended = run::run(
        &plan,
        Context {
            cache: &cache,
            dataset: DatasetPlace { kind: spec.dataset.kind, folder: spec.dataset.path.clone(), train: data.train, test: data.test },
            executor: &mut executor,
            now: &unix_seconds,
            listen: &mut |event| listener.hear(event),
        },
    )
    .map_err(|error| {
        listener.close();
        trouble(&error)
    })?;
    if ended.interrupted {
        listener.close();
        return Err(Exit::Interrupted);
    }
    let report = Report::new(&spec, &plan, &ended.results, cache.reader(), began.elapsed().as_secs_f64(), &folder)
        .map_err(|error| trouble(&error))?;
    report::write(&folder, &spec, &report).map_err(|error| trouble(&error))?;
    listener.hear(&Event::Summary(Box::new(report.summary.clone())));
    if arguments.format == Talk::Human {
        print(&format!("\n{}\nresults: {}\n", report::summary(&spec, &report), folder.display()));
    }
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    let failed = report.summary.tasks.values().any(|counts: &Counts| counts.failed > 0);
    if failed || report.verdict.is_none() { Exit::Incomplete } else { Exit::Done }
}

/// One worker per GPU, else one single-threaded worker per core, unless told otherwise.
fn slots(arguments: &Arguments) -> Result<Vec<SlotSettings>, Exit> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let gpus = match arguments.device {
        Device::Cpu => 0,
        Device::Auto | Device::Cuda => gpus(),
    };
    if arguments.device == Device::Cuda && gpus == 0 {
        return Err(fail(
            Exit::Trouble,
            "`--device cuda` was asked for, but no NVIDIA GPU was found\nhelp: check that `nvidia-smi` lists one",
        ));
    }
    let count = arguments.workers.map_or(if gpus > 0 { gpus } else { cores }, usize::from);
    let threads = (cores / count).max(1);
    let slot = |index: usize| match gpus {
        // More workers than cores share them; more cores than workers stay single-threaded: two single-threaded
        // workers train more images than one with two threads.
        0 => SlotSettings { device: "cpu".to_owned(), threads: 1 },
        gpus => SlotSettings { device: format!("cuda:{}", index % gpus), threads },
    };
    Ok((0..count).map(slot).collect())
}

/// NVIDIA GPUs: those the driver shows, or those that `CUDA_VISIBLE_DEVICES` leaves of them.
#[expect(clippy::disallowed_methods, reason = "the environment enters in `cli`")]
fn gpus() -> usize {
    let numbered = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("nvidia"));
        name.is_some_and(|number| number.parse::<u16>().is_ok())
    };
    let present = files::list(Path::new("/dev")).map_or(0, |devices| devices.iter().filter(|path| numbered(path)).count());
    match std::env::var("CUDA_VISIBLE_DEVICES") {
        Ok(visible) => present.min(visible.split(',').filter(|device| !device.trim().is_empty()).count()),
        Err(_) => present,
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock enters")]
fn unix_seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Whoever is told of a run.
enum Listener {
    Json,
    Lines(Box<Lines<std::io::Stderr>>),
    Live(Box<Live>),
}

impl Listener {
    fn new(talk: Talk, spec: &ResolvedSpec, plan: &Plan) -> Self {
        match talk {
            Talk::Json => Self::Json,
            Talk::Human if std::io::stderr().is_terminal() => Self::Live(Box::new(Live::new(spec, plan))),
            Talk::Human => Self::Lines(Box::new(Lines::new(spec, plan, std::io::stderr()))),
        }
    }

    fn hear(&mut self, event: &Event) {
        match self {
            Self::Json => print(&format!("{}\n", serde_json::to_string(event).expect("events are plain data"))),
            Self::Lines(lines) => lines.hear(event),
            Self::Live(live) => live.hear(event),
        }
    }

    /// Takes bars off the terminal.
    fn close(&mut self) {
        if let Self::Live(live) = self {
            live.close();
        }
    }
}
