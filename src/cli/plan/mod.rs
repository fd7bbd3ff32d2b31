//! `epnas plan`: what a run will do and why, how much of it is cached already, and what it will take.

mod condition;
mod kept;
mod text;

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

use self::condition::Condition;
use super::data::{Data, Judged};
use super::lock::LockedArgument;
use super::machine::{LocalArguments, Site, workers};
use super::output::spare;
use super::{CacheArgument, Exit, fail, print, say};
use crate::cache::{Cache, CacheError, CacheReader};
use crate::diagnostic::Diagnostic;
use crate::files;
use crate::forecast::{Forecast, History};
use crate::plan::{self, DataDigests, Plan};
use crate::run::{Replay, Standing, Status, replay};
use crate::spec::ResolvedSpec;

pub use kept::refuse_if_moved_on;
pub use text::takes;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The spec.
    spec: PathBuf,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Exit with 0 where there is nothing to do, 2 where there is, 1 where something is wrong.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Exit with 1 where this holds of the most that the run can take, such as `hours > 2`; of `hours`, `device-hours`,
    /// `trainings`, `tasks` and `disk` (bytes). May be given several times.
    #[arg(long, value_name = "CONDITION")]
    fail_if: Vec<Condition>,
    /// Keep the plan in a file, for `epnas run --plan FILE`.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
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

/// A plan held against a cache.
pub struct Foreseen {
    pub plan: Plan,
    pub replay: Replay,
    pub forecast: Forecast,
    pub workers: usize,
    /// Where they are there.
    data: Option<Data>,
}

pub fn plan(arguments: &Arguments) -> Exit {
    let wrong = |exit| if arguments.detailed_exitcode { Exit::Incomplete } else { exit };
    try_plan(arguments).unwrap_or_else(wrong)
}

fn try_plan(arguments: &Arguments) -> Result<Exit, Exit> {
    let (spec, source) = super::load_with_source(&arguments.spec, &|_| {})?;
    let site = Site::find_and_tell(&arguments.local)?;
    if arguments.locked.locked {
        let data = Data::open(&spec, arguments.cache.look().as_ref()).map_err(|error| error.tell())?;
        arguments.locked.demand(&arguments.spec, &spec, data.digests, &site)?;
    }
    let foreseen = foresee(&spec, &site, &arguments.local, &arguments.cache)?;
    let judged = foreseen.data.as_ref().map(|data| data.judge(&spec, &arguments.spec, &source)).transpose()?;
    judged.iter().for_each(Judged::tell);
    if let Some(path) = &arguments.out {
        spare(path, "kept plan", kept::BEGINNING)?;
        if foreseen.data.is_none() {
            return Err(fail(Exit::Trouble, "a plan without its data cannot be kept: no run would be what it says"));
        }
        let kept = kept::keep(&spec, &foreseen.plan, &foreseen.replay.standings);
        files::write(path, kept.as_bytes()).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
        say(&format!("kept in `{}`; `epnas run --plan` runs it as long as nothing has changed", path.display()));
    }
    let Foreseen { plan, replay, forecast, workers, data } = &foreseen;
    match arguments.format {
        Format::Human => print(&text::human(&spec, &foreseen)),
        Format::Markdown => print(&text::markdown(&spec, &foreseen)),
        Format::Json => {
            let mut value = plan::json(plan, &|index| status(&replay.standings[index]));
            value["format"] = json!(1);
            value["name"] = json!(spec.name);
            value["forecast"] = json!(forecast);
            value["workers"] = json!(workers);
            value["data"] = json!(data.as_ref().map(Data::content));
            let warning = |fault: &Diagnostic| json!({ "code": fault.code, "message": fault.message, "help": fault.help });
            value["warnings"] = judged.iter().flat_map(|judged| &judged.warnings).map(warning).collect();
            print(&format!("{value:#}\n"));
        }
        Format::Dot => print(&plan::dot(plan)),
    }
    let mut over = false;
    for condition in &arguments.fail_if {
        if let Some(fault) = condition.fault(forecast, *workers) {
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

/// The plan of a spec and its data, where they are there: without them no training counts as cached.
pub fn planned(spec: &ResolvedSpec, site: &Site, cache: &CacheArgument) -> Result<(Plan, Option<Data>), Exit> {
    let data = match Data::open(spec, cache.look().as_ref()) {
        Ok(data) => Some(data),
        Err(error) if error.is_missing() => {
            say(&format!("warning: {error}\nwarning: without the data no training counts as cached"));
            None
        }
        Err(error) => return Err(error.tell()),
    };
    let digests = data.as_ref().map_or_else(|| DataDigests::unknown(&spec.subject), |data| data.digests);
    Ok((site.plan(spec, digests), data))
}

/// Plans a spec, holds the plan against the cache and reckons with what earlier tasks took.
pub fn foresee(spec: &ResolvedSpec, site: &Site, local: &LocalArguments, cache: &CacheArgument) -> Result<Foreseen, Exit> {
    let (plan, data) = planned(spec, site, cache)?;
    let workers = workers(site, local);
    let held = Cache::open_for_reading(&cache.folder).and_then(|cache| hold(&plan, &cache));
    let (replay, forecast) = held.map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    Ok(Foreseen { plan, replay, forecast, workers, data })
}

fn hold(plan: &Plan, cache: &CacheReader) -> Result<(Replay, Forecast), CacheError> {
    let replay = replay(plan, cache)?;
    let to_do = replay.standings.iter().any(|standing| matches!(standing.status, Status::Runs { .. } | Status::Open));
    // Reading every record of a large cache takes a while, and says nothing where all is done.
    let history = if to_do { History::of(cache.records()?) } else { History::default() };
    let forecast = Forecast::new(plan, &replay.standings, &history);
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
