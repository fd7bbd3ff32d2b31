//! `epnas run`: a search from spec to results, with local workers.

mod closing;
mod listeners;
mod logged;

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use self::listeners::{Listeners, Telling};
use super::clock::unix_seconds;
use super::data::{Data, LoadedData};
use super::export::{self, ExportError};
use super::former;
use super::known::{Known, named};
use super::lock::LockedArgument;
use super::log::Log;
use super::machine::{Crew, Local, LocalArguments, devices, kept_back};
use super::paths::path;
use super::plan::refuse_if_moved_on;
use super::results::ResultsArgument;
use super::shared;
use super::{CacheArgument, Exit, Talk, fail, print, say};
use crate::cache::Cache;
use crate::cause::{Causes, New, Places, SavedCauses};
use crate::digest::{Digest, Domain};
use crate::engine::FailureKind;
use crate::event::{Counts, Ending, Event};
use crate::export::Found;
use crate::page::Run;
use crate::plan::Plan;
use crate::report::{self, Made, Report};
use crate::run::{self, Context, Ended, Remembered, RunError, Status, Stop, replay};
use crate::spec::ResolvedSpec;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The spec.
    #[arg(value_parser = path())]
    spec: PathBuf,
    /// Run only if the saved plan in this file is still exactly what would run.
    #[arg(long, value_name = "FILE", value_parser = path())]
    plan: Option<PathBuf>,
    #[command(flatten)]
    local: LocalArguments,
    /// Format of the output. JSON has one object per line; the last one is a summary.
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
    /// Write a timeline for ui.perfetto.dev or chrome://tracing: which task ran where and when, and how it ended.
    #[arg(long, value_name = "FILE", value_parser = path())]
    timeline: Option<PathBuf>,
    /// Do not write `export/`.
    #[arg(long)]
    no_export: bool,
    #[command(flatten)]
    locked: LockedArgument,
}

pub(super) fn run(arguments: &Arguments, log: &Log) -> Exit {
    match try_run(arguments, log) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_run(arguments: &Arguments, log: &Log) -> Result<Exit, Exit> {
    let began = Instant::now();
    let (mut spec, source) = super::load_with_source(&arguments.spec, &|_| {})?;
    let trouble = |error: &dyn std::error::Error| fail(Exit::Trouble, &error.to_string());
    let (data, images, absent) = open(&mut spec, arguments)?;
    let judged = data.judge(&spec, &arguments.spec, &source)?;
    let local = Local::find(&arguments.local)?;
    arguments.locked.require_match(&arguments.spec, &spec, data.digests, &local.site)?;
    local.site.require_supported(&spec)?;
    let plan = local.site.plan(&spec, data.digests)?;
    if let Some(path) = &arguments.plan {
        let held = Cache::open_for_reading(&arguments.cache.folder)
            .and_then(|cache| run::look_ahead(&plan, &cache, &arguments.local.remembered(&local.site), &mut data.store(&spec)));
        refuse_if_moved_on(path, &spec, &plan, &held.map_err(|error| trouble(&error))?.standings)?;
    }
    if let Some(absent) = &absent {
        all_is_cached(absent, &plan, arguments, &arguments.local.remembered(&local.site))?;
    }
    let cache = Cache::open(&arguments.cache.folder).map_err(|error| trouble(&error))?;
    let mut earlier = arguments.results.earlier(&spec.name);
    // Better now than after the search, and before anything is moved.
    let timeline = listeners::timeline(arguments.timeline.as_deref())?;
    let former = former::make_way(&arguments.results.of(&spec.name), &arguments.spec, plan.digest())?;
    let folder = arguments.results.create(&spec.name)?;
    images.keep(&cache, unix_seconds());
    if absent.is_none() {
        let (name, digests) = named(&spec, data.digests);
        cache.note_data(&name, digests).map_err(|error| trouble(&error))?;
    }
    let telling = Telling { spec: &arguments.spec, folder: &folder, talk: arguments.format, workers: local.devices().len(), began, log };
    let mut listeners = Listeners::begin(&spec, &plan, &telling, timeline)?;
    if let Some(content) = data.content() {
        listeners.hear(&Event::Data { summary: content.summary(&spec.subject), holds: json!(content) });
    }
    let large = shared::too_large(&spec, devices(&local.site).iter().map(|device| device.memory));
    let absent = absent.iter().flat_map(|absent| &absent.warnings).cloned();
    let doubts = judged.messages().chain(former).chain(local.site.doubts().cloned()).chain(kept_back()).chain(absent).chain(large);
    for message in doubts {
        listeners.hear(&Event::Warning { message });
    }
    let wall_before = listeners.wall_before();
    // Read before the first task of this run is among them, and only if one runs.
    let mut is_read = earlier.is_empty();
    let mut spent = None;
    let mut listen = |event: &Event| {
        if let Event::BudgetUsed { budget, .. } = event {
            spent = Some(budget.clone());
        }
        if !is_read && matches!(event, Event::TaskStarted { .. }) {
            is_read = true;
            cache.reader().records().into_iter().flatten().for_each(|record| earlier.add(&record));
        }
        listeners.hear(event);
    };
    let mut crew = local.crew(&cache, &[local.site.decided(&spec)?])?;
    let ended = execute(&spec, &plan, &data, &cache, &mut crew, wall_before, &mut listen)?;
    drop(crew);
    let places = Places { spec: &spec, source: &source, file: arguments.spec.display().to_string() };
    let new = |node| ended.ran.get(&node).map(|(_, reason)| New::Runs(reason));
    let causes = Causes::find(&plan, new, &earlier, &places);
    let kept = keep(&causes, &plan, &ended, &folder);
    let spans = listeners.keep_slots();
    // What stopped a run may keep its causes from being written, too.
    finished(&ended)?;
    kept?;
    let made = Made {
        spec: arguments.spec.display().to_string(),
        digest: Digest::of(Domain::Spec, source.text.as_bytes()).short(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        date: Some(unix_seconds()),
        budget: spent,
    };
    let report = Report::new(&spec, &plan, &ended.results, cache.reader(), began.elapsed().as_secs_f64(), &folder);
    let mut report = Report { why: causes.lines(), made: Some(made), ..report.map_err(|error| trouble(&error))? };
    report.summary.pools = listeners.pools();
    report::write(&folder, &spec, &report).map_err(|error| trouble(&error))?;
    let learning = report::learning(&plan, &ended.results, cache.reader()).map_err(|error| trouble(&error))?;
    let run = Run { spec: &spec, report: &report, learning: &learning, spans: &spans };
    closing::write_page(&folder, &run).map_err(|error| trouble(&error))?;
    let found = report.found.clone().filter(|_| !arguments.no_export);
    if found.is_some() && arguments.format == Talk::Human {
        say("exporting the network, and comparing what the export computes");
    }
    let exported = found.map(|found| export(found, &cache, &folder));
    if let Some(Err(error)) = &exported {
        listeners.hear(&Event::Warning { message: format!("nothing was exported: {error}") });
    }
    listeners.hear(&Event::Summary(Box::new(report.summary.clone())));
    drop(listeners);
    if arguments.format == Talk::Human {
        let exported = exported.and_then(Result::ok).map(|line| line + "\n").unwrap_or_default();
        let next = closing::where_next(&folder, &report, (&arguments.spec, &spec), &arguments.cache);
        print(&format!("\n{}\n{exported}{next}", report::screen(&spec, &report)));
    }
    Ok(exit(&report))
}

/// The network for other programs; gives a line for people.
fn export((file, bytes): report::Found, cache: &Cache, results: &Path) -> Result<String, ExportError> {
    let found = Found::new(file, bytes).map_err(ExportError::Usage)?;
    export::at_end(found, cache.reader(), results)
}

/// The data; where they are not there, what is known of them. Without either there is nothing to go by.
fn open(spec: &mut ResolvedSpec, arguments: &Arguments) -> Result<(Data, LoadedData, Option<Known>), Exit> {
    let cache = arguments.cache.look();
    match Data::open_to_keep(spec, cache.as_ref()) {
        Ok((data, images)) => Ok((data, images, None)),
        Err(error) if error.is_missing() => {
            let known = Known::find(spec, &arguments.spec, cache.as_ref())?;
            if known.is_known() { Ok((Data::absent(known.digests), LoadedData::default(), Some(known))) } else { Err(error.tell()) }
        }
        Err(error) => Err(error.tell()),
    }
}

/// Without its data a run goes on only where every task has its result.
fn all_is_cached(absent: &Known, plan: &Plan, arguments: &Arguments, remembered: &Remembered) -> Result<(), Exit> {
    let held = Cache::open_for_reading(&arguments.cache.folder).and_then(|cache| replay(plan, &cache, remembered));
    let held = held.map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    let tasks = plan.tasks().zip(&held.standings);
    let first = tasks.into_iter().find(|(_, standing)| matches!(standing.status, Status::Runs { .. }));
    let Some((planned, _)) = first else { return Ok(()) };
    let why = absent.missing.as_ref().map(ToString::to_string).unwrap_or_default();
    let said = format!("`{}` has to run, and the data are not there: {why}", planned.id);
    Err(fail(Exit::Trouble, &said))
}

/// Runs a plan. `wall_before`: seconds that earlier runs of the same search took.
pub(super) fn execute(
    spec: &ResolvedSpec,
    plan: &Plan,
    data: &Data,
    cache: &Cache,
    crew: &mut Crew,
    wall_before: u64,
    listen: &mut dyn FnMut(&Event),
) -> Result<Ended, Exit> {
    let mut store = data.store(spec);
    let context = Context {
        cache,
        place: data.place(spec),
        store: &mut store,
        pools: &mut crew.pools,
        execution: &spec.execution,
        wall_before,
        retry_failed: crew.retry_failed,
        now: &unix_seconds,
        listen,
    };
    run::run(plan, context).map_err(|error| broken(&error))
}

/// Says why a run did not go on to its end.
pub(super) fn finished(ended: &Ended) -> Result<(), Exit> {
    match &ended.stopped {
        _ if ended.interrupted => Err(Exit::Interrupted),
        Some(stop) => Err(stopped(stop)),
        None => Ok(()),
    }
}

/// Keeps why the tasks of a run ran; what is kept and cannot be read is written anew.
fn keep(causes: &Causes, plan: &Plan, ended: &Ended, folder: &Path) -> Result<(), Exit> {
    let mut kept = SavedCauses::read(folder).unwrap_or_default();
    kept.add(plan, &ended.ran, causes);
    kept.write(folder).map_err(|error| fail(Exit::Trouble, &error.to_string()))
}

const MAKE_ROOM: &str = "make room, such as with `epnas cache gc`, and run again: what is finished is kept";

/// Says what the machine lacks.
fn broken(error: &RunError) -> Exit {
    let is_full = matches!(error, RunError::Cache(error) if error.failure().kind() == FailureKind::DiskFull);
    fail(Exit::Trouble, &if is_full { format!("{error}\nhelp: {MAKE_ROOM}") } else { error.to_string() })
}

/// Says why a run stopped by itself, and how to go on.
fn stopped(stop: &Stop) -> Exit {
    let help = match stop {
        Stop::Failure { failure, .. } => match failure.kind() {
            FailureKind::DiskFull => MAKE_ROOM,
            FailureKind::Unreadable => "mend it and run again: what is finished is kept",
            _ => "what is finished is kept; the section `failures` of the spec says what stops a run",
        },
        Stop::TooManyFailures { remembered: 1.., .. } => {
            "`--retry-failed` tries again what failed in earlier runs; what is finished is kept"
        }
        Stop::TooManyFailures { .. } => "what is finished is kept; `failures: {limit: …}` says how large a share is borne",
    };
    fail(Exit::Trouble, &format!("the run stopped: {stop}\nhelp: {help}"))
}

fn exit(report: &Report) -> Exit {
    let failed = report.summary.tasks.values().any(|counts: &Counts| counts.failed > 0);
    if report.summary.ending == Ending::Failed {
        Exit::Failed
    } else if failed || report.final_result.is_none() {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}
