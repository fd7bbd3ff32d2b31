//! `epnas plan`: what a run will do and why, how much of it is cached already, and what it will take.

mod condition;
mod saved;
mod takes;
mod text;

use std::cell::RefCell;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

use self::condition::Condition;
use super::data::Data;
use super::known::{From, Known};
use super::lock::LockedArgument;
use super::machine::{LocalArguments, Site, workers};
use super::output::refuse_overwrite;
use super::results::ResultsArgument;
use super::{CacheArgument, Exit, fail, print, print_json, say};
use crate::arch::Architecture;
use crate::cache::{Cache, CacheError, CacheReader};
use crate::cause::{Causes, EarlierTasks, New, Places};
use crate::cli::paths::path;
use crate::digest::Digest;
use crate::files;
use crate::forecast::{Basis, Forecast, Gauge, Here, History, Rehearsals};
use crate::plan::{self, Plan};
use crate::run::{Remembered, Replay, Standing, Status};
use crate::space::Family;
use crate::spec::{ResolvedSpec, Spec, resolve};

pub(super) use saved::refuse_if_moved_on;
pub(super) use takes::takes;
pub(super) use text::warnings;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The spec.
    #[arg(value_parser = path())]
    spec: PathBuf,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Exit with 0 if there is nothing to do, 2 if there is work, 1 on errors.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Exit with 1 if the upper estimate of the run meets this condition, such as `hours > 2`, or is unknown. Conditions compare
    /// `hours`, `device-hours` (the sum over workers), `trainings`, `tasks` or `disk` (bytes), by `>` or `>=`. May be given several
    /// times.
    #[arg(long, value_name = "CONDITION")]
    fail_if: Vec<Condition>,
    /// Save the plan to a file, for `epnas run --plan FILE`.
    #[arg(short, long, value_name = "FILE", value_parser = path())]
    out: Option<PathBuf>,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
    #[command(flatten)]
    locked: LockedArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For a comment on a pull request.
    Markdown,
    /// The forecast, every task with its parameters and status, and every edge.
    Json,
    /// Graphviz.
    Dot,
}

/// A plan compared with a cache.
pub(super) struct Foreseen {
    pub plan: Plan,
    pub replay: Replay,
    pub forecast: Forecast,
    /// Why what runs does.
    pub causes: Causes,
    pub workers: usize,
    /// Where the digests of the data are from.
    pub from: From,
    /// Where they are there.
    data: Option<Data>,
    /// Families of references that are asked for, and of which no network keeps the limits.
    without: Vec<Family>,
    /// What is doubtful about it, in full sentences; all of it was said to standard error.
    pub warnings: Vec<String>,
}

pub(super) fn plan(arguments: &Arguments) -> Exit {
    let wrong = |exit| if arguments.detailed_exitcode { Exit::Incomplete } else { exit };
    try_plan(arguments).unwrap_or_else(wrong)
}

fn try_plan(arguments: &Arguments) -> Result<Exit, Exit> {
    let asked = RefCell::new(Vec::new());
    let families = |spec: &mut Spec| drop(asked.replace(resolve::families(spec.references.as_ref())));
    let (mut spec, source) = super::load_with_source(&arguments.spec, &families)?;
    let site = Site::find_and_tell(&arguments.local)?;
    let known = Known::find_and_tell(&mut spec, &arguments.spec, arguments.cache.look().as_ref())?;
    if let Some(missing) = known.missing.as_ref().filter(|_| arguments.locked.locked && !known.is_known()) {
        return Err(missing.tell());
    }
    arguments.locked.require_match(&arguments.spec, &spec, known.digests, &site)?;
    let spec = known.count_in(spec);
    let places = Places { spec: &spec, source: &source, file: arguments.spec.display().to_string() };
    let mut foreseen = foresee(&places, &known, &site, &arguments.local, &arguments.cache, arguments.results.earlier(&spec.name))?;
    if let Some(data) = &foreseen.data {
        let judged = data.judge(&spec, &arguments.spec, &source)?;
        judged.tell();
        foreseen.warnings.extend(judged.messages());
    }
    let is_there = |family: &Family| spec.references.iter().any(|reference| reference.family == *family);
    if spec.space().is_some() && !spec.stages.is_empty() {
        foreseen.without = asked.take().into_iter().filter(|family| !is_there(family)).collect();
    }
    if let Some(path) = &arguments.out {
        refuse_overwrite(path, "saved plan", saved::BEGINNING)?;
        if foreseen.from == From::Nowhere {
            return Err(fail(Exit::Trouble, "a plan without its data cannot be saved: no run would be what it says"));
        }
        let saved = saved::to_json(&spec, &foreseen.plan, &foreseen.replay.standings);
        files::write(path, saved.as_bytes()).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
        say(&format!("saved in `{}`; `epnas run --plan` runs it as long as nothing has changed", path.display()));
    }
    let Foreseen { plan, replay, forecast, causes, workers, from, data, warnings, .. } = &foreseen;
    match arguments.format {
        Format::Human => print(&text::human(&spec, &foreseen)),
        Format::Markdown => print(&text::markdown(&spec, &foreseen)),
        Format::Json => {
            let mut value = plan::json(plan, &|index| status(&replay.standings[index]));
            value["name"] = json!(spec.name);
            value["forecast"] = json!(forecast);
            value["why"] = why(plan, causes);
            value["workers"] = json!(workers);
            value["data"] = json!(from.word());
            value["holds"] = json!(data.as_ref().and_then(Data::content));
            value["warnings"] = json!(warnings);
            print_json(value);
        }
        Format::Dot => print(&plan::dot(plan)),
    }
    let mut over = false;
    for condition in &arguments.fail_if {
        if let Some(fault) = condition.fault(forecast) {
            say(&format!("error: {fault}"));
            over = true;
        }
    }
    Ok(match (over, forecast.is_done()) {
        (true, _) => Exit::Incomplete,
        (false, false) if arguments.detailed_exitcode => Exit::BadSpec,
        (false, _) => Exit::Done,
    })
}

/// Compares the plan of a spec with the cache, and with the search before its edit.
pub(super) fn foresee(
    places: &Places<'_>,
    known: &Known,
    site: &Site,
    local: &LocalArguments,
    cache: &CacheArgument,
    mut asked: EarlierTasks,
) -> Result<Foreseen, Exit> {
    let spec = places.spec;
    let decided = site.decided(spec)?;
    let plan = site.plan(spec, known.digests)?;
    let workers = workers(site, local);
    let here = Here { name: site.name.clone(), on_gpu: !site.gpus.is_empty() };
    let remembered = local.remembered(site);
    let held = Cache::open_for_reading(&cache.folder)
        .and_then(|cache| hold(&decided, &plan, (&cache, &remembered), known, here, workers, &mut asked));
    let (replay, forecast) = held.map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    let warnings = site.doubts().chain(&known.warnings).cloned().collect();
    if !known.is_known() {
        // What differs from earlier tasks is that nothing is known of the data.
        asked = EarlierTasks::default();
    }
    let causes = Causes::find(&plan, |node| new(&replay, node), &asked, places);
    Ok(Foreseen { plan, replay, forecast, causes, workers, from: known.from, data: known.data.clone(), without: Vec::new(), warnings })
}

/// A task that has yet to run, of a plan that is held against a cache.
pub(super) fn new(replay: &Replay, node: usize) -> Option<New<'_>> {
    match &replay.standings[node].status {
        Status::Runs { reason } => Some(New::Runs(reason)),
        Status::Open => Some(New::Waits),
        Status::Cached | Status::Failed { .. } | Status::Skipped { .. } => None,
    }
}

/// Why each task runs, by its name.
fn why(plan: &Plan, causes: &Causes) -> Value {
    let tasks = plan.tasks().enumerate().filter_map(|(node, planned)| Some((planned.id.to_string(), json!(causes.of(node)?))));
    Value::Object(tasks.collect())
}

fn hold(
    spec: &ResolvedSpec,
    plan: &Plan,
    (cache, remembered): (&CacheReader, &Remembered),
    known: &Known,
    here: Here,
    workers: usize,
    asked: &mut EarlierTasks,
) -> Result<(Replay, Forecast), CacheError> {
    let replay = known.look_ahead(spec, plan, cache, remembered)?;
    let to_do = replay.standings.iter().any(|standing| matches!(standing.status, Status::Runs { .. } | Status::Open));
    let network = |digest: &Digest| match replay.blob(digest) {
        Some(bytes) => serde_json::from_slice::<Architecture>(bytes).ok(),
        None => cache.get_json(digest).ok(),
    };
    // Reading every record of a large cache takes a while, and says nothing where all is done.
    let history = if to_do {
        History::new(cache.records()?.inspect(|record| asked.add(record)), Gauge::of(spec).as_ref(), here, &network)
            .with_speeds(Some(cache.speeds()))
    } else {
        History::default()
    };
    let rehearsals = match Gauge::of(spec) {
        Some(_) if to_do => known.rehearse(spec, plan, &replay, (cache, remembered))?,
        _ => Rehearsals::default(),
    };
    let basis = Basis { spec, plan, replay: &replay, rehearsals: &rehearsals, history: &history, network: &network, workers };
    let forecast = Forecast::new(&basis);
    Ok((replay, forecast))
}

fn status(standing: &Standing) -> Value {
    match &standing.status {
        Status::Cached => json!({ "cached": { "key": standing.key } }),
        Status::Runs { reason } => json!({ "runs": { "reason": reason.to_string(), "key": standing.key } }),
        Status::Failed { failure } => json!({ "failed": { "failure": failure.to_string(), "key": standing.key } }),
        Status::Open => json!("open"),
        Status::Skipped { missing } => json!({ "skipped": { "missing": missing } }),
    }
}
